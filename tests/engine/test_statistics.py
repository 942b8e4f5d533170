"""Intervals and quantiles of the engine against slow, plain references."""

import math
import statistics
from itertools import combinations_with_replacement, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab._engine import hodges_lehmann, median_bootstrap, normal_quantile, student_t_quantile

numbers = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=1, max_size=30)


def plain_bootstrap(values: list[float], block: int, n_resamples: int, confidence: float) -> tuple[float, float]:
    """The meaning of `median_bootstrap`, block by block, with other random numbers."""
    rng = np.random.default_rng(0)
    n = len(values)
    medians = []
    for _ in range(n_resamples):
        drawn: list[float] = []
        while len(drawn) < n:
            start = int(rng.integers(n))
            drawn += [values[(start + k) % n] for k in range(block)]
        medians.append(statistics.median(drawn[:n]))
    low, high = np.quantile(medians, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def plain_hodges_lehmann(values: list[float], confidence: float) -> tuple[float, float, float]:
    """The meaning of `hodges_lehmann`, pair by pair."""
    averages = sorted(0.5 * (a + b) for a, b in combinations_with_replacement(sorted(values), 2))
    shift = statistics.median(averages)
    signs = [int(np.sign(value - shift)) for value in values]
    n, n_signs = len(values), sum(map(abs, signs))
    r = min(max(sum(a * b for a, b in pairwise(signs)) / n_signs, 0), 0.8) if n_signs else 0.0
    sd = math.sqrt(n * (n + 1) * (2 * n + 1) / 24 * (1 + r) / (1 - r))
    rank = math.floor(len(averages) / 2 - statistics.NormalDist().inv_cdf((1 + confidence) / 2) * sd)
    if rank < 1:
        return shift, math.nan, math.nan
    return shift, averages[rank - 1], averages[-rank]


def plain_t_probability(t: float, df: float) -> float:
    """Probability of a t variable below `t` > 0, by Simpson's rule on its density."""
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)
    x = np.linspace(0, t, 20_001)
    density = scale * (1 + x * x / df) ** (-(df + 1) / 2)
    weights = np.ones_like(x)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return 0.5 + float(np.sum(weights * density)) * (x[1] - x[0]) / 3


@given(numbers, st.sampled_from([0.5, 0.9, 0.99]))
def test_hodges_lehmann_is_that_of_all_pairs(values: list[float], confidence: float) -> None:
    assert hodges_lehmann(values, confidence) == pytest.approx(plain_hodges_lehmann(values, confidence), nan_ok=True)


@given(numbers, st.floats(-100, 100))
def test_hodges_lehmann_moves_with_its_values(values: list[float], by: float) -> None:
    moved = hodges_lehmann([value + by for value in values])[0]
    assert moved == pytest.approx(hodges_lehmann(values)[0] + by, abs=1e-6)


def test_hodges_lehmann_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    n_covered = 0
    for _ in range(400):
        _, low, high = hodges_lehmann(rng.standard_t(3, 80).tolist(), 0.95)
        n_covered += low <= 0 <= high
    assert 0.92 * 400 <= n_covered <= 0.98 * 400


def test_hodges_lehmann_covers_the_truth_where_neighbours_are_alike() -> None:
    rng = np.random.default_rng(6)
    n_covered = 0
    for _ in range(300):
        values = rng.normal(0, 1, 200)
        for k in range(1, 200):
            values[k] += 0.4 * values[k - 1]
        _, low, high = hodges_lehmann(values.tolist(), 0.99)
        n_covered += low <= 0 <= high
    assert n_covered >= 0.96 * 300


@pytest.mark.parametrize("block", [1, 5, 40])
def test_the_bootstrap_agrees_with_the_plain_one(block: int) -> None:
    values = np.random.default_rng(block).normal(10, 1, 101).tolist()
    found = median_bootstrap(values, block=block, n_resamples=4000, confidence=0.9)
    assert found == pytest.approx(plain_bootstrap(values, block, 4000, 0.9), abs=0.03)


@given(numbers, st.integers(1, 40), st.integers(0, 2**64 - 1))
def test_the_bootstrap_stays_within_its_values(values: list[float], block: int, seed: int) -> None:
    low, high = median_bootstrap(values, block=block, n_resamples=50, seed=seed)
    assert min(values) <= low <= high <= max(values)
    assert (low, high) == median_bootstrap(values, block=block, n_resamples=50, seed=seed)


def test_the_bootstrap_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    n_covered = 0
    for _ in range(300):
        low, high = median_bootstrap(rng.normal(0, 1, 150).tolist(), n_resamples=500, confidence=0.95)
        n_covered += low <= 0 <= high
    assert n_covered >= 0.91 * 300


@pytest.mark.parametrize("compute", [median_bootstrap, lambda values: hodges_lehmann(values)[1:]])
def test_no_values_have_no_interval(compute: object) -> None:
    assert callable(compute)
    low, high = compute([])
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize("compute", [median_bootstrap, hodges_lehmann])
def test_what_makes_no_sense_is_refused(compute: object) -> None:
    assert callable(compute)
    with pytest.raises(ValueError, match="value 1 is no number"):
        compute([1.0, math.nan])
    with pytest.raises(ValueError, match="`confidence` must be between 0 and 1"):
        compute([1.0], confidence=1.0)


def test_a_bootstrap_of_nothing_is_refused() -> None:
    for wrong in ({"block": 0}, {"n_resamples": 0}):
        with pytest.raises(ValueError, match="must be at least 1"):
            median_bootstrap([1.0], **wrong)


@given(st.floats(1e-300, 1, exclude_max=True))
def test_normal_quantiles_are_those_of_the_standard_library(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(statistics.NormalDist().inv_cdf(p), rel=1e-13, abs=1e-15)


@given(st.floats(0.5, 300), st.floats(0.51, 0.995))
def test_t_quantiles_undo_the_integral_of_the_density(df: float, p: float) -> None:
    t = student_t_quantile(p, df)
    if t < 50:
        assert plain_t_probability(t, df) == pytest.approx(p, abs=1e-9)
    assert student_t_quantile(1 - p, df) == pytest.approx(-t, rel=1e-9)


@pytest.mark.parametrize(
    ("p", "df", "t"),
    [
        (0.975, 1, 12.7062047361747),
        (0.995, 3, 5.84090930973335),
        (0.99, 6, 3.14266840329126),
        (0.975, 10, 2.22813885198627),
        (0.995, 120, 2.61742114484346),
    ],
)
def test_t_quantiles_are_those_of_the_tables(p: float, df: float, t: float) -> None:
    assert student_t_quantile(p, df) == pytest.approx(t, rel=1e-9)


def test_probabilities_that_are_none_are_refused() -> None:
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="a probability must be between 0 and 1"):
            normal_quantile(wrong)
        with pytest.raises(ValueError, match="a probability must be between 0 and 1"):
            student_t_quantile(wrong, 3)
    with pytest.raises(ValueError, match="degrees of freedom must be positive"):
        student_t_quantile(0.5, 0)


def test_certainty_is_infinitely_far() -> None:
    assert (normal_quantile(0), normal_quantile(1)) == (-math.inf, math.inf)
    assert student_t_quantile(1, 3) == math.inf
