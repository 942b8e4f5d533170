"""Memory of a profiled run: allocations by line through memray, and the process's own figures from the kernel.

memray is an extra and is imported only when asked for.
"""

import os
import time
from collections import defaultdict
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.scope import is_own
from tailgana_lab.measure.tables import Source
from tailgana_lab.records import Columns

_STACK_DEPTH = 32  # frames looked at for the innermost one that is not the lab's


class MemoryTracking:
    """Tracks every allocation from `start` to `stop`.

    Raises
    ------
    InvalidRequestError
        On construction, if memray is not installed.
    """

    def __init__(self) -> None:
        try:
            import memray
        except ImportError:
            raise InvalidRequestError(
                "`memory` needs memray, which is not installed: `pip install tailgana_lab[memory]`"
            ) from None
        self._memray = memray
        from tempfile import TemporaryDirectory

        self._folder = TemporaryDirectory(prefix="tailgana-memory-")
        self._path = os.path.join(self._folder.name, "allocations.bin")
        self._tracker: Any = None

    def start(self) -> None:
        """Begin tracking."""
        self._tracker = self._memray.Tracker(
            self._path, native_traces=False, follow_fork=False, trace_python_allocators=False
        )
        self._tracker.__enter__()

    def stop(self) -> None:
        """End tracking."""
        if self._tracker is not None:
            self._tracker.__exit__(None, None, None)
            self._tracker = None

    def table(self) -> Columns:
        """Bytes at the process's peak and bytes allocated in all, by line, largest peak first."""
        peak: dict[tuple[str, int], int] = defaultdict(int)
        size: dict[tuple[str, int], int] = defaultdict(int)
        count: dict[tuple[str, int], int] = defaultdict(int)
        with self._memray.FileReader(self._path) as reader:
            for record in reader.get_high_watermark_allocation_records(merge_threads=True):
                peak[_place(record)] += record.size
            for record in self._all_records(reader):
                place = _place(record)
                size[place] += record.size
                count[place] += record.n_allocations
        self._folder.cleanup()
        source = Source()
        places = sorted((p for p in peak.keys() | size.keys() if p[0]), key=lambda p: (-peak[p], -size[p], p))
        return {
            "file": [file for file, _ in places],
            "line": [line for _, line in places],
            "source": [source.line(file, line) for file, line in places],
            "peak_bytes": [peak[p] for p in places],
            "allocated_bytes": [max(size[p], peak[p]) for p in places],
            "n_allocations": [count[p] for p in places],
        }

    def _all_records(self, reader: Any) -> Any:
        """Allocations of every lifetime, merged by stack: those freed within the run, and those that outlive it."""
        yield from reader.get_temporary_allocation_records(merge_threads=True, threshold=2**31)
        yield from reader.get_leaked_allocation_records(merge_threads=True)


def _place(record: Any) -> tuple[str, int]:
    """File and line of the innermost frame that is not the lab's own."""
    for _, file, line in record.stack_trace(max_stacks=_STACK_DEPTH):
        if not is_own(file):
            return file, line
    return "", 0


class ProcessFigures:
    """Page faults and peak memory of the process over a profile, from the kernel's own counts."""

    def __init__(self) -> None:
        import resource

        self._usage = resource.getrusage
        self._self = resource.RUSAGE_SELF
        self._before = self._usage(self._self)
        self.started = time.perf_counter()

    def table(self, rss: tuple[int | None, int | None, int | None], gc_s: float) -> Columns:
        """One row; `rss` is what was resident at the start, at most as sampled, and at the end, bytes."""
        after, (first, peak, last) = self._usage(self._self), rss
        highest = after.ru_maxrss * 1024
        if peak is not None and highest > self._before.ru_maxrss * 1024:
            peak = max(peak, highest)  # a new record was set meanwhile: the kernel's mark is exact
        missing = float("nan")
        return {
            "rss_before_bytes": [missing if first is None else first],
            "rss_peak_bytes": [missing if peak is None else peak],
            "rss_after_bytes": [missing if last is None else last],
            "minor_faults": [after.ru_minflt - self._before.ru_minflt],
            "major_faults": [after.ru_majflt - self._before.ru_majflt],
            "gc_s": [gc_s],
        }
