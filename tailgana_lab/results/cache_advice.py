"""CacheAdvice: which policy and size a recorded workload wants, what that would bring, and where the limit lies.

It knows a live cache by the few words of `Tunable` and `Watch`; replaying and choosing are done elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import nan
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.records import Columns
from tailgana_lab.results.caching import BELADY
from tailgana_lab.results.shown import Shown
from tailgana_lab.results.tables import FLOAT, INT, TEXT, Kinds, typed_frame
from tailgana_lab.units import format_fraction

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

REPLAY: Kinds = {
    "policy": TEXT,
    **dict.fromkeys(("capacity", "requests", "misses", "loads"), INT),
    "hit_fraction": FLOAT,
}
"""Columns of a replay, one row a policy and capacity; `loads` are misses and prefetches."""
LRU_CURVE: Kinds = {"capacity": INT, "hit_fraction": FLOAT}
"""Columns of the exact LRU curve."""
TTL_CURVE: Kinds = {"ttl_s": FLOAT, "hit_fraction": FLOAT}
"""Columns of the curve over the time to live."""
TABLES: dict[str, Kinds] = {"table": REPLAY, "lru_curve": LRU_CURVE, "ttl_curve": TTL_CURVE}
"""Tables of an advice, with their columns."""


class Tunable(Protocol):
    """What a live cache must understand to be changed."""

    @property
    def policy(self) -> str:
        """Name of its policy."""
        ...

    @property
    def capacity(self) -> int:
        """Entries at most."""
        ...

    @property
    def ttl_s(self) -> float | None:
        """How long an entry lives, seconds; None: for ever."""
        ...

    def set_policy(self, name: str, /) -> Any:
        """Follow another policy."""

    def resize(self, capacity: int, /) -> Any:
        """Hold at most so many entries."""

    def set_ttl(self, ttl_s: float | None, /) -> Any:
        """Let entries live so long."""


@dataclass(frozen=True, slots=True)
class CacheSetting:
    """What can be changed of a cache while it runs."""

    policy: str
    """Name of its policy."""
    capacity: int
    """Entries at most."""
    ttl_s: float | None = None
    """How long an entry lives, seconds; None: for ever."""

    @classmethod
    def of(cls, cache: Tunable) -> "CacheSetting":
        """What a cache has now."""
        return cls(cache.policy, cache.capacity, cache.ttl_s)

    def give_to(self, cache: Tunable) -> None:
        """Change a cache to this, only where it differs; where it refuses a part, it is left as it was."""
        before = CacheSetting.of(cache)
        try:
            self._change(cache)
        except BaseException:
            before._change(cache)
            raise

    def _change(self, cache: Tunable) -> None:
        now = CacheSetting.of(cache)
        if self.policy != now.policy:
            cache.set_policy(self.policy)
        if self.ttl_s != now.ttl_s:
            cache.set_ttl(self.ttl_s)
        if self.capacity != now.capacity:  # last: what leaves a smaller cache does not come back
            cache.resize(self.capacity)

    def __str__(self) -> str:
        lives = "" if self.ttl_s is None else f", which live {self.ttl_s:g} s"
        return f"{self.policy} with {self.capacity:,} entries{lives}"


@dataclass(frozen=True)
class Achieved:
    """What a cache did after a change, beside what was promised."""

    predicted_hit_fraction: float
    """Promised, 0 to 1."""
    achieved_hit_fraction: float
    """Measured in the look-ups since the change, 0 to 1; NaN without any."""
    difference_points: float
    """Measured minus promised, percentage points."""
    n_lookups: int
    """Look-ups since the change."""
    workload_changed: bool
    """Whether the keys asked for since differ from those that the promise rests on."""
    reason: str
    """What that means, one line."""

    def __str__(self) -> str:
        return self.reason


class Watch(Protocol):
    """What looks at a live cache after a change."""

    def begin(self) -> None:
        """The change is made: what follows counts."""

    def achieved(self, predicted_hit_fraction: float) -> Achieved:
        """What the cache did since."""
        ...


@dataclass(eq=False)
class CacheAdvice(Shown):
    """A setting for one workload, with all that it rests on."""

    kind: ClassVar[str] = "cache_advice"

    policy: str
    """Policy advised."""
    capacity: int
    """Entries advised."""
    ttl_s: float | None
    """How long an entry should live, seconds; None: for ever."""
    predicted_hit_fraction: float
    """Share of the requests that hit under this setting, 0 to 1, by replay; NaN where nothing was asked yet."""
    reachable: bool | None
    """Whether the target can be reached: False when no policy at any capacity reaches it; None where nothing was asked
    yet, so that it is not known."""
    limit_hit_fraction: float
    """Belady's optimum at this capacity, 0 to 1: no cache that loads on demand does better."""
    reason: str = ""
    """Why this setting, one line."""
    target_hit_fraction: float = nan
    """The target, 0 to 1; NaN where a capacity was given."""
    infinite_hit_fraction: float = nan
    """Share of hits of a cache that keeps everything, 0 to 1."""
    n_requests: int = 0
    """Requests that it rests on."""
    n_keys: int = 0
    """Different keys among them."""
    name: str = ""
    """Name of the cache; empty for a trace."""
    created: str = ""
    """When, ISO 8601, UTC."""
    old: CacheSetting | None = None
    """How the cache was set; None for a trace."""
    old_hit_fraction: float = nan
    """Share of hits of that setting on the same requests, 0 to 1, by replay."""
    optimised: str = "hits"
    """What the choice is best in: `hits`, or `time`."""
    saved_s: float = nan
    """Time that the hits of this setting save over these requests, seconds; NaN where misses were not timed."""
    sampled_fraction: float = 1.0
    """Share of the keys that was replayed; 1 for all."""
    notes: list[str] = field(default_factory=list)
    """What else to know, one sentence each."""
    rows: Columns = field(default_factory=dict, repr=False)
    """The replays as plain columns, those of `belady` among them."""
    curves: dict[str, Columns] = field(default_factory=dict, repr=False)
    """The exact LRU curve and that over the time to live, as plain columns."""
    cache: Tunable | None = field(default=None, repr=False)
    """The cache that `apply()` changes."""
    watch: Watch | None = field(default=None, repr=False)
    """What looks at it afterwards."""
    predict: Callable[[str, int], float] | None = field(default=None, repr=False)
    """Hit fraction of another policy and capacity, by replay."""
    again: "Callable[[], CacheAdvice] | None" = field(default=None, repr=False)
    """Advises anew, on the requests by then."""
    applied_over: CacheSetting | None = field(default=None, init=False, repr=False)
    """What the cache had before `apply()`; None when there is nothing to undo."""

    @property
    def setting(self) -> CacheSetting:
        """What is advised."""
        return CacheSetting(self.policy, self.capacity, self.ttl_s)

    @property
    def is_sampled(self) -> bool:
        """Whether only a sample of the keys was replayed."""
        return self.sampled_fraction < 1

    @property
    def gain_points(self) -> float:
        """Predicted gain over the cache as it was, percentage points; NaN for a trace."""
        return 100 * (self.predicted_hit_fraction - self.old_hit_fraction)

    @property
    def table(self) -> "pd.DataFrame":
        """The replays: `policy, capacity, requests, misses, loads, hit_fraction`; `belady` is the limit."""
        return typed_frame(self.columns("table"), REPLAY)

    @property
    def lru_curve(self) -> "pd.DataFrame":
        """The exact LRU curve at some hundred capacities: `capacity, hit_fraction`."""
        return typed_frame(self.columns("lru_curve"), LRU_CURVE)

    @property
    def ttl_curve(self) -> "pd.DataFrame":
        """Hits by time to live, without evictions: `ttl_s, hit_fraction`; empty where no times are known."""
        return typed_frame(self.columns("ttl_curve"), TTL_CURVE)

    def columns(self, name: str = "table") -> Columns:
        """`table`, `lru_curve` or `ttl_curve` as plain lists."""
        found = self.rows if name == "table" else self.curves.get(name, {})
        return {column: list(found.get(column, ())) for column in TABLES[name]}

    def curve(self, policy: str) -> Columns:
        """One policy's replays by rising capacity: `capacity, hit_fraction`."""
        table = self.columns()
        rows = zip(table["policy"], table["capacity"], table["hit_fraction"], strict=True)
        points = sorted((capacity, fraction) for each, capacity, fraction in rows if each == policy)
        return {"capacity": [point[0] for point in points], "hit_fraction": [point[1] for point in points]}

    def replayed(self, policy: str, capacity: int, column: str = "hit_fraction") -> float:
        """A figure of the table; NaN where that policy was not replayed at that capacity."""
        rows = self.columns()
        for *found, figure in zip(rows["policy"], rows["capacity"], rows[column], strict=True):
            if found == [policy, capacity]:
                return float(figure)
        return nan

    def at(self, policy: str, capacity: int) -> "CacheAdvice":
        """The same advice with another choice; what is not in the table is replayed, if it still can be."""
        return replace(
            self,
            policy=policy,
            capacity=capacity,
            predicted_hit_fraction=self._fraction(policy, capacity),
            limit_hit_fraction=self._fraction(BELADY, capacity),
            saved_s=nan,
        )

    def _fraction(self, policy: str, capacity: int) -> float:
        known = self.replayed(policy, capacity)
        return known if known == known or self.predict is None else self.predict(policy, capacity)

    def apply(self) -> None:
        """Set the running cache so; no entry is lost but those beyond a smaller capacity.

        Raises
        ------
        InvalidRequestError
            If the advice is about a trace, which no cache belongs to, or the cache refuses the setting; then it is left
            as it was.
        """
        cache = self._running()
        before = CacheSetting.of(cache)
        self.setting.give_to(cache)
        self.applied_over = self.applied_over or before
        if self.watch is not None:
            self.watch.begin()

    def undo(self) -> None:
        """Give the cache back what it had before `apply()`.

        Raises
        ------
        InvalidRequestError
            If it was not applied.
        """
        if self.applied_over is None:
            raise InvalidRequestError("nothing to undo: this advice was not applied")
        self.applied_over.give_to(self._running())
        self.applied_over = None

    def achieved(self) -> Achieved:
        """What the cache did since `apply()`, beside what was promised, and whether the workload changed.

        Raises
        ------
        InvalidRequestError
            If the advice was not applied.
        """
        if self.applied_over is None or self.watch is None:
            raise InvalidRequestError("nothing to compare yet: call `apply()`, let the cache work, then ask again")
        return self.watch.achieved(self.predicted_hit_fraction)

    def _running(self) -> Tunable:
        if self.cache is None:
            raise InvalidRequestError("no cache to change: ask about a cached function, as in `tgl.tune(f)`")
        return self.cache

    def figures(self) -> dict[str, Any]:
        """Every figure but the tables, by name."""
        inner = ("rows", "curves", "cache", "watch", "predict", "again", "applied_over")
        own = {name: value for name, value in vars(self).items() if name not in inner}
        return {**own, "old": "" if self.old is None else str(self.old), "notes": "; ".join(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """One row with every figure."""
        import pandas as pd

        return pd.DataFrame([self.figures()])

    @property
    def chart(self) -> "alt.VConcatChart":
        """Share of hits over capacity of every policy, with the limit, the target and this choice, by Altair."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.caching import advice_chart

        return altair_chart(advice_chart(self))

    def __str__(self) -> str:
        hits = f"{format_fraction(self.predicted_hit_fraction)} hits, limit {format_fraction(self.limit_hit_fraction)}"
        return f"{self.setting}: {hits}; {self.reason}"
