"""Promises: measured hits beside predicted ones, and whether the workload was still the same."""

from math import isnan

import numpy as np
import pytest

from tailgana_lab.measure.promise import Promise, find_change
from tailgana_lab.measure.tuning import tune
from tests.live import PlainCache


def draw(seed: int, n: int = 20_000, first: int = 0) -> list[int]:
    return (np.random.default_rng(seed).zipf(1.3, n) % 1_000 + first).tolist()


def test_a_promise_is_kept_while_the_workload_stays() -> None:
    cache = PlainCache(capacity=50)
    cache.ask(draw(1, 40_000))
    advice = tune(cache, 0.75)
    cache.resize(advice.capacity)
    promised = advice.at("lru", advice.capacity).predicted_hit_fraction
    promise = Promise(cache)
    promise.begin()
    cache.ask(draw(2))
    found = promise.achieved(promised)
    assert found.n_lookups == 20_000
    assert abs(found.difference_points) <= 1
    assert not found.workload_changed
    assert "within 1 point" in found.reason


def test_other_keys_are_said_to_be_a_change_of_the_workload() -> None:
    cache = PlainCache(capacity=50)
    cache.ask(draw(1, 40_000))
    promise = Promise(cache)
    promise.begin()
    cache.ask(draw(2, first=5_000))
    found = promise.achieved(0.5)
    assert found.workload_changed
    assert "other keys" in found.reason


def test_the_same_keys_in_another_order_are_a_change_too() -> None:
    before = np.random.default_rng(1).permutation(np.repeat(np.arange(500), 80))
    after = np.repeat(np.arange(500), 40)
    assert "another order" in find_change(np.concatenate([before, after]), len(after), 50)


def test_a_steady_loop_is_no_change() -> None:
    assert find_change(np.tile(np.arange(100), 60), 2_000, 50) == ""


def test_few_requests_tell_nothing_about_a_change() -> None:
    assert find_change(np.arange(500), 100, 10) == ""


def test_without_look_ups_nothing_was_achieved() -> None:
    promise = Promise(PlainCache())
    promise.begin()
    found = promise.achieved(0.5)
    assert isnan(found.achieved_hit_fraction)
    assert found.reason == "no look-ups since the change"


@pytest.mark.parametrize(("predicted", "word"), [(0.2, "above"), (0.99, "below")])
def test_a_broken_promise_says_by_how_much(predicted: float, word: str) -> None:
    cache = PlainCache(capacity=500)
    promise = Promise(cache)
    promise.begin()
    cache.ask([1, 2] * 10)
    assert word in promise.achieved(predicted).reason
