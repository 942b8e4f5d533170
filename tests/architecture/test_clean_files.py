"""Tracked files hold no address of a registry, no path of one machine, no build product and no stored output."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = re.compile(r"(?:pypi|npmjs|yarnpkg|pythonhosted|crates|debian|golang|maven)\.(?:org|com|io)")
CARGO_DEFAULT = re.compile(r'^source = "registry\+[^"]*-index"$', re.M)  # Cargo.lock's fixed name of the default
LOCKED_ADDRESS = re.compile(r'"resolved":|index-url|find-links|^registry\s*=', re.M)
MACHINE_PATH = re.compile(r"/(?:home|Users)/[a-z]+/|(?<![\w.])/(?:root)/")
CATCH_ALL = {"utils", "helpers", "common", "misc", "manager"}


@cache
def tracked() -> tuple[str, ...]:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listing.stdout.splitlines() if (ROOT / name).is_file())


def files_with(pattern: re.Pattern[str], names: list[str]) -> list[str]:
    found = []
    for name in names:
        text = CARGO_DEFAULT.sub("", (ROOT / name).read_text(errors="replace"))
        found += [f"{name}: {hit.group(0)}" for hit in pattern.finditer(text)]
    return found


def test_no_file_names_a_registry() -> None:
    assert files_with(REGISTRY, list(tracked())) == []


def test_lock_files_hold_no_address() -> None:
    names = [
        name for name in tracked() if "lock" in name or name.startswith("requirements/") or name.endswith(".npmrc")
    ]
    assert files_with(LOCKED_ADDRESS, names) == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    assert files_with(MACHINE_PATH, list(tracked())) == []


def test_notebooks_hold_no_outputs() -> None:
    stored = []
    for name in tracked():
        if name.endswith(".ipynb"):
            cells = json.loads((ROOT / name).read_text())["cells"]
            stored += [name for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    assert stored == []


def test_build_products_are_not_tracked() -> None:
    built = ("tailgana_lab/static/", "tailgana_lab.data/", "target/", "build/", "dist/")
    assert [name for name in tracked() if name.startswith(built) or name.endswith((".so", ".pyd", ".min.js"))] == []


def test_files_are_named_for_what_they_hold() -> None:
    sources = [Path(name) for name in tracked() if name.endswith((".py", ".rs", ".ts"))]
    assert [str(path) for path in sources if CATCH_ALL & {path.stem, *path.parts}] == []
