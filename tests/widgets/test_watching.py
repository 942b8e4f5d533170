"""A watcher looks while beats come, also through a busy kernel, and leaves no thread behind."""

import asyncio
from threading import Event

import pytest

from tailgana_lab.widgets.watching import Watcher

LIMIT_S = 20  # for what should take none of it


class Clock:
    """Time that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Looks:
    """Counts looks; `wait(n)` waits until so many more have been taken."""

    def __init__(self) -> None:
        self.n, self._wanted, self._reached = 0, 0, Event()
        self.ends_at = -1

    def __call__(self) -> bool:
        self.n += 1
        if self.n >= self._wanted:
            self._reached.set()
        return self.n != self.ends_at

    def wait(self, n: int = 2) -> None:
        self._reached.clear()
        self._wanted = self.n + n
        assert self._reached.wait(LIMIT_S)


def ended(watcher: Watcher) -> bool:
    """Whether its thread ends by itself."""
    assert watcher._thread is not None
    watcher._thread.join(LIMIT_S)
    return not watcher.is_running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def watcher(clock: Clock, looks: Looks) -> Watcher:
    return Watcher(looks, every_s=0.001, lease_s=10.0, clock=clock)


def test_it_looks_while_beats_come_and_ends_without_them(watcher: Watcher, clock: Clock, looks: Looks) -> None:
    watcher.beat()
    looks.wait()
    clock.now = 9.0
    watcher.beat()
    clock.now = 18.0
    looks.wait()
    assert watcher.is_running
    clock.now = 19.5
    assert ended(watcher)


def test_stopping_it_waits_for_its_thread(watcher: Watcher, looks: Looks) -> None:
    watcher.stop()
    watcher.beat()
    looks.wait(1)
    watcher.stop()
    assert not watcher.is_running
    watcher.stop()


def test_it_ends_when_there_is_nothing_to_look_at(watcher: Watcher, looks: Looks) -> None:
    looks.ends_at = 3
    watcher.beat()
    assert ended(watcher)
    assert looks.n == 3


def test_a_beat_begins_it_anew(watcher: Watcher, looks: Looks) -> None:
    for _ in range(3):
        watcher.beat()
        looks.wait()
        watcher.stop()
    assert not watcher.is_running


def test_beats_while_it_looks_start_no_second_thread(watcher: Watcher, looks: Looks) -> None:
    watcher.beat()
    first = watcher._thread
    watcher.beat()
    assert watcher._thread is first
    watcher.stop()


async def test_a_busy_kernel_does_not_end_it(watcher: Watcher, clock: Clock, looks: Looks) -> None:
    watcher.beat()
    clock.now = 100.0
    looks.wait(5)  # the loop is busy here: it waits for the thread
    assert watcher.is_running
    watcher.beat()  # the beat that waited is heard before the loop is free
    await asyncio.sleep(0)
    looks.wait(2)
    assert watcher.is_running
    clock.now = 200.0
    looks.wait(2)
    await asyncio.sleep(0)
    assert ended(watcher)
