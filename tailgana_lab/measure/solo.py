"""One piece of code measured alone, in fresh processes: the figures that a baseline keeps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure import decide
from tailgana_lab.measure.race import BudgetError, Pace, ProcessRounds, Race

N_PROCESSES = 3
MOST_ROUNDS = 100
"""Rounds of one process at most."""
_P95_CALLS = 100
_SHARE = 0.8


@dataclass(frozen=True)
class SoloFigures:
    """What one piece of code took."""

    median_ns: float
    """Median time of a call, nanoseconds."""
    low_ns: float
    """Lower bound of it, 99 %, nanoseconds."""
    high_ns: float
    """Upper bound of it, 99 %, nanoseconds."""
    p95_ns: float
    """95th percentile of single calls, nanoseconds; NaN with fewer than 100."""
    cpu_usage_pct: float
    """CPU time over wall-clock time, percent."""
    canary_ns: float
    """Time of the yardstick in the same rounds, nanoseconds."""
    round_ns: list[float]
    """Time of a call in each round, nanoseconds."""
    sketch: bytes
    """Distribution of single calls, as the engine's sketch writes itself."""
    is_isolated: bool
    """Whether it ran in fresh processes."""


def measure_alone(side: Any, budget_s: float, seed: int | None = None) -> SoloFigures:
    """Measure a payload in fresh processes, or a recipe in this one.

    Parameters
    ----------
    side : bytes or Recipe
        A pickled payload, trusted, or the objects themselves.
    budget_s : float
        Wall-clock time of everything, seconds.
    seed : int, optional
        For hash seeds; random by default.

    Raises
    ------
    BudgetError
        If it does not run once within the budget.
    WorkloadError
        If it raised.
    """
    if not 0 < budget_s < math.inf:
        raise InvalidRequestError(f"`budget_s` must be positive, got {budget_s}: 15 is a good start")
    with Race((side,), budget_s, seed) as race:
        try:
            pace = race.begin()
        except BudgetError:
            raise BudgetError(f"one call did not end within `budget_s` = {budget_s:g}: give it more") from None
        _run_all(race, pace)
    if not race.processes:
        raise BudgetError(f"no round of it ended within `budget_s` = {budget_s:g}: give it more")
    return _figures(race.processes, is_isolated=race.is_isolated)


def _run_all(race: Race, pace: Pace) -> None:
    """Rounds in each process, as many as its share of the budget has room for."""
    n_processes = N_PROCESSES if race.is_isolated else 1
    for k in range(n_processes):
        share_s = _SHARE * race.left_s / (n_processes - k) - pace.start_s
        try:
            race.run(max(2, min(MOST_ROUNDS, int(share_s / pace.round_s))), with_latencies=True)
        except BudgetError:
            return


def _figures(processes: Sequence[ProcessRounds], *, is_isolated: bool) -> SoloFigures:
    taken = [[wall / each.n_calls for wall, *_ in decide.kept(each) or each.rounds] for each in processes]
    logs = [math.log(median(times)) for times in taken]
    middle = fmean(logs)
    sd = max(stdev(logs) if len(logs) > 1 else 0.0, decide.BETWEEN_SD)
    canaries = [math.log(median(canary for *_, canary in decide.kept(each) or each.rounds)) for each in processes]
    half = _engine.student_t_quantile(0.995, len(logs) + 3) * sd / math.sqrt(len(logs))
    wall = sum(each[0] for process in processes for each in process.rounds)
    cpu = sum(each[1] for process in processes for each in process.rounds)
    calls = [ns for process in processes for side in process.latencies for ns in side]
    sketch = _engine.Sketch()
    sketch.extend(calls)
    return SoloFigures(
        median_ns=math.exp(middle),
        low_ns=math.exp(middle - half),
        high_ns=math.exp(middle + half),
        p95_ns=sketch.quantile(0.95) if len(calls) >= _P95_CALLS else math.nan,
        cpu_usage_pct=100 * cpu / wall if wall else math.nan,
        canary_ns=math.exp(fmean(canaries)),
        round_ns=[ns for times in taken for ns in times],
        sketch=sketch.to_bytes(),
        is_isolated=is_isolated,
    )
