"""The hit rates of an advice as curves: what the chart, the static picture and the panel draw alike."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING

from tailgana_lab.results.caching import BELADY, PREDICTIVE

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice

POLICY_LABELS = {
    "lru": "LRU",
    "fifo": "FIFO",
    "lfu": "LFU",
    "clock": "CLOCK",
    "sieve": "SIEVE",
    "s3fifo": "S3-FIFO",
    "twoq": "2Q",
    "arc": "ARC",
    "lirs": "LIRS",
    "wtinylfu": "W-TinyLFU",
    PREDICTIVE: "predictive",
    BELADY: "Belady",
}
"""Policies in the order in which they are listed and coloured, and their words."""

POLICY_FILLS = {
    "lru": "#3b78b8",
    "fifo": "#6d7a2e",
    "lfu": "#8a5fae",
    "clock": "#b04a6f",
    "sieve": "#c2711f",
    "s3fifo": "#b3372b",
    "twoq": "#3f8f63",
    "arc": "#0e8a8a",
    "lirs": "#7a5230",
    "wtinylfu": "#5a5fc8",
    PREDICTIVE: "#c2439c",
    BELADY: "#57606a",
}
"""Their colours on a light background; `js/src/style/caching.css` has the same."""

DARK_POLICY_FILLS = {
    "lru": "#6ea5de",
    "fifo": "#a3b060",
    "lfu": "#b08fd0",
    "clock": "#d07f9d",
    "sieve": "#d8924a",
    "s3fifo": "#f08a7e",
    "twoq": "#6bb98c",
    "arc": "#4fc0c0",
    "lirs": "#c49a73",
    "wtinylfu": "#9a9ef0",
    PREDICTIVE: "#ea86cc",
    BELADY: "#9da8b4",
}
"""The same on a dark background."""

_COLUMNS = ("policy", "capacity", "requests", "loads", "hit_fraction")
ROOM = 0.06  # of the axis, above and below


Points = dict[int, tuple[float, float]]
"""Share of hits and loads a request, by capacity."""


@dataclass(frozen=True)
class Curve:
    """One policy over the capacities at which it was replayed, smallest first."""

    policy: str
    """Its name."""
    capacity: list[int]
    """Entries, at least 1."""
    hit_fraction: list[float]
    """Share of hits, 0 to 1."""
    loads_fraction: list[float]
    """Misses and prefetches a request."""


def curves_of(advice: "CacheAdvice") -> list[Curve]:
    """One curve a policy, in the order of `POLICY_LABELS`, those it does not know before the limit.

    What is advised stands on its curve and below the limit, also where the table has no row for it.
    """
    rows = advice.columns("table")
    found: dict[str, Points] = {}
    columns = (rows.get(name, ()) for name in _COLUMNS)
    for policy, capacity, requests, loads, hit_fraction in zip(*columns, strict=True):
        if capacity >= 1 and isfinite(hit_fraction):
            loads_fraction = loads / requests if requests else nan
            found.setdefault(policy, {})[int(capacity)] = (float(hit_fraction), loads_fraction)
    for policy, fraction in ((advice.policy, advice.predicted_hit_fraction), (BELADY, advice.limit_hit_fraction)):
        if policy in found and advice.capacity >= 1 and isfinite(fraction):
            loads_fraction = nan if policy == PREDICTIVE else 1 - fraction
            found[policy].setdefault(advice.capacity, (fraction, loads_fraction))
    order = {policy: place for place, policy in enumerate(POLICY_LABELS)}
    ranked = sorted(found, key=lambda policy: (policy == BELADY, order.get(policy, len(order)), policy))
    return [_curve(policy, found[policy]) for policy in ranked]


def _curve(policy: str, points: Points) -> Curve:
    capacities = sorted(points)
    hits, loads = ([points[capacity][place] for capacity in capacities] for place in (0, 1))
    return Curve(policy, capacities, hits, loads)


def capacities_of(curves: list[Curve]) -> list[int]:
    """Every capacity at which something was replayed, smallest first."""
    return sorted({capacity for curve in curves for capacity in curve.capacity})


def hit_axis(advice: "CacheAdvice", curves: list[Curve]) -> tuple[float, float]:
    """Lowest and highest share of hits of the picture."""
    shown = [value for curve in curves for value in curve.hit_fraction]
    shown += [advice.target_hit_fraction, advice.infinite_hit_fraction, advice.old_hit_fraction]
    known = [value for value in shown if isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = ROOM * (high - low) or ROOM
    return max(0.0, low - room), min(1.0, high + room)


def policy_label(policy: str) -> str:
    """What a reader sees of a policy's name."""
    return POLICY_LABELS.get(policy, policy)
