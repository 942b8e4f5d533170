"""One profile from start to stop: the sampler, and all that is counted beside it.

One profile runs at a time in a process; it may be asked for, and ended, from any thread.
"""

import gc
import math
import os
import sys
import threading
import time
from typing import Any

from tailgana_lab.errors import InvalidRequestError, ProfileActiveError
from tailgana_lab.measure.memory import MemoryTracking, ProcessFigures
from tailgana_lab.measure.names import ThreadNames
from tailgana_lab.measure.sampler import Sampling, start_sampling
from tailgana_lab.measure.tables import Raw, tables_of
from tailgana_lab.records import ProfileFacts
from tailgana_lab.results.profile import Profile

SHORTEST_MS, LONGEST_MS = 0.1, 100.0  # milliseconds; below, waking takes all the time; above, nothing is seen

_active: "ProfileSession | None" = None
_guard = threading.Lock()


class ProfileSession:
    """A profile that is started and stopped by hand.

    Parameters
    ----------
    name : str
        Shown with the result.
    interval_ms : float or "auto"
        Time between two looks, milliseconds, 0.1 to 100; `"auto"` is 1 ms at first, then in steps up to 4 ms.
    memory : bool
        Track allocations by line as well.

    Raises
    ------
    InvalidRequestError
        If the interval is out of range, or memory is asked for and memray is missing.
    """

    def __init__(self, name: str = "", *, interval_ms: float | str = "auto", memory: bool = False) -> None:
        self.name = name
        self._interval_ns = _interval_ns(interval_ms)
        self._memory = MemoryTracking() if memory else None
        self._names = ThreadNames()
        self._sampling: Sampling | None = None
        self._result: Profile | None = None
        self._process_id = 0

    def start(self) -> None:
        """Begin; everything that showing the result needs is imported before.

        Raises
        ------
        ProfileActiveError
            If another profile is running in this process.
        """
        global _active
        with _guard:
            if _active is not None and _active._process_id == os.getpid():
                raise ProfileActiveError(
                    f"a profile{_named(_active.name)} is running: leave it before another one begins"
                )
            _active, self._process_id = self, os.getpid()
        try:
            self._begin()
        except BaseException:
            _release(self)
            raise

    def _begin(self) -> None:
        self._names.start()
        self._created = _utc_now()
        self._tracking_s = 0.0
        if self._memory is not None:
            before = time.perf_counter()
            self._memory.start()
            self._tracking_s += time.perf_counter() - before
        self._figures = ProcessFigures()
        self._sampling = start_sampling(self._interval_ns)
        if self._sampling.gc_clock is not None:
            gc.callbacks.append(self._sampling.gc_clock)

    def stop(self) -> Profile:
        """End it and give the result; again gives the same.

        In a forked child, where the sampler does not exist, the result is a pending profile.
        """
        if self._result is None:
            self._result = self._finish()
        return self._result

    def _finish(self) -> Profile:
        sampling, self._sampling = self._sampling, None
        if sampling is None:
            return Profile.pending(self.name)
        try:
            if self._process_id != os.getpid():
                sampling.abandon()
                return Profile.pending(self.name)
            raw = sampling.stop()
        finally:
            gc_s = self._clear(sampling)
        if self._memory is not None:
            self._memory.stop()
        tables = tables_of(raw, self._names.stop())
        tables["process"] = self._figures.table(raw["process"], gc_s)
        if self._memory is not None:
            tables["memory"] = self._memory.table()
        return Profile(self._facts(raw, sampling), tables, tables.pop("lanes"))

    def _clear(self, sampling: Sampling) -> float:
        """Take back what was installed; seconds of garbage collection, NaN where they were not measured."""
        clock: Any = sampling.gc_clock
        if clock is not None and clock in gc.callbacks:
            gc.callbacks.remove(clock)
        self._names.stop()
        _release(self)
        return clock.seconds if clock is not None else math.nan

    def _facts(self, raw: Raw, sampling: Sampling) -> ProfileFacts:
        return ProfileFacts(
            name=self.name,
            created=self._created,
            duration_s=raw["duration_s"],
            n_samples=raw["n_ticks"],
            interval_ms=self._interval_ns / 1e6 if self._interval_ns else raw["interval_ms"],
            torn_fraction=raw["n_torn"] / raw["n_stacks"] if raw["n_stacks"] else 0.0,
            sampler_cpu_s=raw["cpu_s"],
            method=sampling.method,
            method_reason=sampling.reason,
            sampled_s=raw["sampled_s"],
            python=sys.version.split()[0],
            n_stacks=raw["n_stacks"],
            memory_overhead_s=self._tracking_s if self._memory is not None else math.nan,
        )


def _utc_now() -> str:
    """ISO 8601; without datetime, whose 800 objects a small program's garbage collector would feel."""
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03}+00:00"


def _release(session: ProfileSession) -> None:
    global _active
    with _guard:
        if _active is session:
            _active = None


def _named(name: str) -> str:
    return f" `{name}`" if name else ""


def _interval_ns(interval_ms: float | str) -> int:
    """Nanoseconds; 0 for `auto`."""
    if interval_ms == "auto":
        return 0
    if (
        isinstance(interval_ms, bool)
        or not isinstance(interval_ms, int | float)
        or not SHORTEST_MS <= interval_ms <= LONGEST_MS
    ):
        raise InvalidRequestError(
            f"`interval_ms` must be `auto` or {SHORTEST_MS:g} to {LONGEST_MS:g} milliseconds, got `{interval_ms}`"
        )
    return round(interval_ms * 1e6)
