"""Waiting for a coroutine with and without a loop that runs already."""

import asyncio

from tailgana_lab.waiting import off_the_loop, wait_for


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_a_coroutine_is_waited_for() -> None:
    assert wait_for(answer) == 42


async def test_it_is_waited_for_within_a_running_loop() -> None:
    assert wait_for(answer) == 42


async def test_a_function_that_runs_a_loop_of_its_own_can_be_called_within_one() -> None:
    assert off_the_loop(lambda: asyncio.run(answer())) == 42
