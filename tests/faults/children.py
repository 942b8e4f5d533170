"""Runs a program in a process of its own, with a limit on its time, so that no fault of it reaches the tests."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60


def run(code: str, *, file: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `code`, from a file where it has to have one; `code` may be indented."""
    source = textwrap.dedent(code)
    command = [sys.executable, "-c", source]
    if file is not None:
        file.write_text(source)
        command = [sys.executable, str(file)]
    return subprocess.run(
        command,
        cwd=file.parent if file is not None else ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


def printed(code: str, *, file: Path | None = None) -> list[str]:
    """Lines that a program prints; it must end well and say nothing else."""
    done = run(code, file=file)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
    return done.stdout.splitlines()
