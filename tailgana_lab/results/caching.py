"""Cache figures under the chapter's names: kinds of caches, what one does, and a plan to change it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import isnan, nan

from tailgana_lab.errors import InvalidRequestError

POLICIES = ("fifo", "lru", "lfu", "clock", "sieve", "s3fifo", "twoq", "arc", "lirs", "wtinylfu")
"""Policies that load a key when it is asked for."""
LRU, LFU = "lru", "lfu"
"""Policies that have a kind of their own."""
PREDICTIVE = "predictive"
"""The policy that also loads ahead."""
BELADY = "belady"
"""The optimum of all that load on demand; it knows the future, so only replay has it."""
LIVE_POLICIES = (*POLICIES, PREDICTIVE)
"""Policies that a cache can have."""


class CacheType(Enum):
    """Which live caches are meant."""

    PREDICTIVE = "predictive"
    """Those whose policy is `predictive`."""
    LRU = "lru"
    """Those whose policy is `lru`."""
    LFU = "lfu"
    """Those whose policy is `lfu`."""
    TTL = "ttl"
    """Those with a time to live, whatever their policy."""
    ALL = "all"
    """Every live cache."""


@dataclass(eq=False)
class CacheMetrics:
    """What a cache, or several together, did since the last change of its size, policy or time to live."""

    cache_type: CacheType
    """The kind it was asked for as."""
    hit_rate_pct: float
    """Look-ups that found their key, percent; NaN without look-ups."""
    miss_rate_pct: float
    """Look-ups that did not, percent; NaN without look-ups."""
    eviction_rate_pct: float
    """Entries that had to make room, per 100 look-ups; NaN without look-ups."""
    avg_hit_latency_ms: float
    """Mean time of a hit, milliseconds; NaN without timed hits."""
    avg_miss_latency_ms: float
    """Mean time of a miss, the function's own included, milliseconds; NaN without misses."""
    size_current: int
    """Entries now."""
    size_max: int
    """Entries at most."""
    utilization_pct: float
    """Entries now of those at most, percent; NaN where there is no room for any."""
    recommendations: list[str] = field(default_factory=list)
    """What to do or to know, one sentence each."""
    n_hits: int = 0
    """Look-ups that found their key."""
    n_misses: int = 0
    """Look-ups that did not."""
    n_evictions: int = 0
    """Entries that had to make room."""

    @property
    def n_lookups(self) -> int:
        """Look-ups in all."""
        return self.n_hits + self.n_misses


