"""Regression detection: races a kept baseline, or a commit's code, against today's, and judges what came out.

A baseline that cannot be run again gives an error or a doubt, never a verdict.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tailgana_lab.environment import capture_environment, differences
from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.events import REGRESSION_COMPLETED, REGRESSION_FAILED, REGRESSION_STARTED, Emit, emit_event
from tailgana_lab.measure.baselines import REPORT_TYPE, BaselineBook, Kept
from tailgana_lab.measure.contest import Contest, ContestConfig
from tailgana_lab.measure.keeping import measure_baseline
from tailgana_lab.measure.opened import pack_operation
from tailgana_lab.measure.operations import DEFAULT_OPERATIONS, OperationBook
from tailgana_lab.measure.payload import Payload, unpack
from tailgana_lab.measure.solo import measure_alone
from tailgana_lab.measure.trial import measure_memory
from tailgana_lab.measure.yardstick import compare_numbers, least_shift
from tailgana_lab.results.baseline import without_nan
from tailgana_lab.results.comparison import INCONCLUSIVE, Comparison
from tailgana_lab.results.regression import (
    PerformanceSnapshot,
    RegressionReport,
    RegressionSeverity,
    SeverityLimits,
    make_report,
)
from tailgana_lab.storage.store import Store

__all__ = [
    "PerformanceSnapshot",
    "RegressionDetectionConfig",
    "RegressionDetector",
    "RegressionReport",
    "RegressionSeverity",
]

_RACE_SHARE = 0.75
_LEAST_MEMORY_S = 1.0


@dataclass(frozen=True)
class RegressionDetectionConfig:
    """What one check is asked for; checked when built."""

    workload: str = "standard"
    """A baseline's name, or an operation."""
    baseline_commit: str | None = None
    """The commit whose code is the old side; None: the newest baseline."""
    budget_s: float = 15.0
    """Wall-clock time of everything, seconds."""
    force: bool = False
    """Whether figures of unlike machines are compared too, where numbers are all there is."""

    def __post_init__(self) -> None:
        if not self.workload or not isinstance(self.workload, str):
            raise InvalidRequestError(f"`workload` must be a name, got {self.workload!r}")
        if not 0 < self.budget_s < math.inf:
            raise InvalidRequestError(f"`budget_s` must be positive, got {self.budget_s}: 15 is a good start")


@dataclass(frozen=True)
class Sides:
    """What a check races."""

    kept: Kept
    """The baseline that it is about."""
    old: bytes
    """The old code; trusted."""
    new: Payload
    """Today's."""
    commit: str | None
    """Commit of the old code."""


