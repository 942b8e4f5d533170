"""The process in which old and new code take turns: `python -m tailgana_lab.measure.child`, spoken to through pipes.

It unpickles what it is sent, so only trusted payloads may reach it; what measured code prints is dropped.
"""

import asyncio
import fcntl
import gc
import os
import pickle
import random
import sys
from collections.abc import Callable, Sequence
from time import perf_counter_ns, thread_time_ns
from typing import IO, Any

from tailgana_lab import _engine
from tailgana_lab.measure.canary import N_CALLS, canary

BLOCK_NS = 2_000_000
"""Time of one block, nanoseconds: long enough for the clocks, short enough for both sides to meet the same noise."""
_MOST_CALLS = 2_000_000
_SLOW_BLOCKS = 10
_FIRST_OWN_DESCRIPTOR = 200
_LATENCY_CALLS, _LATENCY_CHUNK = 500, 25
_LATENCY_NS = 150_000_000


class Side:
    """One of the two pieces of code, called in blocks.

    Parameters
    ----------
    recipe : Recipe
        What to call, and how its arguments are made.
    """

    def __init__(self, recipe: Any) -> None:
        self._recipe = recipe
        self._loop = asyncio.new_event_loop() if recipe.is_async else None

    def block(self, n: int) -> tuple[int, int]:
        """Wall-clock and CPU time of `n` calls, nanoseconds."""
        fresh = self._fresh(n)
        gc.collect(1)
        if self._loop is not None:
            return self._loop.run_until_complete(self._awaited(n, fresh))
        if fresh is None:
            return _engine.time_block(self._recipe.call, self._recipe.args, self._recipe.kwargs, n)
        return _engine.time_block_fresh(self._recipe.call, fresh, self._recipe.kwargs)

    def latencies(self, n: int) -> list[int]:
        """Durations of `n` calls, each for itself, nanoseconds; none where calls can't be told apart cheaply."""
        if self._loop is not None or self._recipe.setup is not None:
            return [self.block(1)[0] for _ in range(n)]
        return _engine.time_calls(self._recipe.call, self._recipe.args, self._recipe.kwargs, n)

    def close(self) -> None:
        """Close its event loop."""
        if self._loop is not None:
            self._loop.close()

    def _fresh(self, n: int) -> list[tuple[Any, ...]] | None:
        """Arguments for each of the calls, made before the clock starts."""
        if self._recipe.setup is None:
            return None
        return [arguments_of(self._recipe.setup(), self._recipe.args) for _ in range(n)]

    async def _awaited(self, n: int, fresh: list[tuple[Any, ...]] | None) -> tuple[int, int]:
        call, kwargs = self._recipe.call, self._recipe.kwargs or {}
        arguments: Sequence[tuple[Any, ...]] = fresh if fresh is not None else [self._recipe.args] * n
        wall, cpu = perf_counter_ns(), thread_time_ns()
        for args in arguments:
            await call(*args, **kwargs)
        return perf_counter_ns() - wall, thread_time_ns() - cpu


