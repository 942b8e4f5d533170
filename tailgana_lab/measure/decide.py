"""What the rounds of a race mean: the change with its interval, and one of four verdicts.

Pure arithmetic on durations; nothing is measured here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from tailgana_lab import _engine
from tailgana_lab.measure.race import ProcessRounds
from tailgana_lab.results.comparison import FASTER, INCONCLUSIVE, SAME, SLOWER

DROPPED_FRACTION = 0.1
"""First rounds of each process that are left out: caches and clocks still settle."""
LEAST_SHIFT = 0.01
"""What a bound must lie beyond to speak of a change, as a log ratio."""
LEAST_EFFECT = 0.02
"""What the estimate must reach to speak of a change, and what an interval must lie inside to speak of none."""
BETWEEN_SD = 0.004
"""Least spread between processes that is believed, as a log ratio: layouts and seeds differ; docs/decisions/0003."""
BETWEEN_SD_HERE = 0.007
"""The same where all rounds ran in one process, which cannot show it."""
DISTURBED_BELOW = 0.95
"""CPU time over wall-clock time below which code that computes has been disturbed."""
_COMPUTES_ABOVE = 0.97
_PRIOR_DEGREES = 3


@dataclass(frozen=True)
class Estimate:
    """A change as a log ratio, new over old."""

    shift: float
    """Best estimate."""
    half: float
    """Half the width of the interval."""

    @property
    def low(self) -> float:
        """Lower bound."""
        return self.shift - self.half

    @property
    def high(self) -> float:
        """Upper bound."""
        return self.shift + self.half

    @property
    def detectable(self) -> float:
        """The smallest change that would have been told from none."""
        return max(self.half + LEAST_SHIFT, LEAST_EFFECT)

    def verdict(self) -> str:
        """What this alone says."""
        if self.low > LEAST_SHIFT and self.shift >= LEAST_EFFECT:
            return SLOWER
        if self.high < -LEAST_SHIFT and self.shift <= -LEAST_EFFECT:
            return FASTER
        if self.low > -LEAST_EFFECT and self.high < LEAST_EFFECT:
            return SAME
        return INCONCLUSIVE


@dataclass(frozen=True)
class Clocks:
    """Which clock the rounds are judged by, and whether they were disturbed."""

    is_disturbed: bool
    """Whether other programs took time from code that computes."""
    uses_cpu: bool
    """Whether CPU time speaks."""


def kept(process: ProcessRounds) -> list[tuple[int, ...]]:
    """The rounds without the first of them; the last one stays, if it is the only one."""
    n = len(process.rounds)
    return process.rounds[min(math.ceil(DROPPED_FRACTION * n), n - 1) :] if n else []


def judge_clocks(processes: Sequence[ProcessRounds]) -> Clocks:
    """CPU time speaks where code that computes was disturbed: it stays true where the wall clock does not."""
    wall = cpu = 0
    shares = []
    for process in processes:
        for old_wall, new_wall, old_cpu, new_cpu in kept(process):
            wall, cpu = wall + old_wall + new_wall, cpu + old_cpu + new_cpu
            shares.append((old_cpu + new_cpu) / max(old_wall + new_wall, 1))
    if not shares:
        return Clocks(False, False)
    computes = sorted(shares)[int(0.9 * (len(shares) - 1))] > _COMPUTES_ABOVE
    is_disturbed = computes and cpu < DISTURBED_BELOW * wall
    return Clocks(is_disturbed, is_disturbed)


def log_ratios(process: ProcessRounds, *, uses_cpu: bool) -> list[float]:
    """Log of new over old, round by round."""
    at = 2 if uses_cpu else 0
    return [math.log(max(each[at + 1], 1) / max(each[at], 1)) for each in kept(process)]


def estimate(processes: Sequence[ProcessRounds], *, uses_cpu: bool, confidence: float, between_sd: float) -> Estimate:
    """The change over all processes.

    Each process gives a Hodges-Lehmann shift with its own interval. The spread between them, no less than what is
    believed of layouts and hash seeds, bounds their mean by Student's t.

    Parameters
    ----------
    processes : sequence of ProcessRounds
        At least one with at least two kept rounds.
    uses_cpu : bool
        Which clock speaks.
    confidence : float
        Coverage of the two-sided interval, a fraction.
    between_sd : float
        Least spread between processes, as a log ratio.
    """
    found = [_engine.hodges_lehmann(log_ratios(each, uses_cpu=uses_cpu), 0.99) for each in processes]
    shifts = [shift for shift, _, _ in found]
    n = len(found)
    within = fmean([((high - low) / 2 / 2.576) ** 2 for _, low, high in found])
    between = stdev(shifts) ** 2 if n > 1 else 0.0
    variance = max(between, between_sd**2, within) / n
    t = _engine.student_t_quantile(0.5 + confidence / 2, n - 1 + _PRIOR_DEGREES + (1 if n > 1 else 0))
    return Estimate(fmean(shifts), t * math.sqrt(variance))


def tail_ratio(
    processes: Sequence[ProcessRounds], quantile: float, least_calls: int
) -> tuple[float, float, float, float]:
    """Quantile of single calls: old and new (ns), and the 99 % bounds of their ratio; NaN with too few calls."""
    each = [process.latencies for process in processes if process.latencies]
    if len(each) < 2 or sum(len(old) for old, _ in each) < least_calls:
        return (math.nan,) * 4
    at = [[_quantile(side, quantile) for side in pair] for pair in each]
    logs = [math.log(new / old) for old, new in at]
    half = _engine.student_t_quantile(0.995, len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    middle = median(logs)
    return median(old for old, _ in at), median(new for _, new in at), math.exp(middle - half), math.exp(middle + half)


def _quantile(values: Sequence[int], quantile: float) -> float:
    return float(sorted(values)[min(len(values) - 1, math.ceil(quantile * len(values)) - 1)])
