"""The engine on every supported version of Python that this machine has; a version that it lacks is skipped, by name.

Interpreters are looked for on PATH, among those of pyenv, and in `TAILGANA_PYTHONS` (paths, `:` between them). They
need nothing installed: the wheel is built for each, unpacked, and used with the standard library alone.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("program_of_other_pythons.py")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
EXTRA = os.environ.get("TAILGANA_PYTHONS", "")
PERCENT = 0.01
BUILD_LIMIT_S, RUN_LIMIT_S = 600, 120


def candidates(version: str) -> Iterator[str]:
    """Paths at which an interpreter of a version may be."""
    yield from filter(None, EXTRA.split(":"))
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(root.glob(f"versions/{version}.*/bin/python"), reverse=True))
    yield from filter(None, [shutil.which(f"python{version}")])


def says(python: str, code: str) -> str:
    """What an interpreter prints; empty where it does not run."""
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def find_python(version: str) -> str:
    """Path of an interpreter with a GIL; skips the test where there is none."""
    code = "import sys; print('%d.%d' % sys.version_info[:2] + sys.abiflags)"
    for path in candidates(version):
        if says(path, code) == version:
            return path
    pytest.skip(f"no Python {version} on this machine")


def build_for(python: str, version: str, folder: Path) -> Path:
    """The package with its engine, unpacked; what cargo made is kept, so that the second time is cheap."""
    target = ROOT / "target" / f"python-{version}"
    command = ["maturin", "build", "--release", "--locked", "--quiet", "-i", python, "--out", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYO3_PYTHON"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        [*command, "--target-dir", str(target)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "package")
    return folder / "package"


def run_program(version: str, folder: Path) -> str:
    """What the program prints under a version, built for it where it is not this one."""
    python, package = sys.executable, ROOT
    if sys.version_info[:2] != tuple(map(int, version.split("."))):
        python = find_python(version)
        package = build_for(python, version, folder)
    done = subprocess.run(
        [python, "-I", str(PROGRAM), str(package)], capture_output=True, text=True, timeout=RUN_LIMIT_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=VERSIONS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program saw, by scene; run once, also where several processes share the tests."""
    base = tmp_path_factory.getbasetemp()
    result = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"python-{request.param}.json"
    with open(result.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            result.write_text(run_program(request.param, tmp_path_factory.mktemp("wheel")))
    return json.loads(result.read_text())


def of(seen: Any, name: str) -> Any:
    """One scene; fails with the program's own words where it failed."""
    assert "error" not in seen[name], seen[name]["error"]
    return seen[name]["seen"]


def mainly(paths: list[Any], leaf: str) -> list[str]:
    """The longest seen way to a function, from `profile` on."""
    way, _ = max((row for row in paths if row[0][-1] == leaf), key=lambda row: row[1])
    return [str(name) for name in way]


def strange(paths: list[Any], known: set[str]) -> list[Any]:
    """Ways that took more than a hundredth of the time and hold a name that is not known."""
    whole = sum(seconds for _, seconds in paths)
    return [way for way, seconds in paths if seconds > PERCENT * whole and not set(way) <= known]


def test_the_self_check_passes_however_often(seen: Any) -> None:
    assert of(seen, "self_check") == 20


def test_shares_of_two_functions_are_those_of_the_clock(seen: Any) -> None:
    shares = of(seen, "shares")
    assert shares["seen"] == pytest.approx(shares["true"], abs=10 * PERCENT)


def test_shares_by_the_thread_that_takes_the_gil_are_those_of_the_clock(seen: Any) -> None:
    shares = of(seen, "gil_shares")
    assert shares["seen"] == pytest.approx(shares["true"], abs=15 * PERCENT)


def test_a_thread_that_waits_for_a_lock_is_in_class_lock(seen: Any) -> None:
    classes = of(seen, "waiting")
    assert max(classes, key=classes.get) == "lock"


def test_a_thread_that_waits_for_a_lock_is_not_in_class_gil_wait(seen: Any) -> None:
    classes = of(seen, "waiting")
    assert classes["gil_wait"] <= 2 * PERCENT * sum(classes.values())


def test_threads_that_compute_are_never_in_class_lock(seen: Any) -> None:
    assert of(seen, "spinning")["lock"] == 0


def test_threads_that_compute_wait_for_the_gil(seen: Any) -> None:
    classes = of(seen, "spinning")
    assert classes["gil_wait"] > 10 * PERCENT * sum(classes.values())


def test_a_generator_stands_below_what_runs_it(seen: Any) -> None:
    assert mainly(of(seen, "generator"), "spin")[-3:] == ["add_up", "numbers", "spin"]


def test_a_coroutine_stands_below_what_awaits_it(seen: Any) -> None:
    assert mainly(of(seen, "tasks"), "spin")[-3:] == ["outer", "inner", "spin"]


def test_time_asleep_in_a_coroutine_belongs_to_its_own_stack(seen: Any) -> None:
    paths = of(seen, "tasks")
    asleep = [seconds for way, seconds in paths if way[:3] == ["outer", "inner", "sleep"] or way[-1] == "sleep"]
    assert sum(asleep) > 30 * PERCENT * sum(seconds for _, seconds in paths)


def test_construction_shows_no_frames_of_the_interpreter(seen: Any) -> None:
    known = {"profile", "<lambda>", "build", "Built.__init__", "spin"}
    assert strange(of(seen, "construction"), known) == []


def test_time_belongs_to_its_lines(seen: Any) -> None:
    lines = of(seen, "lines")
    assert lines["3"] / sum(lines.values()) == pytest.approx(0.75, abs=10 * PERCENT)
    assert lines["2"] / sum(lines.values()) == pytest.approx(0.25, abs=10 * PERCENT)


def test_a_deep_stack_is_read_to_its_end(seen: Any) -> None:
    assert of(seen, "deepest")["depth"] == 901


def test_hardly_a_stack_of_a_deep_program_is_torn(seen: Any) -> None:
    deepest = of(seen, "deepest")
    assert deepest["n_torn"] <= 1 + PERCENT * deepest["n_stacks"]
