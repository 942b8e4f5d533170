"""The lab's part that looks after caches: wires tuner, recorder and optimizer. `Lab` is built on it."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tailgana_lab.waiting import wait_for

if TYPE_CHECKING:
    import pandas as pd

    from tailgana_lab.measure.recorded_cache import Recording
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.cache_overview import CacheOverview
    from tailgana_lab.results.caching import CacheMetrics, CacheOptimizationPlan, CacheType
    from tailgana_lab.storage.store import Store
    from tailgana_lab.workflows.caching import CacheOptimizer


class Cachings:
    """Caches of one lab."""

    @property
    def store(self) -> "Store":
        """The lab's store."""
        raise NotImplementedError

    def remember(self, result: Any) -> None:
        """Take a result into the report."""
        raise NotImplementedError

    def tune(
        self,
        cached_function_or_keys: Any,
        target_hit_fraction: float = 0.90,
        capacity: int | None = None,
        *,
        optimise: str = "hits",
        wants_ttl: bool = False,
    ) -> "CacheAdvice":
        """Advise on a cache; see `tailgana_lab.tune`."""
        from tailgana_lab.measure.tuning import tune

        asked = {"optimise": optimise, "wants_ttl": wants_ttl}
        advice = tune(cached_function_or_keys, target_hit_fraction, capacity, **asked)
        # the report needs what was found; a cache that the user has dropped must not live on through it
        self.remember(replace(advice, cache=None, watch=None, predict=None, again=None))
        return advice

    def caches(self) -> "pd.DataFrame":
        """The caches there are; see `tailgana_lab.caches`."""
        from tailgana_lab.measure.found_caches import caches

        return caches()

    def cache_names(self) -> list[str]:
        """Names of the live caches, as `advise` takes them."""
        from tailgana_lab.measure.named_caches import named_caches

        return list(named_caches())

    def cache_overview(self) -> "CacheOverview":
        """All live caches, and a look at each."""
        from tailgana_lab.measure.named_caches import named_caches
        from tailgana_lab.results.cache_overview import CacheOverview

        return CacheOverview(named_caches, self.advise)

    def advise(self, name: str, target_hit_fraction: float = 0.90, capacity: int | None = None) -> "CacheAdvice":
        """Advise on the live cache of a name; where its requests are not known, say what to do.

        Raises
        ------
        InvalidRequestError
            If no live cache has that name.
        """
        from tailgana_lab.measure.named_caches import find_cache, unasked_advice

        cache = find_cache(name)
        has_requests = len(cache.trace()) > 0
        advice = self.tune(cache, target_hit_fraction, capacity) if has_requests else unasked_advice(cache)
        advice.again = lambda: self.advise(name, target_hit_fraction, capacity)
        return advice

    def record_cache(self, name: str) -> "AbstractContextManager[Recording]":
        """Record the keys of another library's cache; see `tailgana_lab.record_cache`."""
        from tailgana_lab.measure.recorded_cache import record_cache

        return record_cache(name)

    def cache_optimizer(self) -> "CacheOptimizer":
        """What analyses and changes the live caches, with this lab's store."""
        from tailgana_lab.workflows.caching import CacheOptimizer

        return CacheOptimizer(self.store)

    def analyze_caches(self, cache_type: "CacheType | str" = "all") -> "dict[CacheType, CacheMetrics]":
        """What the live caches do; see `CacheOptimizer.analyze_cache_performance`."""
        return wait_for(lambda: self.cache_optimizer().analyze_cache_performance(cache_type))

    def carry_out(self, cache_type: "CacheType | str", plan: "CacheOptimizationPlan") -> "CacheMetrics":
        """Carry out a plan on the live caches; see `CacheOptimizer.optimize_cache`."""
        return wait_for(lambda: self.cache_optimizer().optimize_cache(cache_type, plan))

    def optimize_cache(
        self, cache_type: "CacheType | str" = "all", action: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Analyse or change the live caches; see `tailgana_lab.optimize_cache`."""
        from tailgana_lab.workflows.caching import optimize_cache

        return optimize_cache(cache_type, action, **changes, optimizer=self.cache_optimizer())
