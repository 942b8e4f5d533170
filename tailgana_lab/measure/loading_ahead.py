"""The thread that loads ahead what pure functions are likely to be asked for.

It begins a load only while the other threads wait, so a program that computes is held up by one load at most. There
is one for a process, started when the first such function has something to load; that is why it is state of this
module. A forked child starts its own. It is a daemon, and waits in Python's own code, so it never keeps the
interpreter from ending.
"""

import atexit
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from time import clock_gettime, perf_counter, sleep
from typing import Any, Protocol
from weakref import WeakMethod

NAP_S = 0.0002  # seconds; enough to see whether the others compute
PAUSE_S = 0.1  # seconds without a look at whether a busy program has become idle


def _used_by_others_s() -> float:
    """CPU time of the other threads, seconds; the clock of the process leaves out what runs now on another core."""
    own, used_s = threading.get_native_id(), 0.0
    with suppress(OSError):  # no /proc: then all count as idle
        for native_id in map(int, os.listdir("/proc/self/task")):
            if native_id != own:
                with suppress(OSError):  # it has ended
                    used_s += clock_gettime(~native_id << 3 | 6)  # the kernel's number of a thread's CPU clock
    return used_s


def are_others_idle() -> bool:
    """Whether the other threads of the process used less than half of a core while this one slept for a moment."""
    began, used_s = perf_counter(), _used_by_others_s()
    sleep(NAP_S)
    return _used_by_others_s() - used_s < (perf_counter() - began) / 2


class _Loader:
    """A queue of those who wait for something to be loaded, and the thread that does it."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Waker] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.is_closed = False

    def ask(self, waker: "Waker") -> None:
        """Have a cache load what waits."""
        if self.is_closed:
            return
        self._waiting.put(waker)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="tailgana loading ahead", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self.is_closed:
            if not self._waiting.get().answer():
                sleep(PAUSE_S)


_loader = _Loader()


class Loading(Protocol):
    """A cache that can load what its store foretold."""

    def load_ahead(self, has_time: Callable[[], bool]) -> bool:
        """Load what waits while there is time, and forget the rest; whether there was time."""
        ...


class Waker:
    """Tells the loader of a cache; the store of that cache calls it."""

    def __init__(self) -> None:
        self._load: Callable[[], Any] | None = None
        self._asked: _Loader | None = None  # of a parent process where that asked

    def serve(self, cache: Loading) -> None:
        """Wake for this cache from now on."""
        self._load = WeakMethod(cache.load_ahead)

    def __call__(self) -> None:
        """Something waits to be loaded."""
        if self._load is not None and self._asked is not _loader:
            self._asked = _loader
            _loader.ask(self)

    def answer(self) -> bool:
        """Load what waits, if the cache is still there; whether there was time."""
        self._asked = None
        load = self._load() if self._load is not None else None
        return load is None or bool(load(are_others_idle))


def _start_over() -> None:
    """In a forked child the parent's thread does not exist, and its queue may be locked."""
    global _loader
    _loader = _Loader()


def _close() -> None:
    """The interpreter ends: nothing more is loaded."""
    _loader.is_closed = True


os.register_at_fork(after_in_child=_start_over)
atexit.register(_close)
