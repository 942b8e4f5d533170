"""The tuner: what it advises for a target and for a capacity, on traces and on live caches, and when it cannot."""

from math import isnan, nan
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure import workload as workload_module
from tailgana_lab.measure.tuning import Question, Tuning, tune
from tailgana_lab.measure.workload import Workload
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.caching import POLICIES
from tests.live import PlainCache

LOOP = list(range(200)) * 30
SCAN = list(range(3_000))
SKEWED = np.random.default_rng(9).zipf(1.25, 20_000) % 2_000


def test_a_reachable_target_gets_a_setting_that_reaches_it() -> None:
    advice = tune(LOOP, 0.9)
    assert advice.reachable
    assert advice.capacity <= 200
    assert 0.9 <= advice.predicted_hit_fraction <= advice.limit_hit_fraction
    assert "lru would need 200" in advice.reason


def test_an_unreachable_target_is_said_to_be_so_with_the_limit() -> None:
    advice = tune(SKEWED, 0.999)
    assert not advice.reachable
    assert advice.infinite_hit_fraction - advice.predicted_hit_fraction == pytest.approx(0.005, abs=0.001)
    assert "no cache of any size reaches 99.9 %" in advice.reason


@pytest.mark.parametrize("hits", [7, 10, 14, 28, 55, 56, 90])
def test_a_target_that_is_just_reached_is_reachable_however_it_rounds(hits: int) -> None:
    keys = [*range(100 - hits), *(k % (100 - hits) for k in range(hits))]
    for target in (hits / 100, float(f"0.{hits:02}")):
        advice = tune(keys, target)
        assert advice.reachable
        assert advice.predicted_hit_fraction >= target
        assert "lru would need" in advice.reason
    assert not tune(keys, hits / 100 + 0.001).reachable


def test_a_scan_is_told_that_no_size_helps() -> None:
    advice = tune(SCAN, 0.9)
    assert (advice.reachable, advice.limit_hit_fraction, advice.capacity) == (False, 0.0, 1)
    assert "no size helps" in advice.reason


def test_the_table_holds_every_policy_at_many_sizes_and_the_limit() -> None:
    table = tune(SKEWED, 0.7).table
    counts = table.groupby("policy")["capacity"].nunique()
    assert set(counts.index) == {*POLICIES, "belady"}
    assert counts.min() >= 15


def test_every_policy_and_the_limit_stand_at_the_capacity_advised() -> None:
    advice = tune(SKEWED, 0.8)
    there = advice.table[advice.table.capacity == advice.capacity]
    assert sorted(there.policy) == sorted((*POLICIES, "belady"))
    assert advice.replayed(advice.policy, advice.capacity) == advice.predicted_hit_fraction
    assert advice.replayed("belady", advice.capacity) == advice.limit_hit_fraction
    assert not advice.table.duplicated(["policy", "capacity"]).any()


def test_a_capacity_is_kept_and_its_policy_chosen() -> None:
    advice = tune(LOOP, capacity=120)
    assert (advice.capacity, advice.policy) == (120, "lirs")
    assert isnan(advice.target_hit_fraction)
    assert advice.predicted_hit_fraction == pytest.approx(Workload(LOOP).hit_fraction("lirs", 120))
    assert advice.replayed("lirs", 120) == advice.predicted_hit_fraction


def test_a_live_cache_is_seen_as_it_is_set() -> None:
    cache = PlainCache("lookup", capacity=120, ttl_s=5.0)
    cache.ask(LOOP)
    advice = tune(cache, 0.9)
    assert (advice.name, advice.old, advice.ttl_s) == ("lookup", CacheSetting("lru", 120, 5.0), 5.0)
    assert advice.old_hit_fraction == 0
    assert advice.predict is not None
    assert advice.predict("lru", 200) == pytest.approx(29 / 30)
    advice.apply()
    assert CacheSetting.of(cache) == advice.setting


def test_a_live_cache_that_no_size_helps_stays_as_it_is() -> None:
    cache = PlainCache(capacity=120, policy="arc")
    cache.ask(SCAN)
    advice = tune(cache, 0.9)
    assert advice.setting == CacheSetting("arc", 120)
    assert "no size does better" in advice.reason


def test_it_can_be_asked_again_on_the_requests_by_then() -> None:
    cache = PlainCache(capacity=120)
    cache.ask(LOOP)
    advice = tune(cache, 0.9)
    cache.ask(LOOP)
    assert advice.again is not None
    assert advice.again().n_requests == 2 * advice.n_requests


