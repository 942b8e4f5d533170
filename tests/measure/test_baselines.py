"""Named baselines: kept, found again, and both sides of a check brought back, from files, cells and commits."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.environment import capture_environment
from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.measure.baselines import BaselineBook
from tailgana_lab.measure.keeping import measure_baseline
from tailgana_lab.measure.opened import OpenedOperation, pack_operation
from tailgana_lab.measure.payload import Payload, pack, pack_cell, unpack
from tailgana_lab.measure.timeline import timeline
from tailgana_lab.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "lab.db")
    yield store
    store.close()


@pytest.fixture
def book(store: Store) -> BaselineBook:
    return BaselineBook(store)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pipeline_of_test.py").write_text("def clean(n):\n    return n + 1\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    yield folder
    sys.modules.pop("pipeline_of_test", None)


def keep(book: BaselineBook, payload: Payload) -> Any:
    return book.keep(measure_baseline(payload, capture_environment(), budget_s=5), payload)


def clean_of(folder: Path) -> Any:
    import importlib

    return importlib.import_module("pipeline_of_test").clean


def test_a_baseline_is_found_by_its_name_with_its_figures(book: BaselineBook) -> None:
    kept = keep(book, pack(lambda: sum(range(500)), name="sums"))
    found = book.find("sums")
    assert found.record.id == kept.record_id
    assert found.baseline.median_ns == kept.median_ns > 0
    assert kept.isolated
    assert kept.peak_bytes > 0


def test_an_unknown_name_is_refused_with_those_that_are_there(book: BaselineBook) -> None:
    with pytest.raises(InvalidRequestError, match="none yet"):
        book.find("sums")
    keep(book, pack(lambda: None, name="other"))
    with pytest.raises(InvalidRequestError, match="no baseline `sums`: there are `other`"):
        book.find("sums")


def test_today_is_the_file_as_it_is_now(book: BaselineBook, project: Path) -> None:
    keep(book, pack(clean_of(project), (7,), name="clean"))
    (project / "pipeline_of_test.py").write_text("def clean(n):\n    return n + 1000\n")
    kept = book.find("clean")
    old, new = unpack(book.old_side(kept)), book.today(kept).recipe
    assert (old.call(*old.args), new.call(*new.args)) == (8, 1007)


def test_a_function_that_is_gone_is_named(book: BaselineBook, project: Path) -> None:
    keep(book, pack(clean_of(project), (7,), name="clean"))
    (project / "pipeline_of_test.py").write_text("")
    with pytest.raises(LabError, match="no `clean` any more"):
        book.today(book.find("clean"))


def test_a_cell_runs_over_todays_names(book: BaselineBook) -> None:
    keep(book, pack_cell("n * factor", {"n": 3, "factor": 2}, name="cell"))
    kept = book.find("cell")
    assert book.today(kept, {"n": 3, "factor": 5}).data is not None
    with pytest.raises(LabError, match="factor"):
        book.today(kept, {"n": 3})


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit_gives_its_own_code_and_leaves_the_tree_alone(book: BaselineBook, project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "first")
    first = git(project, "rev-parse", "HEAD")
    keep(book, pack(clean_of(project), (7,), name="clean"))
    (project / "pipeline_of_test.py").write_text("def clean(n):\n    return n + 1000\n")
    with book.at_commit(book.find("clean"), first[:8]) as (payload, whole):
        assert whole == first
        assert payload.recipe.call(*payload.recipe.args) == 8
    assert git(project, "worktree", "list").count("\n") == 0
    with pytest.raises(LabError, match="nosuchrev"), book.at_commit(book.find("clean"), "nosuchrev"):
        pass


def test_removed_it_is_gone(book: BaselineBook) -> None:
    keep(book, pack(lambda: None, name="sums"))
    keep(book, pack(lambda: None, name="sums"))
    assert book.remove("sums") == 2
    assert book.newest() == {}


def test_the_timeline_has_one_point_a_record(book: BaselineBook, store: Store) -> None:
    keep(book, pack(lambda: None, name="sums"))
    figures = {"ratio": 1.5, "ratio_low": 1.4, "ratio_high": 1.6, "verdict": "slower", "workload": "sums"}
    store.add("Regression check: major - sums", {"type": "regression_report", **figures})
    points = timeline(book, "sums")
    assert [point["verdict"] for point in points] == ["", "slower"]
    assert points[1]["median_ns"] == pytest.approx(1.5 * points[0]["median_ns"])


@pytest.mark.parametrize("name", ["file_io", "standard"])
def test_an_operation_travels_and_runs(name: str) -> None:
    payload = pack_operation(name)
    assert payload is not None
    assert payload.data is not None
    call = unpack(payload.data).call
    assert isinstance(call, OpenedOperation)
    call()
    call()


def test_a_name_that_is_no_operation_has_no_payload() -> None:
    assert pack_operation("no_such_operation") is None
