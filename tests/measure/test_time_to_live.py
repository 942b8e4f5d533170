"""Times to live: hits of entries that live so long, by request times that lie between the marks of a cache."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tailgana_lab._engine import Trace
from tailgana_lab.measure.time_to_live import LifeCurve, request_times


def test_an_entry_hits_while_it_lives_and_is_not_prolonged_by_a_hit() -> None:
    keys = np.zeros(5, dtype=np.uint32)
    times = (np.arange(5) * 1_000_000_000).astype(np.uint64)
    life = LifeCurve(Trace(keys), times)
    assert life.hit_fraction(10.0) == 4 / 5
    assert life.hit_fraction(0.5) == 0
    assert life.hit_fraction(2.0) < life.hit_fraction(4.5)


def test_a_curve_rises_to_the_hits_of_an_endless_life() -> None:
    keys = np.tile(np.arange(50, dtype=np.uint32), 20)
    curve = LifeCurve(Trace(keys), (np.arange(1_000) * 1_000_000).astype(np.uint64)).columns()
    assert curve["hit_fraction"] == sorted(curve["hit_fraction"])
    assert curve["hit_fraction"][-1] == pytest.approx(19 / 20)


def test_keys_that_never_come_again_have_no_curve() -> None:
    life = LifeCurve(Trace(np.arange(10, dtype=np.uint32)), np.arange(10, dtype=np.uint64))
    assert life.columns() == {"ttl_s": [], "hit_fraction": []}
    assert life.least_s() is None


def cache(marks: list[tuple[int, int]], made: int) -> Any:
    return SimpleNamespace(time_marks=lambda: marks, cache_info=lambda: SimpleNamespace(hits=made, misses=0))


def test_requests_lie_evenly_between_marks_and_at_the_same_pace_outside() -> None:
    times = request_times(cache([(10, 1_000), (20, 3_000), (30, 5_000)], 40), 40)
    assert times is not None
    assert times.tolist()[:3] == [0, 200, 400]
    assert np.diff(times.astype(np.int64)).tolist() == [200] * 39


def test_without_marks_no_time_is_known() -> None:
    assert request_times(cache([], 10), 10) is None
    assert request_times(object(), 10) is None
