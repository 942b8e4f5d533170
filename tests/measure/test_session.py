"""A profile from start to stop, with the real sampler: its figures against the clock's, and what it leaves behind."""

import ctypes
import gc
import hashlib
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError, LabError, ProfileActiveError
from tailgana_lab.lab import Lab
from tailgana_lab.measure import session as session_module
from tailgana_lab.measure.sampler import METHOD_GIL, METHOD_MEMORY
from tailgana_lab.measure.session import ProfileSession
from tailgana_lab.records import Columns
from tailgana_lab.results.profile import Profile
from tests.faults.children import printed

POINTS = 0.01
STATES = "on_cpu queue gil_wait lock disk pipe socket sleep fault other".split()


def spin(seconds: float) -> float:
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        pass
    return time.perf_counter() - began


def long_one() -> float:
    return spin(0.09)


def short_one() -> float:
    return spin(0.03)


def take_turns() -> dict[str, float]:
    """Seconds that two functions took by the clock."""
    turns = [(long_one(), short_one()) for _ in range(8)]
    return {"long_one": sum(turn[0] for turn in turns), "short_one": sum(turn[1] for turn in turns)}


def profiled(work: Callable[[], Any], **options: Any) -> tuple[Profile, Any]:
    session = ProfileSession("p", **options)
    session.start()
    try:
        value = work()
    finally:
        profile = session.stop()
    return profile, value


def total_shares(profile: Profile, functions: dict[str, float]) -> dict[str, float]:
    """Of the time of these functions together, the share of each."""
    table = profile.columns("functions")
    seconds = dict(zip(table["function"], table["total_s"], strict=True))
    whole = sum(seconds.get(name, 0.0) for name in functions)
    return {name: seconds.get(name, 0.0) / whole for name in functions}


def shares(truth: dict[str, float]) -> dict[str, float]:
    return {name: seconds / sum(truth.values()) for name, seconds in truth.items()}


def thread_rows(profile: Profile) -> list[dict[str, Any]]:
    table: Columns = profile.columns("threads")
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


@pytest.mark.parametrize(
    "interval_ms", [0.09, 101, 0, -1, math.nan, math.inf, "fast", "1", "", None, True, [1], 1 + 0j], ids=repr
)
def test_an_interval_out_of_range_is_named_with_the_way_out(interval_ms: Any) -> None:
    with pytest.raises(
        InvalidRequestError, match=r"`interval_ms` must be `auto` or 0\.1 to 100 milliseconds"
    ) as raised:
        ProfileSession(interval_ms=interval_ms)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("interval_ms", [0.1, 1, 100.0])
def test_an_interval_in_range_is_the_profiles(interval_ms: float) -> None:
    profile, _ = profiled(lambda: None, interval_ms=interval_ms)
    assert profile.interval_ms == interval_ms


def test_a_profile_knows_its_name_and_how_it_was_read() -> None:
    profile, _ = profiled(lambda: None)
    assert (profile.name, profile.method, profile.method_reason) == ("p", METHOD_MEMORY, "")


def test_shares_of_two_functions_are_those_of_the_clock() -> None:
    profile, truth = profiled(take_turns)
    assert total_shares(profile, truth) == pytest.approx(shares(truth), abs=10 * POINTS)


def test_its_start_is_told_in_iso_8601() -> None:
    before = datetime.now(UTC)
    profile, _ = profiled(lambda: None)
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(profile.created) <= datetime.now(UTC)


def test_a_plain_programs_profile_imports_no_more_than_it_needs() -> None:
    program = """
        import sys
        import tailgana_lab
        with tailgana_lab.profile("p"):
            pass
        unwanted = "asyncio concurrent.futures datetime hashlib logging numpy pandas platform ssl tempfile".split()
        print(*(name for name in unwanted if name in sys.modules))
    """
    assert printed(program) == [""]


def test_the_duration_is_the_clocks() -> None:
    profile, took = profiled(lambda: spin(0.2))
    assert profile.duration_s >= took


def test_one_profile_runs_at_a_time() -> None:
    outer = ProfileSession("outer")
    outer.start()
    try:
        with pytest.raises(ProfileActiveError, match="a profile `outer` is running") as raised:
            ProfileSession("inner").start()
    finally:
        outer.stop()
    assert "\n" not in str(raised.value)


def test_a_refused_profile_leaves_the_running_one_whole() -> None:
    outer, inner = ProfileSession("outer"), ProfileSession("inner")
    outer.start()
    with pytest.raises(LabError):
        inner.start()
    assert not inner.stop().is_complete
    assert outer.stop().is_complete


def test_the_next_profile_runs_after_the_end_of_the_last() -> None:
    names = [profiled(lambda: None)[0].is_complete for _ in range(3)]
    assert names == [True, True, True]