class RegressionDetector:
    """Checks workloads against their baselines.

    Parameters
    ----------
    store : Store, optional
        Where baselines are and reports go; the default store without one.
    emit : callable, optional
        Told what happens, as `emit(name, payload)`.
    environment : callable, optional
        Captures machine and code.
    budget_s : float, default 15
        Wall-clock time of a check, seconds.
    limits : SeverityLimits, optional
        Where the classes of severity begin.
    operations : OperationBook, optional
        Where operations are looked up; their first check keeps a baseline.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        emit: Emit = emit_event,
        environment: Callable[[], dict[str, Any]] = capture_environment,
        budget_s: float = 15.0,
        limits: SeverityLimits | None = None,
        operations: OperationBook = DEFAULT_OPERATIONS,
    ) -> None:
        self._store = store or Store()
        self._book = BaselineBook(self._store)
        self._emit, self._environment = emit, environment
        self._budget_s, self._limits, self._operations = budget_s, limits or SeverityLimits(), operations

    async def detect_regressions(
        self, workload: str = "standard", baseline_commit: str | None = None
    ) -> RegressionReport:
        """Check a workload; the report is stored.

        Parameters
        ----------
        workload : str, default "standard"
            A baseline's name, or an operation.
        baseline_commit : str, optional
            Commit whose code is the old side.

        Returns
        -------
        RegressionReport

        Raises
        ------
        LabError
            If the baseline, the commit or today's code is not there, or must not be run; the message lists what exists.
        """
        return self.check(RegressionDetectionConfig(workload, baseline_commit, self._budget_s))

    def check(
        self,
        config: RegressionDetectionConfig,
        today: Payload | None = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> RegressionReport:
        """The same in one call: `today` takes the place of today's side, `namespace` holds the names of a cell."""
        self._emit(REGRESSION_STARTED, {"workload": config.workload, "baseline_commit": config.baseline_commit})
        try:
            report = self._checked(config, today, namespace)
        except BaseException as error:
            self._emit(REGRESSION_FAILED, {"error": f"{type(error).__name__}: {error}".removesuffix(": ")})
            raise
        self._keep(report)
        self._emit(REGRESSION_COMPLETED, {"has_regression": report.has_regression, "severity": report.severity.value})
        return report

    def _checked(
        self, config: RegressionDetectionConfig, today: Payload | None, namespace: Mapping[str, Any] | None
    ) -> RegressionReport:
        if config.baseline_commit is None and not self._book.all_of(config.workload):
            operation = None if today else config.workload
            first = today or pack_operation(config.workload, self._operations)
            if first is not None:
                return self._first(first, config, operation or "")
        kept = self._book.find(config.workload)
        if config.baseline_commit is None and not kept.record.has_payload:
            return self._by_numbers(kept, config, today or self._book.today_of_source(kept, namespace))
        with self._sides(kept, config, today, namespace) as sides:
            return self._raced(sides, config)

    @contextmanager
    def _sides(
        self,
        kept: Kept,
        config: RegressionDetectionConfig,
        today: Payload | None,
        namespace: Mapping[str, Any] | None,
    ) -> Iterator[Sides]:
        """Old and new: the kept code, or that of a commit, and today's."""
        commit = config.baseline_commit
        if commit is None:
            old = self._book.old_side(kept)
            yield Sides(kept, old, today or self._book.today(kept, namespace), kept.baseline.commit_hash)
            return
        with self._book.at_commit(kept, commit) as (payload, whole):
            if payload.data is None:
                raise LabError(f"`{kept.baseline.name}` as commit {whole[:10]} has it cannot travel: {payload.why_not}")
            yield Sides(kept, payload.data, today or self._book.today(kept, namespace), whole)

    def _raced(self, sides: Sides, config: RegressionDetectionConfig) -> RegressionReport:
        began = time.monotonic()
        name = sides.kept.baseline.name
        race = ContestConfig(_RACE_SHARE * config.budget_s, name=name, with_latencies=True)
        here = sides.new.data is None
        old, new = (unpack(sides.old), sides.new.recipe) if here else (sides.old, sides.new.data)
        comparison = Contest(old, new, race).run()
        left_s = config.budget_s - (time.monotonic() - began)
        old_bytes, new_bytes = (math.nan, math.nan) if here else _memory_of(sides, left_s)
        snapshots = (
            self._snapshot(
                name,
                sides.commit,
                sides.kept.baseline.environment,
                (comparison.old_ns, comparison.old_p95_ns),
                old_bytes,
            ),
            self._snapshot(name, None, self._environment(), (comparison.new_ns, comparison.new_p95_ns), new_bytes),
        )
        return make_report(name, comparison, snapshots, self._limits)

    def _by_numbers(self, kept: Kept, config: RegressionDetectionConfig, today: Payload) -> RegressionReport:
        """Today's figures against those of code that cannot run again."""
        old, environment = kept.baseline, self._environment()
        unlike = differences(old.environment, environment)
        if unlike and not config.force:
            raise LabError(
                f"`{old.name}` was measured elsewhere ({', '.join(unlike)} differ), and its code cannot run again: "
                "`--force` compares all the same"
            )
        side = today.recipe if today.data is None or not old.isolated else today.data
        figures = measure_alone(side, config.budget_s)
        runs = [each.baseline for each in self._book.all_of(old.name)]
        why = str(kept.record.metadata.get("why_not") or "its code was not kept")
        if unlike:
            why += f"; {', '.join(unlike)} differ, compared by force"
        comparison = compare_numbers(old, figures, least_shift(runs, environment), why)
        times = ((old.median_ns, old.p95_ns), (figures.median_ns, figures.p95_ns))
        snapshots = (
            self._snapshot(old.name, old.commit_hash, old.environment, times[0], old.peak_bytes),
            self._snapshot(old.name, None, environment, times[1], math.nan),
        )
        return make_report(old.name, comparison, snapshots, self._limits)

    def _snapshot(
        self,
        workload: str,
        commit: str | None,
        environment: Mapping[str, Any],
        times_ns: tuple[float, float],
        peak_bytes: float,
    ) -> PerformanceSnapshot:
        median_ns, p95_ns = times_ns
        return PerformanceSnapshot(
            timestamp=_now(),
            commit_hash=commit or environment.get("commit_hash"),
            ops_per_second=1e9 / median_ns if median_ns > 0 else math.nan,
            latency_p95_ms=p95_ns / 1e6,
            memory_usage_mb=peak_bytes / 1e6,
            cpu_usage_pct=math.nan,
            workload=workload,
            environment=dict(environment),
        )

    def _first(self, payload: Payload, config: RegressionDetectionConfig, operation: str) -> RegressionReport:
        """The report of a workload's first run: its baseline is kept, and there is nothing to compare with."""
        workload = config.workload
        measured = measure_baseline(payload, self._environment(), budget_s=config.budget_s, operation=operation)
        measured.name = workload
        baseline = self._book.keep(measured, payload)
        times = (baseline.median_ns, baseline.p95_ns)
        snapshot = self._snapshot(workload, baseline.commit_hash, baseline.environment, times, baseline.peak_bytes)
        return RegressionReport(
            has_regression=False,
            severity=RegressionSeverity.NONE,
            baseline_snapshot=snapshot,
            current_snapshot=snapshot,
            ops_per_second_change_pct=math.nan,
            latency_p95_change_pct=math.nan,
            memory_usage_change_pct=math.nan,
            recommendations=["Change the code, then check again"],
            verdict=INCONCLUSIVE,
            reason=f"first run of `{workload}`: its baseline is kept now, and there is nothing to compare with yet",
            workload=workload,
        )

    def _keep(self, report: RegressionReport) -> None:
        """Store the report; a store that fails does not take the finding away."""
        race = report.comparison
        metadata = {
            "type": REPORT_TYPE,
            "workload": report.workload,
            "severity": report.severity.value,
            "has_regression": report.has_regression,
            "ops_change_pct": report.ops_per_second_change_pct,
            "latency_change_pct": report.latency_p95_change_pct,
            "memory_change_pct": report.memory_usage_change_pct,
            "verdict": report.verdict,
            "reason": report.reason,
            "commit_hash": report.current_snapshot.commit_hash,
            "baseline_commit": report.baseline_snapshot.commit_hash,
            "timestamp": report.current_snapshot.timestamp,
            **_figures_of(race),
        }
        self._store.add(f"Regression check: {report.severity.value} - {report.workload}", without_nan(metadata))


def _memory_of(sides: Sides, left_s: float) -> tuple[float, float]:
    """Most memory that one call of each side holds, bytes; NaN where the budget has no room for it."""
    if left_s < _LEAST_MEMORY_S or sides.new.data is None:
        return math.nan, math.nan
    old = measure_memory(sides.old, budget_s=left_s / 2)
    new = measure_memory(sides.new.data, budget_s=left_s / 2)
    return old.traced_peak_bytes, new.traced_peak_bytes


def _figures_of(race: Comparison | None) -> dict[str, Any]:
    if race is None:
        return {}
    return {
        "ratio": race.ratio,
        "ratio_low": race.ratio_low,
        "ratio_high": race.ratio_high,
        "old_ns": race.old_ns,
        "new_ns": race.new_ns,
        "clock": race.clock,
        "n_rounds": race.n_rounds,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
