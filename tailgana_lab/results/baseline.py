"""Baseline: what one piece of code took when it was measured, and what is known about where and when.

The code itself travels as a payload of the stored record; nothing here can run it.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any, ClassVar

from tailgana_lab.records import Columns
from tailgana_lab.results.shown import Shown
from tailgana_lab.units import format_bytes, format_seconds

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

RECORD_TYPE = "performance_baseline"
"""`type` of the stored records of all baselines."""
NAMED_SCOPE = "named"
"""`scope` of the stored record of a baseline that a user named."""
_FIGURES = ("median_ns", "p95_ns", "peak_bytes", "low_ns", "high_ns", "canary_ns")
_LONG = ("source", "environment", "round_medians_ns", "sketch")


@dataclass(eq=False)
class Baseline(Shown):
    """One named piece of code, measured and kept."""

    kind: ClassVar[str] = "baseline"

    name: str
    """Name given by the user."""
    created: str
    """When it was measured, ISO 8601, UTC."""
    commit_hash: str | None
    """Commit of the repository it was measured in; None outside of one."""
    n_rounds: int
    """Rounds that were measured."""
    median_ns: float
    """Median time of a call, nanoseconds."""
    p95_ns: float = nan
    """95th percentile of single calls, nanoseconds; NaN with fewer than 100 calls."""
    peak_bytes: float = nan
    """Most memory that one call held at once, as Python's allocators saw it, bytes; NaN where unknown."""
    isolated: bool = True
    """Whether it was measured in fresh processes rather than in this one."""
    low_ns: float = nan
    """Lower bound of the median, 99 %, nanoseconds."""
    high_ns: float = nan
    """Upper bound of the median, 99 %, nanoseconds."""
    canary_ns: float = nan
    """Time of a fixed piece of code in the same rounds, nanoseconds: the yardstick where the code cannot run again."""
    round_medians_ns: list[float] = field(default_factory=list, repr=False)
    """Time of a call in each round, nanoseconds."""
    sketch: bytes = field(default=b"", repr=False)
    """Distribution of single calls, as the engine's quantile sketch writes itself; may be empty."""
    source: str = field(default="", repr=False)
    """Text of the function or cell."""
    module: str = ""
    """Module of the function; empty for a cell."""
    qualname: str = ""
    """Qualified name of the function; empty for a cell."""
    operation: str = ""
    """Operation that it stands for; empty where it is none."""
    environment: dict[str, Any] = field(default_factory=dict, repr=False)
    """Machine, Python, packages and repository, as `capture_environment()` gave them."""
    record_id: int | None = None
    """Its record in the store; None before it is kept."""

    @property
    def ops_per_second(self) -> float:
        """Calls per second at the median; NaN where that is not known."""
        return 1e9 / self.median_ns if self.median_ns > 0 else nan

    def columns(self, name: str = "rounds") -> Columns:
        """A table as plain lists; `rounds` is the only one."""
        if name != "rounds":
            raise KeyError(name)
        return {"round": list(range(len(self.round_medians_ns))), "median_ns": list(self.round_medians_ns)}

    @property
    def rounds(self) -> "pd.DataFrame":
        """The rounds: `round, median_ns`."""
        import pandas as pd

        return pd.DataFrame(self.columns()).astype({"round": "int64", "median_ns": "float64"})

    def to_frame(self) -> "pd.DataFrame":
        """One row with every figure."""
        import pandas as pd

        return pd.DataFrame([self.figures()])

    def figures(self) -> dict[str, Any]:
        """Every figure by name, without the rounds and the long texts."""
        return {name: value for name, value in vars(self).items() if name not in _LONG}

    def to_metadata(self) -> dict[str, Any]:
        """What its record holds: only what JSON knows, None for a missing number."""
        own = {name: value for name, value in vars(self).items() if name not in ("record_id", "sketch")}
        chapter = {
            "type": RECORD_TYPE,
            "timestamp": self.created,
            "scope": NAMED_SCOPE,
            "workload": self.name,
            "ops_per_second": self.ops_per_second,
            "latency_p50_ms": self.median_ns / 1e6,
            "latency_p95_ms": self.p95_ns / 1e6,
            "memory_usage_mb": self.peak_bytes / 1e6,
            "bottleneck_count": None,
        }
        found: dict[str, Any] = without_nan({**own, **chapter, "sketch": b64encode(self.sketch).decode()})
        return found

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], record_id: int | None = None) -> "Baseline":
        """The baseline of a record's metadata, as `to_metadata` gave it.

        More keys are left alone; what a record of another program lacks is missing here too.

        Examples
        --------
        >>> kept = Baseline("clean", "2025-01-01T00:00:00+00:00", None, 150, 2.5e6).to_metadata()
        >>> Baseline.from_metadata(kept, record_id=7).median_ns
        2500000.0
        """
        given = {name: metadata[name] for name in set(cls.__dataclass_fields__) & set(metadata)}
        given["name"] = given.get("name") or str(metadata.get("workload") or "")
        given["created"] = given.get("created") or str(metadata.get("timestamp") or "")
        given.setdefault("commit_hash", None)
        given["n_rounds"] = int(given.get("n_rounds") or 0)
        for name in _FIGURES:
            given[name] = nan if given.get(name) is None else float(given[name])
        given["sketch"] = b64decode(metadata.get("sketch") or "")
        return cls(**{**given, "record_id": record_id})

    @property
    def chart(self) -> "alt.TopLevelMixin":
        """The rounds with the interval of their median, as an Altair chart."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.baseline import baseline_chart

        return altair_chart(baseline_chart(self))

    def __str__(self) -> str:
        parts = [f"{format_seconds(self.median_ns / 1e9)} a call", f"{self.n_rounds} rounds"]
        if not isnan(self.p95_ns):
            parts.append(f"95 % within {format_seconds(self.p95_ns / 1e9)}")
        if not isnan(self.peak_bytes):
            parts.append(f"peak {format_bytes(self.peak_bytes)}")
        if self.commit_hash:
            parts.append(f"commit {self.commit_hash[:10]}")
        return f"{self.name}: {', '.join(parts)}"


def without_nan(value: Any) -> Any:
    """The value with None in the place of each number that is missing, at any depth.

    Examples
    --------
    >>> without_nan({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value
