"""Loading ahead: what is foretold of pure functions is computed early, while there is time, and holds nobody up."""

import hashlib
import itertools
import subprocess
import sys
import threading
import time

import pytest

from tailgana_lab import cached
from tailgana_lab.measure.loading_ahead import Waker, are_others_idle

LOADING = """
import itertools, threading, time
from tailgana_lab import cached
inside = threading.Event()
@cached(capacity=10, policy="predictive", pure=True)
def function(x):
    if threading.current_thread() is not threading.main_thread():
        inside.set()
        threading.Event().wait()  # it is loaded for as long as the process lives
for x in itertools.count(0, 4):
    function(x)
    if inside.wait(0.005):
        break
"""


def test_leaving_while_something_is_loaded_ahead_is_clean() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def ask_in_steps(function, until: threading.Event) -> int:
    """Call with 0, 8, 16 ... and wait in between, until the event; the next of these numbers."""
    deadline = time.monotonic() + 60
    for x in itertools.count(0, 8):
        if until.is_set() or time.monotonic() > deadline:
            return x
        function(x)
        until.wait(0.005)
    raise AssertionError


def test_even_steps_are_computed_ahead_for_a_pure_function() -> None:
    ahead = threading.Event()
    main = threading.get_ident()

    @cached(capacity=64, policy="predictive", pure=True)
    def function(x):
        if threading.get_ident() != main:
            ahead.set()
        return 2 * x

    following = ask_in_steps(function, ahead)
    deadline = time.monotonic() + 60
    while not function.statistics().loaded_ahead and time.monotonic() < deadline:
        time.sleep(0.001)
    assert function(following) == 2 * following
    seen = function.statistics()
    assert seen.loaded_ahead_used == seen.hits >= 1


def test_a_function_that_exits_does_not_end_loading_ahead() -> None:
    exited, loaded = threading.Event(), threading.Event()
    main = threading.get_ident()

    @cached(capacity=64, policy="predictive", pure=True)
    def leaves(x):
        if threading.get_ident() != main:
            exited.set()
            raise SystemExit(x)

    @cached(capacity=64, policy="predictive", pure=True)
    def stays(x):
        if threading.get_ident() != main:
            loaded.set()

    for function, event in [(leaves, exited), (stays, loaded)]:
        ask_in_steps(function, event)
        assert event.is_set()


def test_without_time_what_was_foretold_is_forgotten(monkeypatch) -> None:
    """The store would wake the loading thread; here the test loads in its place."""
    ran = []
    monkeypatch.setattr(Waker, "__call__", lambda _: None)

    @cached(capacity=64, policy="predictive", pure=True)
    def function(x):
        ran.append(x)

    for x in range(0, 40, 8):
        function(x)
    assert not function.load_ahead(lambda: False)
    assert function.load_ahead(lambda: True)
    assert ran == [0, 8, 16, 24, 32]
    function(40)
    assert function.load_ahead(lambda: True)
    assert ran[-2:] == [40, 48]


def test_a_program_is_idle_while_its_threads_wait_and_not_while_one_computes() -> None:
    """Not always: a busy machine may take the core from all threads of a process, or wake them late."""
    is_over, much = threading.Event(), bytes(1 << 20)

    def spin() -> None:
        while not is_over.is_set():
            hashlib.sha256(much)  # without the interpreter's lock

    n_idle = sum(are_others_idle() for _ in range(50))
    spinning = threading.Thread(target=spin)
    spinning.start()
    n_idle_beside = sum(are_others_idle() for _ in range(50))
    is_over.set()
    spinning.join()
    assert n_idle_beside < n_idle


@pytest.mark.parametrize("options", [{"pure": False, "policy": "predictive"}, {"pure": True, "policy": "lru"}])
def test_nothing_is_computed_ahead_of_another_function(options) -> None:
    threads = set()

    @cached(capacity=64, **options)
    def function(x):
        threads.add(threading.get_ident())
        return x

    for x in range(0, 800, 8):
        function(x)
    assert (threads, function.statistics().loaded_ahead) == ({threading.get_ident()}, 0)


def test_what_follows_as_a_rule_is_loaded_ahead() -> None:
    @cached(capacity=2, policy="predictive", pure=True)
    def function(x, *, k):
        return (x, k)

    def loaded() -> int:
        return function.statistics(since_start=True).loaded_ahead

    deadline = time.monotonic() + 60
    while not loaded() and time.monotonic() < deadline:
        for x in "abcdefgh":
            function(x, k=1)
            time.sleep(0.002)
    assert loaded() > 0
    assert function("a", k=1) == ("a", 1)
