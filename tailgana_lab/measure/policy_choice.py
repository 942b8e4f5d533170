"""Which policy suits a workload at one capacity: who is likely to win what follows, not who won the past as a whole.

Each policy is judged on the later half of the requests, its cache warm from the first half, at the capacity asked for
and at some round it; see `docs/how-it-works/caching.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tailgana_lab.measure.workload import Job

ROBUST_FIRST = ("s3fifo", "lirs", "wtinylfu", "arc", "lru", "sieve", "clock", "twoq", "lfu", "fifo")
"""Among equals, the policy that loses least on traces where nothing told them apart before."""
PRESSURES = ((0.25, 0.1), (0.5, 1.0), (0.71, 1.0), (0.84, 1.0), (1.0, 1.0), (1.19, 1.0))
"""Shares of the capacity at which policies are judged, and what each judgement weighs.

The next requests put another pressure on a cache than the last ones did, mostly a higher one; where everything fits,
only smaller caches tell policies apart.
"""
MOST_POINTS = 2.0
"""Points that one judgement counts at most: one odd capacity must not decide."""
KEEP_POINTS = 0.05
"""A cache keeps its policy unless another is better by more points than this."""


@dataclass(frozen=True)
class PolicyChoice:
    """The policy chosen, and how far behind each policy was."""

    policy: str
    """The choice."""
    points_behind: dict[str, float]
    """Percentage points behind the best, mean over the capacities; each counts at most `MOST_POINTS`."""
    capacities: tuple[int, ...]
    """Where they were judged, entries."""


Judge = Callable[[Sequence[Job]], list[float]]
"""Gives for each job what it loses of what could be had, in percent."""


def choose_policy(
    judge: Judge, capacity: int, policies: Sequence[str] = ROBUST_FIRST, current: str = ""
) -> PolicyChoice:
    """Choose the policy for a capacity.

    Parameters
    ----------
    judge : callable
        Judges policies at capacities, as `Workload.later_misses_pct` does.
    capacity : int
        Entries, at least 1.
    policies : sequence of str
        Those to choose from; among equals the first is taken.
    current : str
        Policy that is kept where no other is better by more than `KEEP_POINTS`.

    Returns
    -------
    PolicyChoice
    """
    weights = dict[int, float]()
    for share, weight in PRESSURES:
        size = max(1, round(capacity * share))
        weights[size] = weights.get(size, 0.0) + weight
    lost = judge([(policy, size) for size in weights for policy in policies])
    behind = dict.fromkeys(policies, 0.0)
    for place, weight in enumerate(weights.values()):
        here = lost[place * len(policies) : (place + 1) * len(policies)]
        for policy, points in zip(policies, here, strict=True):
            behind[policy] += min(points - min(here), MOST_POINTS) * weight / sum(weights.values())
    best = min(policies, key=lambda policy: (behind[policy], policies.index(policy)))
    if current in behind and behind[current] - behind[best] <= KEEP_POINTS:
        best = current
    return PolicyChoice(best, behind, tuple(weights))
