"""Live caches of a kind, and a plan carried out on them: all are changed, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

from tailgana_lab.results.cache_advice import CacheSetting, Tunable
from tailgana_lab.results.caching import LFU, LRU, PREDICTIVE, CacheMetrics, CacheOptimizationPlan, CacheType

if TYPE_CHECKING:
    import numpy as np


class Changeable(Tunable, Protocol):
    """A live cache as the optimizer needs it; one with a function behind it also has `warm`."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def metrics(self) -> CacheMetrics:
        """What it did since its last change."""
        ...

    def trace(self) -> "np.ndarray[Any, Any]":
        """The recorded requests, oldest first."""
        ...


@dataclass
class Warming:
    """What warming did, on all caches together."""

    n_loaded: int = 0
    """Queries whose value was computed and is kept now."""
    n_there: int = 0
    """Those whose value was there before, or on its way."""
    n_failed: int = 0
    """Those that raised, before the function ran or in it."""

    @property
    def n_asked(self) -> int:
        """Queries asked of a cache."""
        return self.n_loaded + self.n_there + self.n_failed


def is_of_type(cache: Tunable, kind: CacheType) -> bool:
    """Whether a cache belongs to a type: by its policy, `TTL` by its time to live; others belong to `ALL` alone."""
    if kind is CacheType.ALL:
        return True
    if kind is CacheType.TTL:
        return cache.ttl_s is not None
    return cache.policy == {CacheType.PREDICTIVE: PREDICTIVE, CacheType.LRU: LRU, CacheType.LFU: LFU}[kind]


def change(caches: Sequence[Changeable], plan: CacheOptimizationPlan) -> None:
    """Change every cache as planned, or none where one refuses."""
    before = [(cache, CacheSetting.of(cache)) for cache in caches]
    try:
        for cache, setting in before:
            planned(setting, plan).give_to(cache)
    except BaseException:
        for cache, setting in before:
            setting.give_to(cache)
        raise


def planned(now: CacheSetting, plan: CacheOptimizationPlan) -> CacheSetting:
    """How a plan wants a cache to be set."""
    larger = max(ceil(now.capacity * plan.size_multiplier), now.capacity + 1)
    return CacheSetting(
        plan.new_policy if plan.change_eviction_policy and plan.new_policy else now.policy,
        larger if plan.increase_size else now.capacity,
        plan.ttl_seconds if plan.adjust_ttl else now.ttl_s,
    )
