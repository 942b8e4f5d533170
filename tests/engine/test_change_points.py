"""Change points of the engine: what is a shift, what is noise, and what never changes the answer."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab._engine import change_points

MOST_ALARMED = 9  # of 100, what a rate of 5 % gives at most in 19 of 20 draws

Series = Any  # array of float64, shape (n,)


def white(rng: np.random.Generator, n: int) -> Series:
    return rng.normal(0, 1, n)


def alike(rng: np.random.Generator, n: int) -> Series:
    """Noise whose neighbours correlate by a half."""
    noise = rng.normal(0, 1, n)
    for k in range(1, n):
        noise[k] = 0.5 * noise[k - 1] + math.sqrt(0.75) * noise[k]
    return noise


def heavy_tailed(rng: np.random.Generator, n: int) -> Series:
    return rng.standard_t(3, n) * 0.6


def two_sided(rng: np.random.Generator, n: int) -> Series:
    """A machine that is now quick, now slow."""
    return rng.choice([-1.0, 1.0], n) + rng.normal(0, 0.2, n)


def indices(values: Any) -> list[int]:
    return [index for index, *_, suspect in change_points(list(values)) if not suspect]


def stepped(rng: np.random.Generator, noise: Any, n: int, at: int, by_pct: float) -> Series:
    values = 100 + noise(rng, n)
    values[at:] *= 1 + by_pct / 100
    return values


@pytest.mark.parametrize("noise", [white, alike, heavy_tailed, two_sided])
@pytest.mark.parametrize("n", [60, 400, 1500])
def test_noise_alone_is_no_change(noise: Any, n: int) -> None:
    rng = np.random.default_rng(n)
    n_alarmed = sum(bool(indices(100 + 2 * noise(rng, n))) for _ in range(100))
    assert n_alarmed <= MOST_ALARMED


@pytest.mark.parametrize("noise", [white, alike, heavy_tailed])
@pytest.mark.parametrize("by_pct", [-8, 8])
def test_a_step_is_found_where_it_is(noise: Any, by_pct: float) -> None:
    rng = np.random.default_rng(3)
    n_found = 0
    for _ in range(50):
        at = int(rng.integers(40, 160))
        found = indices(stepped(rng, noise, 200, at, by_pct))
        n_found += len(found) == 1 and abs(found[0] - at) <= 2
    assert n_found >= 47


def test_a_row_tells_levels_change_and_confidence() -> None:
    values = stepped(np.random.default_rng(4), white, 300, 180, 10)
    ((index, before, after, change_pct, confidence, suspect),) = change_points(values.tolist())
    assert abs(index - 180) <= 1
    assert before == pytest.approx(np.median(values[:index]))
    assert after == pytest.approx(np.median(values[index:]))
    assert change_pct == pytest.approx(100 * (after / before - 1))
    assert 0.95 <= confidence <= 1
    assert not suspect


def test_two_steps_back_and_forth_are_both_found() -> None:
    values = 100 + white(np.random.default_rng(5), 120)
    values[50:70] += 12
    found = indices(values)
    assert len(found) == 2
    assert abs(found[0] - 50) <= 1
    assert abs(found[1] - 70) <= 1


def test_steps_without_noise_are_exact() -> None:
    assert indices([5.0] * 30 + [5.5] * 30 + [5.0] * 4) == [30, 60]
    assert indices([0.0] * 20 + [3.0] * 20) == [20]
    assert indices([-5.0] * 20 + [-6.0] * 20) == [20]


def test_less_than_two_percent_is_no_change() -> None:
    assert indices([100.0] * 100 + [101.9] * 100) == []
    assert indices([100.0] * 100 + [102.1] * 100) == [100]


@pytest.mark.parametrize("n_values", [1, 2])
@pytest.mark.parametrize("factor", [0.2, 1.6, 50.0])
def test_a_spike_is_no_change(n_values: int, factor: float) -> None:
    values = 100 + 2 * white(np.random.default_rng(6), 200)
    values[90 : 90 + n_values] *= factor
    assert indices(values) == []


@pytest.mark.parametrize("n_last", [1, 2, 3])
def test_a_shift_of_the_last_values_is_a_suspicion(n_last: int) -> None:
    values = 100 + white(np.random.default_rng(7), 200)
    values[-n_last:] *= 1.3
    ((index, *_, suspect),) = change_points(values.tolist())
    assert index == 200 - n_last
    assert suspect


def test_a_shift_that_lasts_is_none_any_more() -> None:
    values = 100 + white(np.random.default_rng(7), 200)
    values[-5:] *= 1.3
    assert indices(values) == [195]


@pytest.mark.parametrize(
    "values", [[], [5.0], [5.0, 9.0], [7.0] * 50, [0.0] * 50, [math.nan] * 9, [math.inf, -math.inf, math.nan, 3.0]]
)
def test_what_never_changes_has_no_change(values: list[float]) -> None:
    assert change_points(values) == []


def test_a_change_from_zero_has_no_percentage() -> None:
    ((_, before, after, change_pct, *_),) = change_points([0.0] * 20 + [3.0] * 20)
    assert (before, after) == (0, 3)
    assert math.isnan(change_pct)


@given(st.integers(0, 2**32), st.lists(st.integers(0, 119), max_size=30))
def test_missing_values_are_skipped_and_indices_stay(seed: int, missing: list[int]) -> None:
    values = stepped(np.random.default_rng(seed), white, 120, 60, 10)
    kept = [k for k in range(120) if k not in missing]
    with_gaps = values.copy()
    with_gaps[missing] = np.nan
    without = change_points(values[kept].tolist())
    assert change_points(with_gaps.tolist()) == [(kept[index], *rest) for index, *rest in without]


@given(st.integers(0, 2**32), st.integers(-20, 20))
def test_the_unit_does_not_matter(seed: int, exponent: int) -> None:
    values = stepped(np.random.default_rng(seed), heavy_tailed, 150, 70, 5)
    assert indices(values * 2.0**exponent) == indices(values)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=80))
def test_any_numbers_give_an_answer_in_order(values: list[float]) -> None:
    found = change_points(values)
    assert [row[0] for row in found] == sorted({row[0] for row in found})
    for index, before, after, _, confidence, suspect in found:
        assert 0 <= index < len(values)
        assert before != after
        assert 0 <= confidence <= 1
        assert type(suspect) is bool


def test_steps_of_a_long_series_are_found() -> None:
    rng = np.random.default_rng(9)
    levels = 100 + 8 * (np.arange(50) % 2)
    values = np.repeat(levels, 200) + rng.normal(0, 2, 10_000)
    found = indices(values)
    near = [k for k in range(200, 10_000, 200) if any(abs(k - index) <= 5 for index in found)]
    assert len(near) >= 47
    assert len(found) <= 52
