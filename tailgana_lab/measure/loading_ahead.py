"""The thread that loads ahead what pure functions are likely to be asked for.

It loads while the other threads wait, so a program that computes is not slowed down. There is one for a process, started
when the first such function has something to load; that is why it is state of this module. A forked child starts its own. It is a daemon, and waits in Python's own code, so it never keeps the interpreter
from ending.
"""

import atexit
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter, process_time, sleep, thread_time
from typing import Any, Protocol
from weakref import WeakMethod

NAP_S = 0.0002  # seconds; enough to see whether the others compute
PAUSE_S = 0.1  # seconds without a look at whether a busy program has become idle


def are_others_idle() -> bool:
    """Whether the other threads of the process used less than half of a core while this one slept for a moment."""
    began, used = perf_counter(), process_time() - thread_time()
    sleep(NAP_S)
    return process_time() - thread_time() - used < (perf_counter() - began) / 2


class _Loader:
    """A queue of caches that have something to load, and the thread that does it."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.is_closed = False

    def ask(self, load: Callable[[], Any]) -> None:
        """Have a cache load what waits; `load` is weak, and gives None when the cache is gone."""
        if self.is_closed:
            return
        self._waiting.put(load)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="tailgana loading ahead", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self.is_closed:
            load = self._waiting.get()()
            if load is not None and not load(are_others_idle):
                sleep(PAUSE_S)
            del load


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

    def serve(self, cache: Loading) -> None:
        """Wake for this cache from now on."""
        self._load = WeakMethod(cache.load_ahead)

    def __call__(self) -> None:
        """Something waits to be loaded."""
        if self._load is not None:
            _loader.ask(self._load)


def _start_over() -> None:
    """In a forked child the parent's thread does not exist, and its queue may be locked."""
    global _loader
    _loader = _Loader()


def _close() -> None:
    """The interpreter ends: nothing more is loaded."""
    _loader.is_closed = True


os.register_at_fork(after_in_child=_start_over)
atexit.register(_close)
