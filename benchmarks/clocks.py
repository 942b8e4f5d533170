"""Wall and CPU clocks, and the pairing of runs."""

import gc
import os
import resource
import time
from collections.abc import Callable


def measure_run(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of the whole process, all its threads included, for one run."""
    gc.collect()
    cpu, wall = process_cpu(), time.perf_counter()
    work()
    return time.perf_counter() - wall, process_cpu() - cpu


def process_cpu() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def cpu_of(process_id: int) -> float:
    """CPU seconds so far of the living threads of another process."""
    total_ns = 0
    for thread in os.listdir(f"/proc/{process_id}/task"):
        with open(f"/proc/{process_id}/task/{thread}/schedstat") as accounts:
            total_ns += int(accounts.read().split()[0])
    return total_ns / 1e9


def repeats_for(work: Callable[[], object], seconds: float) -> int:
    """How often to run it for about so long; warms it as well."""
    work()
    took, _ = measure_run(work)
    return max(1, round(seconds / took))


def alternate(first: Callable[[], object], second: Callable[[], object], turn: int) -> None:
    """Both once; which goes first changes with the turn, so that drift cancels."""
    for run in (first, second) if turn % 2 == 0 else (second, first):
        run()
