"""The lab's caches: public functions, what is remembered for the report, and live caches from first look to change."""

import asyncio
import functools
import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tailgana_lab as tgl
from tailgana_lab import lab as lab_module
from tailgana_lab.lab import Lab
from tailgana_lab.measure.cached import CachedFunction, cached

LOOP = list(range(150)) * 20


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab(store=tmp_path / "lab.db")
    monkeypatch.setattr(lab_module, "_default", lab)
    yield lab
    lab.store.close()


def asked(keys: list[int], **options: Any) -> CachedFunction:
    function: CachedFunction = cached(**{"capacity": 100, **options})(lambda x: x)
    for key in keys:
        function(key)
    return function


def test_an_advice_is_remembered_without_the_cache_that_it_is_about(lab: Lab) -> None:
    function = asked(LOOP)
    advice = tgl.tune(function, 0.9)
    kept = lab.results[0]
    assert (kept.policy, kept.capacity, kept.cache) == (advice.policy, advice.capacity, None)
    here = weakref.ref(function)
    del function, advice
    gc.collect()
    assert here() is None


def test_the_report_shows_an_advice(lab: Lab, tmp_path: Path) -> None:
    tgl.tune(LOOP, 0.9)
    page = Path(tgl.report(tmp_path / "report.html")).read_text()
    assert "fewest entries that reach 90.0 %" in page


def test_a_live_cache_is_tuned_changed_and_held_to_its_promise(lab: Lab) -> None:
    draw = np.random.default_rng(4)
    function = asked((draw.zipf(1.3, 30_000) % 1_000).tolist(), capacity=20, policy="fifo")
    advice = tgl.tune(function, 0.75)
    advice.apply()
    assert (function.capacity, function.policy) == (advice.capacity, advice.policy)
    for key in (draw.zipf(1.3, 30_000) % 1_000).tolist():
        function(key)
    found = advice.achieved()
    assert abs(found.difference_points) <= 1
    assert (found.n_lookups, found.workload_changed) == (30_000, False)
    advice.undo()
    assert (function.capacity, function.policy) == (20, "fifo")


def test_a_changed_workload_is_said_to_be_one(lab: Lab) -> None:
    function = asked(LOOP)
    advice = tgl.tune(function, 0.9)
    advice.apply()
    for key in range(10_000, 12_000):
        function(key)
    assert advice.achieved().workload_changed


def test_a_cache_of_every_policy_can_be_tuned(lab: Lab) -> None:
    for policy in ("lfu", "wtinylfu", "predictive"):
        advice = tgl.tune(asked(LOOP, policy=policy), capacity=100)
        assert advice.old is not None
        assert advice.old.policy == policy
        assert 0 <= advice.old_hit_fraction <= 1


