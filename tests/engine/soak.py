"""Reads stacks by the million while garbage is collected, threads come and go, and recursion runs deep (`make soak`).

Each process repeats rounds of fixed work under the sampler at its shortest interval. The digest of every round must be
that of the same round without a profile; any difference, and any process that dies, makes the exit code 1.
"""

import argparse
import gc
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tailgana_lab.measure.session import SHORTEST_MS, ProfileSession

STACKS = 10_000_000
ROUNDS_A_PROFILE = 20
DEPTH = 3000
SPEAK_EVERY_S, POLL_S = 10.0, 0.1


class Knot:
    """A cycle with a finaliser."""

    n_untied = 0

    def __init__(self, size: int) -> None:
        self.me, self.load = self, [size] * (size % 50)

    def __del__(self) -> None:
        Knot.n_untied += 1


def mix(value: int, steps: int) -> int:
    for step in range(steps):
        value = (value * 6364136223846793005 + step) & 0xFFFF_FFFF_FFFF_FFFF
    return value


def tie_and_collect(seed: int) -> int:
    """Cycles that only the collector ends, and code that comes and goes."""
    before = Knot.n_untied
    total = 0
    for k in range(400):
        Knot(seed + k)
        if k % 20 == 0:
            space: dict[str, Any] = {}
            exec(f"def made(n):\n    return sum(i ^ {seed + k} for i in range(n))", space)
            total += space["made"](200)
    gc.collect()
    return total * 1000 + Knot.n_untied - before


def churn_threads(seed: int) -> int:
    """Threads that live for a moment."""
    found: list[int] = []
    threads = [threading.Thread(target=lambda k=k: found.append(mix(seed + k, 300))) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


def recurse(seed: int) -> int:
    """Down and up again, to several depths."""

    def down(depth: int, value: int) -> int:
        return value if depth == 0 else (down(depth - 1, value + depth) * 31 + depth) & 0xFFFF_FFFF

    return sum(down(depth, seed) for depth in (3, 80, 700, DEPTH, 12))


def leave_generators(seed: int) -> int:
    """Generators that are closed midway."""

    closed = total = 0

    def count(n: int) -> Generator[int, None, None]:
        nonlocal closed
        try:
            yield from (mix(n, 3) + k for k in range(50))
        finally:
            closed += 1

    for n in range(200):
        made = count(seed + n)
        total += sum(next(made) for _ in range(n % 40 + 1))
        made.close()
    return total + closed


WORK: tuple[Callable[[int], int], ...] = (tie_and_collect, churn_threads, recurse, leave_generators)


def digest_of(n_round: int) -> str:
    """Digest of all that a round of fixed work gives."""
    results = [work(n_round) for work in WORK]
    return hashlib.sha256(repr(results).encode()).hexdigest()


@dataclass(frozen=True)
class Count:
    """What one profile of a process read."""

    stacks: int
    torn: float
    different: list[int]
    """Rounds whose digest was another one."""


def soak_once(expected: list[str]) -> Count:
    """One profile over all rounds of fixed work."""
    session = ProfileSession(interval_ms=SHORTEST_MS)
    session.start()
    try:
        found = [digest_of(k) for k in range(len(expected))]
    finally:
        profile = session.stop()
    different = [k for k, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other]
    return Count(profile.n_stacks, profile.torn_fraction * profile.n_stacks, different)


def soak(pipe: Connection, expected: list[str]) -> None:
    """Profile after profile until this process is ended."""
    sys.setrecursionlimit(2 * DEPTH)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pipe.send(soak_once(expected))


def plain_digests() -> list[str]:
    """Digests of the rounds, without a profile."""
    sys.setrecursionlimit(2 * DEPTH)
    return [digest_of(k) for k in range(ROUNDS_A_PROFILE)]


class Tally:
    """Adds up what the processes read, and says so from time to time."""

    def __init__(self, goal: int) -> None:
        self.goal, self.stacks, self.torn, self.faults = goal, 0, 0.0, []  # type: int, int, float, list[str]
        self._began = self._spoke = time.perf_counter()

    def add(self, name: str, count: Count) -> None:
        self.stacks += count.stacks
        self.torn += count.torn
        self.faults += [f"{name}: round {k} gave another result than without a profile" for k in count.different]
        if time.perf_counter() > self._spoke + SPEAK_EVERY_S:
            self._spoke = time.perf_counter()
            self.speak()

    def speak(self) -> None:
        took = time.perf_counter() - self._began
        share = self.torn / self.stacks if self.stacks else 0.0
        print(f"{took:7.0f} s  {self.stacks:>12,} of {self.goal:,} stacks  {share:.4%} cut short", flush=True)


def run(goal: int, n_processes: int) -> Tally:
    """Keep processes at it until so many stacks were read."""
    expected, context = plain_digests(), multiprocessing.get_context("spawn")
    tally, processes = Tally(goal), {}
    for k in range(n_processes):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=soak, args=(theirs, expected), name=f"process {k}", daemon=True)
        process.start()
        theirs.close()
        processes[ours] = process
    while tally.stacks < goal and not tally.faults:
        for pipe in [pipe for pipe in processes if pipe.poll(POLL_S)]:
            try:
                tally.add(processes[pipe].name, pipe.recv())
            except EOFError:
                processes[pipe].join()
                tally.faults.append(f"{processes[pipe].name} died with code {processes[pipe].exitcode}")
    for process in processes.values():
        process.kill()
        process.join()
    return tally


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stacks", type=int, default=STACKS, help=f"stacks to read in all, {STACKS:,} by default")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="processes at once, one a core")
    options = parser.parse_args(arguments)
    tally = run(options.stacks, options.processes)
    tally.speak()
    print("\n".join(tally.faults) or "no process died, no result differs")
    print(json.dumps({"stacks": tally.stacks, "cut_short": round(tally.torn), "faults": len(tally.faults)}))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
