"""What is sent to the browser of baselines, races, reports and histories; `js/src/measured.ts` is the other side.

Plain JSON without NaN: a missing figure is None. Nothing here imports numpy, pandas or a widget library.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.rounds import MAX_DOTS, round_dots
from tailgana_lab.charts.sheet import fair_axis, thinned
from tailgana_lab.records import Columns
from tailgana_lab.results.history import environment_words
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.history import History
    from tailgana_lab.results.performance import PerformanceBaseline
    from tailgana_lab.results.regression import RegressionReport

VERSION = 1
Payload = dict[str, Any]

_COMPARISON = (
    *("name", "old_name", "new_name", "created", "verdict", "reason", "ratio", "ratio_low", "ratio_high"),
    *("smallest_detectable_pct", "n_rounds", "n_processes", "isolated", "disturbed", "clock", "is_confirmed"),
    *("old_ns", "new_ns"),
)
_BASELINE = (
    *("name", "created", "commit_hash", "n_rounds", "median_ns", "low_ns", "high_ns", "p95_ns", "peak_bytes"),
    *("isolated", "module", "qualname", "source"),
)
_PERFORMANCE = (
    *("timestamp", "ops_per_second", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms"),
    *("cpu_usage_pct", "memory_usage_mb", "bottlenecks", "recommendations"),
)
_LISTS = ("regressions", "warnings", "improvements", "recommendations")
SNAPSHOT_FIGURES = {
    "throughput, ops/s": ("ops_per_second", "ops_per_second_change_pct"),
    "latency p95, ms": ("latency_p95_ms", "latency_p95_change_pct"),
    "memory, MB": ("memory_usage_mb", "memory_usage_change_pct"),
    "CPU, %": ("cpu_usage_pct", ""),
}
"""Rows of a report's table: the field of both snapshots, and that of the report with the change."""


def plain(value: Any) -> Any:
    """A value as JSON can hold and a page can show it."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int | float):
        return value if isfinite(value) else None
    return visible(str(value))


def comparison_payload(comparison: "Comparison") -> Payload:
    """Verdict, interval and the rounds that are drawn."""
    dots = round_dots(comparison)
    return {
        **_head("comparison", comparison, _COMPARISON),
        "rounds": {"process": dots.process, "round": dots.round, "ratio": dots.ratio},
        "axis": list(dots.axis),
        "n_outside": dots.n_outside,
    }


def report_payload(report: "RegressionReport") -> Payload:
    """Verdict, severity, what changed, and the comparison where there is one."""
    least = report.severity_at_least
    return {
        **_head("regression", report, ("workload", "verdict", "reason", "has_regression", *_LISTS)),
        "severity": report.severity.value,
        "severity_at_least": getattr(least, "value", least),
        "figures": plain(snapshot_figures(report)),
        "commits": [_commit(report.baseline_snapshot), _commit(report.current_snapshot)],
        "comparison": None if report.comparison is None else comparison_payload(report.comparison),
    }


def snapshot_figures(report: "RegressionReport") -> Columns:
    """The figures of both snapshots side by side, with their changes; those that neither has are left out."""
    table: Columns = {"figure": [], "old": [], "new": [], "change_pct": []}
    for word, (field, change) in SNAPSHOT_FIGURES.items():
        old, new = (_figure(snapshot, field) for snapshot in (report.baseline_snapshot, report.current_snapshot))
        if isfinite(old) or isfinite(new):
            row = (word, old, new, getattr(report, change) if change else float("nan"))
            for column, value in zip(table, row, strict=True):
                table[column].append(value)
    return table


def history_payload(history: "History") -> Payload:
    """Every record and every change point."""
    points = history.columns("points")
    bounds = (*points["low_ns"], *points["high_ns"])
    return {
        **_head("history", history, ("name",)),
        "points": plain({**points, "environment": [environment_words(text) for text in points["environment"]]}),
        "change_points": plain(history.columns("change_points")),
        "environment_changes": history.environment_changes,
        "axis": list(fair_axis(points["median_ns"], bounds)),
    }


def baseline_payload(baseline: "Baseline") -> Payload:
    """What was measured, of what, and the median of each round that is drawn."""
    rounds = list(baseline.round_medians_ns)
    drawn = thinned(len(rounds), MAX_DOTS)
    bounds = (baseline.median_ns, baseline.low_ns, baseline.high_ns)
    return {
        **_head("baseline", baseline, _BASELINE),
        "environment": environment_facts(baseline.environment),
        "rounds": {"round": list(drawn), "ns": plain([rounds[row] for row in drawn])},
        "axis": list(fair_axis(rounds, bounds)),
    }


def performance_payload(baseline: "PerformanceBaseline") -> Payload:
    """The operations one a row, what is slow and what to do, and how they compare with last time."""
    return {
        **_head("performance-baseline", baseline, _PERFORMANCE),
        "scope": baseline.scope.value,
        "operations": plain(baseline.columns()),
        "comparisons": [
            {"operation": visible(operation), **_head("comparison", each, _COMPARISON)}
            for operation, each in baseline.comparisons.items()
        ],
    }


def environment_facts(environment: Mapping[str, Any] | None) -> list[list[str]]:
    """What a reader wants to know of a machine: word and value, those that are known."""
    given = environment or {}
    words = {"cpu_model": "CPU", "n_cores": "cores", "python": "Python", "kernel": "kernel", "branch": "branch"}
    facts = [[word, _fact(given.get(key))] for key, word in words.items()]
    if given.get("is_dirty"):
        facts.append(["working tree", "changed since the commit"])
    return [[word, visible(text)] for word, text in facts if text]


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("version")
    return "" if value is None else str(value)


def _head(kind: str, result: Any, fields: Iterable[str]) -> Payload:
    return {"v": VERSION, "kind": kind, **{name: plain(getattr(result, name, None)) for name in fields}}


def _commit(snapshot: Any) -> str:
    return visible(str(getattr(snapshot, "commit_hash", None) or ""))


def _figure(snapshot: Any, field: str) -> float:
    value = getattr(snapshot, field, None)
    return float("nan") if value is None else float(value)
