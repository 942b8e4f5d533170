"""RegressionReport: what a check of today's code against a baseline found, under the chapter's own names and fields.

Severity follows from the time ratio alone; nothing is measured here.
"""

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from tailgana_lab.results.comparison import FASTER, INCONCLUSIVE, SLOWER, Comparison
from tailgana_lab.results.shown import Shown

if TYPE_CHECKING:
    import altair
    import pandas as pd


class RegressionSeverity(Enum):
    """How much slower the new code is; an edge belongs to the lower class."""

    NONE = "none"
    """At most 5 % more time."""
    MINOR = "minor"
    """At most 10 %."""
    MODERATE = "moderate"
    """At most 25 %."""
    MAJOR = "major"
    """At most 50 %."""
    CRITICAL = "critical"
    """Beyond 50 %."""

    @property
    def rank(self) -> int:
        """0 for none to 4 for critical."""
        return list(RegressionSeverity).index(self)


@dataclass(frozen=True)
class SeverityLimits:
    """Where the classes begin, percent more time, and what memory and the 95th percentile must exceed to count."""

    minor_above_pct: float = 5.0
    """Above it minor."""
    moderate_above_pct: float = 10.0
    """Above it moderate."""
    major_above_pct: float = 25.0
    """Above it major."""
    critical_above_pct: float = 50.0
    """Above it critical."""
    memory_above_pct: float = 20.0
    """Above it more memory is a regression."""
    p95_above_pct: float = 20.0
    """Above it, with the lower bound, a longer 95th percentile is a regression."""

    def severity_of(self, change_pct: float) -> RegressionSeverity:
        """Class of a change of time.

        Examples
        --------
        >>> [SeverityLimits().severity_of(pct).value for pct in (5, 10, 25, 50, 50.1)]
        ['none', 'minor', 'moderate', 'major', 'critical']
        """
        limits = (self.minor_above_pct, self.moderate_above_pct, self.major_above_pct, self.critical_above_pct)
        return list(RegressionSeverity)[sum(change_pct > limit for limit in limits)]


LEAST_MEMORY_BYTES = 1 << 20
"""More memory than this, besides the percentage, for it to count."""


@dataclass
class PerformanceSnapshot:
    """One side of a check."""

    timestamp: str
    """When it was measured, ISO 8601, UTC."""
    commit_hash: str | None
    """Commit of its code; None outside a repository."""
    ops_per_second: float
    """Calls in a second, one after another; NaN where not measured."""
    latency_p95_ms: float
    """95th percentile of single calls, milliseconds; NaN with fewer than 100."""
    memory_usage_mb: float
    """Most memory that one call held, megabytes (10^6 bytes); NaN where not measured."""
    cpu_usage_pct: float
    """CPU time over wall-clock time, percent; NaN where not measured."""
    workload: str
    """What ran."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Machine, interpreter, packages and state of the code."""


@dataclass
class RegressionReport(Shown):
    """The findings of one check."""

    kind: ClassVar[str] = "regression"

    has_regression: bool
    """Whether something got worse by more than its minimum."""
    severity: RegressionSeverity
    """How much."""
    baseline_snapshot: PerformanceSnapshot
    """The old side."""
    current_snapshot: PerformanceSnapshot
    """Today's side."""
    ops_per_second_change_pct: float
    """Change of the calls in a second, percent; NaN where unknown. The same figure as the time, turned over."""
    latency_p95_change_pct: float
    """Change of the 95th percentile, percent; NaN where unknown."""
    memory_usage_change_pct: float
    """Change of the most memory held, percent; NaN where unknown."""
    regressions: list[str] = field(default_factory=list)
    """What got worse, a line each."""
    warnings: list[str] = field(default_factory=list)
    """What is worth a look but no regression."""
    recommendations: list[str] = field(default_factory=list)
    """What to do."""
    improvements: list[str] = field(default_factory=list)
    """What got better."""
    verdict: str = INCONCLUSIVE
    """`faster`, `slower`, `same` or `inconclusive`."""
    reason: str = ""
    """What the verdict rests on, one line."""
    comparison: Comparison | None = None
    """The race; None where there was nothing to race against."""
    severity_at_least: RegressionSeverity = RegressionSeverity.NONE
    """Class of the bound that is nearest to no change."""
    workload: str = ""
    """What was checked."""

    def to_frame(self) -> "pd.DataFrame":
        """One row: the figures a person compares."""
        import pandas as pd

        ratio = self.comparison
        return pd.DataFrame(
            [
                {
                    "workload": self.workload,
                    "verdict": self.verdict,
                    "severity": self.severity.value,
                    "severity_at_least": self.severity_at_least.value,
                    "ratio": ratio.ratio if ratio else math.nan,
                    "ratio_low": ratio.ratio_low if ratio else math.nan,
                    "ratio_high": ratio.ratio_high if ratio else math.nan,
                    "ops_per_second_change_pct": self.ops_per_second_change_pct,
                    "latency_p95_change_pct": self.latency_p95_change_pct,
                    "memory_usage_change_pct": self.memory_usage_change_pct,
                    "reason": self.reason,
                }
            ]
        )

    @property
    def chart(self) -> "altair.TopLevelMixin":
        """The race's rounds as an Altair chart."""
        from tailgana_lab.errors import LabError

        if self.comparison is None:
            raise LabError(f"no race, no chart: {self.reason}")
        return self.comparison.chart

    def __str__(self) -> str:
        return f"{self.workload}: {self.verdict} ({self.severity.value}); {self.reason}"


