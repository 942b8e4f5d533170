"""Which tasks an event loop waits for: what awaits what, through gatherings and groups, and whose tasks they are."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tailgana_lab.measure.tasks import Frame, TaskReader

Work = Callable[[asyncio.Event], Coroutine[Any, Any, Any]]


async def leaf(gate: asyncio.Event) -> None:
    await gate.wait()


async def other_leaf(gate: asyncio.Event) -> None:
    await gate.wait()


async def read_once(work: Work, reader: TaskReader) -> list[list[Frame]]:
    """Stacks of tasks while `work` waits; read from the loop's own step, as the sampler's thread does."""
    gate, found = asyncio.Event(), []
    loop, native_id = asyncio.get_running_loop(), threading.get_native_id()

    def look(turns: int = 5) -> None:
        if turns:
            loop.call_soon(look, turns - 1)
            return
        found.extend(reader.read(native_id))
        gate.set()

    look()
    await work(gate)
    return found


def names(stacks: list[list[Frame]]) -> list[list[str]]:
    """Functions of each stack from the one that this file wrote first."""
    mine = [[frame for frame in stack if frame[1] == __file__] for stack in stacks]
    return sorted([function.rpartition(".")[2] for function, *_ in stack if function != "read_once"] for stack in mine)


def waits(work: Work) -> list[list[str]]:
    async def main() -> list[list[Frame]]:
        return await read_once(work, TaskReader())

    return [way[1:] for way in names(asyncio.run(main()))]


def test_a_coroutine_stands_below_what_awaits_it() -> None:
    async def middle(gate: asyncio.Event) -> None:
        await leaf(gate)

    assert waits(middle) == [["middle", "leaf"]]


def test_gathered_tasks_stand_below_who_gathers() -> None:
    async def both(gate: asyncio.Event) -> None:
        await asyncio.gather(leaf(gate), other_leaf(gate))

    assert waits(both) == [["both", "leaf"], ["both", "other_leaf"]]


def test_tasks_of_a_group_stand_below_its_owner() -> None:
    async def group(gate: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(leaf(gate))
            tasks.create_task(other_leaf(gate))

    assert waits(group) == [["group", "leaf"], ["group", "other_leaf"]]


def test_tasks_waited_for_together_stand_below_who_waits() -> None:
    async def wait(gate: asyncio.Event) -> None:
        await asyncio.wait([asyncio.create_task(leaf(gate)), asyncio.create_task(other_leaf(gate))])

    assert waits(wait) == [["wait", "leaf"], ["wait", "other_leaf"]]


def test_a_task_that_awaits_a_task_stands_above_it() -> None:
    async def awaiter(gate: asyncio.Event) -> None:
        await asyncio.create_task(leaf(gate))

    async def above(gate: asyncio.Event) -> None:
        await asyncio.create_task(awaiter(gate))

    assert waits(above) == [["above", "awaiter", "leaf"]]


def test_a_task_under_a_time_limit_stands_below_who_set_it() -> None:
    async def limited(gate: asyncio.Event) -> None:
        await asyncio.wait_for(leaf(gate), 60)

    assert waits(limited) == [["limited", "leaf"]]


def test_a_shielded_task_stands_below_who_shields_it() -> None:
    async def shielding(gate: asyncio.Event) -> None:
        await asyncio.shield(leaf(gate))

    assert waits(shielding) == [["shielding", "leaf"]]


def test_an_asynchronous_generator_is_in_the_stack() -> None:
    async def numbers(gate: asyncio.Event) -> Any:
        await leaf(gate)
        yield 1

    async def consumer(gate: asyncio.Event) -> None:
        async for _ in numbers(gate):
            pass

    assert waits(consumer)[0][0] == "consumer"


def test_a_task_beside_has_a_stack_of_its_own() -> None:
    async def beside(gate: asyncio.Event) -> None:
        task = asyncio.create_task(other_leaf(gate))
        await leaf(gate)
        await task

    async def main() -> list[list[Frame]]:
        return await read_once(beside, TaskReader())

    assert [way for way in names(asyncio.run(main())) if way[0] != "main"] == [["other_leaf"]]


def test_a_frame_says_where_it_waits() -> None:
    async def main() -> list[list[Frame]]:
        return await read_once(leaf, TaskReader())

    (stack,) = asyncio.run(main())
    first = leaf.__code__.co_firstlineno
    assert ("leaf", __file__, first, first + 1) in stack


def test_tasks_from_before_the_profile_are_left_out() -> None:
    async def main() -> list[list[Frame]]:
        gate = asyncio.Event()
        earlier = asyncio.create_task(other_leaf(gate))
        await asyncio.sleep(0)
        found = await read_once(leaf, TaskReader())
        gate.set()
        await earlier
        return found

    assert [way for way in names(asyncio.run(main())) if "other_leaf" in way] == []


def test_a_task_from_before_that_the_caller_awaits_is_in() -> None:
    async def main() -> list[list[Frame]]:
        gate = asyncio.Event()
        earlier = asyncio.create_task(other_leaf(gate))
        await asyncio.sleep(0)

        async def join(ready: asyncio.Event) -> None:
            asyncio.get_running_loop().call_later(0, lambda: None)
            waiter = asyncio.create_task(ready.wait())
            waiter.add_done_callback(lambda _: gate.set())
            await earlier

        return await read_once(join, TaskReader())

    assert ["main", "join", "other_leaf"] in names(asyncio.run(main()))


def test_a_task_that_is_done_is_left_out() -> None:
    async def main() -> list[list[Frame]]:
        reader = TaskReader()
        done = asyncio.create_task(asyncio.sleep(0))
        await done
        return await read_once(leaf, reader)

    assert names(asyncio.run(main())) == [["main", "leaf"]]


def test_tasks_that_await_each_other_end_the_reading() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def either(gate: asyncio.Event, other: int) -> None:
        opened = asyncio.create_task(gate.wait())
        await asyncio.wait({tasks[other], opened}, return_when=asyncio.FIRST_COMPLETED)

    async def circle(gate: asyncio.Event) -> None:
        tasks.extend(asyncio.create_task(either(gate, other)) for other in (1, 0))
        await asyncio.wait(tasks)

    assert len(waits(circle)) == 4


def test_a_thread_without_a_loop_waits_for_no_task() -> None:
    assert TaskReader().read(threading.get_native_id()) == []


def test_a_thread_that_is_not_there_waits_for_no_task() -> None:
    assert TaskReader().read(-1) == []


def test_a_process_without_asyncio_waits_for_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "asyncio")
    assert TaskReader().read(threading.get_native_id()) == []
