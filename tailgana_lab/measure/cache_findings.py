"""What to do about a cache: the chapter's four rules, each only where a replay of the recorded requests bears it out.

A rule about size that no size would satisfy is turned into the reason why.
"""

from dataclasses import dataclass
from math import ceil, isnan
from typing import TYPE_CHECKING, Any

from tailgana_lab.measure.policy_choice import ROBUST_FIRST, choose_policy
from tailgana_lab.measure.replay import REPLAYED
from tailgana_lab.measure.workload import Workload
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.caching import CacheMetrics
from tailgana_lab.units import format_fraction

if TYPE_CHECKING:
    import numpy as np

LOW_HITS_PCT = 70.0
HIGH_EVICTIONS_PCT = 20.0
LOW_UTILIZATION_PCT = 30.0
NEAR_FULL_PCT = 80.0
GOOD_HITS_PCT = 85.0
FEWEST_LOOKUPS = 100  # look-ups below which nothing is said about size
WORTH_POINTS = 5.0  # hits that a larger cache must add to be advised, percentage points
POLICY_POINTS = 2.0  # the same for another policy
MOST_OF_IT = 0.8  # of what growing can bring: the least size that brings so much is named
GROWTH = (1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 60.0, 100.0, 200.0, 500.0)  # sizes tried, times the present one