@dataclass(frozen=True)
class CacheOptimizationPlan:
    """Changes to make; what would do nothing without a word is refused when the plan is built."""

    target_hit_rate: float = 0.90
    """Hit rate to reach, a fraction of 1; what reaches it, or that nothing can, is said with the result."""
    increase_size: bool = False
    """Whether the capacity changes."""
    size_multiplier: float = 1.0
    """New capacity over the old one."""
    adjust_ttl: bool = False
    """Whether the time to live changes."""
    ttl_seconds: float | None = None
    """New time to live, seconds."""
    change_eviction_policy: bool = False
    """Whether the policy changes."""
    new_policy: str | None = None
    """New policy."""
    enable_cache_warming: bool = False
    """Whether queries are asked after the change."""
    warming_queries: Sequence[object] = field(default_factory=list)
    """Arguments of one call each; a tuple is all arguments of a call."""

    def __post_init__(self) -> None:
        self._check_target()
        self._check_size()
        self._check_ttl()
        self._check_policy()
        self._check_warming()

    @property
    def changes_something(self) -> bool:
        """Whether the plan changes size, time to live or policy, or warms."""
        return self.increase_size or self.adjust_ttl or self.change_eviction_policy or self.enable_cache_warming

    def _check_target(self) -> None:
        target = self.target_hit_rate
        if not (_is_number(target) and 0 < target <= 1):
            raise InvalidRequestError(
                f"`target_hit_rate` must be a fraction above 0 and at most 1, got `{target}`: 0.90 is 90 %"
            )

    def _check_size(self) -> None:
        factor = self.size_multiplier
        if not (_is_number(factor) and 0 < factor < float("inf")):
            raise InvalidRequestError(f"`size_multiplier` must be a number above 0, got `{factor}`: 2.0 doubles")
        if self.increase_size and factor <= 1:
            raise InvalidRequestError(
                f"`increase_size` with `size_multiplier={factor}` increases nothing: give one above 1, such as 2.0"
            )
        if not self.increase_size and factor != 1:
            raise InvalidRequestError(
                f"`size_multiplier={factor}` does nothing without `increase_size=True`: add it, or leave both out"
            )

    def _check_ttl(self) -> None:
        ttl = self.ttl_seconds
        if self.adjust_ttl and ttl is None:
            raise InvalidRequestError("`adjust_ttl=True` needs `ttl_seconds`: give the seconds an entry may live")
        if ttl is not None and not self.adjust_ttl:
            raise InvalidRequestError(f"`ttl_seconds={ttl}` does nothing without `adjust_ttl=True`: add it")
        if ttl is not None and not (_is_number(ttl) and 0 < ttl < float("inf")):
            raise InvalidRequestError(f"`ttl_seconds` must be seconds above 0, got `{ttl}`: 300 is five minutes")

    def _check_policy(self) -> None:
        policy = self.new_policy
        if self.change_eviction_policy and policy is None:
            raise InvalidRequestError(
                f"`change_eviction_policy=True` needs `new_policy`: one of {', '.join(LIVE_POLICIES)}"
            )
        if policy is not None and not self.change_eviction_policy:
            raise InvalidRequestError(
                f"`new_policy={policy}` does nothing without `change_eviction_policy=True`: add it"
            )
        if policy is not None and policy not in LIVE_POLICIES:
            raise InvalidRequestError(f"`{policy}` is no policy: there are {', '.join(LIVE_POLICIES)}")

    def _check_warming(self) -> None:
        if isinstance(self.warming_queries, str | bytes):
            raise InvalidRequestError("`warming_queries` must be a list of queries, got a text: put it into a list")
        if self.enable_cache_warming and not len(self.warming_queries):
            raise InvalidRequestError("`enable_cache_warming=True` needs `warming_queries`: give a list of arguments")
        if len(self.warming_queries) and not self.enable_cache_warming:
            raise InvalidRequestError("`warming_queries` do nothing without `enable_cache_warming=True`: add it")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def compute_metrics(cache_type: CacheType, parts: Sequence[CacheMetrics]) -> CacheMetrics:
    """The figures of several caches together: counts and sizes add up, latencies are means over all look-ups."""
    hits, misses = sum(each.n_hits for each in parts), sum(each.n_misses for each in parts)
    evictions = sum(each.n_evictions for each in parts)
    size, most = sum(each.size_current for each in parts), sum(each.size_max for each in parts)
    return CacheMetrics(
        cache_type=cache_type,
        hit_rate_pct=_pct(hits, hits + misses),
        miss_rate_pct=_pct(misses, hits + misses),
        eviction_rate_pct=_pct(evictions, hits + misses),
        avg_hit_latency_ms=_mean([(each.avg_hit_latency_ms, each.n_hits) for each in parts]),
        avg_miss_latency_ms=_mean([(each.avg_miss_latency_ms, each.n_misses) for each in parts]),
        size_current=size,
        size_max=most,
        utilization_pct=_pct(size, most),
        n_hits=hits,
        n_misses=misses,
        n_evictions=evictions,
    )


def _pct(part: float, whole: float) -> float:
    return 100 * part / whole if whole else nan


def _mean(weighted: list[tuple[float, int]]) -> float:
    """Mean of what is known."""
    known = [(value, weight) for value, weight in weighted if weight and not isnan(value)]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else nan
