"""Looks at something again and again while a panel is seen, also while a cell runs; and ends when nobody looks."""

import asyncio
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic

EVERY_S = 0.2  # five updates a second: more can't be read
LEASE_S = 6.5  # three beats of the panel (js/src/watched.ts), and some room


class Watcher:
    """Calls a function a few times a second for as long as beats come.

    A busy kernel hears no beat. So the end of a lease counts only once the loop that hears them is free again.

    Parameters
    ----------
    look : callable
        What is called, on a thread of its own; it gives False when there is nothing to look at any more.
    every_s, lease_s : float
        Time between two calls, and how long one beat lasts, seconds.
    clock : callable
        Seconds that only go forward.
    """

    def __init__(
        self,
        look: Callable[[], bool],
        *,
        every_s: float = EVERY_S,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._look, self._every_s, self._lease_s, self._clock = look, every_s, lease_s, clock
        self._until = clock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._ended = Event()
        self._lock = Lock()

    @property
    def is_running(self) -> bool:
        """Whether its thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def beat(self) -> None:
        """Somebody looks: begin, or go on."""
        with self._lock:
            self._until = self._clock() + self._lease_s
            self._loop = _running_loop()
            if self.is_running and not self._ended.is_set():
                return
            self._ended = Event()
            self._thread = Thread(target=self._run, args=(self._ended,), name="tailgana watcher", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End at once; returns when the thread has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ended: Event) -> None:
        while not ended.wait(self._every_s):
            if self._clock() > self._until:
                self._ask(ended)
            if not self._look():
                return

    def _ask(self, ended: Event) -> None:
        """End, unless a beat waits in a loop that is busy."""
        loop = self._loop
        if loop is None or loop.is_closed():
            ended.set()
            return
        try:
            loop.call_soon_threadsafe(self._expire, ended)
        except RuntimeError:  # it was closed in between
            ended.set()

    def _expire(self, ended: Event) -> None:
        if self._clock() > self._until:
            ended.set()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
