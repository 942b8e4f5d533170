"""What single calls take: throughput, percentiles, CPU time and memory, after a warm-up.

Time and memory are never read in the same pass; nothing is compared here.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from math import ceil, inf, isinf, nan
from statistics import median
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError, WorkloadError
from tailgana_lab.measure.child import arguments_of
from tailgana_lab.measure.surroundings import Surroundings, Usage
from tailgana_lab.results.performance import METRICS

if TYPE_CHECKING:
    from tailgana_lab.measure.payload import Recipe

CALLS_FOR_TAIL = 100
"""Calls from which on a 95th or 99th percentile is given: one call at least lies beyond it."""
_CHUNK_NS = 20_000_000  # time between two moments at which others may run and an interrupt is seen
_WARM_FRACTION = 0.1  # of the calls asked for
_WARM_NS = 500_000_000
_TRACED_SLOWER = 15  # tracing allocations makes code up to 13 times slower; docs/decisions/0003
_BATCHES = 100  # medians that an interval rests on, at most
_BLOCK, _RESAMPLES, _CONFIDENCE = 5, 1_000, 0.99

Clock = Callable[[], float]


@dataclass(frozen=True)
class CallFigures:
    """What calls of one piece of code take."""

    durations_ns: Sequence[int] = field(repr=False)
    """Each call in order, nanoseconds; reading the clock is in it, some tens of nanoseconds."""
    usage: Usage
    """What all of them together used."""
    memory_usage_mb: float
    """Most memory that one call held at once, as Python's allocators saw it, millions of bytes; NaN if not read."""
    is_disturbed: bool
    """Whether other programs took time from the calls."""

    @property
    def n_calls(self) -> int:
        """Calls that were timed."""
        return len(self.durations_ns)

    @property
    def n_context_switches(self) -> int:
        """Context switches of the thread meanwhile."""
        return self.usage.n_switches

    @property
    def ops_per_second(self) -> float:
        """Calls per second, one after another: 1 over the mean."""
        return 1e9 * self.n_calls / max(sum(self.durations_ns), 1)

    @property
    def cpu_usage_pct(self) -> float:
        """CPU time over wall-clock time, percent; 100 is one core."""
        return 100 * self.usage.cpu_ns / max(self.usage.wall_ns, 1)

    def latency_ms(self, fraction: float) -> float:
        """Quantile of the calls, milliseconds; NaN beyond the median where they are too few."""
        if fraction > 0.5 and self.n_calls < CALLS_FOR_TAIL:
            return nan
        return quantile(sorted(self.durations_ns), fraction) / 1e6

    def median_interval_ms(self) -> tuple[float, float]:
        """99 % interval of the median, milliseconds; NaN where the calls are too few for one."""
        batches = _batch_medians(self.durations_ns)
        if len(batches) < _BLOCK:
            return nan, nan
        low, high = _engine.median_bootstrap(
            batches, block=_BLOCK, n_resamples=_RESAMPLES, confidence=_CONFIDENCE, seed=0
        )
        middle = self.latency_ms(0.5)
        return min(low / 1e6, middle), max(high / 1e6, middle)

    def metrics(self) -> dict[str, Any]:
        """The chapter's six, then the spread and the circumstances, by name."""
        low, high = self.median_interval_ms()
        latencies = (self.latency_ms(fraction) for fraction in (0.5, 0.95, 0.99))
        six = (self.ops_per_second, *latencies, self.cpu_usage_pct, self.memory_usage_mb)
        return {
            **dict(zip(METRICS, six, strict=True)),
            "latency_p50_low_ms": low,
            "latency_p50_high_ms": high,
            "n_calls": self.n_calls,
            "n_context_switches": self.n_context_switches,
            "is_disturbed": self.is_disturbed,
        }


