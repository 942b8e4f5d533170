"""Profilers with a process of their own: Scalene, which starts the program, and py-spy, which attaches to it."""

import inspect
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import programs
from benchmarks.peers import PROGRAMS
from benchmarks.step import SOURCE_TREE, StepFailedError, output_of

TIME_LIMIT_S = 90  # for one run of a few seconds
SPY_RATE_HZ = 1000

SCALENE, SPY, SPY_NONBLOCKING = "Scalene --cpu-only", "py-spy (1 kHz)", "py-spy (1 kHz, --nonblocking)"
EXTERNAL_PEERS = (SCALENE, SPY, SPY_NONBLOCKING)
Stack = tuple[tuple[str, ...], float]  # names from the outermost inwards, weight


class Run:
    """One run of a program: its own result, and what the profiler wrote."""

    def __init__(self, program: str, arguments: dict[str, Any], label: str | None = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            job: dict[str, Any] = {"program": program, "arguments": arguments, "result": str(place / "result.json")}
            job["spy"] = _spy_command(label, place / "stacks.txt", program)
            (place / "job.json").write_text(json.dumps(job))
            target = [str(SOURCE_TREE / "benchmarks" / "target.py"), str(place / "job.json")]
            output_of([sys.executable, *_start(label, place / "scalene.json"), *target], TIME_LIMIT_S, place)
            saved = json.loads((place / "result.json").read_text())
            self.result: Any = saved["result"]
            self.spy_cpu_s: float = saved["spy_cpu_s"]
            self.stacks = _read_stacks(place / "stacks.txt")
            self.scalene = _read(place / "scalene.json")

    def seconds(
        self, functions: Sequence[Callable[..., object]], with_callee: dict[str, Callable[..., object]]
    ) -> dict[str, float]:
        """Seconds of the functions as the profiler tells them; a callee's lines count where only lines are known."""
        if not self.scalene:
            return {f.__name__: _weight(self.stacks, f.__name__) / SPY_RATE_HZ for f in functions}
        found = {}
        for function in functions:
            lines = set(_lines_of(function))
            if function.__name__ in with_callee:
                lines |= set(_lines_of(with_callee[function.__name__]))
            found[function.__name__] = self._scalene_seconds(lines)
        return found

    def _scalene_seconds(self, lines: set[int]) -> float:
        parts = ("n_cpu_percent_python", "n_cpu_percent_c", "n_sys_percent")
        percent = 0.0
        for file, told in self.scalene.get("files", {}).items():
            if file.endswith(PROGRAMS):
                percent += sum(line[part] for line in told["lines"] if line["lineno"] in lines for part in parts)
        return percent / 100 * float(self.scalene["elapsed_time_sec"])


def _start(label: str | None, output: Path) -> list[str]:
    if label != SCALENE:
        return []
    if find_spec("scalene") is None:
        raise StepFailedError("`scalene` is not installed")
    return ["-m", "scalene", "run", "--cpu-only", "-o", str(output), "--program-path", str(SOURCE_TREE / "benchmarks")]


def _spy_command(label: str | None, output: Path, program: str) -> list[str] | None:
    if label not in (SPY, SPY_NONBLOCKING):
        return None
    command = Path(sys.executable).with_name("py-spy")
    if not command.exists():
        raise StepFailedError("`py-spy` is not installed")
    options = ["--nonblocking"] if label == SPY_NONBLOCKING else []
    if program == "phases":
        options.append("--idle")
    return [str(command), "record", "--rate", str(SPY_RATE_HZ), "--format", "raw", "--output", str(output), *options]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _read_stacks(path: Path) -> list[Stack]:
    """Folded stacks: `outer (file:1);inner (file:2) count`."""
    stacks = []
    for line in path.read_text().splitlines() if path.exists() else []:
        folded, _, count = line.rpartition(" ")
        stacks.append((tuple(frame.partition(" ")[0] for frame in folded.split(";")), float(count)))
    return stacks


def _weight(stacks: Sequence[Stack], name: str) -> float:
    return sum(weight for names, weight in stacks if name in names)


def _lines_of(function: Callable[..., object]) -> range:
    lines, first = inspect.getsourcelines(function)
    return range(first, first + len(lines))


def program_functions(names: Sequence[str]) -> list[Callable[..., object]]:
    return [getattr(programs, name) for name in names]
