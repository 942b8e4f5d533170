"""Comparing by numbers alone: the yardstick speaks, small changes never; what was learned sets the threshold."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tailgana_lab.measure.canary import canary
from tailgana_lab.measure.payload import pack
from tailgana_lab.measure.solo import SoloFigures, measure_alone
from tailgana_lab.measure.yardstick import LEAST_SD, UNKNOWN_SD, Z, compare_numbers, least_shift, relative_ns
from tailgana_lab.results.baseline import Baseline

UNKNOWN = Z * UNKNOWN_SD


def figures(median_ns: float, canary_ns: float) -> SoloFigures:
    return SoloFigures(median_ns, median_ns, median_ns, math.nan, 100.0, canary_ns, [median_ns] * 150, b"", False)


def baseline(median_ns: float = 1000.0, canary_ns: float = 100.0, **environment: object) -> Baseline:
    return Baseline("clean", "", None, 150, median_ns, canary_ns=canary_ns, environment=dict(environment))


def test_a_machine_that_became_slower_is_no_change_of_the_code() -> None:
    found = compare_numbers(baseline(), figures(1500.0, 150.0), UNKNOWN, "it holds a lock")
    assert found.verdict == "inconclusive"
    assert found.ratio == pytest.approx(1.0)


@pytest.mark.parametrize(("factor", "verdict"), [(1.3, "slower"), (0.7, "faster"), (1.1, "inconclusive")])
def test_only_large_changes_are_named(factor: float, verdict: str) -> None:
    found = compare_numbers(baseline(), figures(1000.0 * factor, 100.0), UNKNOWN, "it holds a lock")
    assert found.verdict == verdict
    assert found.ratio_low < found.ratio < found.ratio_high


def test_the_reason_says_why_and_from_where_on_a_change_would_show() -> None:
    found = compare_numbers(baseline(), figures(1000.0, 100.0), UNKNOWN, "it holds a lock")
    assert "by numbers alone, because it holds a lock" in found.reason
    assert "below 17 % would not show" in found.reason
    assert found.smallest_detectable_pct == pytest.approx(100 * math.expm1(2.6 * UNKNOWN_SD))
    assert list(found.rounds.columns) == ["process", "round", "old_ns", "new_ns"]


def test_a_baseline_without_yardstick_gives_a_doubt() -> None:
    found = compare_numbers(baseline(canary_ns=math.nan), figures(2000.0, 100.0), UNKNOWN, "it holds a lock")
    assert found.verdict == "inconclusive"
    assert math.isnan(found.ratio)
    assert "its baseline has no yardstick" in found.reason


def test_the_spread_is_learned_from_runs_on_a_machine_like_this_one() -> None:
    runs = [baseline(1000.0 * (1 + 0.1 * (k % 2)), machine="x86_64") for k in range(6)]
    assert least_shift(runs, {"machine": "x86_64"}) == pytest.approx(4.0321 * 0.0738, abs=0.001)
    assert least_shift(runs, {"machine": "aarch64"}) == UNKNOWN
    assert least_shift(runs[:4], {"machine": "x86_64"}) == UNKNOWN
    assert least_shift([runs[0]] * 6, {"machine": "x86_64"}) == pytest.approx(4.0321 * LEAST_SD, rel=1e-3)


@pytest.mark.parametrize("n_runs", [5, 20])
def test_the_same_code_is_called_changed_once_in_a_hundred_runs(n_runs: int) -> None:
    chance, n_times = np.random.default_rng(16), 3_000
    n_named = 0
    for _ in range(n_times):
        *learned, old, new = (1000.0 * np.exp(chance.normal(0, 0.05, n_runs + 2))).tolist()
        half = least_shift([baseline(each) for each in learned], {})
        n_named += compare_numbers(baseline(old), figures(new, 100.0), half, "").verdict != "inconclusive"
    assert 0.004 < n_named / n_times < 0.016


def test_what_is_measured_alone_has_its_yardstick() -> None:
    found = measure_alone(pack(lambda: sum(range(500))).recipe, 3)
    assert canary() > 0
    assert 0 < found.canary_ns < 1e7
    kept = replace(baseline(), median_ns=found.median_ns, canary_ns=found.canary_ns)
    assert relative_ns(kept) == pytest.approx(found.median_ns / found.canary_ns)
