"""Which of two pieces of code is faster: a race, a look at its rounds, a second batch before a change is named.

Plans the budget and words the reason; the race gathers, `decide` judges.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure import decide
from tailgana_lab.measure.decide import Clocks, Estimate
from tailgana_lab.measure.race import BudgetError, Pace, ProcessRounds, Race
from tailgana_lab.records import Columns
from tailgana_lab.results.comparison import FASTER, INCONCLUSIVE, SAME, SLOWER, Comparison
from tailgana_lab.units import format_seconds

MOST_PROCESSES, LEAST_PROCESSES = 5, 3
MOST_ROUNDS = 200
"""Rounds of one process at most: more of them say less than another process."""
LEAST_ROUNDS = 165
"""Rounds of a batch, all processes together, that leave 150 when the first are dropped."""
LEAST_SLOW_ROUNDS = 33
"""The same where one call is longer than a block and so averages over more noise by itself."""
_SLOW_ROUND_S = 0.02
_N_LOOKS = 2
_CONFIDENCE = 0.99
_LOOK_CONFIDENCE = 1 - (1 - _CONFIDENCE) / _N_LOOKS


@dataclass(frozen=True)
class ContestConfig:
    """What one comparison may use; checked when built."""

    budget_s: float = 15.0
    """Wall-clock time of everything, seconds."""
    name: str = ""
    """What is compared."""
    with_latencies: bool = False
    """Whether single calls are timed too, for their 95th percentile."""
    between_sd: float = decide.BETWEEN_SD
    """Least spread between processes, as a log ratio; learned from earlier races where there were any."""
    seed: int | None = None
    """For hash seeds and orders; random by default."""

    def __post_init__(self) -> None:
        if not 0 < self.budget_s < math.inf:
            raise InvalidRequestError(f"`budget_s` must be positive, got {self.budget_s}: 15 is a good start")


@dataclass(frozen=True)
class Plan:
    """How a budget is spent."""

    n_processes: int
    """Processes of a batch."""
    n_rounds: int
    """Rounds of each."""
    is_enough: bool
    """Whether a batch has rounds enough for a verdict, with a second one to confirm it."""
    needed_s: float
    """Budget that would be enough, seconds."""


def make_plan(pace: Pace, left_s: float, *, is_isolated: bool) -> Plan:
    """Processes and rounds of a batch, so that a second one fits too.

    Examples
    --------
    >>> make_plan(Pace(0.2, 100, 0.004), 14.0, is_isolated=True)
    Plan(n_processes=5, n_rounds=200, is_enough=True, needed_s=2.8...)
    """
    least = LEAST_ROUNDS if pace.round_s < _SLOW_ROUND_S else LEAST_SLOW_ROUNDS
    fewest = LEAST_PROCESSES if is_isolated else 1
    warm_s = pace.start_s + 3 * pace.round_s
    needed_s = 2.2 * (fewest * warm_s + least * pace.round_s)
    for n_processes in range(MOST_PROCESSES if is_isolated else 1, fewest - 1, -1):
        n_rounds = int((0.46 * left_s / n_processes - warm_s) / pace.round_s)
        if n_rounds * n_processes >= least:
            return Plan(n_processes, min(n_rounds, max(MOST_ROUNDS, math.ceil(least / n_processes))), True, needed_s)
    n_rounds = max(2, int((0.9 * left_s / fewest - warm_s) / pace.round_s))
    return Plan(fewest, min(n_rounds, math.ceil(least / fewest)), False, needed_s)


@dataclass
class _Look:
    """What is known after a batch."""

    clocks: Clocks
    estimate: Estimate
    verdict: str


class Contest:
    """One comparison.

    Parameters
    ----------
    old, new : bytes or Recipe
        Pickled payloads, both trusted, or the objects themselves where they cannot travel.
    config : ContestConfig
        Budget and name.
    """

    def __init__(self, old: Any, new: Any, config: ContestConfig) -> None:
        self._config = config
        self._race = Race((old, new), config.budget_s, config.seed)

    def run(self) -> Comparison:
        """Race, judge, confirm.

        Raises
        ------
        BudgetError
            If the code does not run once within the budget.
        WorkloadError
            If it raised.
        """
        with self._race:
            try:
                pace = self._race.begin()
            except BudgetError:
                raise BudgetError(
                    f"one call of each side did not end within `budget_s` = {self._config.budget_s:g}: "
                    "give it more, or check that the code ends"
                ) from None
            plan = make_plan(pace, self._race.left_s, is_isolated=self._race.is_isolated)
            try:
                return self._contested(plan)
            except BudgetError:
                return self._result([], plan, "the budget ended within a round", INCONCLUSIVE)

    def _contested(self, plan: Plan) -> Comparison:
        first = self._batch(plan)
        look = self._look(first)
        if not plan.is_enough or self._n_kept(first) < 2:
            reason = (
                f"too slow for enough rounds within {self._config.budget_s:g} s: it needs about {plan.needed_s:.0f} s"
            )
            return self._result(first, plan, reason, INCONCLUSIVE)
        if look.verdict == SAME:
            return self._result(first, plan, "", SAME)
        second = self._batch(plan)
        both = self._look(first + second)
        if look.verdict == INCONCLUSIVE:
            settled = both.verdict == SAME
            return (
                self._result(
                    first + second,
                    plan,
                    "" if settled else "the interval is too wide",
                    both.verdict if settled else INCONCLUSIVE,
                )
                if both.verdict in (SAME, INCONCLUSIVE)
                else self._third(first, second, both, plan)
            )
        return self._confirmed(first, second, look, plan)

    def _third(self, first: list[ProcessRounds], second: list[ProcessRounds], both: _Look, plan: Plan) -> Comparison:
        """A change seen by two batches together is confirmed by a third, where the budget has room for it."""
        third = self._batch(plan)
        if self._n_kept(third) < LEAST_SLOW_ROUNDS // 2:
            return self._result(first + second, plan, "no budget was left to confirm it", INCONCLUSIVE)
        return self._confirmed(first + second, third, both, plan)

    def _confirmed(
        self, before: list[ProcessRounds], again: list[ProcessRounds], look: _Look, plan: Plan
    ) -> Comparison:
        """The same verdict, if an independent batch says so too."""
        everything = before + again
        if not self._race.is_isolated:
            return self._result(
                everything, plan, "it ran in one process, this one, which is not enough for more", INCONCLUSIVE
            )
        if not again:
            return self._result(everything, plan, "no budget was left to confirm it", INCONCLUSIVE)
        alone, total = self._look(again), self._look(everything)
        agrees = alone.estimate.low > 0 if look.verdict == SLOWER else alone.estimate.high < 0
        if agrees and total.verdict == look.verdict:
            return self._result(everything, plan, "", look.verdict)
        return self._result(
            everything,
            plan,
            "a second batch did not confirm the first",
            SAME if total.verdict == SAME else INCONCLUSIVE,
        )

    def _batch(self, plan: Plan) -> list[ProcessRounds]:
        """Rounds of fresh processes, fewer where the budget ends."""
        before = len(self._race.processes)
        for _ in range(plan.n_processes):
            try:
                self._race.run(plan.n_rounds, with_latencies=self._config.with_latencies)
            except BudgetError:
                break
        return [each for each in self._race.processes[before:] if len(decide.kept(each)) >= 2]

    def _n_kept(self, processes: Sequence[ProcessRounds]) -> int:
        return sum(len(decide.kept(each)) for each in processes)

    def _look(self, processes: list[ProcessRounds]) -> _Look:
        clocks = decide.judge_clocks(processes)
        found = self._estimate(processes, clocks, _LOOK_CONFIDENCE)
        return _Look(clocks, found, found.verdict())

    def _estimate(self, processes: list[ProcessRounds], clocks: Clocks, confidence: float) -> Estimate:
        if self._n_kept(processes) < 2:
            alone = [ratio for each in processes for ratio in decide.log_ratios(each, uses_cpu=clocks.uses_cpu)]
            return Estimate(alone[0] if alone else 0.0, math.inf)
        floor = (
            self._config.between_sd if self._race.is_isolated else max(decide.BETWEEN_SD_HERE, self._config.between_sd)
        )
        return decide.estimate(processes, uses_cpu=clocks.uses_cpu, confidence=confidence, between_sd=floor)

    def _result(self, processes: list[ProcessRounds], plan: Plan, why: str, verdict: str) -> Comparison:
        if not processes and self._race.first is not None:
            processes = [self._race.first]  # the round that set the pace is all there is
        clocks = decide.judge_clocks(processes)
        found = self._estimate(processes, clocks, _CONFIDENCE)
        known = bool(processes)
        old_p95, new_p95, low, high = decide.tail_ratio(processes, 0.95, 100)
        detectable = 100 * math.expm1(min(found.detectable, 10))
        made = Comparison(
            verdict=verdict,
            reason="",
            ratio=math.exp(found.shift) if known else math.nan,
            ratio_low=math.exp(found.low) if known else math.nan,
            ratio_high=math.exp(found.high) if known else math.nan,
            smallest_detectable_pct=detectable,
            n_rounds=self._n_kept(processes),
            n_processes=len(processes) if self._race.is_isolated else 1,
            isolated=self._race.is_isolated,
            disturbed=clocks.is_disturbed,
            clock="cpu" if clocks.uses_cpu else "wall",
            name=self._config.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            is_confirmed=verdict in (FASTER, SLOWER),
            old_p95_ns=old_p95,
            new_p95_ns=new_p95,
            p95_ratio_low=low,
            p95_ratio_high=high,
            table=rounds_table(processes, uses_cpu=clocks.uses_cpu),
        )
        made.reason = _reason(made, why)
        return made


def rounds_table(processes: Sequence[ProcessRounds], *, uses_cpu: bool) -> Columns:
    """The kept rounds as columns, nanoseconds per call."""
    names = ("process", "round", "old_ns", "new_ns", "old_other_ns", "new_other_ns")
    spoken, other = ((2, 3), (0, 1)) if uses_cpu else ((0, 1), (2, 3))
    rows = [
        (p, r, *(each[at] / process.n_calls for at in (*spoken, *other)))
        for p, process in enumerate(processes)
        for r, each in enumerate(decide.kept(process))
    ]
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _reason(made: Comparison, why: str) -> str:
    """What the verdict rests on, one line."""
    if math.isnan(made.ratio):
        return why
    bounds = f" ({_percent(made.ratio_low)} to {_percent(made.ratio_high)}, 99 %)"
    interval = _percent(made.ratio) + (bounds if math.isfinite(made.ratio_high) else "")
    base = f"time {interval}, {format_seconds(made.old_ns / 1e9)} before, {format_seconds(made.new_ns / 1e9)} now"
    rounds = "round" if made.n_rounds == 1 else "rounds"
    processes = "process" if made.n_processes == 1 else "processes"
    parts = [base, f"{made.n_rounds} {rounds} in {made.n_processes} {processes}"]
    if made.verdict == INCONCLUSIVE:
        parts.append(f"a change of {made.smallest_detectable_pct:.1f} % would have shown")
    if made.clock == "cpu":
        parts.append("judged by CPU time, because other programs disturbed the run")
    return "; ".join([*([why] if why else []), *parts])


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"
