"""Performance baselines: what the standard operations and the user's own take, kept with their code.

Numbers are measured in `measure`; here operations are chosen, judged, stored and announced.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.events import BASELINE_ESTABLISHED, PERFORMANCE_FAILED, PROFILING_STARTED, Emit, emit_event
from tailgana_lab.measure.operations import DEFAULT_OPERATIONS, STANDARD, Operation, OperationBook, workload_of
from tailgana_lab.results.performance import BenchmarkScope, PerformanceBaseline

if TYPE_CHECKING:
    from tailgana_lab.measure.calls import CallFigures
    from tailgana_lab.measure.findings import FindingLimits
    from tailgana_lab.measure.kept_code import Compare, Keeping
    from tailgana_lab.results.comparison import Comparison

__all__ = ["BenchmarkScope", "PerformanceBaseline", "PerformanceProfiler", "run_benchmarks"]

Measure = Callable[..., "Awaitable[CallFigures]"]
MODES = ("benchmark", "profile")


@dataclass(frozen=True)
class Thoroughness:
    """What a scope means for each operation."""

    n_calls: int
    """Calls that are timed."""
    budget_s: float
    """Time after which no further call is timed, seconds."""


THOROUGHNESS = {
    BenchmarkScope.QUICK: Thoroughness(100, 10.0),
    BenchmarkScope.STANDARD: Thoroughness(1_000, 20.0),
    BenchmarkScope.DEEP: Thoroughness(10_000, 120.0),
    BenchmarkScope.REGRESSION: Thoroughness(1_000, 20.0),
}


class PerformanceProfiler:
    """Measures operations and keeps what they took as a baseline.

    Parameters
    ----------
    operations : OperationBook, optional
        The operations by name; those of `@operation` by default.
    store : Store, optional
        Where baselines are kept and looked for; the project's own by default.
    emit : callable
        Told what happens, as `emit(name, payload)`.
    environment : callable, optional
        Gives the facts of machine and repository, as `capture_environment` does.
    compare : callable, optional
        Races old against new code, as `compare(old, new)`; with fresh processes by default.
    limits : FindingLimits, optional
        What a figure must pass to stand out.
    measure : callable, optional
        Times calls, as `measure.calls.measure_calls_awaiting` does.

    Examples
    --------
    >>> import asyncio, tempfile
    >>> from tailgana_lab.storage.store import Store
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(f"{folder}/lab.db")
    ...     work = PerformanceProfiler(store=store).establish_baseline(BenchmarkScope.QUICK, ["cache_lookup"])
    ...     found = asyncio.run(work)
    ...     store.close()
    >>> found.latency_p50_ms > 0
    True
    """

    def __init__(
        self,
        operations: OperationBook | None = None,
        *,
        store: "Keeping | None" = None,
        emit: Emit = emit_event,
        environment: Callable[[], dict[str, Any]] | None = None,
        compare: "Compare | None" = None,
        limits: "FindingLimits | None" = None,
        measure: Measure | None = None,
    ) -> None:
        self._book = DEFAULT_OPERATIONS if operations is None else operations
        self._store = store
        self._emit = emit
        self._environment = environment or _captured_environment
        self._compare = compare or _contest
        self._limits = limits
        self._measure = measure or _calls_awaited

    async def establish_baseline(
        self, scope: BenchmarkScope = BenchmarkScope.STANDARD, operations: Sequence[str] | None = None
    ) -> PerformanceBaseline:
        """Measure operations, judge what they took, and keep it.

        Between its calls the loop is given its turn, so that it can be cancelled at any time.

        Parameters
        ----------
        scope : BenchmarkScope
            How thorough; `REGRESSION` also races each operation against its code in the last baseline.
        operations : sequence of str, optional
            Their names; the six standard ones by default.

        Returns
        -------
        PerformanceBaseline
            A store that fails does not end the work: the recommendations say so then.

        Raises
        ------
        InvalidRequestError
            If the scope or an operation is unknown, or there are none.
        WorkloadError
            If an operation raised; its own error is the cause.
        """
        wanted = _scope(scope)
        chosen = self._book.chosen(operations)
        self._emit(PROFILING_STARTED, {"scope": wanted.value, "operations": [*operations] if operations else "all"})
        try:
            workload = workload_of(chosen)
            baseline = await self._established(wanted, chosen, workload)
        except BaseException as error:
            self._emit(PERFORMANCE_FAILED, {"error": f"{type(error).__name__}: {error}".removesuffix(": ")})
            raise
        counts = {name: len(getattr(baseline, name)) for name in ("bottlenecks", "recommendations")}
        self._emit(BASELINE_ESTABLISHED, {"ops_per_second": baseline.ops_per_second, **counts})
        return baseline

    async def _established(self, scope: BenchmarkScope, chosen: list[Operation], workload: str) -> PerformanceBaseline:
        timestamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        environment = self._environment()
        figures = {each.name: await self._figures_of(each, THOROUGHNESS[scope]) for each in chosen}
        baseline = self._judged(scope, timestamp, figures, environment)
        baseline.workload = workload
        baseline.implementations = {each.name: each.implementation for each in chosen}
        if scope is BenchmarkScope.REGRESSION:
            await self._race_against_last(baseline, chosen)
        self._keep(baseline, chosen)
        return baseline

    async def _figures_of(self, operation: Operation, thoroughness: Thoroughness) -> "CallFigures":
        with operation.running() as recipe:
            return await self._measure(recipe, thoroughness.n_calls, budget_s=thoroughness.budget_s)

    def _judged(
        self, scope: BenchmarkScope, timestamp: str, figures: "dict[str, CallFigures]", environment: dict[str, Any]
    ) -> PerformanceBaseline:
        from tailgana_lab.measure.calls import compute_totals
        from tailgana_lab.measure.findings import find

        metrics = {name: each.metrics() for name, each in figures.items()}
        found = find(metrics, _n_cores(environment), self._limits)
        totals: dict[str, Any] = compute_totals(list(figures.values()))
        return PerformanceBaseline(
            timestamp=timestamp,
            scope=scope,
            **totals,
            operation_metrics=metrics,
            bottlenecks=found.bottlenecks,
            recommendations=found.recommendations,
            commit_hash=environment.get("commit_hash"),
            environment=environment,
        )

    async def _race_against_last(self, baseline: PerformanceBaseline, chosen: list[Operation]) -> None:
        """Race each operation against its code in the last baseline; what cannot be raced is said."""
        from tailgana_lab.measure.kept_code import last_kept, race_operation

        notes, comparisons = baseline.recommendations, dict[str, Any]()
        try:
            kept = last_kept(self._kept_in(), baseline.workload)
        except LabError as error:
            notes.append(f"Nothing was compared: {error}")
            return
        if kept is None:
            notes.append(f"There is no earlier baseline of {baseline.workload} to compare with: this one is the first")
            return
        for operation in chosen:
            try:
                race = asyncio.to_thread(race_operation, operation, kept, self._compare)
                comparisons[operation.name] = await race
            except LabError as error:
                notes.append(f"{operation.name} was not compared with the baseline of {kept.timestamp}: {error}")
        baseline.compared(comparisons)
        baseline.bottlenecks += [
            f"{name}: Slower than in the baseline of {kept.timestamp} ({each.reason})"
            for name, each in comparisons.items()
            if each.verdict == "slower"
        ]

    def _keep(self, baseline: PerformanceBaseline, chosen: list[Operation]) -> None:
        """Store it with the code of its operations; a failure is said and ends nothing."""
        from tailgana_lab.measure.kept_code import KeptCode

        content = f"Performance baseline: {baseline.ops_per_second:.0f} ops/sec"
        try:
            payload = KeptCode.of(chosen).to_bytes()
            record = self._kept_in().add(f"{content} ({baseline.workload})", baseline.to_metadata(), payload=payload)
            baseline.record_id = record.id
        except LabError as error:
            baseline.recommendations.append(f"This baseline was not kept: {error}")

    def _kept_in(self) -> "Keeping":
        if self._store is None:
            from tailgana_lab.storage.store import Store

            self._store = Store()
        return self._store


def run_benchmarks(
    mode: str = "benchmark",
    benchmark_type: str = STANDARD,
    iterations: int = 1_000,
    *,
    operations: OperationBook | None = None,
) -> dict[str, Any]:
    """Time one operation, or several as a whole.

    Parameters
    ----------
    mode : {"benchmark", "profile"}
        `profile` runs the same calls under the profiler; its `Profile` stands under `profile` then.
    benchmark_type : str
        Name of an operation; `standard` (or `full`) for all six, `memory` for the two of the store.
    iterations : int
        Calls of each that are timed; some more warm up, and one is traced for its memory.
    operations : OperationBook, optional
        The operations by name; those of `@operation` by default.

    Returns
    -------
    dict
        `ops_per_second`, `latency_p50_ms`, `latency_p95_ms`, `latency_p99_ms` (NaN below 100 calls),
        `cpu_usage_pct`, `memory_usage_mb`; then `n_calls`, and `operation_metrics` by operation.

    Raises
    ------
    InvalidRequestError
        If the mode or the type is unknown, or there are no iterations.
    WorkloadError
        If the operation raised.
    """
    if mode not in MODES:
        raise InvalidRequestError(f"`{mode}` is no mode: {' or '.join(f'`{each}`' for each in MODES)}")
    if not (type(iterations) is int and iterations >= 1):
        raise InvalidRequestError(f"`iterations` must be a whole number from 1 on, got `{iterations}`")
    chosen = (DEFAULT_OPERATIONS if operations is None else operations).of_type(benchmark_type)
    if mode == "benchmark":
        return _benchmarked(chosen, iterations)
    from tailgana_lab.measure.session import ProfileSession

    session = ProfileSession(benchmark_type)
    session.start()
    try:
        found = _benchmarked(chosen, iterations)
    finally:
        profile = session.stop()
    return {**found, "profile": profile}


def _benchmarked(chosen: list[Operation], iterations: int) -> dict[str, Any]:
    from tailgana_lab.measure.calls import compute_totals, measure_calls

    figures = {}
    for operation in chosen:
        with operation.running() as recipe:
            figures[operation.name] = measure_calls(recipe, iterations)
    metrics = {name: each.metrics() for name, each in figures.items()}
    totals = metrics[chosen[0].name] if len(chosen) == 1 else compute_totals(list(figures.values()))
    return {**totals, "n_calls": sum(each.n_calls for each in figures.values()), "operation_metrics": metrics}


def _scope(scope: "BenchmarkScope | str") -> BenchmarkScope:
    try:
        return BenchmarkScope(scope)
    except ValueError:
        words = ", ".join(each.value for each in BenchmarkScope)
        raise InvalidRequestError(f"`{scope}` is no scope of a baseline: there are {words}") from None


def _n_cores(environment: Mapping[str, Any]) -> float:
    """Cores that this process may use, by the facts that were captured; else as the system says."""
    found = environment.get("core_limit") or environment.get("n_cores")
    return float(found) if isinstance(found, int | float) else float(os.cpu_count() or 1)


def _calls_awaited(*arguments: Any, **options: Any) -> "Awaitable[CallFigures]":
    """The real measuring, imported when first used."""
    from tailgana_lab.measure.calls import measure_calls_awaiting

    return measure_calls_awaiting(*arguments, **options)


def _captured_environment() -> dict[str, Any]:
    """The real environment, likewise."""
    from tailgana_lab.environment import capture_environment

    return capture_environment()


def _contest(old: Any, new: Any) -> "Comparison":
    """The real race, likewise, with the budget of the settings."""
    from tailgana_lab.measure.contest import Contest, ContestConfig
    from tailgana_lab.settings import Settings

    return Contest(old, new, ContestConfig(Settings.from_environment().budget_s)).run()
