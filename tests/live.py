"""A plain stand-in for a live cache: an LRU dictionary that records, counts and can be changed."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import nan
from types import SimpleNamespace
from typing import Any

import numpy as np

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.caching import CacheMetrics, CacheType


class PlainCache:
    """Evicts the least recently used key, whatever its policy is called."""

    def __init__(
        self,
        name: str = "plain",
        *,
        capacity: int = 100,
        policy: str = "lru",
        ttl_s: float | None = None,
        function: Callable[[Any], Any] = lambda x: x,
        most: int = 10**6,
    ) -> None:
        self.name, self.policy, self.capacity, self.ttl_s = name, policy, capacity, ttl_s
        self._function, self._most = function, most
        self._inside: OrderedDict[Any, Any] = OrderedDict()
        self._ids: dict[Any, int] = {}
        self._asked: list[int] = []
        self._total = SimpleNamespace(hits=0, misses=0, evictions=0, failed=0)
        self._since = SimpleNamespace(**vars(self._total))

    def __call__(self, key: Any) -> Any:
        self._asked.append(self._ids.setdefault(key, len(self._ids)))
        if key in self._inside:
            self._inside.move_to_end(key)
            self._total.hits += 1
            return self._inside[key]
        self._total.misses += 1
        return self._load(key)

    def ask(self, keys: Iterable[Any]) -> None:
        for key in keys:
            self(key)

    def _load(self, key: Any) -> Any:
        try:
            value = self._function(key)
        except Exception:
            self._total.failed += 1
            raise
        self._inside[key] = value
        self._shrink()
        return value

    def _shrink(self) -> None:
        while len(self._inside) > self.capacity:
            self._inside.popitem(last=False)
            self._total.evictions += 1

    def warm(self, queries: Iterable[Any]) -> int:
        n_loaded = 0
        for key in queries:
            try:
                if key not in self._inside:
                    self._load(key)
                    n_loaded += 1
            except Exception:
                continue
        return n_loaded

    def holds(self, query: Any) -> bool:
        try:
            return query in self._inside
        except TypeError:
            return False

    def resize(self, capacity: int) -> None:
        if capacity > self._most:
            raise InvalidRequestError(f"`capacity` {capacity} is too large")
        self.capacity = capacity
        self._shrink()
        self._changed()

    def set_policy(self, policy: str) -> None:
        self.policy = policy
        self._changed()

    def set_ttl(self, ttl_s: float | None) -> None:
        self.ttl_s = ttl_s
        self._changed()

    def _changed(self) -> None:
        self._since = SimpleNamespace(**vars(self._total))

    def trace(self) -> "np.ndarray[Any, Any]":
        return np.array(self._asked, dtype=np.uint32)

    def cache_info(self) -> Any:
        return SimpleNamespace(
            hits=self._total.hits, misses=self._total.misses, maxsize=self.capacity, currsize=len(self._inside)
        )

    def statistics(self, *, since_start: bool = False) -> Any:
        return self._total

    def metrics(self) -> CacheMetrics:
        counts = {name: getattr(self._total, name) - getattr(self._since, name) for name in vars(self._total)}
        lookups = counts["hits"] + counts["misses"]
        rates = [100 * counts[name] / lookups if lookups else nan for name in ("hits", "misses", "evictions")]
        return CacheMetrics(
            CacheType.LRU,
            hit_rate_pct=rates[0],
            miss_rate_pct=rates[1],
            eviction_rate_pct=rates[2],
            avg_hit_latency_ms=0.001,
            avg_miss_latency_ms=1.0,
            size_current=len(self._inside),
            size_max=self.capacity,
            utilization_pct=100 * len(self._inside) / self.capacity,
            n_hits=counts["hits"],
            n_misses=counts["misses"],
            n_evictions=counts["evictions"],
        )
