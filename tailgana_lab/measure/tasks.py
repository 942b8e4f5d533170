"""Which asyncio tasks a waiting event loop waits for, and where each of them stands.

Called by the sampler under the GIL, at most once each time a loop falls idle.
"""

import sys
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from tailgana_lab.measure.scope import HELPER_PARTS, is_own

Frame = tuple[str, str, int, int]
"""Function, file, first line, line it waits at."""

_LOOP_STEP = "_run_once"


class TaskReader:
    """Reads the tasks that belong to one profile: those made since its start, and those its caller awaits."""

    def __init__(self) -> None:
        self._before: set[int] = set()
        self._cell: Any = None
        asyncio = sys.modules.get("asyncio")
        if asyncio is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._cell = asyncio.current_task(loop)
        self._before = {id(task) for task in asyncio.all_tasks(loop)} - {id(self._cell)}

    def read(self, native_id: int) -> list[list[Frame]]:
        """Stacks of the tasks that the loop of a thread waits for, outermost frame first.

        A task that waits for another one is no end of its own: it stands above the other in the stack.
        """
        loop = _loop_of(native_id)
        asyncio = sys.modules.get("asyncio")
        if loop is None or asyncio is None:
            return []
        pending = [task for task in asyncio.all_tasks(loop) if not task.done()]
        awaited = _awaited(pending)
        mine = [task for task in pending if task is self._cell or id(task) not in self._before]
        inner = {id(child) for task in mine for child in awaited.get(task, ())}
        stacks: list[list[Frame]] = []
        for task in [task for task in mine if id(task) not in inner] or mine:
            _collect(task, [], awaited, stacks)
        return [stack for stack in stacks if stack]


def _loop_of(native_id: int) -> Any:
    """The event loop that runs in a thread, from the frame of its step."""
    ident = next((t.ident for t in threading.enumerate() if t.native_id == native_id), None)
    frame: FrameType | None = sys._current_frames().get(ident) if ident is not None else None
    while frame is not None:
        if frame.f_code.co_name == _LOOP_STEP:
            return frame.f_locals.get("self")
        frame = frame.f_back
    return None


def _awaited(pending: list[Any]) -> dict[Any, list[Any]]:
    """For each task the tasks it waits for, directly or through a gathering future or a group."""
    by_waiter = {id(waiter): task for task in pending if (waiter := getattr(task, "_fut_waiter", None)) is not None}
    found: dict[Any, list[Any]] = {}
    for child in pending:
        for parent in _parents(child, by_waiter, set(map(id, pending))):
            if parent is not child:
                found.setdefault(parent, []).append(child)
    return found


def _parents(child: Any, by_waiter: dict[int, Any], tasks: set[int]) -> Iterator[Any]:
    """Tasks that go on when `child` is done: it is what they wait for, or one of its callbacks is theirs."""
    if id(child) in by_waiter:
        yield by_waiter[id(child)]
    for callback, *_ in getattr(child, "_callbacks", None) or ():
        owner = getattr(callback, "__self__", None)
        parent = getattr(owner, "_parent_task", None)
        if parent is not None and id(parent) in tasks:
            yield parent
        for value in _held(callback):
            if id(value) in by_waiter:
                yield by_waiter[id(value)]


def _held(callback: Any) -> Iterable[Any]:
    """Objects that a callback's closure or partial holds."""
    for cell in getattr(callback, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue
    yield from getattr(callback, "args", ())


def _collect(task: Any, above: list[Frame], awaited: dict[Any, list[Any]], stacks: list[list[Frame]]) -> None:
    """Add the stacks of the tasks at the end of what `task` waits for."""
    open_: list[tuple[Any, list[Frame], frozenset[int]]] = [(task, above, frozenset())]
    while open_:
        one, prefix, seen = open_.pop()
        stack = prefix + _frames_of(one)
        children = [child for child in awaited.get(one, ()) if id(child) not in seen]
        if children:
            open_ += [(child, stack, seen | {id(one)}) for child in children]
        else:
            stacks.append(stack)


def _frames_of(task: Any) -> list[Frame]:
    """The chain of coroutines of a task, without a notebook's own."""
    found: list[Frame] = []
    awaitable = task.get_coro()
    while awaitable is not None:
        frame = _attribute(awaitable, ("cr_frame", "gi_frame", "ag_frame"))
        if frame is not None:
            code = frame.f_code
            is_around = any(part in code.co_filename for part in HELPER_PARTS) or is_own(code.co_filename)
            if found or not is_around:
                found.append((code.co_qualname, code.co_filename, code.co_firstlineno, frame.f_lineno or 0))
        awaitable = _attribute(awaitable, ("cr_await", "gi_yieldfrom", "ag_await"))
    return found


def _attribute(of: Any, names: tuple[str, ...]) -> Any:
    return next((getattr(of, name) for name in names if hasattr(of, name)), None)