def test_stopped_twice_it_gives_the_same() -> None:
    session = ProfileSession()
    session.start()
    assert session.stop() is session.stop()


def test_stopped_before_its_start_it_is_pending() -> None:
    assert not ProfileSession().stop().is_complete


def test_stopped_by_another_thread_it_is_complete() -> None:
    session, found = ProfileSession(), []
    session.start()
    thread = threading.Thread(target=lambda: found.append(session.stop()))
    thread.start()
    thread.join()
    assert found[0].is_complete


def test_a_start_that_fails_makes_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_interval_ns: int) -> None:
        raise OSError("no more threads")

    with monkeypatch.context() as patch:
        patch.setattr(session_module, "start_sampling", refuse)
        with pytest.raises(OSError, match="no more threads"):
            ProfileSession().start()
    assert profiled(lambda: None)[0].is_complete


def test_an_exception_in_the_block_passes_and_the_profile_is_complete() -> None:
    error = KeyError("mine")
    with pytest.raises(KeyError) as raised, Lab().profile("p") as profile:
        raise error
    assert raised.value is error
    assert profile.is_complete


def test_nothing_is_left_behind() -> None:
    def left() -> tuple[Any, ...]:
        hook = threading.Thread.__dict__["_set_native_id"]
        tracing = (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile())
        return list(gc.callbacks), threading.enumerate(), hook, tracing, sys.getswitchinterval()

    before = left()
    profiled(long_one)
    assert left() == before


def test_what_the_block_did_wrong_leaves_nothing_behind_either() -> None:
    before = list(gc.callbacks), threading.enumerate()
    with pytest.raises(ZeroDivisionError), Lab().profile():
        _ = 1 / 0
    assert (list(gc.callbacks), threading.enumerate()) == before


def in_threads(*works: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=work, name=f"worker {k}") for k, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_have_their_names_after_their_end() -> None:
    profile, _ = profiled(lambda: in_threads(long_one, short_one))
    assert {"MainThread", "worker 0", "worker 1"} <= set(profile.columns("threads")["thread"])


def test_the_classes_of_every_thread_add_up_to_its_life() -> None:
    profile, _ = profiled(lambda: in_threads(lambda: spin(0.1), lambda: time.sleep(0.1)))
    lanes = profile.lanes
    for row, thread in enumerate(thread_rows(profile)):
        mine = [k for k, of in enumerate(lanes["thread"]) if of == row]
        life = sum(lanes["end_s"][k] - lanes["start_s"][k] for k in mine)
        assert sum(thread[f"{name}_s"] for name in STATES) == pytest.approx(life, rel=0.05, abs=0.004)


def test_own_times_of_functions_add_up_to_what_was_sampled() -> None:
    profile, _ = profiled(lambda: in_threads(lambda: spin(0.1), lambda: time.sleep(0.1)))
    for name in ("functions", "lines", "frames"):
        assert sum(profile.columns(name)["self_s"]) == pytest.approx(profile.facts.sampled_s, rel=1e-6)


def test_a_thread_that_blocks_at_once_is_seen_where_it_waits() -> None:
    gate = threading.Lock()

    def wait_at_the_gate() -> None:
        with gate:
            pass

    def work() -> None:
        gate.acquire()
        thread = threading.Thread(target=wait_at_the_gate)
        thread.start()
        time.sleep(0.2)
        gate.release()
        thread.join()

    table = profiled(work)[0].columns("functions")
    name = wait_at_the_gate.__qualname__
    assert dict(zip(table["function"], table["lock_s"], strict=True)).get(name, 0.0) > 0.05


def test_each_wait_is_in_its_class() -> None:
    def asleep() -> None:
        time.sleep(0.15)

    table = profiled(asleep)[0].columns("functions")
    row = table["function"].index(asleep.__qualname__)
    assert table["sleep_s"][row] == pytest.approx(table["self_s"][row], rel=0.05)


def run_native_thread(sleep_us: int = 200_000) -> int:
    """Kernel's id of a thread unknown to Python, which has slept in the C library and ended."""
    libc = ctypes.CDLL(None)
    handle = ctypes.c_ulong()
    before = set(os.listdir("/proc/self/task"))
    assert libc.pthread_create(ctypes.byref(handle), None, libc.usleep, ctypes.c_void_p(sleep_us)) == 0
    (native_id,) = set(os.listdir("/proc/self/task")) - before
    assert libc.pthread_join(handle, None) == 0
    return int(native_id)


def test_a_native_thread_is_seen() -> None:
    profile, native_id = profiled(run_native_thread)
    (row,) = [row for row in thread_rows(profile) if row["native_id"] == native_id]
    assert row["thread"] == "native thread"
    assert max(STATES, key=lambda name: row[f"{name}_s"]) == "sleep"


