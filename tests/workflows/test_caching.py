"""The optimizer on stand-ins: types, plans, warming, one hit rate, its events and what it stores."""

import asyncio
from collections.abc import Callable, Iterator
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError, StoreError
from tailgana_lab.measure.cached import cached
from tailgana_lab.measure.planned_change import Warming
from tailgana_lab.results.caching import CacheMetrics, CacheOptimizationPlan, CacheType
from tailgana_lab.storage.store import Store
from tailgana_lab.workflows.caching import CacheOptimizer, optimize_cache
from tests.live import PlainCache

DOUBLE = CacheOptimizationPlan(increase_size=True, size_multiplier=2.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "lab.db")
    yield store
    store.close()


class Bench:
    """An optimizer over given caches, and what it announced."""

    def __init__(self, store: Any, *caches: Any, recommend: Callable[..., list[str]] | None = None) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.optimizer = CacheOptimizer(
            store,
            emit=lambda name, payload: self.heard.append((name, dict(payload))),
            caches=lambda: caches,
            recommend=recommend,
        )

    def analyze(self, kind: CacheType = CacheType.ALL) -> dict[CacheType, CacheMetrics]:
        return asyncio.run(self.optimizer.analyze_cache_performance(kind))

    def optimize(self, plan: CacheOptimizationPlan, kind: CacheType = CacheType.LRU) -> CacheMetrics:
        return asyncio.run(self.optimizer.optimize_cache(kind, plan))

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    def payload(self, name: str) -> dict[str, Any]:
        return next(payload for heard, payload in self.heard if heard == name)


def test_every_type_is_there_also_without_a_cache(store: Store) -> None:
    found = Bench(store).analyze()
    assert list(found) == list(CacheType)
    assert all(isnan(each.hit_rate_pct) and each.size_max == 0 for each in found.values())


def test_a_type_is_the_sum_of_its_caches_and_all_of_every_one(store: Store) -> None:
    bench = Bench(
        store, PlainCache("a", capacity=10), PlainCache("b", capacity=20), PlainCache("c", policy="arc", capacity=40)
    )
    found = bench.analyze()
    assert (found[CacheType.LRU].size_max, found[CacheType.ALL].size_max, found[CacheType.LFU].size_max) == (30, 70, 0)
    assert [text.partition(":")[0] for text in found[CacheType.LRU].recommendations] == ["a", "b"]
    assert list(bench.analyze(CacheType.LFU)) == [CacheType.LFU]


def test_a_plan_is_carried_out_on_every_cache_of_the_type(store: Store) -> None:
    caches = [PlainCache(capacity=10), PlainCache(capacity=20, policy="lfu"), PlainCache(capacity=30, policy="fifo")]
    bench = Bench(store, *caches)
    bench.optimize(DOUBLE)
    assert [cache.capacity for cache in caches] == [20, 20, 30]
    assert bench.optimize(DOUBLE, CacheType.ALL).size_max == 40 + 40 + 60


def test_a_change_of_policy_is_measured_on_the_caches_that_were_changed(store: Store) -> None:
    cache = PlainCache(capacity=10)
    plan = CacheOptimizationPlan(change_eviction_policy=True, new_policy="sieve")
    assert Bench(store, cache).optimize(plan).size_max == 10
    assert cache.policy == "sieve"


def fails_on_bad(key: str) -> str:
    if key == "bad":
        raise ValueError(key)
    return key


def test_warming_counts_only_what_it_loaded(store: Store) -> None:
    cache = PlainCache(function=fails_on_bad)
    cache.ask("ab")
    bench = Bench(store, cache)
    found = bench.optimize(
        CacheOptimizationPlan(enable_cache_warming=True, warming_queries=["a", "bad", "new", "other"])
    )
    assert bench.payload("cache.warming_started") == {"cache_type": "lru", "query_count": 4}
    assert bench.payload("cache.warming_completed") == {"cache_type": "lru", "queries_warmed": 2}
    assert found.size_current == 4


async def test_warming_queries_that_fail_are_no_hits_whenever_they_fail(store: Store) -> None:
    live = cached(name="warmed of test")(fails_on_bad)
    live("a")
    optimizer = Bench(store, live).optimizer
    plan = CacheOptimizationPlan(enable_cache_warming=True, warming_queries=["a", "bad", "new", [1, 2], [3]])
    await optimizer.optimize_cache(CacheType.ALL, plan)
    assert optimizer.last_optimized is not None
    assert optimizer.last_optimized.warming == Warming(n_loaded=1, n_there=1, n_failed=3)


@pytest.mark.parametrize("queries", [[[1, 2], [3]], [["bad"], "bad"]])
def test_queries_that_all_fail_give_no_hit(store: Store, queries: list[Any]) -> None:
    async def of_a_task(key: str) -> str:
        return fails_on_bad(key)

    plan = CacheOptimizationPlan(enable_cache_warming=True, warming_queries=queries)
    for function in (fails_on_bad, of_a_task):
        found = Bench(store, cached(name="failing of test")(function)).optimize(plan)
        assert (found.hit_rate_pct, found.n_misses) == (0, 2)


