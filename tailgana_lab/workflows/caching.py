"""Cache optimization: what the live caches do, what to do about them, and plans carried out and measured.

Figures come from the caches and from replays in `measure`; here caches are chosen and warmed, results told and kept.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import isawaitable
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.events import (
    CACHE_ANALYSIS_STARTED,
    CACHE_FAILED,
    CACHE_OPTIMIZATION_COMPLETED,
    CACHE_OPTIMIZATION_STARTED,
    CACHE_WARMING_COMPLETED,
    CACHE_WARMING_STARTED,
    Emit,
    emit_event,
)
from tailgana_lab.measure.named_caches import by_name
from tailgana_lab.measure.planned_change import Changeable, Warming, change, is_of_type
from tailgana_lab.results.baseline import without_nan
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.caching import CacheMetrics, CacheOptimizationPlan, CacheType, compute_metrics
from tailgana_lab.waiting import wait_for

if TYPE_CHECKING:
    from tailgana_lab.storage.store import Store

__all__ = ["CacheMetrics", "CacheOptimizationPlan", "CacheOptimizer", "CacheType", "optimize_cache"]

RECORD_TYPE = "cache_optimization"
ACTIONS = ("analyze", "optimize")
_FIGURES = (
    *("hit_rate_pct", "miss_rate_pct", "eviction_rate_pct", "avg_hit_latency_ms", "avg_miss_latency_ms"),
    *("size_current", "size_max", "utilization_pct", "recommendations"),
)


@dataclass(frozen=True)
class Optimized:
    """What carrying out a plan led to."""

    metrics: CacheMetrics
    """Figures after it."""
    improvement_pct: float
    """Hit rate after it minus before, percentage points; NaN until look-ups have come on both sides."""
    warming: Warming
    """What warming did."""


class CacheOptimizer:
    """Analyses and changes the live caches of this process.

    Parameters
    ----------
    store : Store, optional
        Where results are kept; the project's own by default.
    emit : callable
        Told what happens, as `emit(name, payload)`.
    caches : callable, optional
        Gives the live caches; all of this process by default.
    recommend : callable, optional
        Says what to do about one cache, as `measure.cache_findings.recommend` does.

    Examples
    --------
    >>> import asyncio
    >>> optimizer = CacheOptimizer(caches=list)
    >>> sorted(kind.value for kind in asyncio.run(optimizer.analyze_cache_performance()))
    ['all', 'lfu', 'lru', 'predictive', 'ttl']
    """

    def __init__(
        self,
        store: "Store | None" = None,
        *,
        emit: Emit = emit_event,
        caches: Callable[[], Sequence[Changeable]] | None = None,
        recommend: Callable[..., list[str]] | None = None,
    ) -> None:
        self._store = store
        self._emit = emit
        self._caches = caches or _live_caches
        self._recommend = recommend or _recommended
        self.last_optimized: Optimized | None = None
        """What the last plan led to; None before one."""

    async def analyze_cache_performance(
        self, cache_type: CacheType | str = CacheType.ALL
    ) -> dict[CacheType, CacheMetrics]:
        """What the caches of a type did since their last change, and what to do about them.

        Parameters
        ----------
        cache_type : CacheType
            Which caches; `ALL` gives every type, `ALL` itself as the sum of every cache.

        Returns
        -------
        dict of CacheType to CacheMetrics
            Also where there is no such cache: then sizes are 0 and rates NaN.

        Raises
        ------
        InvalidRequestError
            If there is no such type.
        """
        wanted = _type(cache_type)
        with self._announced_failure():
            kinds = list(CacheType) if wanted is CacheType.ALL else [wanted]
            return await self._analyzed(wanted, {kind: self.caches_of(kind) for kind in kinds})

    async def optimize_cache(self, cache_type: CacheType | str, plan: CacheOptimizationPlan) -> CacheMetrics:
        """Carry out a plan on every cache of a type, measure, and keep what came of it.

        Parameters
        ----------
        cache_type : CacheType
            Which caches are changed; `ALL` changes every one.
        plan : CacheOptimizationPlan
            What to change; without any change only the target is judged.

        Returns
        -------
        CacheMetrics
            Of all these caches together, since the change; where nothing was asked since but the warming queries, the
            rates are those of these queries.

        Raises
        ------
        InvalidRequestError
            If there is no such type, or a cache cannot be changed so; then all are as they were before.
        """
        wanted = _type(cache_type)
        started = {"cache_type": wanted.value, "target_hit_rate": plan.target_hit_rate}
        self._emit(CACHE_OPTIMIZATION_STARTED, started)
        with self._announced_failure():
            optimized = await self._optimized(wanted, plan)
        self.last_optimized = optimized
        self._keep(wanted, optimized)
        done = {"cache_type": wanted.value, "hit_rate": optimized.metrics.hit_rate_pct}
        self._emit(CACHE_OPTIMIZATION_COMPLETED, done)
        return optimized.metrics

    def caches_of(self, kind: CacheType) -> list[Changeable]:
        """The live caches of a type."""
        return [cache for cache in self._caches() if is_of_type(cache, kind)]

    # ---- analysis

    async def _analyzed(
        self, wanted: CacheType, caches: dict[CacheType, list[Changeable]], target: float | None = None
    ) -> dict[CacheType, CacheMetrics]:
        self._emit(CACHE_ANALYSIS_STARTED, {"cache_type": wanted.value})
        each = {id(cache): cache for part in caches.values() for cache in part}
        figures = {key: cache.metrics() for key, cache in each.items()}
        for key, cache in each.items():
            setting = CacheSetting.of(cache)
            advised = asyncio.to_thread(self._recommend, figures[key], cache.trace(), setting, target)
            figures[key].recommendations = await advised
        found = {}
        for kind, part in caches.items():
            found[kind] = compute_metrics(kind, [figures[id(cache)] for cache in part])
            found[kind].recommendations = _said(part, [figures[id(cache)].recommendations for cache in part])
        return found

    # ---- optimization

    async def _optimized(self, wanted: CacheType, plan: CacheOptimizationPlan) -> Optimized:
        chosen = self.caches_of(wanted)  # a change of policy may move them to another type
        before = compute_metrics(wanted, [cache.metrics() for cache in chosen])
        change(chosen, plan)
        warming = Warming()
        if plan.enable_cache_warming:
            warming = await self._warm(wanted, chosen, plan.warming_queries)
        found = await self._analyzed(wanted, {wanted: chosen}, plan.target_hit_rate)
        after = found[wanted]
        if not chosen:
            after.recommendations.append(f"No live cache of type {wanted.value}: nothing was changed")
        improvement = after.hit_rate_pct - before.hit_rate_pct
        if not after.n_lookups and warming.n_asked:
            _count_warming(after, warming)
            improvement = nan
        return Optimized(after, improvement, warming)

    async def _warm(self, wanted: CacheType, caches: Sequence[Changeable], queries: Sequence[object]) -> Warming:
        """Ask every query of every cache that has a function; between two the loop has its turn."""
        self._emit(CACHE_WARMING_STARTED, {"cache_type": wanted.value, "query_count": len(queries)})
        warming = Warming()
        for cache in caches:
            if not hasattr(cache, "warm"):
                continue
            for query in queries:
                await _ask(cache, query, warming)
                await asyncio.sleep(0)
        self._emit(CACHE_WARMING_COMPLETED, {"cache_type": wanted.value, "queries_warmed": warming.n_loaded})
        return warming

    # ---- record and events

    def _keep(self, wanted: CacheType, optimized: Optimized) -> None:
        """Store what came of it; a store that fails does not take it away."""
        metrics = optimized.metrics
        metadata = {
            "type": RECORD_TYPE,
            "cache_type": wanted.value,
            "hit_rate_pct": metrics.hit_rate_pct,
            "improvement_pct": optimized.improvement_pct,
            "size_max": metrics.size_max,
            "recommendations": metrics.recommendations,
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        rate = "unknown" if isnan(metrics.hit_rate_pct) else f"{metrics.hit_rate_pct:.1f}%"
        content = f"Cache optimized: {wanted.value} - {rate} hit rate"
        try:
            self._kept_in().add(content, without_nan(metadata))
        except LabError as error:
            metrics.recommendations.append(f"This result was not kept: {error}")

    def _kept_in(self) -> "Store":
        if self._store is None:
            from tailgana_lab.storage.store import Store

            self._store = Store()
        return self._store

    @contextmanager
    def _announced_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._emit(CACHE_FAILED, {"error": f"{type(error).__name__}: {error}".removesuffix(": ")})
            raise


def _count_warming(metrics: CacheMetrics, warming: Warming) -> None:
    """Take the warming queries as the look-ups, where there were no others."""
    metrics.n_hits, metrics.n_misses = warming.n_there, warming.n_asked - warming.n_there
    metrics.hit_rate_pct = 100 * metrics.n_hits / warming.n_asked
    metrics.miss_rate_pct = 100 * metrics.n_misses / warming.n_asked
    metrics.recommendations.append(
        f"Nothing was asked since the change but {warming.n_asked:,} warming queries: the hit rate is theirs"
    )


async def _ask(cache: Any, query: object, warming: Warming) -> None:
    """Ask one query of a cache, and count what came of it."""
    failed_before = _failed(cache)
    loaded = cache.warm([query])
    if (await loaded) if isawaitable(loaded) else loaded:
        warming.n_loaded += 1
    elif _failed(cache) == failed_before and cache.holds(query):
        warming.n_there += 1
    else:
        warming.n_failed += 1


def _failed(cache: Any) -> int:
    """Computations of a cache that raised, since it was made."""
    return int(cache.statistics(since_start=True).failed)


def _said(caches: Sequence[Changeable], recommendations: Sequence[list[str]]) -> list[str]:
    """What is said about several caches, each sentence with the name of its cache; about one, as it is."""
    if len(caches) == 1:
        return list(recommendations[0])
    return [f"{cache.name}: {text}" for cache, texts in zip(caches, recommendations, strict=True) for text in texts]


def optimize_cache(
    cache_type: "CacheType | str" = CacheType.ALL,
    action: str | None = None,
    *,
    size_multiplier: float | None = None,
    ttl_seconds: float | None = None,
    eviction_policy: str | None = None,
    optimizer: CacheOptimizer | None = None,
) -> dict[str, Any]:
    """Analyse the live caches of a type, or change them.

    Parameters
    ----------
    cache_type : CacheType or str
        `predictive`, `lru`, `lfu`, `ttl` or `all`.
    action : {"analyze", "optimize"}, optional
        `optimize` where something is to be changed, which is the default then.
    size_multiplier : float, optional
        New capacity over the old one, above 1.
    ttl_seconds : float, optional
        New time to live, seconds.
    eviction_policy : str, optional
        New policy.
    optimizer : CacheOptimizer, optional
        What does it.

    Returns
    -------
    dict
        Analysed: by type its figures, and under `caches` those of each cache by name. Changed: `hit_rate_pct` and
        `improvement_pct`, percentage points; both NaN until something was asked since.

    Raises
    ------
    InvalidRequestError
        If the type or the action is unknown, or nothing is to be changed.
    """
    does = optimizer or CacheOptimizer()
    kind = _type(cache_type)
    changes = (size_multiplier, ttl_seconds, eviction_policy)
    _check_action(action, changes)
    if action == "analyze":
        return _tables(does, wait_for(lambda: does.analyze_cache_performance(kind)))
    plan = CacheOptimizationPlan(
        increase_size=size_multiplier is not None,
        size_multiplier=1.0 if size_multiplier is None else size_multiplier,
        adjust_ttl=ttl_seconds is not None,
        ttl_seconds=ttl_seconds,
        change_eviction_policy=eviction_policy is not None,
        new_policy=eviction_policy,
    )
    metrics = wait_for(lambda: does.optimize_cache(kind, plan))
    improvement = nan if does.last_optimized is None else does.last_optimized.improvement_pct
    return {"hit_rate_pct": metrics.hit_rate_pct, "improvement_pct": improvement, **_figures(metrics)}


def _check_action(action: str | None, changes: Sequence[object]) -> None:
    if action is not None and action not in ACTIONS:
        raise InvalidRequestError(f"`{action}` is no action: {' or '.join(f'`{each}`' for each in ACTIONS)}")
    is_change = any(each is not None for each in changes)
    if action == "analyze" and is_change:
        raise InvalidRequestError("`analyze` changes nothing: leave it out to change size, time to live or policy")
    if action != "analyze" and not is_change:
        raise InvalidRequestError(
            'nothing to change: give `size_multiplier`, `ttl_seconds` or `eviction_policy`, or `action="analyze"`'
        )


def _tables(optimizer: CacheOptimizer, found: dict[CacheType, CacheMetrics]) -> dict[str, Any]:
    """Figures of each type, and of each of its caches under the name that it has everywhere."""
    named = by_name(optimizer.caches_of(CacheType.ALL))
    tables = {}
    for kind, metrics in found.items():
        caches = {name: _figures_of(cache) for name, cache in named.items() if is_of_type(cache, kind)}
        tables[kind.value] = {**_figures(metrics), "caches": caches}
    return tables


def _figures_of(cache: Changeable) -> dict[str, Any]:
    return {**_figures(cache.metrics()), "policy": cache.policy, "ttl_s": cache.ttl_s}


def _figures(metrics: CacheMetrics) -> dict[str, Any]:
    return {name: getattr(metrics, name) for name in _FIGURES}


def _type(cache_type: "CacheType | str") -> CacheType:
    try:
        return CacheType(cache_type)
    except ValueError:
        words = ", ".join(each.value for each in CacheType)
        raise InvalidRequestError(f"`{cache_type}` is no type of cache: there are {words}") from None


def _live_caches() -> Sequence[Changeable]:
    """The caches of this process, imported when first used."""
    from tailgana_lab.measure.cached import live_caches

    return live_caches()


def _recommended(*arguments: Any) -> list[str]:
    """The real rules, likewise."""
    from tailgana_lab.measure.cache_findings import recommend

    return recommend(*arguments)
