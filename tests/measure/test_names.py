"""Names of threads: of those that live, those that end meanwhile, and those renamed on the way."""

import threading
from collections.abc import Iterator

import pytest

from tailgana_lab.measure.names import ThreadNames

ORIGINAL = threading.Thread.__dict__["_set_native_id"]


@pytest.fixture
def names() -> Iterator[ThreadNames]:
    noted = ThreadNames()
    noted.start()
    yield noted
    noted.stop()


def run_thread(name: str, rename: str = "") -> int:
    """Native id of a thread that has ended."""
    ids: list[int] = []

    def body() -> None:
        ids.append(threading.get_native_id())
        if rename:
            threading.current_thread().name = rename

    thread = threading.Thread(target=body, name=name)
    thread.start()
    thread.join()
    return ids[0]


def test_threads_that_live_have_their_names(names: ThreadNames) -> None:
    assert names.stop()[threading.get_native_id()] == threading.current_thread().name


def test_a_thread_that_ended_keeps_its_name(names: ThreadNames) -> None:
    native_id = run_thread("reader 7")
    assert names.stop()[native_id] == "reader 7"


def test_a_thread_that_is_still_known_has_its_last_name(names: ThreadNames) -> None:
    gate, ready = threading.Event(), threading.Event()

    def body() -> None:
        threading.current_thread().name = "later"
        ready.set()
        gate.wait()

    thread = threading.Thread(target=body, name="early")
    thread.start()
    ready.wait()
    found = names.stop()
    gate.set()
    thread.join()
    assert found[thread.native_id or 0] == "later"


def test_threads_after_the_end_are_not_noted(names: ThreadNames) -> None:
    names.stop()
    native_id = run_thread("too late")
    assert native_id not in names.stop()


def test_the_hook_is_taken_back(names: ThreadNames) -> None:
    assert threading.Thread.__dict__["_set_native_id"] is not ORIGINAL
    names.stop()
    assert threading.Thread.__dict__["_set_native_id"] is ORIGINAL


def test_a_hook_laid_over_it_by_others_is_left_alone(names: ThreadNames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "_set_native_id", lambda thread: ORIGINAL(thread))
    names.stop()
    assert threading.Thread.__dict__["_set_native_id"] is not ORIGINAL
    monkeypatch.setattr(threading.Thread, "_set_native_id", ORIGINAL)


def test_without_the_hook_living_threads_still_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailgana_lab.measure.names._HOOK", "no_such_method")
    names = ThreadNames()
    names.start()
    assert threading.get_native_id() in names.stop()