def test_caches_are_listed_with_those_of_other_libraries(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    function = asked([1, 1, 2], name="listed")
    monkeypatch.setattr(sys.modules["__main__"], "other_of_test", functools.lru_cache(7)(abs), raising=False)
    rows = {row["name"]: list(row.values())[1:] for row in tgl.caches().to_dict("records")}
    assert rows["listed"] == ["tailgana", 100, 2, 1, 2]
    assert rows["other_of_test"] == ["functools", 7, 0, 0, 0]
    assert list(tgl.caches()) == ["name", "kind", "capacity", "size", "hits", "misses"]
    del function


def test_a_cache_of_functools_is_recorded_and_tuned(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    main: Any = sys.modules["__main__"]
    monkeypatch.setattr(main, "other_of_test", functools.lru_cache(100)(abs), raising=False)
    with tgl.record_cache("other_of_test") as recording:
        for key in LOOP:
            main.other_of_test(key)
    assert tgl.tune(recording, 0.9).n_requests == len(LOOP)
    assert tgl.replay(recording.trace(), "lru", 150)["misses"].tolist() == [150]


def test_live_caches_are_analysed_and_changed(lab: Lab) -> None:
    function = asked(LOOP, policy="lfu", name="changed")
    found = lab.analyze_caches("lfu")[tgl.CacheType.LFU]
    assert any("increasing" in text for text in found.recommendations)
    told = tgl.optimize_cache("lfu", size_multiplier=2.0)
    assert {"hit_rate_pct", "improvement_pct"} <= set(told)
    assert function.capacity == 200
    assert tgl.optimize_cache("lfu", "analyze")["lfu"]["caches"]["changed"]["size_max"] == 200
    assert len(lab.store.search("Cache optimized")) == 1


def test_a_plan_is_carried_out_with_the_labs_own_store(lab: Lab) -> None:
    function = asked([1, 2], policy="lfu")
    plan = tgl.CacheOptimizationPlan(enable_cache_warming=True, warming_queries=[2, 3])
    assert lab.carry_out("lfu", plan).size_current == 3
    assert function.cache_info().currsize == 3


def test_time_saved_and_time_to_live_are_known_of_a_live_cache(lab: Lab) -> None:
    function = asked(LOOP * 2, capacity=300, ttl_s=1_000.0)
    advice = tgl.tune(function, capacity=300, optimise="time")
    assert advice.saved_s > 0
    assert advice.ttl_s == 1_000.0
    assert len(advice.ttl_curve) > 1
    assert advice.notes == []


async def test_coroutine_functions_are_warmed_on_the_loop_that_runs(lab: Lab) -> None:
    @cached(capacity=10, policy="lfu", name="warmed")
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return 2 * x

    plan = tgl.CacheOptimizationPlan(enable_cache_warming=True, warming_queries=[1, 2, 2])
    found = await tgl.CacheOptimizer(lab.store).optimize_cache(tgl.CacheType.LFU, plan)
    assert found.size_current == 2
    assert await double(1) == 2


def test_a_live_cache_is_advised_by_its_name_and_again_on_what_was_asked_since(lab: Lab) -> None:
    function = asked(LOOP, name="price in the lab")
    advice = lab.advise("price in the lab", 0.8)
    assert (advice.name, advice.n_requests, advice.target_hit_fraction) == ("price in the lab", len(LOOP), 0.8)
    function(1)
    assert advice.again is not None
    again = advice.again()
    assert (again.n_requests, again.target_hit_fraction) == (len(LOOP) + 1, 0.8)
    assert [kept.n_requests for kept in lab.results] == [len(LOOP), len(LOOP) + 1]


def test_a_cache_that_nobody_asked_is_shown_and_not_reported(lab: Lab) -> None:
    function = asked([], name="unasked in the lab")
    advice = lab.advise("unasked in the lab")
    assert "no request has been recorded yet" in advice.reason
    assert lab.results == ()
    function(1)
    assert advice.again is not None
    assert advice.again().n_requests == 1


def test_the_overview_lists_live_caches_and_looks_at_each(lab: Lab) -> None:
    function = asked(LOOP, name="listed in the lab", policy="arc")
    overview = lab.cache_overview()
    row = overview.table.set_index("name").loc["listed in the lab"]
    assert (row.policy, row.capacity, row.requests) == ("arc", 100, len(LOOP))
    assert "listed in the lab" in lab.cache_names()
    assert overview.advise("listed in the lab").cache is function
    name, here = "listed in the lab", weakref.ref(function)
    del function
    gc.collect()
    assert here() is None
    assert name not in overview.columns_now()["name"]


def test_loading_ahead_is_spoken_about_where_it_is_allowed(lab: Lab) -> None:
    pure = tgl.tune(asked(LOOP, pure=True), capacity=50)
    assert "loads a request instead of" in pure.notes[-1]
    assert "predictive" in pure.columns()["policy"]
    assert "predictive" not in tgl.tune(asked(LOOP), capacity=50).columns()["policy"]
    assert "only what is marked `pure`" in tgl.tune(asked(LOOP, policy="predictive"), capacity=50).notes[-1]
