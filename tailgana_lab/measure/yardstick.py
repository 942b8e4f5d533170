"""Comparing by numbers alone: a fixed piece of code measured in the same rounds is the yardstick of the machine.

For baselines whose code cannot be run again. It takes out most of what differs between two runs, never all of it, so
only large changes are named.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import stdev
from typing import TYPE_CHECKING

from tailgana_lab.environment import differences
from tailgana_lab.results.baseline import Baseline
from tailgana_lab.results.comparison import FASTER, INCONCLUSIVE, SLOWER, Comparison

if TYPE_CHECKING:
    from tailgana_lab.measure.solo import SoloFigures

UNKNOWN_SD = 0.062
"""Spread between two runs of the same code, beside the yardstick, where nothing was learned: the worst that was met
among three workloads on a shared machine, as a log ratio."""
LEAST_SD = 0.018
"""The least that was met there."""
LEAST_LEARNED = 5
"""Runs of one workload from which its own spread is taken."""
Z = 2.6
"""Spreads beyond which a change is named: once in a hundred runs of the same code."""


def relative_ns(baseline: Baseline) -> float:
    """Time of a call over that of the yardstick; NaN where it was not measured."""
    return baseline.median_ns / baseline.canary_ns if baseline.canary_ns > 0 else math.nan


def learned_sd(runs: Sequence[Baseline], environment: dict[str, object]) -> float:
    """Spread between two runs of a workload, as a log ratio, from earlier runs on a machine like this one.

    Examples
    --------
    >>> learned_sd([], {})
    0.062
    """
    alike = [relative_ns(each) for each in runs if not differences(each.environment, environment)]
    logs = [math.log(each) for each in alike if each > 0]
    if len(logs) < LEAST_LEARNED:
        return UNKNOWN_SD
    return max(LEAST_SD, math.sqrt(2) * stdev(logs))


def compare_numbers(old: Baseline, new: "SoloFigures", sd: float, why: str) -> Comparison:
    """Judge today's figures against kept ones.

    Parameters
    ----------
    old : Baseline
        With its yardstick.
    new : SoloFigures
        Today's.
    sd : float
        Spread between two runs of the same code, as a log ratio.
    why : str
        Why there was no race, one line.
    """
    shift = math.log(new.median_ns / new.canary_ns) - math.log(relative_ns(old))
    half = Z * sd
    verdict = INCONCLUSIVE if abs(shift) <= half or math.isnan(shift) else SLOWER if shift > 0 else FASTER
    threshold_pct = 100 * math.expm1(half)
    change = f"time {100 * math.expm1(shift):+.1f} % against a fixed piece of code"
    says = f"a change below {threshold_pct:.0f} % would not show" if verdict == INCONCLUSIVE else "no race confirms it"
    if math.isnan(shift):
        change, says = "its baseline has no yardstick", "keep it anew"
    return Comparison(
        verdict=verdict,
        reason=f"by numbers alone, because {why}; {change}; {says}",
        ratio=math.exp(shift),
        ratio_low=math.exp(shift - half),
        ratio_high=math.exp(shift + half),
        smallest_detectable_pct=threshold_pct,
        n_rounds=len(new.round_ns),
        n_processes=0,
        isolated=new.is_isolated,
        disturbed=False,
        clock="wall",
        name=old.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        table={name: [] for name in ("process", "round", "old_ns", "new_ns")},
    )
