"""A race: old and new code take turns in fresh processes, round by round, within a budget of wall-clock time.

It gathers rounds; what they mean is decided in `decide`.
"""

import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from tailgana_lab.errors import LabError, WorkloadError
from tailgana_lab.measure.child import Worker, write_message

_CHUNK_S = 0.25


class BudgetError(LabError):
    """The budget was over before every piece of code had run once."""


@dataclass(frozen=True)
class ProcessRounds:
    """What one process gave."""

    n_calls: int
    """Calls of each block."""
    rounds: list[tuple[int, ...]]
    """Wall-clock time of old and new, then CPU time of old and new, nanoseconds per block; where one side is alone,
    both of its block and then one call of the yardstick."""
    latencies: list[list[int]] = field(default_factory=list)
    """Durations of single calls of old and new, nanoseconds."""


@dataclass(frozen=True)
class Pace:
    """What the first process showed: how long things take."""

    start_s: float
    """From its start until it could begin, seconds."""
    n_calls: int
    """Calls of each block."""
    round_s: float
    """One round, seconds."""


class Here:
    """The process that asks: for code that cannot travel.

    Parameters
    ----------
    recipes : sequence of Recipe
        Old and new.
    """

    def __init__(self, recipes: Sequence[Any]) -> None:
        self._worker = Worker(recipes)

    def ask(self, verb: str, *arguments: Any) -> Any:
        """Have it done by this very thread; what the code prints is dropped."""
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            try:
                return getattr(self._worker, verb)(*arguments)
            except Exception as error:
                raise WorkloadError.of(error) from error

    def end(self) -> None:
        """Close what the code needed."""
        self._worker.close()


class Child:
    """A fresh process with its own hash seed.

    Parameters
    ----------
    payloads : sequence of bytes
        Old and new, pickled; trusted.
    hash_seed : int
        For `PYTHONHASHSEED`.
    deadline : float
        Monotonic time at which whatever runs is ended, seconds.
    """

    def __init__(self, payloads: Sequence[bytes], hash_seed: int, deadline: float) -> None:
        self._deadline = deadline
        home = str(Path(__file__).resolve().parents[2])
        # What it leaves behind when it is ended goes with its folder.
        self._folder = tempfile.TemporaryDirectory(prefix="tailgana-race-", ignore_cleanup_errors=True)
        # -P: a file of the working folder must not take the place of a module of ours.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"import sys; sys.path.append({home!r}); {_START}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "TMPDIR": self._folder.name},
            start_new_session=True,
        )
        try:
            write_message(self._stdin, (list(sys.path), list(payloads)))
            self._answer()
        except BaseException:
            self.end()
            raise

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def ask(self, verb: str, *arguments: Any) -> Any:
        """Send a request and wait for its answer, no longer than the deadline."""
        try:
            write_message(self._stdin, (verb, arguments))
        except BrokenPipeError:
            self._died()
        return self._answer()

    def end(self) -> None:
        """End it and all that it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        self._folder.cleanup()

    def _answer(self) -> Any:
        import pickle

        length = int.from_bytes(self._read(8), "little")
        kind, *rest = pickle.loads(self._read(length))
        if kind == "error":
            name, text = rest
            raise WorkloadError(f"the workload raised {name}" + (f": {text}" if text else ""))
        return rest[0]

    def _read(self, n_bytes: int) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None
        found = b""
        while len(found) < n_bytes:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                raise BudgetError("the budget is over")
            part = os.read(stdout.fileno(), n_bytes - len(found))
            if not part:
                self._died()
            found += part
        return found

    def _died(self) -> NoReturn:
        code = self._process.wait()
        raise LabError(f"the process that ran the code ended with code {code}: it must not exit or crash")


_START = "from tailgana_lab.measure.child import main; main()"


class Race:
    """Runs rounds of old and new code until a budget is used.

    Parameters
    ----------
    sides : sequence of bytes or of Recipe
        Old and new: pickled payloads for fresh processes, or the objects themselves for this one.
    budget_s : float
        Wall-clock time of everything, seconds.
    seed : int, optional
        For hash seeds and the order within rounds; random by default.
    """

    def __init__(self, sides: Sequence[Any], budget_s: float, seed: int | None = None) -> None:
        self._sides = sides
        self.is_isolated = all(isinstance(side, bytes) for side in sides)
        self._budget_s, self._began = budget_s, time.monotonic()
        self._draw = random.Random(seed)
        self.pace: Pace | None = None
        self.first: ProcessRounds | None = None
        self.processes: list[ProcessRounds] = []
        self._ready: Here | Child | None = None

    @property
    def left_s(self) -> float:
        """What is left of the budget, seconds."""
        return self._budget_s - (time.monotonic() - self._began)

    def __enter__(self) -> "Race":
        return self

    def __exit__(self, *_: object) -> None:
        if self._ready is not None:
            self._ready.end()

    def begin(self) -> Pace:
        """Start the first process and see how long things take; it stays ready for its rounds.

        Raises
        ------
        BudgetError
            If one call of each side does not fit the budget.
        WorkloadError
            If one of them raised.
        """
        began = time.monotonic()
        self._ready = self._new_runner()
        start_s = time.monotonic() - began
        n_calls, round_ns, first = self._ready.ask("calibrate")
        self.pace = Pace(start_s, n_calls, round_ns / 1e9)
        self.first = ProcessRounds(n_calls, [first])
        return self.pace

    def run(self, n_rounds: int, *, with_latencies: bool = False) -> None:
        """One more process with this many rounds, fewer where the budget ends before."""
        runner, self._ready = self._ready or self._new_runner(), None
        try:
            found = self._rounds_of(runner, n_rounds, with_latencies=with_latencies)
        finally:
            runner.end()
        if found.rounds:
            self.processes.append(found)

    def _rounds_of(self, runner: "Here | Child", n_rounds: int, *, with_latencies: bool) -> ProcessRounds:
        n_calls, round_ns, _ = runner.ask("calibrate")
        rounds: list[tuple[int, ...]] = []
        chunk = max(1, int(_CHUNK_S * 1e9 / max(round_ns, 1)))
        while len(rounds) < n_rounds and self.left_s > 2 * chunk * round_ns / 1e9:
            rounds += runner.ask("rounds", n_calls, min(chunk, n_rounds - len(rounds)), self._draw.randrange(1 << 30))
        latencies = runner.ask("latencies") if with_latencies and self.left_s > 1 else []
        return ProcessRounds(n_calls, rounds, latencies)

    def _new_runner(self) -> "Here | Child":
        if not self.is_isolated:
            return Here(self._sides)
        return Child(self._sides, self._draw.randrange(1, 1 << 31), self._began + self._budget_s)
