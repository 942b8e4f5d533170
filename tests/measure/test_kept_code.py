"""The code of operations: what is kept, what is found again, and what a race is given."""

import json
from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.measure.kept_code import KeptCode, last_kept, race_operation
from tailgana_lab.measure.operations import OperationBook
from tailgana_lab.measure.payload import Recipe, unpack
from tests.races import FakeRace, FakeStore

FACTS = {"type": "performance_baseline", "workload": "mine", "operation_metrics": {"mine": {}}, "timestamp": "then"}


@pytest.fixture
def book() -> OperationBook:
    book = OperationBook()
    book.add("mine", lambda: 41 + 1)
    return book


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def kept_by(store: FakeStore, book: OperationBook, **changes: Any) -> None:
    store.add("", {**FACTS, **changes}, payload=KeptCode.of(book.chosen(["mine"])).to_bytes())


def test_code_comes_back_from_its_record_and_runs(store: FakeStore, book: OperationBook) -> None:
    kept_by(store, book)
    found = last_kept(store, "mine")
    assert found is not None
    assert unpack(found.code["mine"]).call() == 42


def test_the_newest_baseline_of_the_same_workload_counts(store: FakeStore, book: OperationBook) -> None:
    kept_by(store, book, timestamp="first")
    kept_by(store, book, timestamp="second")
    kept_by(store, book, timestamp="other", workload="other")
    found = last_kept(store, "mine")
    assert found is not None
    assert found.timestamp == "second"


def test_records_of_other_kinds_are_passed_over(store: FakeStore, book: OperationBook) -> None:
    kept_by(store, book, timestamp="right")
    store.add("", {**FACTS, "operation_metrics": None}, payload=b"a baseline of another kind")
    found = last_kept(store, "mine")
    assert found is not None
    assert found.timestamp == "right"


def test_code_of_another_python_is_passed_over(store: FakeStore) -> None:
    store.add("", FACTS, payload=json.dumps({"python": "2.7", "code": {}}).encode())
    assert last_kept(store, "mine") is None


def test_code_that_is_not_trusted_is_an_error(store: FakeStore, book: OperationBook) -> None:
    kept_by(store, book)
    store.refuses = LabError("not yours")
    with pytest.raises(LabError, match="not yours"):
        last_kept(store, "mine")


def test_standard_operations_are_kept_by_name_alone(book: OperationBook) -> None:
    assert KeptCode.of(book.chosen(["file_io"])).to_bytes() is None


def test_fresh_processes_are_given_both_codes(book: OperationBook) -> None:
    kept, found = KeptCode.of(book.chosen(["mine"])), FakeRace()
    book.add("mine", lambda: 40 + 3)
    result = race_operation(book.get("mine"), kept, found)
    ((old, new),) = found.sides
    assert (unpack(old).call(), unpack(new).call()) == (42, 43)
    assert (result.name, result.old_name, result.new_name) == ("mine", "last baseline", "now")
    assert "same code" not in result.reason


def test_a_race_of_the_same_code_says_so(book: OperationBook) -> None:
    kept = KeptCode.of(book.chosen(["mine"]))
    assert "both sides are the same code" in race_operation(book.get("mine"), kept, FakeRace()).reason


def test_code_that_fails_elsewhere_is_raced_here(book: OperationBook) -> None:
    kept, found = KeptCode.of(book.chosen(["mine"])), FakeRace(refuses="the workload raised OSError: no such file")
    result = race_operation(book.get("mine"), kept, found)
    assert all(isinstance(side, Recipe) for side in found.sides[-1])
    assert result.reason.endswith("because elsewhere the workload raised OSError: no such file")


def test_code_that_cannot_travel_today_is_raced_here(book: OperationBook) -> None:
    import threading

    kept, lock = KeptCode.of(book.chosen(["mine"])), threading.Lock()

    def locked() -> bool:
        return lock.locked()

    book.add("mine", locked)
    found = FakeRace()
    race_operation(book.get("mine"), kept, found)
    ((old, new),) = found.sides
    assert old.call() == 42
    assert new.call is locked


def test_code_that_could_not_be_kept_gives_the_reason() -> None:
    import threading

    lock, book = threading.Lock(), OperationBook()
    book.add("mine", lambda: lock.locked())
    kept = KeptCode.of(book.chosen(["mine"]))
    with pytest.raises(LabError, match="lock"):
        race_operation(book.get("mine"), kept, FakeRace())
    with pytest.raises(LabError, match="not kept"):
        race_operation(book.get("mine"), KeptCode(), FakeRace())


def test_a_standard_operation_is_raced_against_itself_and_says_so(book: OperationBook) -> None:
    operation, found = book.get("cache_lookup"), FakeRace()
    kept = KeptCode(implementations={"cache_lookup": operation.implementation})
    assert "both sides are the same code" in race_operation(operation, kept, found).reason
    assert all(isinstance(side, Recipe) for side in found.sides[0])


def test_unlike_implementations_are_not_compared(book: OperationBook) -> None:
    kept = KeptCode(implementations={"cache_lookup": "another cache"})
    with pytest.raises(LabError, match="another cache"):
        race_operation(book.get("cache_lookup"), kept, FakeRace())
