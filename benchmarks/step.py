"""One step of a benchmark: a function, its arguments, and the fresh process that runs it.

`python -m benchmarks.step MODULE FUNCTION ARGUMENTS` is that process; its last line of output is the result.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

SOURCE_TREE = Path(__file__).resolve().parents[1]
TIME_LIMIT_S = 900


class StepFailedError(Exception):
    """A step, or a peer in it, did not work; the message is shown beneath the table."""


@dataclass(frozen=True)
class Step:
    """What to run, and the label under which its result is kept."""

    label: str
    module: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> Any:
        """The result, by way of a fresh process.

        Raises
        ------
        StepFailedError
            If it failed or took too long.
        """
        command = [sys.executable, "-m", "benchmarks.step", self.module, self.function, json.dumps(self.arguments)]
        return json.loads(output_of(command, TIME_LIMIT_S).splitlines()[-1])


@dataclass(frozen=True)
class Failure:
    """Stands where a result would be."""

    reason: str


def output_of(command: list[str], limit_s: float, folder: Path = SOURCE_TREE) -> str:
    """Standard output of a command that must succeed; an interruption ends it too."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise StepFailedError(f"not finished after {limit_s:g} s") from None
    except FileNotFoundError:
        raise StepFailedError(f"`{Path(command[0]).name}` is not installed") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StepFailedError(said[-1] if said else f"exit code {done.returncode}")
    return done.stdout


def main(module: str, function: str, arguments: str) -> int:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what profilers print is not the result
            result = getattr(import_module(module), function)(**json.loads(arguments))
    except (StepFailedError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
