"""A workload as the tuner sees it: its requests, what any policy would miss of them, and the limits.

Replays are exact up to `SAMPLE_ABOVE` requests; above, a sample of the keys stands for all of them.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.measure.replay import n_cores
from tailgana_lab.measure.traces import numbers_of
from tailgana_lab.results.caching import BELADY

if TYPE_CHECKING:
    import numpy as np

Job = tuple[str, int]
"""A policy at a capacity."""
SAMPLE_ABOVE = 2_000_000
"""Requests up to which every replay is exact."""
SAMPLED_REQUESTS = 1_000_000
"""Requests that a sample aims at."""
FEWEST_SAMPLED_ENTRIES = 50
"""Entries that a capacity must have left in the sample; below it all requests are replayed."""
NEVER_SAMPLED = ("sieve",)
"""Policies whose replay of a sample says little; docs/how-it-works/caching.md."""
N_CURVE_POINTS = 300
"""Capacities of a curve that is kept."""


class Workload:
    """Requests for keys, and what policies miss of them.

    Parameters
    ----------
    keys : array, Series, list, or path
        The key of each request, in order, as `replay` takes them.
    """

    def __init__(self, keys: Any) -> None:
        self._keys = numbers_of(keys)
        self.trace = _engine.Trace(self._keys)
        self.n_requests = self.trace.n_requests
        self.n_keys = self.trace.n_unique
        self.share = min(1.0, SAMPLED_REQUESTS / self.n_requests) if self.n_requests > SAMPLE_ABOVE else 1.0

    @property
    def infinite_hit_fraction(self) -> float:
        """Share of hits of a cache that keeps everything."""
        return 1 - self.n_keys / self.n_requests

    @cached_property
    def first_half(self) -> _engine.Trace:
        """The first half of the requests."""
        return _engine.Trace(self._keys[: self.n_requests // 2])

    @cached_property
    def lru_hits(self) -> "np.ndarray[Any, np.dtype[np.uint64]]":
        """Hits of LRU at each capacity from 1 to the number of keys; always exact."""
        import numpy as np

        return np.frombuffer(self.trace.lru_curve(), dtype=np.uint64)

    def hit_fraction(self, policy: str, capacity: int) -> float:
        """Share of hits of one setting; exact."""
        return 1 - self.exact([(policy, capacity)])[0][0] / self.n_requests

    def exact(self, jobs: Sequence[Job]) -> list[tuple[int, int]]:
        """Misses and loads of each job over all requests."""
        return _replayed(self.trace, jobs)

    def counts(self, jobs: Sequence[Job]) -> list[tuple[int, int]]:
        """Misses and loads of each job, from a sample where that is allowed."""
        sampled = [place for place, job in enumerate(jobs) if self._may_sample(job)]
        rest = [place for place in range(len(jobs)) if place not in set(sampled)]
        found = dict(zip(rest, self.exact([jobs[place] for place in rest]), strict=True))
        if sampled:
            smaller = [(jobs[place][0], round(jobs[place][1] * self.share)) for place in sampled]
            counted = _replayed(self._sample, smaller)
            found |= {place: self._scaled(*count) for place, count in zip(sampled, counted, strict=True)}
        return [found[place] for place in range(len(jobs))]

    def _may_sample(self, job: Job) -> bool:
        policy, capacity = job
        return policy not in NEVER_SAMPLED and self.share < 1 and capacity * self.share >= FEWEST_SAMPLED_ENTRIES

    @cached_property
    def _sample(self) -> _engine.Trace:
        return self.trace.sample(self.share)

    def _scaled(self, misses: int, loads: int) -> tuple[int, int]:
        """Counts of a sample for all requests: each key is missed at least once, and no request more than once."""
        every = min(max(round(misses / self.share), self.n_keys), self.n_requests)
        return every, max(round(loads / self.share), every)

    def least_lru_capacity(self, target_hit_fraction: float) -> int | None:
        """The least capacity at which LRU reaches a share of hits; None when none does."""
        import numpy as np

        enough = np.flatnonzero(self.lru_hits >= target_hit_fraction * self.n_requests)
        return int(enough[0]) + 1 if len(enough) else None

    def lru_columns(self) -> dict[str, list[Any]]:
        """The exact LRU curve at some hundred capacities, as plain columns."""
        import numpy as np

        places = np.unique(np.geomspace(1, max(self.n_keys, 1), N_CURVE_POINTS).round().astype(int))
        return {"capacity": places.tolist(), "hit_fraction": (self.lru_hits[places - 1] / self.n_requests).tolist()}

    def table(self, policies: Iterable[str], capacities: Sequence[int]) -> dict[str, list[Any]]:
        """Replays of policies, then of Belady's optimum, at each capacity, as plain columns."""
        jobs = [(policy, capacity) for policy in (*policies, BELADY) for capacity in capacities]
        counts = self.counts(jobs)
        return {
            "policy": [policy for policy, _ in jobs],
            "capacity": [capacity for _, capacity in jobs],
            "requests": [self.n_requests] * len(jobs),
            "misses": [misses for misses, _ in counts],
            "loads": [loads for _, loads in counts],
            "hit_fraction": [1 - misses / self.n_requests for misses, _ in counts],
        }


def _replayed(trace: _engine.Trace, jobs: Sequence[Job]) -> list[tuple[int, int]]:
    most = max(trace.n_unique, 1)  # a larger cache hits no more
    return trace.replay([(policy, min(max(capacity, 1), most)) for policy, capacity in jobs], n_cores())
