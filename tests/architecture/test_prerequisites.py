"""What a machine lacks is said in one line each, before anything is built."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"cargo": "cargo 1.95.0 (f2d3ce0bd 2026-03-21)", "node": "v20.20.2", "npm": "10.8.2", "cc": "cc"}


def run(folder: Path, tools: dict[str, str], python: str = "python3") -> subprocess.CompletedProcess[str]:
    """Run the script where only the given tools exist, each printing its version."""
    for name in ("awk", "sed"):
        tool = next(path for path in (f"/usr/bin/{name}", f"/bin/{name}") if os.path.exists(path))
        (folder / name).symlink_to(tool)
    for name, version in tools.items():
        script = folder / name
        script.write_text(f"#!/bin/sh\n[ \"$1\" = -c ] && exit {int('3.9' in version)}\necho '{version}'\n")
        script.chmod(0o755)
    environment = {"PATH": str(folder), "PYTHON": python}
    return subprocess.run(
        ["/bin/sh", str(ROOT / ".ci/prerequisites")], env=environment, capture_output=True, text=True, check=False
    )


def test_a_machine_with_everything_passes_in_silence(tmp_path: Path) -> None:
    result = run(tmp_path, GOOD | {"python3": "Python 3.11.2"})
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("tool", "version", "message"),
    [
        ("python3", "Python 3.9.2", "missing: Python 3.11 to 3.14 (`python3` is Python 3.9.2"),
        ("cargo", "cargo 1.63.0", "missing: Rust 1.88 or newer (cargo 1.63.0 found)"),
        ("node", "v18.19.0", "missing: Node.js 20 or newer (v18.19.0 found)"),
        ("npm", "9.2.0", "missing: npm 10 or newer (9.2.0 found)"),
    ],
)
def test_an_old_tool_is_named_with_its_version(tmp_path: Path, tool: str, version: str, message: str) -> None:
    result = run(tmp_path, GOOD | {"python3": "Python 3.11.2"} | {tool: version})
    assert result.returncode == 1
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    result = run(tmp_path, {})
    assert result.returncode == 1
    assert [line.split(" (")[0] for line in result.stderr.splitlines()] == [
        "missing: Python 3.11 to 3.14",
        "missing: Rust 1.88 or newer",
        "missing: a C linker",
        "missing: Node.js 20 or newer",
        "missing: npm 10 or newer",
    ]
