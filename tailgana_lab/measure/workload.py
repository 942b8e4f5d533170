"""A workload as the tuner sees it: its requests, what any policy would miss of them, and the limits.

Replays are exact up to `SAMPLE_ABOVE` requests; above, a sample of the keys stands for all of them.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from math import floor
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
        self.keys = numbers_of(keys)
        """The key of each request, as a number."""
        self.trace = _engine.Trace(self.keys)
        self.n_requests = self.trace.n_requests
        self.n_keys = self.trace.n_unique
        self._samples: dict[int, _engine.Trace] = {}
        self.share = min(1.0, SAMPLED_REQUESTS / self.n_requests) if self.n_requests > SAMPLE_ABOVE else 1.0

    @property
    def infinite_hit_fraction(self) -> float:
        """Share of hits of a cache that keeps everything."""
        return self.hits_of(self.n_keys)

    @cached_property
    def lru_hits(self) -> "np.ndarray[Any, np.dtype[np.uint64]]":
        """Hits of LRU at each capacity from 1 to the number of keys; always exact."""
        import numpy as np

        return np.frombuffer(self.trace.lru_curve(), dtype=np.uint64)

    def hits_of(self, misses: int) -> float:
        """Share of hits that leaves so many misses."""
        return (self.n_requests - misses) / self.n_requests

    def most_misses(self, target_hit_fraction: float) -> int:
        """Misses that a share of hits, at most 1, allows.

        One request more or less decides, so the share of a whole count is compared, as it is shown: a product like
        0.55 * 100 lies above 55.
        """
        most = floor(self.n_requests * (1 - target_hit_fraction)) + 1
        while self.hits_of(most) < target_hit_fraction:
            most -= 1
        return most

    def can_reach(self, target_hit_fraction: float) -> bool:
        """Whether a cache that keeps everything has this share of hits."""
        return self.n_keys <= self.most_misses(target_hit_fraction)

    def hit_fraction(self, policy: str, capacity: int) -> float:
        """Share of hits of one setting; exact."""
        return self.hits_of(self.exact([(policy, capacity)])[0][0])

    def exact(self, jobs: Sequence[Job]) -> list[tuple[int, int]]:
        """Misses and loads of each job over all requests."""
        return _replayed(self.trace, jobs)

    def counts(self, jobs: Sequence[Job]) -> list[tuple[int, int]]:
        """Misses and loads of each job, from a sample where that is allowed."""
        counted = self._counts(self.trace, jobs)
        return [self._possible(misses, loads) for misses, loads in counted]

    def later_misses_pct(self, jobs: Sequence[Job]) -> list[float]:
        """Misses of each job in the later half, its cache warm from the first, percent of the requests there."""
        whole, first = self._counts(self.trace, jobs), self._counts(self.first_half, jobs)
        n_later = self.n_requests - self.n_requests // 2
        return [100 * (misses - before) / n_later for (misses, _), (before, _) in zip(whole, first, strict=True)]

    @cached_property
    def first_half(self) -> _engine.Trace:
        """The first half of the requests."""
        return _engine.Trace(self.keys[: self.n_requests // 2])

    def _counts(self, trace: _engine.Trace, jobs: Sequence[Job]) -> list[tuple[float, float]]:
        """Misses and loads, those of a sample scaled to all requests."""
        sampled = {place for place, job in enumerate(jobs) if self._may_sample(job)}
        rest = [place for place in range(len(jobs)) if place not in sampled]
        found: dict[int, tuple[float, float]] = {}
        found.update(zip(rest, _replayed(trace, [jobs[place] for place in rest]), strict=True))
        if sampled:
            smaller = [
                (policy, round(capacity * self.share)) for policy, capacity in (jobs[place] for place in sampled)
            ]
            counted = _replayed(self._sample_of(trace), smaller)
            scaled = ((misses / self.share, loads / self.share) for misses, loads in counted)
            found.update(zip(sampled, scaled, strict=True))
        return [found[place] for place in range(len(jobs))]

    def _may_sample(self, job: Job) -> bool:
        policy, capacity = job
        return policy not in NEVER_SAMPLED and self.share < 1 and capacity * self.share >= FEWEST_SAMPLED_ENTRIES

    def _sample_of(self, trace: _engine.Trace) -> _engine.Trace:
        """The same keys of any part of the requests: a key's number does not depend on what comes later."""
        if id(trace) not in self._samples:
            self._samples[id(trace)] = trace.sample(self.share)
        return self._samples[id(trace)]

    def _possible(self, misses: float, loads: float) -> tuple[int, int]:
        """Whole counts: each key is missed at least once, and no request more than once."""
        every = min(max(round(misses), self.n_keys), self.n_requests) if self.share < 1 else round(misses)
        return every, max(round(loads), every)

    def least_lru_capacity(self, target_hit_fraction: float) -> int | None:
        """The least capacity at which LRU reaches a share of hits; None when none does."""
        import numpy as np

        least_hits = self.n_requests - self.most_misses(target_hit_fraction)
        enough = np.flatnonzero(self.lru_hits >= least_hits)
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
            "hit_fraction": [self.hits_of(misses) for misses, _ in counts],
        }


def _replayed(trace: _engine.Trace, jobs: Sequence[Job]) -> list[tuple[int, int]]:
    most = max(trace.n_unique, 1)  # a larger cache hits no more
    return trace.replay([(policy, min(max(capacity, 1), most)) for policy, capacity in jobs], n_cores())
