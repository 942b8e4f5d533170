import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError, LabError, ProfileActiveError, WorkloadError
from tailgana_lab.workflows import bottleneck
from tailgana_lab.workflows.bottleneck import Bottleneck, BottleneckAnalyzer, BottleneckType, bottlenecks_of
from tests.factories import make_profile
from tests.sessions import FakeSession

STARTED, COMPLETED, FAILED = (f"bottleneck_analysis.{end}" for end in ("started", "completed", "failed"))


class Ticks:
    """A clock that moves by one at every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Told(list[tuple[str, dict[str, Any]]]):
    """What was announced."""

    def __call__(self, name: str, payload: Any) -> None:
        self.append((name, dict(payload)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def analyzer(told: Told) -> Callable[..., BottleneckAnalyzer]:
    return lambda workload=None: BottleneckAnalyzer(workload, new_session=FakeSession, emit=told, clock=Ticks())


@pytest.fixture(autouse=True)
def nothing_left_running():
    yield
    left, FakeSession.running[:] = list(FakeSession.running), []
    assert left == []


async def test_rows_of_the_profile_become_records_by_priority_then_share(analyzer) -> None:
    found = await analyzer(lambda: None).identify_bottlenecks(1, 4)
    order = [(each.priority, -each.time_spent_pct) for each in found]
    assert len(found) == 4
    assert all(isinstance(each, Bottleneck) for each in found)
    assert order == sorted(order)
    assert all(each.suggested_fixes for each in found)


def test_a_record_has_the_values_of_its_row() -> None:
    profile = make_profile()
    first, row = bottlenecks_of(profile)[0], profile.bottlenecks.iloc[0]
    assert first.bottleneck_type is BottleneckType(row.bottleneck_type)
    assert (first.location, first.time_spent_pct, first.priority) == (row.location, row.time_spent_pct, row.priority)


async def test_the_workload_is_called_until_the_time_is_up(analyzer) -> None:
    calls = []
    asked = analyzer(lambda: calls.append(1))
    await asked.identify_bottlenecks(profile_duration_sec=5)
    assert asked.last_analysis is not None
    assert asked.last_analysis.n_calls == len(calls) == 5


async def test_a_workload_longer_than_the_time_is_called_once(analyzer) -> None:
    calls = []
    await analyzer(lambda: calls.append(1)).identify_bottlenecks(profile_duration_sec=1e-6)
    assert len(calls) == 1


async def test_the_workload_of_the_call_wins(analyzer) -> None:
    calls = []
    await analyzer(lambda: calls.append("first")).identify_bottlenecks(1, 1, workload=lambda: calls.append("second"))
    assert set(calls) == {"second"}


async def test_a_plain_workload_runs_beside_the_loop(analyzer) -> None:
    where = []
    await analyzer(lambda: where.append(threading.current_thread())).identify_bottlenecks(1)
    assert threading.current_thread() not in where


async def test_the_thread_of_a_plain_workload_begins_the_profile(told: Told) -> None:
    begun = []

    class Noting(FakeSession):
        def start(self) -> None:
            super().start()
            begun.append(threading.current_thread())

    where = []
    analyzer = BottleneckAnalyzer(lambda: where.append(threading.current_thread()), new_session=Noting, emit=told)
    await analyzer.identify_bottlenecks(1e-6)
    assert set(begun) == set(where)
    assert len(begun) == 1


async def test_another_profile_that_runs_is_an_error_of_its_own(analyzer, told: Told) -> None:
    other = FakeSession("other")
    other.start()
    with pytest.raises(ProfileActiveError):
        await analyzer(lambda: None).identify_bottlenecks(1)
    other.stop()
    assert told.names == [STARTED, FAILED]


async def test_cancelled_before_the_workload_began_nothing_runs(analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies, calls = [], []

    class Held:
        def __init__(self, target, **options):
            bodies.append(target)

        def start(self) -> None:
            """Begin later."""

    monkeypatch.setattr(bottleneck, "Thread", Held)
    task = asyncio.ensure_future(analyzer(lambda: calls.append(1)).identify_bottlenecks(1))
    while not bodies:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bodies[0]()
    assert calls == []


async def test_a_coroutine_function_is_awaited_on_the_loop(analyzer) -> None:
    loops = []

    async def workload():
        loops.append(asyncio.get_running_loop())

    await analyzer(workload).identify_bottlenecks(3)
    assert set(loops) == {asyncio.get_running_loop()}
    assert len(loops) == 3


async def test_an_object_with_an_async_call_is_awaited(analyzer) -> None:
    class Workload:
        n_calls = 0

        async def __call__(self):
            self.n_calls += 1

    workload = Workload()
    await analyzer(workload).identify_bottlenecks(1)
    assert workload.n_calls >= 1


async def test_without_a_workload_the_process_itself_is_profiled(analyzer) -> None:
    asked = analyzer()
    assert await asked.identify_bottlenecks(1e-6)
    assert asked.last_analysis.n_calls == 0


async def test_start_and_end_are_announced(analyzer, told: Told) -> None:
    found = await analyzer(lambda: None).identify_bottlenecks(1, 3)
    assert told == [(STARTED, {"duration_sec": 1, "top_n": 3}), (COMPLETED, {"bottleneck_count": len(found)})]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("the workload is broken"), SystemExit(3), StopIteration(), LabError("its own")]
)
async def test_a_raising_workload_is_announced_and_raised_under_one_name(analyzer, told: Told, error) -> None:
    def broken():
        raise error

    with pytest.raises(WorkloadError, match=type(error).__name__) as raised:
        await analyzer(broken).identify_bottlenecks(1)
    assert raised.value.__cause__ is error
    assert told.names == [STARTED, FAILED]
    assert type(error).__name__ in told[1][1]["error"]


async def test_a_raising_coroutine_is_announced_and_raised_under_one_name(analyzer, told: Told) -> None:
    async def broken():
        raise KeyError("k")

    with pytest.raises(WorkloadError, match="KeyError"):
        await analyzer(broken).identify_bottlenecks(1)
    assert told.names == [STARTED, FAILED]


async def test_cancelling_ends_the_profile_at_once_and_the_workload_after_its_call(analyzer, told: Told) -> None:
    inside, leave, calls = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def workload():
        calls.append(threading.current_thread())
        loop.call_soon_threadsafe(inside.set)
        leave.wait(60)

    task = asyncio.ensure_future(analyzer(workload).identify_bottlenecks(1e9))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert FakeSession.running == []
    assert told.names == [STARTED, FAILED]
    leave.set()
    calls[0].join(60)
    assert len(calls) == 1


def test_a_loop_that_is_gone_does_not_disturb_the_workload(analyzer) -> None:
    inside, leave, threads = threading.Event(), threading.Event(), []

    def workload():
        threads.append(threading.current_thread())
        inside.set()
        leave.wait(60)

    async def cancelled():
        task = asyncio.ensure_future(analyzer(workload).identify_bottlenecks(1e9))
        while not inside.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    leave.set()
    threads[0].join(60)
    assert not threads[0].is_alive()


@pytest.mark.parametrize(("seconds", "top_n"), [(0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1), (1, 0)])
async def test_arguments_out_of_range_are_refused_before_anything_starts(analyzer, told: Told, seconds, top_n) -> None:
    with pytest.raises(InvalidRequestError, match=r"profile_duration_sec|top_n"):
        await analyzer(lambda: None).identify_bottlenecks(seconds, top_n)
    assert told == []


async def test_a_failing_subscriber_of_the_default_bus_does_not_disturb_the_analysis() -> None:
    from tailgana_lab.events import subscribe

    watching = subscribe("bottleneck_analysis.*", lambda name, payload: 1 / 0)
    try:
        assert await BottleneckAnalyzer(lambda: None, new_session=FakeSession).identify_bottlenecks(1e-6)
        assert watching.n_failed == 2
    finally:
        watching.cancel()