def test_events_come_in_order_with_one_hit_rate_that_is_stored_too(store: Store) -> None:
    cache = PlainCache(capacity=100)
    cache.ask(list(range(150)) * 5)
    bench = Bench(store, cache)
    plan = CacheOptimizationPlan(
        increase_size=True, size_multiplier=2.0, enable_cache_warming=True, warming_queries=[149, 5_000]
    )
    found = bench.optimize(plan)
    assert bench.names() == [
        "cache.optimization_started",
        "cache.warming_started",
        "cache.warming_completed",
        "cache.analysis_started",
        "cache.optimization_completed",
    ]
    assert bench.payload("cache.optimization_started") == {"cache_type": "lru", "target_hit_rate": 0.90}
    record = store.search("Cache optimized", type="cache_optimization")[0]
    assert record.content == "Cache optimized: lru - 50.0% hit rate"
    rates = [
        found.hit_rate_pct,
        record.metadata["hit_rate_pct"],
        bench.payload("cache.optimization_completed")["hit_rate"],
    ]
    assert rates == [50.0] * 3
    assert record.metadata["improvement_pct"] is None
    assert "warming queries" in found.recommendations[-1]


def test_old_misses_do_not_hide_what_a_change_did(store: Store) -> None:
    cache = PlainCache(capacity=100)
    cache.ask(list(range(150)) * 20)
    bench = Bench(store, cache)
    assert bench.analyze()[CacheType.LRU].hit_rate_pct == 0
    bench.optimize(DOUBLE)
    cache.ask(list(range(150)) * 20)
    assert bench.analyze()[CacheType.LRU].hit_rate_pct > 90


def test_without_look_ups_since_the_hit_rate_is_unknown_and_stored_as_missing(store: Store) -> None:
    found = Bench(store, PlainCache()).optimize(DOUBLE)
    assert isnan(found.hit_rate_pct)
    record = store.search("Cache optimized")[0]
    assert record.metadata["hit_rate_pct"] is None
    assert "unknown hit rate" in record.content


def test_a_target_out_of_reach_is_said_and_changes_nothing(store: Store) -> None:
    cache = PlainCache(capacity=100)
    cache.ask(range(2_000))
    found = Bench(store, cache).optimize(CacheOptimizationPlan(target_hit_rate=0.9))
    assert any("cannot be reached" in text for text in found.recommendations)
    assert cache.capacity == 100


def test_a_type_without_caches_says_that_nothing_was_changed(store: Store) -> None:
    assert "nothing was changed" in Bench(store).optimize(DOUBLE).recommendations[-1]


def test_a_failure_is_announced_and_raised(store: Store) -> None:
    def raising(*_: Any) -> list[str]:
        raise ZeroDivisionError

    for run in (lambda bench: bench.analyze(), lambda bench: bench.optimize(DOUBLE)):
        bench = Bench(store, PlainCache(), recommend=raising)
        with pytest.raises(ZeroDivisionError):
            run(bench)
        assert bench.names()[-1] == "cache.failed"
        assert bench.payload("cache.failed") == {"error": "ZeroDivisionError"}


def test_a_store_that_fails_takes_no_result_away() -> None:
    class Broken:
        def add(self, *_: Any, **__: Any) -> None:
            raise StoreError("the disk is full")

    bench = Bench(Broken(), PlainCache(capacity=10))
    assert bench.optimize(DOUBLE).size_max == 20
    assert bench.names()[-1] == "cache.optimization_completed"


def test_the_loop_has_its_turn_while_warming(store: Store) -> None:
    seen: list[int] = []
    cache = PlainCache(function=lambda x: seen.append(x))

    async def run() -> list[int]:
        plan = CacheOptimizationPlan(enable_cache_warming=True, warming_queries=list(range(50)))
        task = asyncio.ensure_future(Bench(store, cache).optimizer.optimize_cache(CacheType.LRU, plan))
        while not seen:
            await asyncio.sleep(0)
        ran = list(seen)
        await task
        return ran

    assert len(asyncio.run(run())) < 50


def test_the_tool_analyses_by_type_and_name(store: Store) -> None:
    bench = Bench(store, PlainCache("one", capacity=10), PlainCache("one", capacity=20))
    found = optimize_cache("lru", "analyze", optimizer=bench.optimizer)
    assert found["lru"]["size_max"] == 30
    assert [each["size_max"] for each in found["lru"]["caches"].values()] == [20, 10]  # the newest has the name
    assert list(found["lru"]["caches"]) == ["one", "one (2)"]
    assert set(optimize_cache(action="analyze", optimizer=bench.optimizer)) == {kind.value for kind in CacheType}


async def test_the_tool_changes_also_from_a_running_loop(store: Store) -> None:
    cache = PlainCache(capacity=10)
    cache.ask([1] * 10)
    found = optimize_cache("lru", size_multiplier=2.0, eviction_policy="arc", optimizer=Bench(store, cache).optimizer)
    assert {"hit_rate_pct", "improvement_pct"} <= set(found)
    assert (cache.capacity, cache.policy) == (20, "arc")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"cache_type": "lur", "action": "analyze"}, "lur"),
        ({"action": "delete"}, "delete"),
        ({"action": "analyze", "size_multiplier": 2.0}, "analyze"),
        ({"cache_type": "lru"}, "nothing to change"),
        ({"action": "optimize"}, "nothing to change"),
        ({"size_multiplier": 1.0}, "size_multiplier"),
    ],
)
def test_the_tool_refuses_what_it_cannot_do(store: Store, arguments: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidRequestError, match=word):
        optimize_cache(**arguments, optimizer=Bench(store, PlainCache()).optimizer)