def make_report(
    workload: str,
    comparison: Comparison,
    snapshots: tuple[PerformanceSnapshot, PerformanceSnapshot],
    limits: SeverityLimits | None = None,
) -> RegressionReport:
    """Judge a race and the memory of both sides.

    Parameters
    ----------
    workload : str
        What ran.
    comparison : Comparison
        The race.
    snapshots : tuple of PerformanceSnapshot
        Old and new; their memory is compared.
    limits : SeverityLimits, optional
        Where classes begin.
    """
    limits = limits or SeverityLimits()
    old, new = snapshots
    memory_pct = _change_pct(old.memory_usage_mb, new.memory_usage_mb)
    p95_pct = _change_pct(comparison.old_p95_ns, comparison.new_p95_ns)
    report = RegressionReport(
        has_regression=False,
        severity=RegressionSeverity.NONE,
        baseline_snapshot=old,
        current_snapshot=new,
        ops_per_second_change_pct=100 * (1 / comparison.ratio - 1) if comparison.ratio > 0 else math.nan,
        latency_p95_change_pct=p95_pct,
        memory_usage_change_pct=memory_pct,
        verdict=comparison.verdict,
        reason=comparison.reason,
        comparison=comparison,
        workload=workload,
    )
    _judge_time(report, comparison, limits)
    _judge_tail(report, comparison, limits)
    _judge_memory(report, limits)
    report.has_regression = report.severity is not RegressionSeverity.NONE
    report.recommendations = _recommendations(report)
    return report


def _change_pct(old: float, new: float) -> float:
    return 100 * (new / old - 1) if old > 0 and new >= 0 else math.nan


def _worse(report: RegressionReport, severity: RegressionSeverity) -> None:
    report.severity = max(report.severity, severity, key=lambda each: each.rank)


def _judge_time(report: RegressionReport, comparison: Comparison, limits: SeverityLimits) -> None:
    change = comparison.change_pct
    interval = f"{100 * (comparison.ratio_low - 1):+.1f} to {100 * (comparison.ratio_high - 1):+.1f} %, 99 %"
    text = f"by {abs(report.ops_per_second_change_pct):.1f} % (time {change:+.1f} %, {interval})"
    if comparison.verdict == FASTER:
        report.improvements.append(f"Operations per second increased {text}")
    if comparison.verdict != SLOWER:
        return
    severity = limits.severity_of(change)
    _worse(report, severity)
    report.severity_at_least = limits.severity_of(100 * (comparison.ratio_low - 1))
    if severity is RegressionSeverity.NONE:
        report.warnings.append(f"Minor throughput decrease {text}")
    else:
        report.regressions.append(f"Operations per second decreased {text}")


def _judge_tail(report: RegressionReport, comparison: Comparison, limits: SeverityLimits) -> None:
    change = report.latency_p95_change_pct
    least = 100 * (comparison.p95_ratio_low - 1)
    if math.isnan(change) or math.isnan(least):
        return
    if least > limits.p95_above_pct:
        _worse(report, limits.severity_of(change))
        report.regressions.append(f"Latency p95 increased by {change:.0f} % (at least {least:.0f} %)")
    elif least > limits.minor_above_pct:
        report.warnings.append(f"Minor latency increase: p95 {change:+.0f} % (at least {least:.0f} %)")
    elif 100 * (comparison.p95_ratio_high - 1) < -limits.p95_above_pct:
        report.improvements.append(f"Latency p95 decreased by {-change:.0f} %")


def _judge_memory(report: RegressionReport, limits: SeverityLimits) -> None:
    change = report.memory_usage_change_pct
    old, new = report.baseline_snapshot.memory_usage_mb, report.current_snapshot.memory_usage_mb
    if math.isnan(change) or abs(new - old) * 1e6 < LEAST_MEMORY_BYTES:
        return
    figures = f"{old:.1f} to {new:.1f} MB"
    if change > limits.memory_above_pct:
        _worse(report, limits.severity_of(change))
        report.regressions.append(f"Memory usage increased by {change:.0f} % ({figures})")
    elif change > limits.memory_above_pct / 2:
        report.warnings.append(f"Minor memory increase: {change:+.0f} % ({figures})")
    elif change < -limits.memory_above_pct:
        report.improvements.append(f"Memory usage decreased by {-change:.0f} % ({figures})")


def _recommendations(report: RegressionReport) -> list[str]:
    """What fits the findings."""
    if not report.has_regression:
        if report.verdict == INCONCLUSIVE:
            return ["Check again with a larger budget, or on a quieter machine"]
        return (
            ["Look at what changed: a small slowdown adds up"]
            if report.warnings
            else ["No action needed - performance stable"]
        )
    advice = []
    if report.severity.rank >= RegressionSeverity.MAJOR.rank:
        advice += ["URGENT: Investigate regression before deployment", "Consider reverting recent changes"]
    named = " ".join(report.regressions)
    if "Operations" in named:
        advice.append("Profile old and new code with `%%tailgana_profile` and compare them with `Profile.compare`")
    if "p95" in named:
        advice.append("Analyze latency hotspots with the profiler; check for new synchronous I/O")
    if "Memory" in named:
        advice += [
            "Profile with `%%tailgana_profile --memory` to find the lines that hold more",
            "Check for unbounded cache growth",
        ]
    return advice
