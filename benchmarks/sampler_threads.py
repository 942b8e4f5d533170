"""What the sampler itself uses while 1, 8 or 32 threads wait, or wake now and then."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.clocks import process_cpu
from benchmarks.peers import OURS, OURS_AUTO, TICK, make_profiler
from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table, figure_of

COUNTS = (1, 8, 32)  # threads, the one that asks for the profile included
WAKE_S = 0.05  # seconds between two wake-ups of a thread that is not quite idle
LABELS = (OURS, OURS_AUTO, TICK)


@contextmanager
def waiting_threads(count: int, wakes: bool) -> Iterator[None]:
    over = threading.Event()

    def wait() -> None:
        while not over.wait(WAKE_S if wakes else None):
            pass

    threads = [threading.Thread(target=wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def measure(label: str, n_threads: int, wakes: bool, seconds: float, n_runs: int) -> list[float]:
    """Percent of one core that the process used more than it does without the profiler."""
    profiler = make_profiler(label)
    profiler.start()
    time.sleep(0.2)
    profiler.stop()
    found = []
    with waiting_threads(n_threads - 1, wakes):
        for _ in range(n_runs):
            plain = _cpu_share(seconds)
            profiler.start()
            profiled = _cpu_share(seconds)
            profiler.stop()
            found.append(100 * (profiled - plain))
    return found


def _cpu_share(seconds: float) -> float:
    cpu, wall = process_cpu(), time.perf_counter()
    time.sleep(seconds)
    return (process_cpu() - cpu) / (time.perf_counter() - wall)


def steps(is_quick: bool) -> list[Step]:
    shared = {"seconds": 1.0, "n_runs": 1} if is_quick else {"seconds": 3.0, "n_runs": 3}
    return [
        Step(_label(label, n, wakes), __name__, "measure", {"label": label, "n_threads": n, "wakes": wakes, **shared})
        for label in LABELS
        for wakes in (False, True)
        for n in COUNTS
    ]


def _label(label: str, n_threads: int, wakes: bool) -> str:
    return f"{label}, {'waking every 50 ms' if wakes else 'idle'}: {n_threads}"


def tables(results: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = []
    notes = {
        "Percent of one core above a run without it; median (quartiles). Starting and ending are not counted.": None
    }
    for label in LABELS:
        for wakes in (False, True):
            cells: list[Figure | None] = []
            for n_threads in COUNTS:
                found = results.get(_label(label, n_threads, wakes), Failure("not measured"))
                if isinstance(found, Failure):
                    notes[f"{label} is missing: {found.reason}"] = None
                cells.append(None if isinstance(found, Failure) else figure_of(found, 1))
            rows.append([_label(label, 0, wakes).partition(":")[0], *cells])
    columns = ("profiler, threads", *(f"{n} thread{'s' * (n > 1)}" for n in COUNTS))
    return [
        Table("sampler_threads", "CPU of the sampler beside threads that wait, % of one core", columns, rows, [*notes])
    ]
