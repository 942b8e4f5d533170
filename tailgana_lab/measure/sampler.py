"""The two ways of sampling behind one face: memory reads without the GIL, else a thread that takes it."""

import sys
import threading
import time
from typing import Any, Protocol

from tailgana_lab import _engine
from tailgana_lab.measure import scope
from tailgana_lab.measure.tasks import TaskReader

METHOD_MEMORY = "memory-read without the GIL; states from the kernel"
METHOD_GIL = "gil-thread, takes the GIL; states from CPU clocks"


class Sampling(Protocol):
    """A running sampler."""

    method: str
    reason: str
    gc_clock: Any

    def stop(self) -> dict[str, Any]:
        """End it; the engine's tables."""
        ...

    def abandon(self) -> None:
        """Forget it without waiting: in a forked child its thread does not exist."""


class MemorySampling:
    """The engine's sampler: a native thread that never takes the GIL while it samples."""

    method, reason = METHOD_MEMORY, ""

    def __init__(self, interval_ns: int) -> None:
        caller = threading.get_native_id()
        tasks = TaskReader()
        frames = scope.frames_of(sys._getframe())
        setting = scope.setting(frames, interval_ns, caller)
        self._sampler = _engine.Sampler(setting, tasks.read)
        self.gc_clock = self._sampler.gc_clock()

    def stop(self) -> dict[str, Any]:
        """End it; the engine's tables."""
        return self._sampler.stop()

    def abandon(self) -> None:
        """Forget it without waiting."""
        self._sampler.abandon()


class GilSampling:
    """A Python thread that looks at all stacks under the GIL, each look weighted by the time since the last one."""

    method = METHOD_GIL
    gc_clock = None
    _AUTO_NS = 4_000_000  # each look costs a hand-over of the GIL, so they are fewer

    def __init__(self, interval_ns: int, reason: str) -> None:
        self.reason = reason
        self._interval_ns = interval_ns or self._AUTO_NS
        setting = scope.setting(scope.frames_of(sys._getframe()), self._interval_ns, threading.get_native_id())
        self._recorder = _engine.Recorder(setting)
        self._done = threading.Event()
        self._cpu_ns = 0
        self._look()
        self._thread = threading.Thread(target=self._run, name="tailgana sampler", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._done.wait(self._interval_ns / 1e9):
            self._look()
        self._cpu_ns = time.thread_time_ns()

    def _look(self) -> None:
        native_ids = {t.ident: t.native_id for t in threading.enumerate()}
        own = threading.get_ident() if hasattr(self, "_thread") else None
        stacks = []
        for ident, frame in sys._current_frames().items():
            native_id = native_ids.get(ident)
            if native_id is None or ident == own:
                continue
            found = scope.frames_of(frame)[::-1]
            stack = [
                (f.f_code.co_qualname, f.f_code.co_filename, f.f_code.co_firstlineno, f.f_lineno or 0) for f in found
            ]
            stacks.append((native_id, stack))
        self._recorder.sample(stacks, self._interval_ns)

    def stop(self) -> dict[str, Any]:
        """End it; the engine's tables."""
        self._done.set()
        self._thread.join()
        self._look()
        return self._recorder.finish(self._cpu_ns)

    def abandon(self) -> None:
        """Nothing to do: a forked child has no such thread."""


def start_sampling(interval_ns: int) -> Sampling:
    """The best sampler that works here.

    Parameters
    ----------
    interval_ns : int
        Time between two looks, nanoseconds; 0 for 1 ms at first and wider later.
    """
    try:
        return MemorySampling(interval_ns)
    except RuntimeError as error:
        return GilSampling(interval_ns, str(error))
