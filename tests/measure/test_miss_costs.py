"""What misses cost, by the durations on record."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tailgana_lab.measure.miss_costs import MissCosts, miss_costs_of
from tailgana_lab.measure.workload import Workload

KEYS = np.array([5, 6, 5, 7, 5, 6], dtype=np.uint32)


def test_a_key_costs_its_mean_on_record_and_an_unknown_one_that_of_all() -> None:
    costs = MissCosts(KEYS, np.array([5, 5, 6]), np.array([1e9, 3e9, 5e9]))
    assert costs.without_cache_s == pytest.approx(3 * 2 + 2 * 5 + 1 * 3)


def test_what_is_spent_is_the_sum_over_the_misses() -> None:
    work = Workload(KEYS)
    costs = MissCosts(KEYS, np.array([5, 6, 7]), np.array([1e9, 10e9, 100e9]))
    assert costs.spent_s(work.trace, [("lru", 3), ("lru", 1)]) == pytest.approx([111, 123])


def test_the_later_half_is_judged_with_a_warm_cache() -> None:
    work = Workload(KEYS)
    costs = MissCosts(KEYS, np.array([5, 6, 7]), np.array([1e9, 10e9, 100e9]))
    assert costs.later_spent_pct(work, [("lru", 3)]) == pytest.approx([100 * 100 / 111])


def test_a_cache_without_recorded_durations_has_no_costs() -> None:
    assert miss_costs_of(KEYS, KEYS) is None
    empty = pd.DataFrame({"key": [], "duration_ns": []})
    assert miss_costs_of(SimpleNamespace(recorded_misses=lambda: empty), KEYS) is None