def test_a_recording_and_a_trace_of_numbers_are_the_same_to_it() -> None:
    keys = np.array(LOOP, dtype=np.uint32)
    recording = SimpleNamespace(name="recorded", trace=lambda: keys)
    assert tune(recording, 0.9).setting == tune(keys, 0.9).setting
    assert tune(recording, 0.9).cache is None


def test_few_requests_are_answered_with_a_warning() -> None:
    assert "too few" in tune([1, 2, 1, 2], 0.5).notes[0]


def test_a_sample_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_module, "SAMPLE_ABOVE", 10_000)
    monkeypatch.setattr(workload_module, "SAMPLED_REQUESTS", 10_000)
    advice = tune(SKEWED, 0.7)
    assert advice.is_sampled
    assert "50.0 % of the keys" in advice.notes[0]
    assert "sieve" in advice.notes[0]
    assert advice.predicted_hit_fraction == Workload(SKEWED).hit_fraction(advice.policy, advice.capacity)
    assert advice.predicted_hit_fraction >= 0.7


def test_policies_to_choose_from_can_be_few() -> None:
    assert Tuning(LOOP, ["lru", "fifo"]).advise(Question(0.9)).policy in ("lru", "fifo")


@pytest.mark.parametrize(
    "options",
    [
        {"target_hit_fraction": 90},
        {"target_hit_fraction": nan},
        {"capacity": 0},
        {"capacity": True},
        {"optimise": "money"},
        {"optimise": "time"},
        {"optimise": "time", "capacity": 5},
    ],
)
def test_a_question_without_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        tune(LOOP, **options)


class TimedCache(PlainCache):
    """Ten keys are dear to compute; requests came one a millisecond."""

    def recorded_misses(self) -> pd.DataFrame:
        keys = np.arange(2_000)
        return pd.DataFrame({"key": keys, "duration_ns": np.where(keys < 10, 1e9, 1e6)})

    def time_marks(self) -> list[tuple[int, int]]:
        return [(made, made * 1_000_000) for made in range(1_024, len(self.trace()), 1_024)]


def test_time_saved_can_count_instead_of_hits() -> None:
    dear, cheap = list(range(10)), [x for x in range(10, 40) for _ in range(4)]
    cache = TimedCache(capacity=12)
    cache.ask((dear + cheap) * 100)
    by_hits, by_time = tune(cache, capacity=12), tune(cache, capacity=12, optimise="time")
    assert by_time.saved_s >= by_hits.saved_s > 0
    assert "time that misses cost" in by_time.reason
    assert by_time.optimised == "time"


def test_the_time_saved_is_what_all_requests_would_cost_less_what_misses_cost() -> None:
    cache = TimedCache(capacity=40)
    cache.ask(list(range(40)) * 100)
    advice = tune(cache, 0.9, capacity=40)
    assert advice.saved_s == pytest.approx(99 * (10 * 1.0 + 30 * 0.001))


def test_a_time_to_live_bounds_the_promise_and_is_said_to() -> None:
    cache = TimedCache(capacity=300, ttl_s=0.1)
    cache.ask(LOOP)  # every key comes again after 0.2 s
    advice = tune(cache, 0.9)
    assert (advice.ttl_s, advice.predicted_hit_fraction, advice.reachable) == (0.1, 0.0, False)
    assert "entries that live 0.1 s let at most 0.0 %" in advice.notes[0]
    assert len(advice.ttl_curve) > 10


def test_a_time_to_live_is_advised_only_when_asked_for() -> None:
    cache = TimedCache(capacity=300)
    cache.ask(LOOP)
    assert tune(cache, 0.9).ttl_s is None
    assert len(tune(cache, 0.9).ttl_curve) == 0
    asked = tune(cache, 0.9, wants_ttl=True)
    assert asked.ttl_s == pytest.approx(6.0, rel=0.2)  # every key is asked for till the end, 6 s after it was written
    assert asked.predicted_hit_fraction >= 0.9


def test_without_times_nothing_is_said_about_a_time_to_live() -> None:
    cache = PlainCache(capacity=300, ttl_s=5.0)
    cache.ask(LOOP)
    assert "not known" in tune(cache, 0.9).notes[0]


def test_without_requests_there_is_nothing_to_learn_from() -> None:
    with pytest.raises(InvalidRequestError, match="no requests"):
        tune([])
    with pytest.raises(InvalidRequestError, match="call the function first"):
        tune(PlainCache())
    silent = PlainCache()
    silent.ask([1, 2])
    silent.trace = lambda: np.array([], dtype=np.uint32)  # type: ignore[method-assign]
    with pytest.raises(InvalidRequestError, match="record=True"):
        tune(silent)
