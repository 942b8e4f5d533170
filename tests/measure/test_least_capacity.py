"""The least capacity for a share of hits: reached, never above LRU's, and close to the true least."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailgana_lab.measure.least_capacity import least_capacity
from tailgana_lab.measure.replay import spread_capacities
from tailgana_lab.measure.workload import Workload
from tailgana_lab.results.caching import POLICIES


def find(keys: object, target: float) -> tuple[Workload, str, int]:
    work = Workload(keys)
    table = work.table(POLICIES, spread_capacities(work.n_keys))
    found = least_capacity(work, POLICIES, table, target)
    return work, found.policy, found.capacity


def test_a_loop_needs_fewer_entries_than_lru_would() -> None:
    work, policy, capacity = find(list(range(1_000)) * 30, 0.90)
    assert work.least_lru_capacity(0.90) == 1_000
    assert policy == "lirs"
    assert capacity < 960
    assert work.hit_fraction(policy, capacity) >= 0.90


def test_between_the_sizes_of_the_table_it_comes_close_to_the_least() -> None:
    work, policy, capacity = find(np.random.default_rng(1).zipf(1.25, 40_000) % 3_000, 0.80)
    assert work.hit_fraction(policy, capacity) >= 0.80
    assert work.hit_fraction(policy, int(capacity * 0.9)) < 0.80


@settings(max_examples=60)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=80), st.floats(0.05, 0.95))
def test_it_reaches_the_target_with_no_more_entries_than_lru(keys: list[int], target: float) -> None:
    work = Workload(keys)
    if work.infinite_hit_fraction < target:
        return
    _, policy, capacity = find(keys, target)
    assert work.hit_fraction(policy, capacity) >= target
    assert capacity <= (work.least_lru_capacity(target) or 0)


@pytest.mark.parametrize("target", [0.5, 0.9])
def test_among_few_keys_it_is_exactly_the_least(target: float) -> None:
    keys = [0, 1, 2, 0, 1, 3, 0, 1, 2, 3] * 40
    work, _, capacity = find(keys, target)
    truly = min(size for size in range(1, 5) if any(work.hit_fraction(each, size) >= target for each in POLICIES))
    assert capacity == truly
