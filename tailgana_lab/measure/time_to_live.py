"""Time to live: what an endless cache would hit if its entries lived so long, by the times of the recorded requests."""

from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine

if TYPE_CHECKING:
    import numpy as np

N_TIMES = 40  # points of the curve
FEWEST_MARKS = 2
NEAR_POINTS = 0.5  # hits that a shorter life may cost, percentage points


class LifeCurve:
    """Share of hits by time to live, no entry ever making room.

    Parameters
    ----------
    trace : Trace
        The requests.
    times_ns : array of uint64, shape (n_requests,)
        When each was made, nanoseconds, never falling.
    """

    def __init__(self, trace: _engine.Trace, times_ns: "np.ndarray[Any, Any]") -> None:
        self._trace, self._times_ns = trace, times_ns

    def hit_fraction(self, ttl_s: float) -> float:
        """Share of hits where entries live so long from when they were written."""
        return self._trace.ttl_hits(max(round(ttl_s * 1e9), 0), self._times_ns) / self._trace.n_requests

    def columns(self) -> dict[str, list[Any]]:
        """The curve at some times, as plain columns."""
        import numpy as np

        ages = np.frombuffer(self._trace.reuse_ages(self._times_ns)[0], dtype=np.uint64)
        ages = ages[ages > 0]
        if not len(ages):
            return {"ttl_s": [], "hit_fraction": []}
        longest = float(self._times_ns[-1] - self._times_ns[0]) + 1  # an entry is written once, and read till the end
        times = np.geomspace(float(ages[0]), longest, N_TIMES) / 1e9
        return {"ttl_s": times.tolist(), "hit_fraction": [self.hit_fraction(ttl_s) for ttl_s in times]}

    def least_s(self) -> float | None:
        """The shortest life that costs nearly no hits; None where the requests show none."""
        curve = self.columns()
        if not curve["ttl_s"]:
            return None
        enough = curve["hit_fraction"][-1] - NEAR_POINTS / 100
        points = zip(curve["ttl_s"], curve["hit_fraction"], strict=True)
        least: float = next(ttl_s for ttl_s, hits in points if hits >= enough)
        return least


def request_times(cache: Any, n_requests: int) -> "np.ndarray[Any, np.dtype[np.uint64]] | None":
    """When each of the latest requests was made, evenly between the marks of the cache; None where it has none."""
    import numpy as np

    marks = cache.time_marks() if hasattr(cache, "time_marks") else []
    if len(marks) < FEWEST_MARKS:
        return None
    info = cache.cache_info()
    made, when = (np.array(column, dtype=float) for column in zip(*marks, strict=True))
    last = info.hits + info.misses
    pace = (when[-1] - when[0]) / max(made[-1] - made[0], 1)  # before the first mark and after the last
    numbers = np.arange(last - n_requests, last, dtype=float)
    times = np.interp(numbers, made, when)
    times += pace * (np.minimum(numbers - made[0], 0) + np.maximum(numbers - made[-1], 0))
    since: np.ndarray[Any, np.dtype[np.uint64]] = (times - times[0]).clip(0).astype(np.uint64)
    return since
