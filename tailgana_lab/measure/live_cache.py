"""What every live cache offers: figures, changes while it runs, its trace. And the registry of those that are alive.

The registry is the one state of this module: a cache must be found wherever it was made, also before any `Lab` exists,
and weak references keep nothing alive.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

from tailgana_lab import _engine
from tailgana_lab.measure.cache_code import Definition
from tailgana_lab.measure.cache_limits import check_bytes, check_capacity, check_policy, check_ttl
from tailgana_lab.measure.content_key import stand_in
from tailgana_lab.measure.loading_ahead import Waker
from tailgana_lab.results.cache_statistics import CacheStatistics, statistics_of
from tailgana_lab.results.caching import CacheMetrics, CacheType

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_alive: "WeakValueDictionary[int, LiveCache]" = WeakValueDictionary()
_numbers = count()


class CacheInfo(NamedTuple):
    """Counts since the cache was made, as `functools` has them."""

    hits: int
    """Look-ups that found their key."""
    misses: int
    """Look-ups that did not."""
    maxsize: int
    """Entries at most."""
    currsize: int
    """Entries now; one whose time is over counts until it is asked for, or makes room."""


class LiveCache:
    """A cache that shows itself and can be changed while it runs."""

    _store: _engine.CacheStore
    invalidated_because: str | None = None
    """Why entries of an earlier definition were not kept; None where they were, or there were none."""
    definition: Definition | None = None
    """The function behind it, as it was defined; None of a mapping."""
    waker: Waker
    """Has this cache load ahead what its store foretold."""
    name: str
    """How it is called in lists."""

    @property
    def policy(self) -> str:
        """Who decides what leaves."""
        return self._store.policy

    @property
    def capacity(self) -> int:
        """Entries at most."""
        return self._store.capacity

    @property
    def ttl_s(self) -> float | None:
        """Seconds an entry lives after it was written; None for as long as there is room."""
        ttl_ns = self._store.ttl_ns
        return None if ttl_ns is None else ttl_ns / 1e9

    @property
    def store(self) -> _engine.CacheStore:
        """The engine's part."""
        return self._store

    def define(self, definition: Definition, because: str | None, waker: Waker) -> None:
        """Note what stands behind it, and why entries of an earlier definition were not kept."""
        self.definition, self.invalidated_because, self.waker = definition, because, waker

    def metrics(self) -> CacheMetrics:
        """What it did since the last change of capacity, policy or time to live."""
        seen = self.statistics()
        lookups = seen.hits + seen.misses
        pushed_out = sum(seen.evictions[cause] for cause in ("capacity", "bytes", "resized"))
        return CacheMetrics(
            cache_type=self._kind(),
            hit_rate_pct=100 * seen.hit_fraction,
            miss_rate_pct=100 * (1 - seen.hit_fraction),
            eviction_rate_pct=100 * pushed_out / lookups if lookups else nan,
            avg_hit_latency_ms=seen.hit_latency_ms,
            avg_miss_latency_ms=seen.miss_latency_ms,
            size_current=seen.size,
            size_max=seen.capacity,
            utilization_pct=100 * seen.size / seen.capacity if seen.capacity else nan,
            n_hits=seen.hits,
            n_misses=seen.misses,
            n_evictions=pushed_out,
        )

    def statistics(self, *, since_start: bool = False) -> CacheStatistics:
        """All that it counts: since the last change, or since it was made."""
        store = self._store
        return statistics_of(store.counters(not since_start), len(store), store.capacity, store.n_bytes)

    def cache_info(self) -> CacheInfo:
        """Hits, misses, capacity and size since it was made, as `functools` has them."""
        hits, misses = self._store.requests()
        return CacheInfo(hits, misses, self._store.capacity, len(self._store))

    def resize(self, capacity: int) -> None:
        """Change how many entries there may be; what no longer fits leaves as the policy has it.

        Raises
        ------
        InvalidRequestError
            If it is no whole number of at least 0.
        """
        self._store.resize(check_capacity(capacity))

    def set_ttl(self, ttl_s: float | None) -> None:
        """Change how long entries live after they were written, those that are there too.

        Raises
        ------
        InvalidRequestError
            If it is no number of seconds above 0.
        """
        self._store.set_ttl(check_ttl(ttl_s))

    def set_policy(self, policy: str) -> None:
        """Change who decides what leaves; every entry stays.

        Raises
        ------
        InvalidRequestError
            If there is no policy of that name.
        """
        self._store.set_policy(check_policy(policy))

    def holds(self, call: Any) -> bool:
        """Whether the value of a call, given as `warm` takes it, is there or on its way; counts as no look-up."""
        args = call if isinstance(call, tuple) else (call,)
        with suppress(Exception):  # an argument without a hash, or one whose own code raises
            what, ticket = self._store.begin(args, None, ahead=True)
            if what != "lead":
                return True
            ticket.fail()
        return False

    def clear(self) -> None:
        """Take all entries out; what is being computed now is not kept either."""
        self._store.clear()

    def cache_clear(self) -> None:
        """Take all entries out, by the name that `functools` gives it."""
        self.clear()

    def trace(self) -> "np.ndarray[Any, np.dtype[np.uint32]]":
        """Recorded requests, oldest first, at most the last 1,048,576: a number for each key."""
        import numpy as np

        return np.frombuffer(self._store.trace(), dtype="<u4")

    def recorded_misses(self) -> "pd.DataFrame":
        """The last computations, at most 65,536: `key` (its number in the trace), `duration_ns`, `value_bytes`.

        A size of 0 was not worth asking for: the value took less than 20 microseconds to compute.
        """
        import numpy as np
        import pandas as pd

        keys, sizes, durations = self._store.misses()
        columns = {
            "key": np.frombuffer(keys, dtype="<u4"),
            "duration_ns": np.frombuffer(durations, dtype="<u8").astype("int64"),
            "value_bytes": np.frombuffer(sizes, dtype="<u4"),
        }
        return pd.DataFrame(columns)

    def adopt(self, options: "CacheOptions") -> None:
        """Change what differs from the options: capacity, policy, time to live."""
        if self.capacity != options.capacity:
            self.resize(options.capacity)
        if self.policy != options.policy:
            self.set_policy(options.policy)
        if self._store.ttl_ns != check_ttl(options.ttl_s):
            self.set_ttl(options.ttl_s)

    def time_marks(self) -> list[tuple[int, int]]:
        """How many requests had been made, and when, nanoseconds on a clock of its own; every 1,024 requests."""
        return self._store.time_marks()

    def _kind(self) -> CacheType:
        """The chapter's kind: its policy where that is one, else whether entries expire."""
        named = {kind.value: kind for kind in (CacheType.PREDICTIVE, CacheType.LRU, CacheType.LFU)}
        return named.get(self.policy, CacheType.ALL if self.ttl_s is None else CacheType.TTL)

    def _register(self) -> None:
        _alive[next(_numbers)] = self


