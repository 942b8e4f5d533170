"""Coroutine functions behind a cache: one computation a key, for all who await it."""

import asyncio
import inspect
import threading
from collections import Counter
from typing import Any

import pytest

from tailgana_lab import InvalidRequestError, cached
from tailgana_lab.measure import cached_tasks


def slow():
    """A cached coroutine function that goes on when it is let, and what it ran."""
    ran: Counter[object] = Counter()
    go = asyncio.Event()

    @cached(capacity=100)
    async def function(x):
        ran[x] += 1
        await go.wait()
        if x == "bad":
            raise OSError(x)
        return 2 * x

    return function, ran, go


async def started(function, *keys):
    tasks = [asyncio.ensure_future(function(key)) for key in keys]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_many_awaits_of_a_key_compute_it_once() -> None:
    function, ran, go = slow()
    tasks = await started(function, *[1, 2] * 20)
    go.set()
    assert await asyncio.gather(*tasks) == [2, 4] * 20
    assert ran == {1: 1, 2: 1}
    assert await function(1) == 2
    assert function.cache_info()[:2] == (1, 40)


async def test_cancelling_one_awaiter_leaves_the_others_their_value() -> None:
    function, ran, go = slow()
    leader, *others = await started(function, 1, 1, 1)
    leader.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*others) == [2, 2]
    assert (leader.cancelled(), ran) == (True, {1: 1})


async def test_an_error_reaches_all_and_is_not_kept() -> None:
    function, ran, go = slow()
    tasks = await started(function, "bad", "bad")
    go.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]
    with pytest.raises(OSError, match="bad"):
        await function("bad")
    assert (ran["bad"], function.cache_info().currsize) == (2, 0)


async def test_a_key_that_needs_itself_raises() -> None:
    @cached(capacity=10)
    async def endless(x):
        return await endless(x)

    with pytest.raises(RecursionError, match="needs its own result"):
        await endless(1)


async def test_a_key_that_needs_itself_through_another_task_raises() -> None:
    @cached(capacity=10)
    async def endless(x):
        return await asyncio.gather(endless(x))

    with pytest.raises(RecursionError):
        await endless(1)


async def test_computations_that_wait_for_each_other_both_return() -> None:
    both = asyncio.Event()
    depth: Counter[int] = Counter()

    @cached(capacity=10)
    async def half(x):
        depth[x] += 1
        if depth[x] > 1:
            return 10
        if len(depth) == 2:
            both.set()
        await both.wait()
        return await half(1 - x) + 1

    assert sorted(await asyncio.gather(half(0), half(1))) == [11, 12]


def test_values_are_shared_between_event_loops() -> None:
    ran = []

    @cached(capacity=10)
    async def function(x):
        ran.append(x)
        return x

    assert [asyncio.run(function(1)), asyncio.run(function(1)), ran] == [1, 1, [1]]


def test_a_computation_left_behind_in_a_sleeping_loop_holds_nobody() -> None:
    ran = []

    @cached(capacity=10)
    async def function(x):
        ran.append(x)
        if len(ran) == 1:
            await asyncio.get_running_loop().create_future()
        return x

    loop = asyncio.new_event_loop()
    task = loop.create_task(function(1))
    for _ in range(2):
        loop.run_until_complete(asyncio.sleep(0))
    assert (asyncio.run(function(1)), ran) == (1, [1, 1])
    pending = asyncio.all_tasks(loop)
    for each in pending:
        each.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()
    assert task.cancelled()


def forget(tasks: Any) -> None:
    """End tasks whose loop was closed, and have nothing said about it."""
    for task in tasks:
        task.get_coro().close()
        task._log_destroy_pending = False


def test_a_key_whose_loop_was_closed_is_computed_and_kept() -> None:
    ran = []

    @cached(capacity=10)
    async def function(x):
        ran.append(x)
        if len(ran) == 1:
            await asyncio.get_running_loop().create_future()
        return x

    loop = asyncio.new_event_loop()
    task = loop.create_task(function(1))
    for _ in range(2):
        loop.run_until_complete(asyncio.sleep(0))
    left = asyncio.all_tasks(loop)
    loop.close()
    assert [asyncio.run(function(1)) for _ in range(3)] == [1, 1, 1]
    assert (ran, task.done()) == ([1, 1], False)
    forget(left)


def test_who_waits_for_a_loop_that_is_closed_meanwhile_computes(monkeypatch) -> None:
    monkeypatch.setattr(cached_tasks, "LOOK_S", 0.01)
    ran = []

    @cached(capacity=10)
    async def function(x):
        ran.append(x)
        if len(ran) == 1:
            await asyncio.get_running_loop().create_future()
        return x

    joined, left = threading.Event(), []

    async def until_joined() -> None:
        left.append(asyncio.ensure_future(function(1)))
        while function.cache_info().misses < 2:
            await asyncio.sleep(0)
        left.extend(asyncio.all_tasks() - {asyncio.current_task(), *left})

    def leave_behind() -> None:
        loop = asyncio.new_event_loop()
        ready = loop.create_task(until_joined())
        while not ready.done():
            loop.run_until_complete(asyncio.sleep(0))
            if ran:
                joined.set()
        loop.close()

    async def join() -> int:
        return await function(1)

    thread = threading.Thread(target=leave_behind)
    thread.start()
    assert joined.wait(60)
    assert asyncio.run(asyncio.wait_for(join(), 60)) == 1
    thread.join(60)
    assert function.cache_info().currsize in (0, 1)
    forget(left)


async def test_methods_and_signature_are_those_of_a_coroutine_function() -> None:
    class Thing:
        @cached(capacity=10)
        async def times(self, x: int) -> int:
            """Its text."""
            return x * 2

    assert (await Thing().times(2), Thing.times.__doc__) == (4, "Its text.")
    assert asyncio.iscoroutinefunction(Thing.times)
    assert str(inspect.signature(Thing.times)) == "(self, x: int) -> int"


async def test_warming_awaits_what_is_not_there() -> None:
    function, ran, go = slow()
    go.set()
    await function(1)
    assert await function.warm([1, 2, (3,), "bad"]) == 2
    assert ran == {1: 1, 2: 1, 3: 1, "bad": 1}


async def test_warming_with_something_else_than_calls_is_refused() -> None:
    function, *_ = slow()
    with pytest.raises(InvalidRequestError, match="`arguments` must be a list of calls, got `3`"):
        await function.warm(3)
