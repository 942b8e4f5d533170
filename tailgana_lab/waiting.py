"""Waiting for a coroutine, or for what runs a loop of its own, also where a loop runs already, as in a notebook.

asyncio is imported when something waits: its ten thousand objects slow the garbage collector of a program without it.
"""

from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


def wait_for(start: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Result of a coroutine."""
    import asyncio

    if not _loop_is_running():
        return asyncio.run(start())
    return _wait_in_thread(start)


def off_the_loop(call: Callable[[], Result]) -> Result:
    """Result of a function that may run a loop of its own."""
    import asyncio

    if not _loop_is_running():
        return call()

    async def alone() -> Result:
        return await asyncio.to_thread(call)

    return _wait_in_thread(alone)


def _loop_is_running() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _wait_in_thread(start: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """The same on a loop of its own; an interrupt here cancels what runs there."""
    import asyncio
    from concurrent.futures import Future

    done: Future[Result] = Future()
    cancel: Future[Callable[[], object]] = Future()

    async def watched() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(start())
        cancel.set_result(lambda: loop.call_soon_threadsafe(task.cancel))
        return await task

    def body() -> None:
        try:
            done.set_result(asyncio.run(watched()))
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits
            done.set_exception(error)

    thread = Thread(target=body, name="tailgana loop", daemon=True)
    thread.start()
    try:
        return done.result()
    finally:
        if not done.done():
            cancel.result()()
        thread.join()
