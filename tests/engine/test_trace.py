"""Traces of the engine: keys of any width are told apart, and one pass gives curves that plain Python gives too."""

import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab._engine import POLICIES, Trace

LONG_REPLAY = """
import numpy as np
from tailgana_lab._engine import POLICIES, Trace

trace = Trace(np.random.default_rng(7).integers(0, 50_000, 1_000_000).astype("uint64"))
jobs = [(policy, capacity) for capacity in range(1000, 41_000, 10) for policy in POLICIES]
print("begins", flush=True)
trace.replay(jobs, 2)
"""

keys_of_a_trace = st.lists(st.integers(0, 12), max_size=80)


def trace_of(keys: Any, kind: str = "uint64") -> Trace:
    return Trace(np.array(keys, dtype=kind))


def uint64(data: bytes) -> list[int]:
    numbers: list[int] = np.frombuffer(data, dtype="uint64").tolist()
    return numbers


def plain_ages(keys: list[int], times: list[int]) -> list[int]:
    last: dict[int, int] = {}
    ages = []
    for key, at in zip(keys, times, strict=True):
        if key in last:
            ages.append(at - last[key])
        last[key] = at
    return ages


def plain_ttl_hits(keys: list[int], times: list[int], ttl: int) -> int:
    written: dict[int, int] = {}
    n_hits = 0
    for key, at in zip(keys, times, strict=True):
        if key in written and at - written[key] < ttl:
            n_hits += 1
        else:
            written[key] = at
    return n_hits


@pytest.mark.parametrize("kind", ["uint32", "uint64", "int64"])
def test_keys_at_both_ends_of_a_type_are_told_apart(kind: str) -> None:
    info = np.iinfo(kind)
    trace = trace_of([info.min, info.max, info.min, 1, info.max], kind)
    assert (trace.n_requests, trace.n_unique) == (5, 3)
    assert trace.replay([("lru", 3)], 1) == [(3, 3)]


@pytest.mark.parametrize(
    "keys", [np.array([1.5]), np.array([1], dtype="int8"), [1, 2], None, np.zeros((1,), dtype="U3")]
)
def test_what_is_no_array_of_whole_numbers_is_refused(keys: Any) -> None:
    with pytest.raises(TypeError, match="uint32, uint64 or int64"):
        Trace(keys)


def test_a_policy_that_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="`lur`"):
        trace_of([1, 2]).replay([("lru", 1), ("lur", 1)], 1)


@given(keys_of_a_trace, st.lists(st.integers(0, 5), min_size=80, max_size=80), st.integers(0, 40))
def test_ages_and_lives_are_those_of_plain_python(keys: list[int], steps: list[int], ttl: int) -> None:
    times = np.cumsum(steps)[: len(keys)].tolist()
    clock = np.array(times, dtype="uint64")
    ages, hits = map(uint64, trace_of(keys).reuse_ages(clock))
    expected = plain_ages(keys, times)
    assert ages == sorted(set(expected))
    assert hits == [sum(age <= bound for age in expected) for bound in ages]
    assert trace_of(keys).ttl_hits(ttl, clock) == plain_ttl_hits(keys, times, ttl)


@given(keys_of_a_trace)
def test_without_times_ages_count_requests(keys: list[int]) -> None:
    clock = np.arange(len(keys), dtype="uint64")
    assert trace_of(keys).reuse_ages() == trace_of(keys).reuse_ages(clock)
    assert trace_of(keys).ttl_hits(7) == trace_of(keys).ttl_hits(7, clock)


def test_times_that_are_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="1 times for 2 requests"):
        trace_of([1, 2]).reuse_ages(np.array([1], dtype="uint64"))


def test_a_sample_keeps_whole_keys() -> None:
    keys = np.random.default_rng(5).integers(0, 2000, 20_000)
    trace = trace_of(keys)
    sample = trace.sample(0.25)
    assert 400 <= sample.n_unique <= 600
    assert sample.n_requests / sample.n_unique == pytest.approx(10, rel=0.1)
    assert trace.sample(1.0).n_requests == trace.n_requests


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_a_share_that_is_no_fraction_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="`share`"):
        trace_of([1]).sample(share)


@pytest.mark.parametrize("policy", [*POLICIES, "belady"])
def test_threads_count_as_one_does(policy: str) -> None:
    trace = trace_of(np.random.default_rng(6).zipf(1.2, 60_000) % 5000)
    jobs = [(policy, capacity) for capacity in range(10, 400, 20)]
    assert trace.replay(jobs, 4) == trace.replay(jobs, 1)


def test_an_interrupt_ends_a_replay_of_many_minutes() -> None:
    with subprocess.Popen([sys.executable, "-c", LONG_REPLAY], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        try:
            assert ran.stdout.readline() == b"begins\n"
            used_s = psutil.Process(ran.pid).cpu_times().user
            while ran.poll() is None and psutil.Process(ran.pid).cpu_times().user < used_s + 1:
                time.sleep(0.01)  # making the jobs takes a tenth of that: it replays
            ran.send_signal(signal.SIGINT)
            _, said = ran.communicate(timeout=30)
        finally:
            ran.kill()
    assert said.rstrip().endswith(b"KeyboardInterrupt")
