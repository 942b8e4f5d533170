"""RegressionReport: severity at its edges, memory and tails, and advice that fits."""

import math
from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.results.regression import (
    PerformanceSnapshot,
    RegressionReport,
    RegressionSeverity,
    SeverityLimits,
    make_report,
)
from tests.results.test_comparison import made


def snapshot(memory_mb: float = math.nan) -> PerformanceSnapshot:
    return PerformanceSnapshot("2026-01-01T00:00:00+00:00", "abc", 1e3, 1.0, memory_mb, math.nan, "load")


def report(
    ratio: float, verdict: str = "slower", memory: tuple[float, float] = (math.nan,) * 2, **race: Any
) -> RegressionReport:
    comparison = made(verdict=verdict, ratio=ratio, ratio_low=ratio - 0.01, ratio_high=ratio + 0.01, **race)
    return make_report("load", comparison, (snapshot(memory[0]), snapshot(memory[1])))


@pytest.mark.parametrize(
    ("pct", "severity"),
    [
        (5, "none"),
        (5.1, "minor"),
        (10, "minor"),
        (10.1, "moderate"),
        (25, "moderate"),
        (50, "major"),
        (50.1, "critical"),
    ],
)
def test_an_edge_belongs_to_the_lower_class(pct: float, severity: str) -> None:
    assert SeverityLimits().severity_of(pct).value == severity


def test_a_slowdown_has_severity_text_and_advice() -> None:
    found = report(1.3)
    assert (found.has_regression, found.severity) == (True, RegressionSeverity.MAJOR)
    assert found.severity_at_least is RegressionSeverity.MAJOR
    assert found.ops_per_second_change_pct == pytest.approx(100 * (1 / 1.3 - 1))
    assert "Operations per second decreased" in found.regressions[0]
    assert found.recommendations[0].startswith("URGENT")


def test_a_change_that_is_not_proven_is_no_regression() -> None:
    found = report(1.3, verdict="inconclusive")
    assert (found.has_regression, found.severity, found.regressions) == (False, RegressionSeverity.NONE, [])
    assert "larger budget" in found.recommendations[0]


def test_a_small_slowdown_is_a_warning() -> None:
    found = report(1.03)
    assert (found.has_regression, found.regressions) == (False, [])
    assert "Minor throughput decrease" in found.warnings[0]


def test_an_improvement_is_told() -> None:
    found = report(0.7, verdict="faster")
    assert (found.has_regression, found.severity) == (False, RegressionSeverity.NONE)
    assert "increased" in found.improvements[0]


def test_more_memory_is_a_regression_of_its_own() -> None:
    found = report(1.0, verdict="same", memory=(32.0, 44.8))
    assert (found.has_regression, found.severity) == (True, RegressionSeverity.MAJOR)
    assert found.memory_usage_change_pct == pytest.approx(40)
    assert "Memory usage increased by 40 %" in found.regressions[0]


def test_a_little_memory_counts_for_nothing_however_large_its_share() -> None:
    assert not report(1.0, verdict="same", memory=(0.1, 0.5)).has_regression


def test_a_longer_tail_is_a_regression_where_its_bound_says_so() -> None:
    tail: dict[str, Any] = {"old_p95_ns": 100.0, "new_p95_ns": 160.0, "p95_ratio_high": 1.8}
    assert report(1.0, verdict="same", p95_ratio_low=1.3, **tail).severity is RegressionSeverity.CRITICAL
    assert not report(1.0, verdict="same", p95_ratio_low=1.01, **tail).has_regression


def test_unknown_memory_is_missing_not_zero() -> None:
    assert math.isnan(report(1.0, verdict="same").memory_usage_change_pct)


def test_without_a_race_there_is_no_chart() -> None:
    found = report(1.0, verdict="same")
    found.comparison = None
    with pytest.raises(LabError, match="no race"):
        _ = found.chart
    assert found.to_frame()["ratio"].isna().all()