@dataclass(frozen=True)
class WhatIf:
    """What the recorded requests would have hit under other sizes, policy unchanged."""

    workload: Workload
    """The requests."""
    setting: CacheSetting
    """How the cache is set."""
    now: float
    """Share of hits as it is set, 0 to 1."""
    limit: float
    """Share of hits of a cache that keeps everything, 0 to 1."""
    larger: tuple[tuple[int, float], ...]
    """Larger sizes with their shares of hits, the last one holds every key."""
    half: float
    """Share of hits at half the size."""

    @classmethod
    def of(cls, requests: "np.ndarray[Any, Any]", setting: CacheSetting) -> "WhatIf":
        """Replay the requests."""
        workload = Workload(requests)
        sizes = sorted({ceil(setting.capacity * factor) for factor in GROWTH})
        sizes = [*(size for size in sizes if size < workload.n_keys), max(workload.n_keys, setting.capacity)]
        tried = [max(setting.capacity // 2, 1), setting.capacity, *sizes]
        policy = setting.policy if setting.policy in REPLAYED else "lru"
        counts = workload.counts([(policy, size) for size in tried])
        half, now, *larger = (workload.hits_of(misses) for misses, _ in counts)
        limit = workload.infinite_hit_fraction
        return cls(workload, setting, now, limit, tuple(zip(sizes, larger, strict=True)), half)

    @property
    def gain_points(self) -> float:
        """Hits that growing can add at most, percentage points."""
        return 100 * (max(hits for _, hits in self.larger) - self.now)

    @property
    def enough(self) -> tuple[int, float]:
        """The least size that brings most of what growing can bring, and its share of hits."""
        wanted = self.now + MOST_OF_IT * self.gain_points / 100
        return next((size, hits) for size, hits in self.larger if hits >= wanted)

    def at(self, factor: float) -> float:
        """Share of hits at a multiple of the size."""
        size = ceil(self.setting.capacity * factor)
        return next(hits for each, hits in self.larger if each >= size or each == self.larger[-1][0])


def recommend(
    metrics: CacheMetrics, requests: "np.ndarray[Any, Any]", setting: CacheSetting, target_hit_rate: float | None = None
) -> list[str]:
    """What to do about one cache, one sentence each.

    Parameters
    ----------
    metrics : CacheMetrics
        What it did since its last change.
    requests : array of uint32, shape (n_requests,)
        The recorded requests; may be empty where nothing was recorded.
    setting : CacheSetting
        How it is set.
    target_hit_rate : float, optional
        A hit rate to speak about, a fraction of 1.

    Returns
    -------
    list of str
        Without look-ups nothing about size.
    """
    if not len(requests):
        return [_without_requests(metrics)]
    what_if = WhatIf.of(requests, setting)
    target = [] if target_hit_rate is None else [_about_target(what_if, target_hit_rate)]
    if metrics.n_lookups < FEWEST_LOOKUPS:
        return [f"{metrics.n_lookups:,} look-ups since the last change: too few to advise on size", *target]
    found = [*_about_hits(metrics, what_if), *_about_evictions(metrics, what_if), *_about_room(metrics, what_if)]
    return [*found, *_about_policy(metrics, what_if), *target]


def _without_requests(metrics: CacheMetrics) -> str:
    if not metrics.n_lookups:
        return "No look-ups yet: nothing to advise on"
    return "Nothing recorded: without the keys that were asked for, nothing can be said about size"


def _about_hits(metrics: CacheMetrics, what_if: WhatIf) -> list[str]:
    """The rule of the low hit rate."""
    if isnan(metrics.hit_rate_pct) or metrics.hit_rate_pct >= LOW_HITS_PCT:
        return []
    found = []
    if what_if.gain_points >= WORTH_POINTS:
        size, hits = what_if.enough
        found.append(
            f"Hit rate below {LOW_HITS_PCT:g}% - consider increasing cache size: {size:,} entries would have hit "
            f"{format_fraction(hits)} of the recorded look-ups instead of {format_fraction(what_if.now)}"
        )
    else:
        found.append(
            f"Hit rate below {LOW_HITS_PCT:g}%, but no size helps: even a cache that keeps everything would have hit "
            f"{format_fraction(what_if.limit)} of the recorded look-ups, as the rest ask for a key for the first time"
        )
    lost_to_time = 100 * what_if.now - metrics.hit_rate_pct
    if what_if.setting.ttl_s is not None and lost_to_time >= WORTH_POINTS:
        found.append(
            f"Consider adjusting TTL: without the limit of {what_if.setting.ttl_s:g} s this size would have hit "
            f"{format_fraction(what_if.now)} of the recorded look-ups"
        )
    return found


def _about_evictions(metrics: CacheMetrics, what_if: WhatIf) -> list[str]:
    """The rule of the high eviction rate."""
    if isnan(metrics.eviction_rate_pct) or metrics.eviction_rate_pct <= HIGH_EVICTIONS_PCT:
        return []
    if what_if.gain_points < WORTH_POINTS:
        return ["High eviction rate, but no size helps: the keys that go are hardly asked for again"]
    found = ["High eviction rate - cache too small for working set"]
    at_most = max(what_if.at(2), what_if.at(3))
    if 100 * (at_most - what_if.now) >= WORTH_POINTS:
        found.append(f"Consider increasing cache size by 2-3x: {format_fraction(at_most)} of the look-ups would hit")
    else:
        size, hits = what_if.enough
        found.append(
            f"Twice or three times the size would not help; {size:,} entries would hit {format_fraction(hits)}"
        )
    return found


def _about_room(metrics: CacheMetrics, what_if: WhatIf) -> list[str]:
    """The rules of low and of high utilization."""
    if metrics.utilization_pct < LOW_UTILIZATION_PCT and 100 * (what_if.now - what_if.half) < 1:
        return [
            "Low cache utilization - consider reducing size to save memory: half of it would have hit "
            f"{format_fraction(what_if.half)} of the recorded look-ups, now {format_fraction(what_if.now)}"
        ]
    if metrics.utilization_pct > NEAR_FULL_PCT and metrics.hit_rate_pct > GOOD_HITS_PCT:
        return ["Cache working well but near capacity - monitor for growth"]
    return []


def _about_policy(metrics: CacheMetrics, what_if: WhatIf) -> list[str]:
    """Another policy at the same size, where it is clearly better."""
    setting, workload = what_if.setting, what_if.workload
    if isnan(metrics.hit_rate_pct) or setting.policy not in ROBUST_FIRST:
        return []
    choice = choose_policy(workload.later_misses_pct, setting.capacity, current=setting.policy)
    better = workload.hit_fraction(choice.policy, setting.capacity)
    if 100 * (better - what_if.now) < POLICY_POINTS:
        return []
    return [
        f"Policy {choice.policy} would have hit {format_fraction(better)} at this size; {setting.policy} hits "
        f"{format_fraction(what_if.now)}"
    ]


def _about_target(what_if: WhatIf, target: float) -> str:
    """Whether a hit rate can be reached, and with what."""
    wanted = format_fraction(target)
    if not what_if.workload.can_reach(target):
        return (
            f"Target {wanted} cannot be reached by any size of any policy: at most {format_fraction(what_if.limit)} of "
            "the recorded look-ups can hit, as the rest ask for a key for the first time"
        )
    if what_if.now >= target:
        return f"Target {wanted}: this size is enough for the recorded look-ups, {format_fraction(what_if.now)} hit"
    size = what_if.workload.least_lru_capacity(target)
    return f"Target {wanted}: lru reaches it with {size:,} entries, another policy perhaps with fewer; see `tgl.tune`"