def test_a_native_thread_that_takes_the_place_of_another_is_seen() -> None:
    profile, native_ids = profiled(lambda: {run_native_thread(30_000) for _ in range(12)})
    seen = native_ids & {row["native_id"] for row in thread_rows(profile)}
    assert len(seen) >= 9  # a busy machine may let a tick or two go by


def test_the_collectors_time_is_counted() -> None:
    def collect() -> None:
        for _ in range(5):
            gc.collect()

    profile, _ = profiled(collect)
    assert profile.columns("process")["gc_s"][0] > 0


def test_a_profile_is_read_without_torn_stacks_where_nothing_moves() -> None:
    profile, _ = profiled(lambda: hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 200_000))
    assert profile.torn_fraction == 0


def test_statements_that_run_one_by_one_are_each_read_with_their_callers() -> None:
    session = ProfileSession("p")
    statements = ["session.start()", "long_one()", "short_one()", "long_one()", "profile = session.stop()"]
    space: dict[str, Any] = {"session": session, "long_one": long_one, "short_one": short_one}
    for k, statement in enumerate(statements):
        exec(compile(statement, f"<statement {k}>", "exec"), space)
    table = space["profile"].columns("frames")
    children = zip(table["parent"], table["function"], strict=True)
    names = dict(zip(table["id"], zip(table["function"], table["file"], strict=True), strict=True))
    called = {(names[parent], function) for parent, function in children if parent in names}
    for k, function in enumerate(["long_one", "short_one", "long_one"], start=1):
        assert (("<module>", f"<statement {k}>"), function) in called


def test_code_that_takes_the_place_of_other_code_is_told_from_it() -> None:
    template = compile("long_one()", "<template>", "exec")

    def run_in_turns() -> list[int]:
        addresses = []
        for k in range(9):
            code = template.replace(co_filename=f"<source {k % 3}>")
            addresses.append(id(code))
            exec(code, {"long_one": long_one})
            del code
        return addresses

    profile, addresses = profiled(run_in_turns)
    assert sum(a == b for a, b in pairwise(addresses)) > 4
    table = profile.columns("functions")
    seconds = dict(zip(table["file"], table["total_s"], strict=True))
    of_each = [seconds.get(f"<source {k}>", 0.0) for k in range(3)]
    assert of_each == pytest.approx([sum(of_each) / 3] * 3, rel=0.3)


def test_memory_is_found_by_line() -> None:
    pytest.importorskip("memray", reason="memray is not on this platform")
    profile, kept = profiled(lambda: bytearray(1 << 25), memory=True)
    table = profile.columns("memory")
    assert len(kept) == 1 << 25
    assert table["peak_bytes"][0] == pytest.approx(1 << 25, rel=0.02)
    assert profile.facts.memory_overhead_s >= 0


def test_without_memory_asked_for_its_table_is_empty() -> None:
    profile, _ = profiled(lambda: None)
    assert profile.columns("memory")["file"] == []
    assert math.isnan(profile.facts.memory_overhead_s)


def test_where_memory_cannot_be_read_the_gil_is_taken_and_the_reason_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_interval_ns: int) -> None:
        raise RuntimeError("an unknown layout")

    monkeypatch.setattr("tailgana_lab.measure.sampler.MemorySampling", refuse)
    profile, truth = profiled(take_turns)
    assert (profile.method, profile.method_reason) == (METHOD_GIL, "an unknown layout")
    assert total_shares(profile, truth) == pytest.approx(shares(truth), abs=15 * POINTS)


def test_where_a_filter_refuses_the_system_call_the_gil_is_taken_and_the_reason_said() -> None:
    method, reason, seen = printed("""
        import ctypes, platform, struct, time
        from tailgana_lab.lab import Lab

        READ, REFUSE, PERMIT = {"x86_64": 310, "aarch64": 270}[platform.machine()], 0x00050001, 0x7FFF0000
        steps = [(0x20, 0, 0, 0), (0x15, 0, 1, READ), (0x06, 0, 0, REFUSE), (0x06, 0, 0, PERMIT)]
        program = b"".join(struct.pack("HBBI", *step) for step in steps)
        steps_at = ctypes.create_string_buffer(program)
        filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(steps_at)))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
        assert libc.prctl(22, 2, filter, 0, 0) == 0, ctypes.get_errno()  # system calls pass through the filter

        def spin():
            end = time.perf_counter() + 0.3
            while time.perf_counter() < end:
                pass

        with Lab().profile() as p:
            spin()
        table = p.columns("functions")
        print(p.method)
        print(p.method_reason)
        print(dict(zip(table["function"], table["total_fraction"]))["spin"] > 0.8)
    """)
    assert method == METHOD_GIL
    assert "process_vm_readv" in reason
    assert seen == "True"
