"""Comparing by numbers alone: a fixed piece of code measured in the same rounds is the yardstick of the machine.

For baselines whose code cannot be run again. It takes out most of what differs between two runs, never all of it, so
only large changes are named.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import stdev
from typing import TYPE_CHECKING

from tailgana_lab import _engine
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
"""Spreads beyond which a change is named, where the spread is taken as known: once in a hundred runs of the same code.
"""
CONFIDENCE = 0.99
"""Runs of the same code that are not called a change, where their spread was learned, as a share."""


def relative_ns(baseline: Baseline) -> float:
    """Time of a call over that of the yardstick; NaN where it was not measured."""
    return baseline.median_ns / baseline.canary_ns if baseline.canary_ns > 0 else math.nan


def least_shift(runs: Sequence[Baseline], environment: dict[str, object]) -> float:
    """Shift beyond which a change is named, as a log ratio: once in a hundred runs of the same code.

    Parameters
    ----------
    runs : sequence of Baseline
        Earlier runs of the workload; those on a machine like this one count. From 5 of them on the spread between two
        runs is their own, and Student's t says how far it may be trusted: 4.6 spreads after 5 runs, 2.9 after 20.
    environment : dict
        This machine.

    Examples
    --------
    >>> round(least_shift([], {}), 3)
    0.161
    """
    alike = [relative_ns(each) for each in runs if not differences(each.environment, environment)]
    logs = [math.log(each) for each in alike if each > 0]
    if len(logs) < LEAST_LEARNED:
        return Z * UNKNOWN_SD
    spreads = _engine.student_t_quantile((1 + CONFIDENCE) / 2, len(logs) - 1)
    return spreads * max(LEAST_SD, math.sqrt(2) * stdev(logs))


def compare_numbers(old: Baseline, new: "SoloFigures", half: float, why: str) -> Comparison:
    """Judge today's figures against kept ones.

    Parameters
    ----------
    old : Baseline
        With its yardstick.
    new : SoloFigures
        Today's.
    half : float
        Shift up to which no change is named, as a log ratio.
    why : str
        Why there was no race, one line.
    """
    shift = math.log(new.median_ns / new.canary_ns) - math.log(relative_ns(old))
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
