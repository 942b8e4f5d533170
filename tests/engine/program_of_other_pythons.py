"""Run by an interpreter that has nothing but its standard library: prints what the engine saw, as JSON.

The first argument is a folder with an unpacked wheel of the package.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])

from tailgana_lab.measure import sampler  # of the folder given

INTERVAL_NS = 1_000_000
Raw = dict[str, Any]


def profile(work: Callable[[], Any]) -> Raw:
    """What the sampler that takes no GIL says of a call."""
    running = sampler.MemorySampling(INTERVAL_NS)
    try:
        work()
    finally:
        raw = running.stop()
    return raw


def spin(seconds: float) -> float:
    """Compute that long; how long it was."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        pass
    return time.perf_counter() - began


def long_one() -> float:
    return spin(0.27)


def short_one() -> float:
    return spin(0.09)


def function_seconds(raw: Raw, column: str = "total_s") -> dict[str, float]:
    return dict(zip(raw["functions"]["function"], raw["functions"][column], strict=True))


def take_turns(truth: dict[str, float]) -> None:
    for _ in range(6):
        truth["long_one"] += long_one()
        truth["short_one"] += short_one()


def shares(run: Callable[[Callable[[], Any]], Raw]) -> Raw:
    """Two functions in turn: their shares as seen, and by the clock."""
    truth = {"long_one": 0.0, "short_one": 0.0}
    seconds = function_seconds(run(lambda: take_turns(truth)))
    seen = {name: seconds.get(name, 0.0) / sum(seconds.get(each, 1e-9) for each in truth) for name in truth}
    return {"seen": seen, "true": {name: s / sum(truth.values()) for name, s in truth.items()}}


def gil_profile(work: Callable[[], Any]) -> Raw:
    """The same by the sampler that takes the GIL."""
    running = sampler.GilSampling(INTERVAL_NS, "asked for")
    work()
    return running.stop()


def wait_for_lock(lock: threading.Lock) -> None:
    with lock:
        pass


def two_threads(target: Callable[..., Any], *arguments: Any, meanwhile: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=target, args=arguments) for _ in range(2)]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join()


def waiting() -> Raw:
    """Seconds by class of two threads that wait for a lock while nothing else runs."""
    lock = threading.Lock()

    def hold() -> None:
        time.sleep(0.3)
        lock.release()

    lock.acquire()
    return classes_of(profile(lambda: two_threads(wait_for_lock, lock, meanwhile=hold)), "wait_for_lock")


def spinning() -> Raw:
    """Seconds by class of two threads that compute."""
    return classes_of(profile(lambda: two_threads(spin, 0.4, meanwhile=lambda: None)), "spin")


def classes_of(raw: Raw, name: str) -> Raw:
    row = raw["functions"]["function"].index(name)
    classes = ("on_cpu", "queue", "gil_wait", "lock", "disk", "pipe", "socket", "sleep", "fault", "other")
    return {each: raw["functions"][f"{each}_s"][row] for each in classes}


def numbers() -> Iterator[float]:
    """A generator that takes its time."""
    for _ in range(10):
        yield spin(0.02)


def add_up() -> float:
    return sum(numbers())


async def inner() -> None:
    await asyncio.sleep(0.3)
    spin(0.1)


async def outer() -> None:
    await inner()


def paths(raw: Raw) -> list[list[Any]]:
    """Every frame with time of its own: its callers and itself, outermost first, and its seconds."""
    frames, names = raw["frames"], raw["functions"]["function"]
    path: list[list[str]] = []
    for parent, function in zip(frames["parent"], frames["function"], strict=True):
        path.append([*(path[parent] if parent >= 0 else []), names[function]])
    return [[way, own] for way, own in zip(path, frames["self_s"], strict=True) if own > 0]


def two_lines() -> None:
    for _ in range(8):
        sum(range(600_000))  # two lines below the first
        sum(range(1_800_000))


def lines() -> Raw:
    """Own seconds of `two_lines` by line, counted from its first."""
    raw = profile(two_lines)
    first = two_lines.__code__.co_firstlineno
    wanted, table = raw["functions"]["function"].index("two_lines"), raw["lines"]
    rows = zip(table["function"], table["line"], table["self_s"], strict=True)
    return {str(line - first): own for function, line, own in rows if function == wanted and own > 0}


def deep(n: int) -> float:
    return deep(n - 1) if n else spin(0.15)


def deepest() -> Raw:
    """Depth of the stack at which `spin` was seen longest, and how many stacks could not be read whole."""
    sys.setrecursionlimit(5000)
    raw = profile(lambda: deep(900))
    way, _ = max(paths(raw), key=lambda row: row[1])
    return {"depth": way.count("deep"), "n_torn": raw["n_torn"], "n_stacks": raw["n_stacks"]}


class Built:
    def __init__(self) -> None:
        spin(0.02)


def build() -> None:
    for _ in range(12):  # from the second on, a specialised instruction enters `__init__`
        Built()


def self_check() -> int:
    """Start and stop again and again: the same line may be read in all the forms that the interpreter gives it."""
    for _ in range(20):
        profile(lambda: None)
    return 20


SCENES: dict[str, Callable[[], Any]] = {
    "self_check": self_check,
    "shares": lambda: shares(profile),
    "gil_shares": lambda: shares(gil_profile),
    "waiting": waiting,
    "spinning": spinning,
    "generator": lambda: paths(profile(add_up)),
    "tasks": lambda: paths(profile(lambda: asyncio.run(outer()))),
    "construction": lambda: paths(profile(build)),
    "lines": lines,
    "deepest": deepest,
}


def result_of(scene: Callable[[], Any]) -> Raw:
    try:
        return {"seen": scene()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    print(json.dumps({name: result_of(scene) for name, scene in SCENES.items()}))
