"""What is known of the machine and of the commit; the repositories are real ones."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab import environment
from tailgana_lab.environment import capture_commit, capture_environment, differences


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "code.py").write_text("x = 1\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "STEAL_WINDOW_S", 0.0)


def test_everything_can_be_stored_as_json() -> None:
    captured = capture_environment({"version": "0.1"})
    assert json.loads(json.dumps(captured)) == captured


def test_the_fields_are_those_that_are_promised() -> None:
    assert set(capture_environment()) == set(
        "commit_hash branch is_dirty diff_hash cpu_model n_cores core_limit memory_limit_bytes kernel machine python "
        "packages governor load_1m steal_fraction engine".split()
    )


def test_the_engine_is_what_was_handed_over() -> None:
    assert capture_environment({"is_release": True})["engine"] == {"is_release": True}
    assert capture_environment()["engine"] is None


def test_python_and_packages_are_named_with_their_versions() -> None:
    captured = capture_environment()
    assert captured["python"]["version"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert captured["packages"]["numpy"]


def test_no_host_name_is_kept() -> None:
    import platform

    assert platform.node() not in capture_environment().values()


def test_a_clean_repository_gives_its_commit_and_branch(repository: Path) -> None:
    assert capture_commit(repository) == {
        "commit_hash": git(repository, "rev-parse", "HEAD"),
        "branch": "main",
        "is_dirty": False,
        "diff_hash": None,
    }


def test_outside_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert set(capture_commit(tmp_path).values()) == {None}
    assert capture_environment(folder=tmp_path)["commit_hash"] is None


def test_without_git_nothing_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert set(capture_commit(repository).values()) == {None}


def test_before_the_first_commit_changes_are_known(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "code.py").write_text("x = 1\n")
    captured = capture_commit(tmp_path)
    assert (captured["commit_hash"], captured["branch"], captured["is_dirty"]) == (None, "main", True)
    assert captured["diff_hash"]


def test_each_change_has_a_name_of_its_own(repository: Path) -> None:
    (repository / "code.py").write_text("x = 2\n")
    one = capture_commit(repository)
    (repository / "code.py").write_text("x = 3\n")
    other = capture_commit(repository)
    (repository / "code.py").write_text("x = 2\n")
    again = capture_commit(repository)
    assert one["is_dirty"]
    assert one["diff_hash"] == again["diff_hash"] != other["diff_hash"]


def test_files_that_are_not_tracked_count_by_their_content(repository: Path) -> None:
    (repository / "more.py").write_text("y = 1\n")
    one = capture_commit(repository)["diff_hash"]
    (repository / "more.py").write_text("y = 2\n")
    assert one != capture_commit(repository)["diff_hash"]


def test_the_labs_own_folder_is_no_change(repository: Path) -> None:
    (repository / ".tailgana").mkdir()
    (repository / ".tailgana" / "lab.db").write_text("rows")
    assert capture_commit(repository)["is_dirty"] is False


def test_looking_from_a_folder_inside_sees_the_whole_repository(repository: Path) -> None:
    (repository / "inner").mkdir()
    (repository / "code.py").write_text("x = 2\n")
    from_inside, from_top = capture_commit(repository / "inner"), capture_commit(repository)
    assert from_inside == from_top
    assert from_top["is_dirty"]


def test_a_hook_of_git_does_not_mislead(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere" / "index"))
    assert capture_commit(repository)["is_dirty"] is False


MACHINE: dict[str, Any] = {
    "cpu_model": "A",
    "n_cores": 4,
    "core_limit": 4,
    "machine": "x86_64",
    "python": {"version": "3.11.7", "implementation": "cpython"},
}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("cpu_model", "B", ["cpu_model"]),
        ("n_cores", 8, ["n_cores"]),
        ("core_limit", 1.5, ["core_limit"]),
        ("machine", "aarch64", ["machine"]),
        ("python", {"version": "3.12.1", "implementation": "cpython"}, ["python"]),
        ("python", {"version": "3.11.9", "implementation": "cpython"}, []),
        ("cpu_model", None, []),
        ("load_1m", 7.5, []),
    ],
)
def test_only_decisive_fields_part_two_environments(field: str, value: Any, named: list[str]) -> None:
    assert differences(MACHINE, {**MACHINE, field: value}) == named


def test_stolen_time_is_a_share_of_what_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([(1000, 10), (1100, 15)])
    monkeypatch.setattr(environment, "_processor_times", lambda: next(times))
    assert environment._steal() == 0.05


def test_a_container_limits_cores_and_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("1073741824\n")
    monkeypatch.setattr(environment, "_groups", lambda controller: [tmp_path])
    assert environment._core_limit() == 0.5
    assert environment._memory_limit() == 1 << 30


def test_no_limit_is_not_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(environment, "_groups", lambda controller: [tmp_path])
    assert environment._memory_limit() is None