def live_caches() -> list[LiveCache]:
    """All live caches, oldest first; a function that was defined again and kept its entries counts once."""
    newest = {id(cache.store): cache for _, cache in sorted(_alive.items())}
    return list(newest.values())


@dataclass(frozen=True)
class CacheOptions:
    """How a cache is made; checked when it is built."""

    capacity: int = 1000
    """Entries at most; 0 keeps nothing."""
    policy: str = "lru"
    """Who decides what leaves."""
    ttl_s: float | None = None
    """Seconds an entry lives after it was written."""
    max_bytes: int | None = None
    """Most bytes of all values."""
    record: bool = True
    """Whether requests are recorded."""
    pure: bool = False
    """Whether the function may be called before anybody asks."""

    def __post_init__(self) -> None:
        check_capacity(self.capacity)
        check_policy(self.policy)
        check_ttl(self.ttl_s)
        check_bytes(self.max_bytes)

    def make_store(self, *, has_stand_ins: bool = True, wake: Callable[[], object] = bool) -> _engine.CacheStore:
        """An empty store of the engine; with stand-ins, arrays and tables may be keys."""
        ttl_ns = check_ttl(self.ttl_s)
        content = stand_in if has_stand_ins else _no_stand_in
        return _engine.CacheStore(
            int(self.capacity),
            self.policy,
            ttl_ns,
            self.max_bytes,
            bool(self.record),
            bool(self.pure),
            content,
            bytes_of,
            wake,
        )


def earlier_cache(definition: Definition, name: str) -> LiveCache | None:
    """The cache of the same function before its cell, or module, ran again."""
    if not definition.can_return:
        return None
    for cache in reversed(live_caches()):
        if cache.name == name and cache.definition is not None and definition.is_rerun_of(cache.definition):
            return cache
    return None


def why_not_kept(old: LiveCache, definition: Definition, options: CacheOptions) -> str | None:
    """Why entries of an earlier definition may not be kept; None where they may."""
    store = old.store
    kept = {"record": store.is_recording, "pure": store.is_pure, "max_bytes": store.max_bytes}
    changed = [name for name, value in kept.items() if value != getattr(options, name)]
    if changed:
        return f"`{changed[0]}` changed"
    return None if old.definition is None else definition.why_another(old.definition)


def bytes_of(value: object) -> int:
    """Size of a value: what arrays and tables hold, else the object's own size without what it refers to."""
    nbytes = getattr(value, "nbytes", None)
    if isinstance(nbytes, int):
        return nbytes
    usage = getattr(value, "memory_usage", None)
    if usage is not None and type(value).__module__.startswith("pandas."):
        used = usage(index=True)
        return int(used if isinstance(used, int) else used.sum())
    return sys.getsizeof(value)


def _no_stand_in(_value: object) -> Any:
    return NotImplemented
