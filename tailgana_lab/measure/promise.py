"""Was a promise kept: what a live cache did after a change, and whether it was still asked for the same keys.

A promise holds while the workload stays as it was; where it did not, that is said instead of a verdict on the cache.
"""

from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Any, Protocol

from tailgana_lab.measure.workload import Workload
from tailgana_lab.results.cache_advice import Achieved
from tailgana_lab.units import format_fraction

if TYPE_CHECKING:
    import numpy as np

KEPT_POINTS = 1.0  # percentage points between promised and measured that count as kept
FEWEST_REQUESTS = 200  # of each side; fewer tell nothing about a change of the workload
LARGEST_WINDOW = 200_000
OTHER_KEYS = 0.05  # share of the requests that go to other keys than before, beyond what chance and habit give
OTHER_ORDER = 0.03  # change of the hits of one and the same cache, each window from cold


class Counts(Protocol):
    """Counters of a cache, as functools has them."""

    hits: int
    misses: int


class Counting(Protocol):
    """What a live cache must tell to be held to a promise."""

    @property
    def capacity(self) -> int:
        """Entries at most."""
        ...

    def cache_info(self) -> Counts:
        """Counters since start."""
        ...

    def trace(self) -> "np.ndarray[Any, np.dtype[np.uint32]]":
        """The latest requests, oldest first."""
        ...


class Promise:
    """Looks at a live cache from a change on.

    Parameters
    ----------
    cache : Counting
        The cache.
    """

    def __init__(self, cache: Counting) -> None:
        self._cache = cache
        self._hits = self._misses = 0

    def begin(self) -> None:
        """The change is made: what follows counts."""
        info = self._cache.cache_info()
        self._hits, self._misses = info.hits, info.misses

    def achieved(self, predicted_hit_fraction: float) -> Achieved:
        """What the cache did since, beside what was promised."""
        info = self._cache.cache_info()
        hits, lookups = info.hits - self._hits, info.hits + info.misses - self._hits - self._misses
        fraction = hits / lookups if lookups > 0 else nan
        change = find_change(self._cache.trace(), lookups, self._cache.capacity)
        points = 100 * (fraction - predicted_hit_fraction)
        return Achieved(
            predicted_hit_fraction=predicted_hit_fraction,
            achieved_hit_fraction=fraction,
            difference_points=points,
            n_lookups=max(lookups, 0),
            workload_changed=bool(change),
            reason=_reason(predicted_hit_fraction, fraction, lookups, change),
        )


def _reason(predicted: float, achieved: float, lookups: int, change: str) -> str:
    if isnan(achieved):
        return "no look-ups since the change"
    points = 100 * (achieved - predicted)
    text = f"{format_fraction(predicted)} predicted, {format_fraction(achieved)} in {lookups:,} look-ups since"
    where = "within 1 point" if abs(points) <= KEPT_POINTS else f"{abs(points):.1f} points {_side(points)}"
    return f"{text}: {where}" + (f"; the workload changed: {change}" if change else "")


def _side(points: float) -> str:
    return "above" if points > 0 else "below"


@dataclass(frozen=True)
class Windows:
    """Three windows of requests of one length: two before a change, one after it."""

    earlier: "np.ndarray[Any, Any]"
    """The one before the last before the change."""
    before: "np.ndarray[Any, Any]"
    """The last before the change."""
    after: "np.ndarray[Any, Any]"
    """The first after it."""


def find_change(requests: "np.ndarray[Any, Any]", n_after: int, capacity: int) -> str:
    """How the latest requests differ from those before them; empty when they do not, or there are too few to tell.

    Parameters
    ----------
    requests : array, shape (n_requests,)
        The key of each request, in order.
    n_after : int
        How many of them, at the end, came after the change.
    capacity : int
        Entries of the cache that is used to compare the order of requests.
    """
    windows = _windows(requests, n_after)
    if windows is None:
        return ""
    habit = _share_of_other_keys(windows.earlier, windows.before)
    others = _share_of_other_keys(windows.before, windows.after)
    if others - habit > OTHER_KEYS:
        return (
            f"{format_fraction(others)} of the look-ups ask for other keys than before ({format_fraction(habit)} usual)"
        )
    earlier, before, after = (_cold_hits(each, capacity) for each in (windows.earlier, windows.before, windows.after))
    if abs(after - before) - abs(before - earlier) > OTHER_ORDER:
        return (
            f"the same keys come in another order, an empty cache of this size would hit {format_fraction(after)} of "
            f"them instead of {format_fraction(before)}"
        )
    return ""


def _windows(requests: "np.ndarray[Any, Any]", n_after: int) -> Windows | None:
    n_after = min(n_after, len(requests))
    n_before = len(requests) - n_after
    length = min(n_after, n_before // 2, LARGEST_WINDOW)
    if length < FEWEST_REQUESTS:
        return None
    start = n_before - 2 * length
    parts = (requests[start + step * length : start + (step + 1) * length] for step in range(3))
    return Windows(*parts)


def _share_of_other_keys(one: "np.ndarray[Any, Any]", other: "np.ndarray[Any, Any]") -> float:
    """Share of the requests that would have to go to other keys to make one window of the other, whatever the order."""
    import numpy as np

    keys, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    counts = [np.bincount(part, minlength=len(keys)) for part in (places[: len(one)], places[len(one) :])]
    return float(np.abs(counts[0] - counts[1]).sum() / 2 / max(len(one), 1))


def _cold_hits(requests: "np.ndarray[Any, Any]", capacity: int) -> float:
    """Share of hits of an LRU cache that is empty at the start of the window."""
    return Workload(requests).hit_fraction("lru", capacity)
