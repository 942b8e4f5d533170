"""PerformanceBaseline: what a set of operations takes, each for itself first, then as one.

The chapter's names and fields; what each figure of the whole means stands beside it.
"""

from dataclasses import dataclass, field
from enum import Enum
from math import isnan, nan
from typing import TYPE_CHECKING, Any, ClassVar

from tailgana_lab.records import Columns
from tailgana_lab.results.baseline import RECORD_TYPE, without_nan
from tailgana_lab.results.comparison import FASTER, INCONCLUSIVE, SAME, SLOWER, Comparison
from tailgana_lab.results.shown import Shown
from tailgana_lab.units import MISSING, format_number, format_seconds

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

METRICS = (
    "ops_per_second",
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "cpu_usage_pct",
    "memory_usage_mb",
)
"""The chapter's figures of an operation."""
_GRAVITY = (SLOWER, INCONCLUSIVE, FASTER, SAME)  # which of several comparisons speaks for the whole


class BenchmarkScope(Enum):
    """How thorough a baseline is."""

    QUICK = "quick"
    """A fast look: 100 calls of each operation."""
    STANDARD = "standard"
    """The usual: 1,000 calls of each."""
    DEEP = "deep"
    """Exhaustive: 10,000 calls of each."""
    REGRESSION = "regression"
    """As standard, then each operation is raced against its code in the last baseline."""


@dataclass(eq=False)
class PerformanceBaseline(Shown):
    """What a set of operations takes.

    The figures of the whole are those of a round in which every operation is called equally often,
    one call after another; none of them is a sum or a mean of unlike figures.
    """

    kind: ClassVar[str] = "performance-baseline"

    timestamp: str
    """When it was measured, ISO 8601, UTC."""
    scope: BenchmarkScope
    """How thorough it is."""
    ops_per_second: float
    """Calls per second of such a round: 1 over the mean time of a call."""
    latency_p50_ms: float
    """Median over the calls of all operations, milliseconds."""
    latency_p95_ms: float
    """95th percentile over the same calls, milliseconds; NaN where an operation has fewer than 100."""
    latency_p99_ms: float
    """99th percentile, likewise."""
    cpu_usage_pct: float
    """CPU time of such a round, child processes included, over its wall-clock time, percent; 100 is one core."""
    memory_usage_mb: float
    """Most memory that any one call held at once, as Python's allocators saw it, millions of bytes."""
    operation_metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Figures of each operation: the chapter's six, then spread and circumstances."""
    bottlenecks: list[str] = field(default_factory=list)
    """What stands out, one sentence each."""
    recommendations: list[str] = field(default_factory=list)
    """What to do or to know, one sentence each."""
    workload: str = ""
    """`standard`, or the names of the operations."""
    commit_hash: str | None = None
    """Commit of the repository it was measured in; None outside of one."""
    environment: dict[str, Any] = field(default_factory=dict, repr=False)
    """Machine, Python, packages and repository, as `capture_environment()` gave them."""
    implementations: dict[str, str] = field(default_factory=dict, repr=False)
    """What each operation runs; operations with unlike ones are never compared."""
    comparisons: dict[str, Comparison] = field(default_factory=dict, repr=False)
    """Each operation against its code in the last baseline; empty unless the scope is `regression`."""
    comparison: Comparison | None = field(default=None, repr=False)
    """The gravest of them; None where there is none."""
    record_id: int | None = None
    """Its record in the store; None where it could not be kept."""

    def compared(self, comparisons: dict[str, Comparison]) -> None:
        """Take in what the races found."""
        self.comparisons = comparisons
        self.comparison = gravest(list(comparisons.values()))

    def columns(self, name: str = "operations") -> Columns:
        """A table as plain lists; `operations` is the only one."""
        if name != "operations":
            raise KeyError(name)
        rows = self.operation_metrics
        names = list(dict.fromkeys([*METRICS, *(column for row in rows.values() for column in row)]))
        table: Columns = {"operation": list(rows)}
        table |= {column: [row.get(column, nan) for row in rows.values()] for column in names}
        table["implementation"] = [self.implementations.get(operation, "") for operation in rows]
        table["verdict"] = [self._verdict(operation) for operation in rows]
        return table

    def _verdict(self, operation: str) -> str:
        return self.comparisons[operation].verdict if operation in self.comparisons else ""

    def to_frame(self) -> "pd.DataFrame":
        """One row for each operation."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    def to_metadata(self) -> dict[str, Any]:
        """What its record holds: only what JSON knows, None for a missing number."""
        found: dict[str, Any] = without_nan(
            {
                "type": RECORD_TYPE,
                "timestamp": self.timestamp,
                "scope": self.scope.value,
                **{name: getattr(self, name) for name in METRICS},
                "bottleneck_count": len(self.bottlenecks),
                "commit_hash": self.commit_hash,
                "workload": self.workload,
                "operations": list(self.operation_metrics),
                "operation_metrics": self.operation_metrics,
                "implementations": self.implementations,
                "verdicts": {name: each.verdict for name, each in self.comparisons.items()},
                "environment": self.environment,
            }
        )
        return found

    @property
    def chart(self) -> "alt.TopLevelMixin":
        """Latencies of the operations, as an Altair chart."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.baseline import performance_chart

        return altair_chart(performance_chart(self))

    def __str__(self) -> str:
        lines = [
            "Performance baseline:",
            f"  Operations/sec: {_figure(self.ops_per_second)}",
            f"  Latency p95: {format_seconds(self.latency_p95_ms / 1e3)}",
            f"  CPU usage: {_figure(self.cpu_usage_pct, ' %')}",
            f"  Memory usage: {_figure(self.memory_usage_mb, ' MB')}",
            f"  Bottlenecks: {len(self.bottlenecks)}",
            *(f"    {text}" for text in self.bottlenecks),
            f"  Recommendations: {len(self.recommendations)}",
            *(f"    {text}" for text in self.recommendations),
        ]
        return "\n".join(lines)


def gravest(comparisons: list[Comparison]) -> Comparison | None:
    """The comparison that speaks for all of them: slower before inconclusive before faster before the same."""

    def gravity(each: Comparison) -> tuple[int, float]:
        rank = _GRAVITY.index(each.verdict) if each.verdict in _GRAVITY else len(_GRAVITY)
        return rank, 0.0 if isnan(each.ratio) else -each.ratio

    return min(comparisons, key=gravity, default=None)


def _figure(value: float, unit: str = "") -> str:
    return MISSING if isnan(value) else format_number(value) + unit
