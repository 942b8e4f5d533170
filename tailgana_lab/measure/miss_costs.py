"""What misses cost: the recorded durations of a live cache's computations, and what a policy would have spent.

A key whose computation is not on record is taken to cost what the others cost on average.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.measure.replay import n_cores
from tailgana_lab.measure.workload import Job, Workload

if TYPE_CHECKING:
    import numpy as np


class MissCosts:
    """Seconds that a miss of each key costs.

    Parameters
    ----------
    keys : array, shape (n_requests,)
        The key of each request, in order.
    key_numbers, durations_ns : array, shape (n_computed,)
        Keys that were computed, and how long each took, nanoseconds.
    """

    def __init__(
        self, keys: "np.ndarray[Any, Any]", key_numbers: "np.ndarray[Any, Any]", durations_ns: "np.ndarray[Any, Any]"
    ) -> None:
        import pandas as pd

        known = pd.Series(durations_ns, dtype=float).groupby(pd.Series(key_numbers)).mean()
        in_order = pd.unique(keys)
        self._seconds = known.reindex(in_order).fillna(float(durations_ns.mean())).to_numpy() / 1e9
        self._requests = _counted(keys, in_order)
        self._later = _counted(keys[len(keys) // 2 :], in_order)

    @property
    def without_cache_s(self) -> float:
        """What all requests would cost without a cache, seconds."""
        return float(self._seconds @ self._requests)

    def spent_s(self, trace: _engine.Trace, jobs: Sequence[Job]) -> list[float]:
        """Seconds that the misses of each policy at a capacity cost, over all requests or the first ones."""
        import numpy as np

        most = max(trace.n_unique, 1)

        def spent(job: Job) -> float:
            policy, capacity = job
            misses = np.frombuffer(trace.misses_by_key(policy, min(max(capacity, 1), most)), dtype=np.uint64)
            return float(misses @ self._seconds[: len(misses)])

        with ThreadPoolExecutor(n_cores()) as pool:
            return list(pool.map(spent, jobs))

    def later_spent_pct(self, workload: Workload, jobs: Sequence[Job]) -> list[float]:
        """Time of each job in the later half of the requests, warm, percent of what all would cost there uncached."""
        whole, first = self.spent_s(workload.trace, jobs), self.spent_s(workload.first_half, jobs)
        uncached = float(self._seconds @ self._later) or 1.0
        return [100 * (spent - before) / uncached for spent, before in zip(whole, first, strict=True)]


def miss_costs_of(cache: Any, keys: "np.ndarray[Any, Any]") -> MissCosts | None:
    """The costs that a live cache recorded; None where it recorded none."""
    if not hasattr(cache, "recorded_misses"):
        return None
    recorded = cache.recorded_misses()
    if not len(recorded):
        return None
    return MissCosts(keys, recorded["key"].to_numpy(), recorded["duration_ns"].to_numpy())


def _counted(keys: "np.ndarray[Any, Any]", in_order: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Requests of each key."""
    import pandas as pd

    return pd.Series(keys).value_counts().reindex(in_order).fillna(0).to_numpy()
