"""What the process used while something ran, and whether other programs took time from it.

Reads the kernel's own counts; a count that it does not keep is missing, and takes no part in the judgement.
"""

import resource
import time
from dataclasses import dataclass
from math import nan

QUEUE_ABOVE = 0.05
"""Share of the time in the run queue above which a run is disturbed: CPU time over wall-clock time below 0.95."""
STEAL_ABOVE = 0.05
"""Share of the machine's time that its host took, above which a run is disturbed."""
_TICKS_FOR_STEAL = 20  # the machine's own clock counts in hundredths of a second
_OF_THREAD = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)


@dataclass(frozen=True)
class Usage:
    """What the clocks say at one moment; the difference of two is what lies between them."""

    wall_ns: int
    """Monotonic clock."""
    cpu_ns: int
    """CPU time of this process and of its children that have ended."""
    n_switches: int
    """Context switches of this thread."""

    @classmethod
    def now(cls) -> "Usage":
        """Read the clocks."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        thread = resource.getrusage(_OF_THREAD)
        ended_ns = round(1e9 * (children.ru_utime + children.ru_stime))
        cpu_ns = time.process_time_ns() + ended_ns
        return cls(time.perf_counter_ns(), cpu_ns, thread.ru_nvcsw + thread.ru_nivcsw)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.wall_ns + other.wall_ns, self.cpu_ns + other.cpu_ns, self.n_switches + other.n_switches)

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.wall_ns - other.wall_ns, self.cpu_ns - other.cpu_ns, self.n_switches - other.n_switches)


@dataclass(frozen=True)
class Surroundings:
    """What others had of the machine up to one moment."""

    wall_ns: int
    """Monotonic clock."""
    queue_ns: float
    """Time for which this thread could run and had to wait for a core; NaN where it is not counted."""
    stolen_ticks: float
    """Time that the host took from this machine, in the kernel's ticks; NaN where it is not counted."""
    all_ticks: float
    """All time of this machine, all its cores together, likewise."""

    @classmethod
    def now(cls) -> "Surroundings":
        """Read the kernel's counts."""
        stolen, everything = _steal()
        return cls(time.perf_counter_ns(), _queue_ns(), stolen, everything)

    def is_disturbed_since(self, before: "Surroundings") -> bool:
        """Whether other programs, or the host, took time from what ran since then."""
        wall_ns, ticks = self.wall_ns - before.wall_ns, self.all_ticks - before.all_ticks
        in_queue = wall_ns > 0 and (self.queue_ns - before.queue_ns) / wall_ns > QUEUE_ABOVE
        was_stolen = ticks >= _TICKS_FOR_STEAL and (self.stolen_ticks - before.stolen_ticks) / ticks > STEAL_ABOVE
        return in_queue or was_stolen


def _queue_ns() -> float:
    try:
        with open("/proc/thread-self/schedstat") as file:
            return float(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return nan


def _steal() -> tuple[float, float]:
    try:
        with open("/proc/stat") as file:
            ticks = [float(word) for word in file.readline().split()[1:9]]
        return ticks[7], sum(ticks)
    except (OSError, ValueError, IndexError):
        return nan, nan
