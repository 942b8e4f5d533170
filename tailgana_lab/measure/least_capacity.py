"""The least capacity at which some policy reaches a share of hits, found by replays between those of a coarse grid.

A policy whose hits jump by chance from one size to the next is passed over: what it promises, it would not keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tailgana_lab.measure.policy_choice import ROBUST_FIRST
from tailgana_lab.measure.workload import Job, Workload

N_BETWEEN = 7  # capacities that one round of the search replays
MAX_ROUNDS = 4
CLOSE_ENOUGH = 0.004  # of the capacity: no further round below it
CALM_POINTS = (
    0.1  # percentage points that hits may scatter round a smooth curve; three times as much after a live change
)
N_ASIDE = 4  # sizes on each side that show the scatter
ASIDE_STEP = 0.02  # between them, of the capacity; at least one entry


@dataclass(frozen=True)
class Least:
    """A policy and the least capacity at which it is known to reach the target."""

    policy: str
    """The policy."""
    capacity: int
    """Entries."""


def least_capacity(
    workload: Workload, policies: Sequence[str], table: dict[str, list[object]], target_hit_fraction: float
) -> Least:
    """Find the policy that reaches the target with the fewest entries.

    Parameters
    ----------
    workload : Workload
        A target that an endless cache reaches is taken for granted.
    policies : sequence of str
        Those to choose from; `lru` is known exactly.
    table : Columns
        Replays of a grid of capacities.
    target_hit_fraction : float
        Share of hits to reach, 0 to 1.

    Returns
    -------
    Least
        Never larger than LRU's least capacity; confirmed by a replay of all requests.
    """
    search = _Search(workload, target_hit_fraction)
    search.start(policies, table)
    while True:
        search.narrow()
        policy, capacity = search.best
        if policy == "lru":
            return Least(policy, capacity)
        if scatter_points(workload, policy, capacity) <= CALM_POINTS:
            confirmed = search.confirm(policy, capacity)
            if confirmed is not None:
                return Least(policy, confirmed)
        search.drop(policy)


def scatter_points(workload: Workload, policy: str, capacity: int) -> float:
    """How far hits scatter round a smooth curve of the capacity, standard deviation in percentage points."""
    import numpy as np

    step = max(1, round(capacity * ASIDE_STEP))
    sizes = [capacity + step * aside for aside in range(-N_ASIDE, N_ASIDE + 1)]
    sizes = [size for size in sizes if 1 <= size <= workload.n_keys]
    if len(sizes) <= N_ASIDE:
        return 0.0
    misses = [count for count, _ in workload.exact([(policy, size) for size in sizes])]
    points, where = 100 * np.array(misses) / workload.n_requests, np.log(sizes)
    apart = points - np.polyval(np.polyfit(where, points, 2), where)
    return float(np.sqrt((apart**2).sum() / (len(sizes) - 3)))


class _Search:
    """Capacities known to be too small, by policy, and the best pairs that are large enough."""

    def __init__(self, workload: Workload, target: float) -> None:
        self._workload = workload
        self._most_misses = workload.most_misses(target)
        exact = workload.least_lru_capacity(target)
        self._enough: dict[str, int] = {"lru": workload.n_keys if exact is None else exact}
        self._too_small: dict[str, int] = {}

    @property
    def best(self) -> tuple[str, int]:
        """The policy that reaches the target with the fewest entries as far as is known, and how many."""
        return min(self._enough.items(), key=lambda each: (each[1], ROBUST_FIRST.index(each[0])))

    def drop(self, policy: str) -> None:
        """Look at this policy no more."""
        del self._enough[policy], self._too_small[policy]

    def start(self, policies: Sequence[str], table: dict[str, list[object]]) -> None:
        """Take in what a grid of replays says."""
        self._too_small = {policy: 0 for policy in policies if policy != "lru"}
        rows = zip(table["policy"], table["capacity"], table["misses"], strict=True)
        for policy, capacity, misses in sorted(rows, key=lambda row: int(row[1])):  # type: ignore[call-overload]
            self._learn((str(policy), int(capacity)), int(misses))  # type: ignore[call-overload]

    def _learn(self, job: Job, misses: int) -> None:
        policy, capacity = job
        if policy not in self._too_small:
            return
        if misses <= self._most_misses:
            self._enough[policy] = min(capacity, self._enough.get(policy, capacity))
        elif capacity < self._enough.get(policy, self._workload.n_keys + 1):
            self._too_small[policy] = max(capacity, self._too_small[policy])

    def narrow(self) -> None:
        """Replay between too small and the best so far until little is left between."""
        for _ in range(MAX_ROUNDS):
            jobs, best = [], self.best[1]
            for policy, low in self._too_small.items():
                high = min(best, self._enough.get(policy, best))
                if high - low > max(1, CLOSE_ENOUGH * high):
                    jobs += [(policy, capacity) for capacity in _between(low, high)]
            for job, (misses, _) in zip(jobs, self._workload.counts(jobs), strict=True):
                self._learn(job, misses)
            if not jobs:
                break

    def confirm(self, policy: str, capacity: int) -> int | None:
        """The capacity, or one slightly larger, that a replay of all requests bears out; None where none is."""
        if self._workload.share == 1:
            return capacity
        for size in (capacity, round(capacity * 1.01) + 1, round(capacity * 1.02) + 1):
            if size <= self._enough["lru"] and self._workload.exact([(policy, size)])[0][0] <= self._most_misses:
                return size
        return None


def _between(low: int, high: int) -> list[int]:
    """Whole capacities between two, evenly spread by ratio where they are far apart, ends left out."""
    start = max(low, 1)
    ratio = (high / start) ** (1 / (N_BETWEEN + 1))
    found = {round(start * ratio**step) for step in range(1, N_BETWEEN + 1)}
    if low == 0:
        found.add(1)
    return sorted(size for size in found if low < size < high)
