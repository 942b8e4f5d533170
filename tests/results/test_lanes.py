"""Lanes made coarse: nothing is lost or moved by more than a slice."""

import random
from itertools import pairwise

import pytest

from tailgana_lab.records import Columns
from tailgana_lab.results.lanes import MIN_SLICES, coarse_lanes
from tailgana_lab.results.tables import STATES


def make_lanes(n_threads: int, n_runs: int, duration_s: float, seed: int = 0) -> Columns:
    draw = random.Random(seed)
    lanes: Columns = {"thread": [], "start_s": [], "end_s": [], "state": []}
    for thread in range(n_threads):
        edges = sorted([0.0, duration_s, *(draw.uniform(0, duration_s) for _ in range(n_runs - 1))])
        for start, end in pairwise(edges):
            for name, value in zip(lanes, (thread, start, end, draw.choice(STATES)), strict=True):
                lanes[name].append(value)
    return lanes


def test_few_runs_are_left_as_they_are() -> None:
    lanes = make_lanes(2, 10, 1.0)
    assert coarse_lanes(lanes, 1.0, 100) == lanes


@pytest.mark.parametrize(("n_threads", "most"), [(1, 100), (3, 300), (50, 100)])
def test_many_runs_become_few_that_cover_the_same_time(n_threads: int, most: int) -> None:
    coarse = coarse_lanes(make_lanes(n_threads, 2000, 5.0), 5.0, most)
    assert len(coarse["thread"]) <= max(most, MIN_SLICES * n_threads)
    for thread in range(n_threads):
        rows = [row for row, t in enumerate(coarse["thread"]) if t == thread]
        assert coarse["start_s"][rows[0]] == 0.0
        assert coarse["end_s"][rows[-1]] == pytest.approx(5.0)
        assert sum(coarse["end_s"][row] - coarse["start_s"][row] for row in rows) == pytest.approx(5.0)


def test_the_state_that_holds_longest_in_a_slice_is_shown() -> None:
    n = 1000
    lanes: Columns = {"thread": [0] * n, "start_s": [], "end_s": [], "state": ["lock", "on_cpu"] * (n // 2)}
    for k in range(n):
        lanes["start_s"].append(k // 2 * 0.01 + (0.003 if k % 2 else 0.0))
        lanes["end_s"].append(k // 2 * 0.01 + (0.01 if k % 2 else 0.003))
    coarse = coarse_lanes(lanes, 5.0, 25)
    assert coarse["state"] == ["on_cpu"]


def test_neighbours_of_one_state_are_joined() -> None:
    lanes = make_lanes(1, 500, 1.0)
    lanes["state"] = ["sleep"] * 500
    assert len(coarse_lanes(lanes, 1.0, 100)["thread"]) == 1
