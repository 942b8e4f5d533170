"""The workload of the tuner: exact replays, and a sample where there are too many requests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.measure import workload as module
from tailgana_lab.measure.workload import Workload

SKEWED = np.random.default_rng(5).zipf(1.3, 30_000) % 2_000


def test_a_share_of_hits_is_that_of_a_replay() -> None:
    work = Workload([1, 2, 1, 3, 1, 2])
    assert work.hit_fraction("lru", 2) == pytest.approx(2 / 6)
    assert work.infinite_hit_fraction == pytest.approx(0.5)


def test_lru_has_its_least_capacity_for_a_share_of_hits() -> None:
    work = Workload(list(range(10)) * 10)
    assert work.least_lru_capacity(0.9) == 10
    assert work.least_lru_capacity(0.91) is None


@given(st.integers(1, 400), st.data())
def test_the_most_misses_are_those_whose_share_of_hits_is_enough(n_requests: int, data: st.DataObject) -> None:
    target = data.draw(st.one_of(st.floats(0.001, 1), st.integers(1, n_requests).map(lambda hits: hits / n_requests)))
    most = Workload([0] * n_requests).most_misses(target)
    assert most == max(misses for misses in range(n_requests + 1) if (n_requests - misses) / n_requests >= target)


def test_the_table_ends_with_the_limit() -> None:
    table = Workload(SKEWED).table(["lru", "fifo"], [10, 100])
    assert table["policy"] == ["lru", "lru", "fifo", "fifo", "belady", "belady"]
    assert table["capacity"] == [10, 100] * 3
    assert table["misses"][4] <= min(table["misses"][0], table["misses"][2])


def test_the_curve_of_lru_is_thinned_and_ends_with_every_key() -> None:
    work = Workload(SKEWED)
    curve = work.lru_columns()
    assert len(curve["capacity"]) <= module.N_CURVE_POINTS
    assert curve["capacity"][-1] == work.n_keys
    assert curve["hit_fraction"][-1] == pytest.approx(work.infinite_hit_fraction)


def test_later_misses_are_those_of_a_warm_cache() -> None:
    found = Workload([1, 2, 1, 2, 1, 3]).later_misses_pct([("lru", 2), ("lru", 1)])
    assert found == pytest.approx([100 / 3, 100])


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> Workload:
    """A workload that counts as large."""
    monkeypatch.setattr(module, "SAMPLE_ABOVE", 10_000)
    monkeypatch.setattr(module, "SAMPLED_REQUESTS", 15_000)
    monkeypatch.setattr(module, "FEWEST_SAMPLED_ENTRIES", 20)
    return Workload(SKEWED)


def test_a_sample_comes_near_and_stays_possible(sampled: Workload) -> None:
    assert sampled.share == 0.5
    (misses, loads), exact = sampled.counts([("lru", 200)])[0], sampled.exact([("lru", 200)])[0]
    assert misses == loads
    assert abs(misses - exact[0]) / sampled.n_requests < 0.05
    assert sampled.n_keys <= misses <= sampled.n_requests


def test_sieve_and_small_caches_are_never_sampled(sampled: Workload) -> None:
    jobs = [("sieve", 200), ("lru", 10), ("lru", 200)]
    counts, exact = sampled.counts(jobs), sampled.exact(jobs)
    assert counts[:2] == exact[:2]
    assert counts[2] != exact[2]


def test_later_misses_of_a_sample_come_near_too(sampled: Workload) -> None:
    (found,), (whole, _) = sampled.later_misses_pct([("lru", 200)]), sampled.exact([("lru", 200)])[0]
    exact = whole - Workload(SKEWED[:15_000]).exact([("lru", 200)])[0][0]
    assert found == pytest.approx(100 * exact / 15_000, abs=5)