def arguments_of(made: Any, default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Positional arguments that a set-up gave: a tuple is all of them, None the usual ones, else it is the only one."""
    if made is None:
        return default
    return made if isinstance(made, tuple) else (made,)


def calls_per_block(sides: Sequence[Side]) -> int:
    """As many calls as make a block of the slower side; each side has warmed up when this returns."""
    n = 1
    longest = _longest(sides, n)
    while longest < BLOCK_NS / 2 and n < _MOST_CALLS:
        n = min(_MOST_CALLS, max(2 * n, int(n * BLOCK_NS / max(longest, BLOCK_NS / 50))))
        longest = _longest(sides, n)
    if longest < _SLOW_BLOCKS * BLOCK_NS:  # what took a core away for a moment must not shorten all blocks
        longest = min(longest, _longest(sides, n), _longest(sides, n))
    return max(1, min(n, round(n * BLOCK_NS / longest)))


def _longest(sides: Sequence[Side], n: int) -> int:
    return max(side.block(n)[0] for side in sides)


def run_rounds(sides: Sequence[Side], n_calls: int, n_rounds: int, seed: int) -> list[tuple[int, ...]]:
    """Rounds in shuffled order: wall-clock time of each side, then CPU time of each, nanoseconds per block."""
    draw = random.Random(seed)
    rounds = []
    for _ in range(n_rounds):
        first = draw.randrange(len(sides))
        taken = {k % len(sides): sides[k % len(sides)].block(n_calls) for k in range(first, first + len(sides))}
        rounds.append((*(taken[k][0] for k in range(len(sides))), *(taken[k][1] for k in range(len(sides)))))
    return rounds


def run_beside_canary(side: Side, n_calls: int, n_rounds: int) -> list[tuple[int, ...]]:
    """Rounds of one side, nanoseconds: wall-clock and CPU time of its block, then one call of the yardstick."""
    rounds: list[tuple[int, ...]] = []
    for _ in range(n_rounds):
        taken = side.block(n_calls)
        canary_ns, _ = _engine.time_block(canary, (), None, N_CALLS)
        rounds.append((*taken, canary_ns // N_CALLS))
    return rounds


def run_latencies(sides: Sequence[Side], call_ns: float) -> list[list[int]]:
    """Durations of single calls of each side, in turns, as many as a short time allows; nanoseconds."""
    wanted = min(_LATENCY_CALLS, int(_LATENCY_NS / max(call_ns, 1.0)))
    found: list[list[int]] = [[] for _ in sides]
    while len(found[0]) < wanted:
        for k, side in enumerate(sides):
            found[k] += side.latencies(min(_LATENCY_CHUNK, wanted - len(found[k])))
    return found


class Worker:
    """What a child or the kernel itself does for a race: holds the sides and answers requests."""

    def __init__(self, recipes: Sequence[Any]) -> None:
        self._sides = [Side(recipe) for recipe in recipes]
        self._call_ns = 0.0

    def calibrate(self) -> tuple[int, int, tuple[int, ...]]:
        """Calls of a block, the time of one round, nanoseconds, and that round."""
        n = calls_per_block(self._sides)
        began = perf_counter_ns()
        (first,) = self.rounds(n, 1, 0)
        taken = perf_counter_ns() - began
        self._call_ns = taken / len(self._sides) / n
        return n, taken, first

    def rounds(self, n_calls: int, n_rounds: int, seed: int) -> list[tuple[int, ...]]:
        """See `run_rounds`; one side alone runs beside the yardstick."""
        if len(self._sides) == 1:
            return run_beside_canary(self._sides[0], n_calls, n_rounds)
        return run_rounds(self._sides, n_calls, n_rounds, seed)

    def close(self) -> None:
        """Close both sides."""
        for side in self._sides:
            side.close()

    def latencies(self) -> list[list[int]]:
        """See `run_latencies`."""
        return run_latencies(self._sides, self._call_ns)


def write_message(stream: IO[bytes], message: Any) -> None:
    """Send one pickled message with its length before it."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Receive one; EOFError when the other side is gone."""
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    return pickle.loads(stream.read(int.from_bytes(head, "little")))


def main() -> None:
    """Answer requests until the pipe closes."""
    requests, answers = os.fdopen(_out_of_reach(0), "rb"), os.fdopen(_out_of_reach(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    path, payloads = read_message(requests)
    sys.path[:] = path
    try:
        worker = _load(payloads)
    except BaseException as error:  # noqa: BLE001  # whatever unpickling runs into is an answer
        write_message(answers, ("error", *_described(error)))
        return
    write_message(answers, ("done", None))
    _serve(worker, requests, answers)


def _out_of_reach(descriptor: int) -> int:
    """A copy with a high number, which measured code does not meet by chance."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN_DESCRIPTOR)


def _load(payloads: Sequence[bytes]) -> Worker:
    from tailgana_lab.measure.payload import unpack

    worker = Worker([unpack(data) for data in payloads])
    gc.collect()
    gc.freeze()
    return worker


def _serve(worker: Worker, requests: IO[bytes], answers: IO[bytes]) -> None:
    known: dict[str, Callable[..., Any]] = {
        "calibrate": worker.calibrate,
        "rounds": worker.rounds,
        "latencies": worker.latencies,
    }
    while True:
        try:
            verb, arguments = read_message(requests)
        except EOFError:
            return
        try:
            answer: tuple[Any, ...] = ("done", known[verb](*arguments))
        except BaseException as error:  # noqa: BLE001  # measured code may raise anything, `SystemExit` too
            answer = ("error", *_described(error))
        write_message(answers, answer)


def _described(error: BaseException) -> tuple[str, str]:
    """Name and text of an error, as it travels."""
    return type(error).__name__, " ".join(str(error).split())


if __name__ == "__main__":
    main()
