"""The six standard operations: each runs again and again, says what it is, and leaves nothing behind."""

import tempfile
from pathlib import Path

import pytest

from tailgana_lab.measure.standard_operations import STANDARD_OPERATIONS


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where temporary files go, and the current one beside it."""
    folder, here = tmp_path / "scratch", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.chdir(here)
    return folder


@pytest.mark.parametrize("name", STANDARD_OPERATIONS)
def test_it_runs_and_leaves_nothing_behind(name: str, scratch: Path) -> None:
    opened, _ = STANDARD_OPERATIONS[name]
    with opened() as step:
        for _ in range(3):
            step()
    assert list(scratch.iterdir()) == []
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("name", STANDARD_OPERATIONS)
def test_it_says_what_it_runs(name: str) -> None:
    _, describe = STANDARD_OPERATIONS[name]
    assert describe().startswith(("tailgana_lab ", "Python "))


def test_a_search_finds_something(scratch: Path) -> None:
    opened, _ = STANDARD_OPERATIONS["memory_search"]
    with opened() as step:
        assert any(step() for _ in range(10))


def test_every_stored_text_is_another_record(scratch: Path) -> None:
    opened, _ = STANDARD_OPERATIONS["memory_store"]
    with opened() as step:
        records = [step() for _ in range(600)]
    assert len({record.content for record in records}) == len({record.id for record in records}) == 600


def test_the_patterns_match() -> None:
    opened, _ = STANDARD_OPERATIONS["pattern_match"]
    with opened() as step:
        assert step() > 100


def test_the_file_is_read_whole(scratch: Path) -> None:
    opened, _ = STANDARD_OPERATIONS["file_io"]
    with opened() as step:
        assert step() == 64 << 10