def quantile(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that at least this fraction of the values do not pass.

    Examples
    --------
    >>> quantile([1, 2, 3, 4], 0.5), quantile([], 0.5)
    (2, nan)
    """
    return ordered[max(ceil(fraction * len(ordered)) - 1, 0)] if ordered else nan


def compute_totals(figures: Sequence[CallFigures]) -> dict[str, float]:
    """Figures of a round in which each piece of code is called equally often, one call after another.

    Each lies between the lowest and the highest of the pieces. Memory is the highest: they run one at a time.

    Parameters
    ----------
    figures : sequence of CallFigures
        At least one.
    """
    calls = [each.n_calls for each in figures]
    wall_ns = sum(each.usage.wall_ns / n for each, n in zip(figures, calls, strict=True))
    cpu_ns = sum(each.usage.cpu_ns / n for each, n in zip(figures, calls, strict=True))
    values = (
        len(figures) / sum(1 / each.ops_per_second for each in figures),
        *(_pooled_ms(figures, fraction) for fraction in (0.5, 0.95, 0.99)),
        100 * cpu_ns / max(wall_ns, 1),
        max((each.memory_usage_mb for each in figures if each.memory_usage_mb == each.memory_usage_mb), default=nan),
    )
    return dict(zip(METRICS, values, strict=True))


def _pooled_ms(figures: Sequence[CallFigures], fraction: float) -> float:
    """Quantile over all calls, each piece of code with the same weight, milliseconds."""
    if any(each.latency_ms(fraction) != each.latency_ms(fraction) for each in figures):
        return nan
    weighted = sorted((ns, 1 / each.n_calls) for each in figures for ns in each.durations_ns)
    reached, wanted = 0.0, fraction * len(figures) - 1e-9
    for ns, weight in weighted:
        reached += weight
        if reached >= wanted:
            return ns / 1e6
    return weighted[-1][0] / 1e6


def _batch_medians(durations_ns: Sequence[int]) -> list[float]:
    """Medians of runs of neighbours, so that the interval of many calls costs no more than that of few."""
    size = max(1, ceil(len(durations_ns) / _BATCHES))
    return [float(median(durations_ns[at : at + size])) for at in range(0, len(durations_ns), size)]


def measure_calls(recipe: "Recipe", n: int, *, budget_s: float = inf, clock: Clock = time.monotonic) -> CallFigures:
    """Time calls one by one, then read the memory of one more.

    Parameters
    ----------
    recipe : Recipe
        What to call, plain or `async`, with its arguments.
    n : int
        Calls to time, at least 1; some more warm up, and one is traced.
    budget_s : float
        Time after which no further call is timed, seconds; one always is.
    clock : callable
        Seconds that only grow; for the budget alone.

    Raises
    ------
    WorkloadError
        If a call raised; its error is the cause.
    """
    work = measure_calls_awaiting(recipe, n, budget_s=budget_s, clock=clock)
    if not recipe.is_async:
        return _run_plain(work)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "tailgana calls") as pool:
        return pool.submit(asyncio.run, work).result()


async def measure_calls_awaiting(
    recipe: "Recipe", n: int, *, budget_s: float = inf, clock: Clock = time.monotonic
) -> CallFigures:
    """The same on the loop that runs: it is given its turn between the calls, and can cancel them."""
    if n < 1:
        raise InvalidRequestError(f"`iterations` must be at least 1, got {n}")
    caller, end = _Caller(recipe), clock() + budget_s
    try:
        call_ns = await caller.warm_up(n)
        before, used, durations = Surroundings.now(), Usage(0, 0, 0), list[int]()
        while len(durations) < n and (not durations or clock() < end):
            size = min(max(1, _CHUNK_NS // max(call_ns, 1)), n - len(durations))
            began = Usage.now()
            durations += await caller.durations(size)
            used += Usage.now() - began
            await asyncio.sleep(0)
        is_disturbed = Surroundings.now().is_disturbed_since(before)
        fits = isinf(budget_s) or _TRACED_SLOWER * median(durations) / 1e9 < budget_s
        memory_mb = await caller.peak_mb() if fits else nan
    except (Exception, SystemExit) as error:
        raise WorkloadError.of(error) from error
    return CallFigures(durations, used, memory_mb, is_disturbed)


class _Caller:
    """Calls one recipe in the ways that measuring needs."""

    def __init__(self, recipe: "Recipe") -> None:
        self._recipe = recipe
        self._kwargs = recipe.kwargs or {}

    async def warm_up(self, n: int) -> int:
        """Some calls that do not count; what the last of them took, nanoseconds."""
        first = (await self.durations(1))[0]
        more = min(max(2, int(_WARM_FRACTION * n)), _WARM_NS // max(first, 1))
        return round(median(await self.durations(more))) if more else first

    async def durations(self, n: int) -> list[int]:
        """So many calls, each for itself, nanoseconds."""
        recipe = self._recipe
        if recipe.is_async:
            return [await self._awaited_ns() for _ in range(n)]
        if recipe.setup is None:
            return _engine.time_calls(recipe.call, recipe.args, self._kwargs, n)
        return [_engine.time_calls(recipe.call, self._arguments(), self._kwargs, 1)[0] for _ in range(n)]

    async def _awaited_ns(self) -> int:
        arguments = self._arguments()
        began = time.perf_counter_ns()
        await self._recipe.call(*arguments, **self._kwargs)
        return time.perf_counter_ns() - began

    def _arguments(self) -> tuple[Any, ...]:
        """Fresh ones, where there is a set-up."""
        setup = self._recipe.setup
        return self._recipe.args if setup is None else arguments_of(setup(), self._recipe.args)

    async def peak_mb(self) -> float:
        """Most that one call holds at once, as Python's allocators see it, millions of bytes."""
        import tracemalloc

        arguments, was_tracing = self._arguments(), tracemalloc.is_tracing()
        if not was_tracing:
            tracemalloc.start()
        try:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            made = self._recipe.call(*arguments, **self._kwargs)
            if self._recipe.is_async:
                await made
            return max(tracemalloc.get_traced_memory()[1] - before, 0) / 1e6
        finally:
            if not was_tracing:
                tracemalloc.stop()


def _run_plain(work: Coroutine[Any, Any, CallFigures]) -> CallFigures:
    """Result of a coroutine that waits for nothing, without a loop: the measured code may run one of its own."""
    while True:
        try:
            work.send(None)
        except StopIteration as done:
            figures: CallFigures = done.value
            return figures
