"""CacheOverview: all live caches in a list, and a look at each. It changes nothing."""

from collections.abc import Callable, Mapping
from math import nan
from typing import TYPE_CHECKING, ClassVar, Protocol

from tailgana_lab.records import Columns
from tailgana_lab.results.cache_advice import CacheAdvice, Tunable
from tailgana_lab.results.cache_statistics import CacheStatistics
from tailgana_lab.results.shown import Shown
from tailgana_lab.results.tables import FLOAT, INT, TEXT, Kinds, typed_frame

if TYPE_CHECKING:
    import pandas as pd

OVERVIEW: Kinds = {
    "name": TEXT,
    "policy": TEXT,
    **dict.fromkeys(("capacity", "size", "requests"), INT),
    "hit_fraction": FLOAT,
    "evictions": INT,
    "asked_again_fraction": FLOAT,
}
"""Columns of `CacheOverview.table`, one row a cache."""
MADE_ROOM = ("capacity", "bytes", "resized")
"""Causes by which an entry left because there was no room for it."""


class Counting(Tunable, Protocol):
    """A live cache that tells what it does."""

    def statistics(self) -> CacheStatistics:
        """All that it counts, since its last change."""
        ...


class CacheOverview(Shown):
    """All live caches, and a look at each.

    Parameters
    ----------
    look : callable
        Gives the caches that are alive now, by name.
    advise : callable
        Gives the advice on the cache of a name.
    """

    kind: ClassVar[str] = "caches"

    def __init__(self, look: Callable[[], Mapping[str, Counting]], advise: Callable[[str], CacheAdvice]) -> None:
        self._look, self.advise = look, advise
        self._columns = self.columns_now()

    @property
    def table(self) -> "pd.DataFrame":
        """One row a cache as they were when the overview was made: hit rate, size, evictions, evicted and asked again.

        Counts are since each cache's last change.
        """
        return typed_frame(self._columns, OVERVIEW)

    def columns(self, name: str = "table") -> Columns:
        """The same as plain lists."""
        if name != "table":
            raise KeyError(name)
        return self._columns

    def columns_now(self) -> Columns:
        """The same as the caches are now."""
        rows = [_row(name, cache) for name, cache in self._look().items()]
        return {column: [row[column] for row in rows] for column in OVERVIEW}

    def __len__(self) -> int:
        return len(self._columns["name"])

    def __repr__(self) -> str:
        return f"<CacheOverview: {len(self)} caches>"


def _row(name: str, cache: Counting) -> dict[str, object]:
    seen = cache.statistics()
    return {
        "name": name,
        "policy": cache.policy,
        "capacity": seen.capacity,
        "size": seen.size,
        "requests": seen.hits + seen.misses,
        "hit_fraction": seen.hit_fraction,
        "evictions": sum(seen.evictions.values()),
        "asked_again_fraction": asked_again_fraction(seen),
    }


def asked_again_fraction(seen: CacheStatistics) -> float:
    """Share of the entries that had to make room which were asked for again soon; NaN where none had to."""
    made_room = sum(seen.evictions.get(cause, 0) for cause in MADE_ROOM)
    return seen.asked_again / made_room if made_room else nan
