"""Programs that know what is true about themselves. Profilers are asked for their functions by name."""

import os
import queue
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.workloads import BUILD

Truth = dict[str, dict[str, float]]  # what is true -> function -> seconds

# The same additions, inline or through tiny calls


def by_inline(count: int) -> int:
    total = 0
    for number in range(count):
        total = total + number
    return total


def add(total: int, number: int) -> int:
    return total + number


def by_calls(count: int) -> int:
    total = 0
    for number in range(count):
        total = add(total, number)
    return total


BIAS = {"by_inline": by_inline, "by_calls": by_calls}


def counts_for(share: float, seconds: float, rounds: int) -> dict[str, int]:
    """Iterations per round, so that `by_calls` takes that share of the time without a profiler."""
    wanted = {"by_inline": (1 - share) * seconds / rounds, "by_calls": share * seconds / rounds}
    return {name: max(1, round(wanted[name] / _seconds_each(work))) for name, work in BIAS.items()}


def _seconds_each(work: Callable[[int], int], count: int = 100_000) -> float:
    best = float("inf")
    for _ in range(7):
        begun = time.perf_counter()
        work(count)
        best = min(best, (time.perf_counter() - begun) / count)
    return best


def run_bias(counts: dict[str, int], rounds: int) -> Truth:
    spent = dict.fromkeys(BIAS, 0.0)
    for _ in range(rounds):
        for name, work in BIAS.items():
            begun = time.perf_counter()
            work(counts[name])
            spent[name] += time.perf_counter() - begun
    return {"wall": spent}


# Phases of the main thread: C code that keeps the GIL, and four kinds of waiting

BASE, EXPONENT, MODULUS = 7**1200, 2917, 10**600 + 9  # one power keeps the GIL for milliseconds
BLOCK = b"\1" * 65536


class Place:
    """What the phases wait at, and the thread that lets them go: it notes when, just before."""

    def __init__(self) -> None:
        from benchmarks.native import load_native

        self.pipe_out, self.pipe_in = os.pipe()
        self.near, self.far = socket.socketpair()
        self.lock = threading.Lock()
        self.lock.acquire()
        BUILD.mkdir(exist_ok=True)
        self.file = tempfile.NamedTemporaryFile(dir=BUILD)  # noqa: SIM115 -- as long as the place
        self.schedstat = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self.sync_blocked = load_native().sync_blocked
        self.disk_blocked_s = 0.0
        self.released_at = 0.0
        self.orders: queue.SimpleQueue[tuple[Callable[[], object], float]] = queue.SimpleQueue()
        threading.Thread(target=self._release, name="releaser", daemon=True).start()

    def _release(self) -> None:
        while True:
            release, seconds = self.orders.get()
            time.sleep(seconds)
            self.released_at = time.perf_counter()
            release()


def hold_gil(place: Place, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pow(BASE, EXPONENT, MODULUS)


def read_pipe(place: Place, seconds: float) -> None:
    os.read(place.pipe_out, 1)


def take_lock(place: Place, seconds: float) -> None:
    place.lock.acquire()


def receive(place: Place, seconds: float) -> None:
    place.far.recv(1)


def sync_disk(place: Place, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        os.pwrite(place.file.fileno(), BLOCK, 0)
        place.disk_blocked_s += place.sync_blocked(place.file.fileno(), place.schedstat)


PHASES: dict[str, tuple[Callable[[Place, float], None], float]] = {
    "hold_gil": (hold_gil, 0.30),
    "read_pipe": (read_pipe, 0.25),
    "take_lock": (take_lock, 0.20),
    "receive": (receive, 0.10),
    "sync_disk": (sync_disk, 0.15),
}
"""Function, and its share of the time."""


def run_phases(place: Place, seconds: float, rounds: int) -> Truth:
    """`wall`: seconds in the function; `blocked`: seconds until the releaser, or the disk, let it go."""
    releases = {
        "read_pipe": lambda: os.write(place.pipe_in, b"."),
        "take_lock": place.lock.release,
        "receive": lambda: place.near.send(b"."),
    }
    wall, blocked = dict.fromkeys(PHASES, 0.0), dict.fromkeys(PHASES, 0.0)
    for _ in range(rounds):
        for name, (phase, share) in PHASES.items():
            wanted = share * seconds / rounds
            if name in releases:
                place.orders.put((releases[name], wanted))
            begun = time.perf_counter()
            phase(place, wanted)
            wall[name] += time.perf_counter() - begun
            if name in releases:
                blocked[name] += max(0.0, place.released_at - begun)
    blocked["sync_disk"], place.disk_blocked_s = place.disk_blocked_s, 0.0
    return {"wall": wall, "blocked": blocked}


@contextmanager
def spinners(count: int) -> Iterator[None]:
    """Threads beside, that do nothing but compute in Python."""
    is_over: list[bool] = []

    def spin() -> None:
        number = 1
        while not is_over:
            number = number * 69069 + 1 & 0xFFFFFFFF

    threads = [threading.Thread(target=spin, name=f"spinner {number}") for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.append(True)
        for thread in threads:
            thread.join()


# A program made to tear: two towers of short calls take turns on the same part of the stack


def turn(times: int) -> int:
    value = 1
    for _ in range(times):
        value = east(value)
        value = west(value)
    return value


def east(value: int) -> int:
    return east_stair(value + 1) & 4095


def east_stair(value: int) -> int:
    return east_roof(value) + east_roof(value ^ 3)


def east_roof(value: int) -> int:
    return value * 3 + 1


def west(value: int) -> int:
    return west_stair(value + 2) & 4095


def west_stair(value: int) -> int:
    return west_roof(value) + west_roof(value ^ 5)


def west_roof(value: int) -> int:
    return value * 7 + 3


CALLER = {
    "east": "turn", "east_stair": "east", "east_roof": "east_stair",
    "west": "turn", "west_stair": "west", "west_roof": "west_stair",
}  # fmt: skip
ROOFS = ("east_roof", "west_roof")


def run_towers(seconds: float) -> Truth:
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        turn(300)
    return {"wall": {"turn": time.perf_counter() - begun}}


# How a fresh process runs them


@contextmanager
def prepared(program: str, arguments: dict[str, Any]) -> Iterator[Callable[[], Truth]]:
    """All but the timed part is done on entering; the caller starts its profiler, then calls what it got."""
    if program == "bias":
        run_bias({"by_inline": 1000, "by_calls": 1000}, 5)
        yield lambda: run_bias(**arguments)
    elif program == "towers":
        turn(1000)
        yield lambda: run_towers(**arguments)
    else:
        place = Place()
        run_phases(place, 0.05, 1)
        n_spinners = arguments["n_spinners"]
        rest = {name: value for name, value in arguments.items() if name != "n_spinners"}
        with spinners(n_spinners):
            yield lambda: run_phases(place, **rest)
