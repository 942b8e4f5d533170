"""The lab's baselines and races: what is refused, what is remembered, and the public functions."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import tailgana_lab as tgl
from tailgana_lab import lab as lab_module
from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.lab import Lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab(store=tmp_path / "lab.db")
    monkeypatch.setattr(lab_module, "_default", lab)
    yield lab
    lab.store.close()


def test_a_race_is_remembered(lab: Lab) -> None:
    made = tgl.compare(lambda: sum(range(300)), lambda: sum(range(900)), budget_s=12)
    assert made.verdict in ("slower", "inconclusive")
    assert lab.results == (made,)


def test_what_is_no_function_is_refused(lab: Lab) -> None:
    with pytest.raises(InvalidRequestError, match="42"):
        tgl.compare(len, 42)  # type: ignore[arg-type]


@pytest.mark.parametrize("budget_s", [0, -3, float("nan")])
def test_a_budget_that_is_none_is_refused(lab: Lab, budget_s: float) -> None:
    with pytest.raises(InvalidRequestError, match="budget_s"):
        tgl.compare(len, len, budget_s=budget_s)


def test_code_that_cannot_travel_is_raced_here_and_never_called_slower(lab: Lab) -> None:
    lock = threading.Lock()

    def holds() -> int:
        with lock:
            return sum(range(2000))

    made = tgl.compare(holds, holds, budget_s=5)
    assert not made.isolated
    assert made.verdict in ("same", "inconclusive")
    assert "in this process" in made.reason


async def test_async_code_that_cannot_travel_is_raced_within_a_running_loop(lab: Lab) -> None:
    lock = threading.Lock()

    async def holds() -> int:
        with lock:
            return sum(range(2000))

    assert not tgl.compare(holds, holds, budget_s=4).isolated


def test_baselines_are_listed_compared_and_removed(lab: Lab) -> None:
    tgl.baseline("one", sorted, range(500), budget_s=6)
    lab.baseline_cell("two", "sorted(values)", {"values": range(500)}, budget_s=6)
    assert lab.baselines()["name"].tolist() == ["one", "two"]
    assert lab.compare_baselines("one", "two", budget_s=10).ratio > 0
    lab.remove_baseline("two")
    assert lab.baselines()["name"].tolist() == ["one"]


def test_a_check_of_an_unknown_name_says_what_there_is(lab: Lab) -> None:
    with pytest.raises(LabError, match="never kept"):
        tgl.check("never kept")


@pytest.mark.parametrize("name", ["", " ", 3])
def test_a_baseline_needs_a_name(lab: Lab, name: str) -> None:
    with pytest.raises(LabError, match="needs a name"):
        tgl.baseline(name, len, ())
