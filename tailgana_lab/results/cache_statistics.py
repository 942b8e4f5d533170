"""CacheStatistics: all that a cache counts, since its last change or since it was made."""

from dataclasses import dataclass
from math import nan
from typing import Any


@dataclass(frozen=True)
class CacheStatistics:
    """What a cache did."""

    hits: int
    """Look-ups that found their key."""
    misses: int
    """Look-ups that did not."""
    hit_fraction: float
    """Hits over look-ups; NaN without look-ups."""
    evictions: dict[str, int]
    """Entries that left, by cause: `capacity`, `bytes`, `resized`, `expired`, `cleared`, `deleted`."""
    asked_again: int
    """Misses of keys that had to make room not long before: a sign of a cache that is too small."""
    age_at_eviction_s: float
    """Mean age of the entries that had to make room, seconds; NaN of none."""
    age_at_eviction_median_s: float
    """Their median age, seconds, right within a factor of 2; NaN of none."""
    hit_latency_ms: float
    """Mean time of a hit, one in 64 timed, milliseconds; NaN of none."""
    miss_latency_ms: float
    """Mean time of computing a value, milliseconds; NaN of none."""
    time_saved_s: float
    """Hits times what a miss takes more than a hit, seconds; NaN where either is unknown."""
    computed: int
    """Values that were computed for a look-up, ahead of one, or while warming."""
    failed: int
    """Computations that raised."""
    loaded_ahead: int
    """Entries that were loaded before anybody asked for them."""
    loaded_ahead_used: int
    """Of those, the ones that were asked for."""
    loads_per_request: float
    """Misses and loads ahead over look-ups; NaN without look-ups."""
    size: int
    """Entries now."""
    capacity: int
    """Entries at most."""
    value_bytes: int
    """Bytes of all values, where `max_bytes` limits them; else 0."""


def statistics_of(counters: dict[str, Any], size: int, capacity: int, value_bytes: int) -> CacheStatistics:
    """The figures that the engine's counters give."""
    lookups = counters["hits"] + counters["misses"]
    hit_ms = _ratio(counters["hit_ns"], counters["timed_hits"]) / 1e6
    miss_ms = _ratio(counters["miss_ns"], counters["computed"]) / 1e6
    return CacheStatistics(
        hits=counters["hits"],
        misses=counters["misses"],
        hit_fraction=_ratio(counters["hits"], lookups),
        evictions=counters["evictions"],
        asked_again=counters["asked_again"],
        age_at_eviction_s=_ratio(counters["age_ns"], counters["pushed_out"]) / 1e9,
        age_at_eviction_median_s=_median_s(counters["ages"]),
        hit_latency_ms=hit_ms,
        miss_latency_ms=miss_ms,
        time_saved_s=counters["hits"] * (miss_ms - hit_ms) / 1e3,
        computed=counters["computed"],
        failed=counters["failed"],
        loaded_ahead=counters["ahead"],
        loaded_ahead_used=counters["ahead_used"],
        loads_per_request=_ratio(counters["misses"] + counters["ahead"], lookups),
        size=size,
        capacity=capacity,
        value_bytes=value_bytes,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else nan


def _median_s(ages: list[int]) -> float:
    """Median of counts in classes: class k holds 2^(k-1) to 2^k microseconds."""
    half, seen = sum(ages) / 2, 0
    for k, count in enumerate(ages):
        seen += count
        if count and seen >= half:
            return float(2.0 ** (k - 0.5)) / 1e6
    return nan
