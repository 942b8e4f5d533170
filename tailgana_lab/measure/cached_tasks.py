"""Coroutine functions behind a live cache: one computation a key, whoever awaits it, in whichever event loop.

The computation is a task of its own, so that nobody's cancellation takes it from the others. What a computation itself
awaits is known through a context variable: a key that needs itself raises, and computations that wait for each other in
a circle are broken up by computing once more.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from functools import update_wrapper
from time import perf_counter_ns
from types import MethodType
from typing import Any

from tailgana_lab import _engine
from tailgana_lab.measure.cache_limits import check_calls
from tailgana_lab.measure.carried import by_name_or_value
from tailgana_lab.measure.live_cache import LiveCache

LOOK_S = 1.0
"""How often who waits for a computation of another loop looks whether that loop still runs."""

Work = Callable[..., Coroutine[Any, Any, Any]]
Progress = Callable[[int, int], None]


class _Computation:
    """One computation under way."""

    def __init__(self, ticket: _engine.Ticket) -> None:
        self.ticket = ticket
        self.loop = asyncio.get_running_loop()
        self.outcome: Future[Any] = Future()  # fit for waiting from other loops
        self.awaits: list[_Computation] = []
        self.task: asyncio.Task[None] | None = None  # held: the loop itself holds tasks weakly

    def can_end(self) -> bool:
        """Whether its loop can still finish it while the caller's waits."""
        return self.loop is asyncio.get_running_loop() or self.loop.is_running()

    def is_lost(self) -> bool:
        """Whether nobody can finish it any more: its loop was closed."""
        return self.loop.is_closed()

    def give_up(self) -> None:
        """End it without a value; whoever waits looks again."""
        self.ticket.fail(None)
        self.outcome.cancel()

    def leads_to(self, other: "_Computation") -> bool:
        """Whether it waits for the other, itself or through those it waits for."""
        seen, left = set(), [self]
        while left:
            at = left.pop()
            if at is other:
                return True
            if id(at) not in seen:
                seen.add(id(at))
                left += at.awaits
        return False


_within: ContextVar[tuple[_Computation, ...]] = ContextVar("tailgana_within", default=())


class CachedCoroutineFunction(LiveCache):
    """A coroutine function whose results are kept; keys are compared as those of a `CachedFunction`."""

    __name__: str
    __qualname__: str
    __wrapped__: Work

    def __init__(self, function: Work, store: _engine.CacheStore, name: str) -> None:
        update_wrapper(self, function)
        self._store, self.name = store, name
        _mark_as_coroutine_function(self)
        self._register()

    def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """Await the result, computed or kept."""
        return self._ask(args, kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    async def warm(self, arguments: Iterable[Any], progress: Progress | None = None) -> int:
        """Await the function for what is not there yet, one call after another.

        Parameters
        ----------
        arguments : iterable
            One call each; a tuple is all arguments of a call.
        progress : callable, optional
            Called with how many are done, and how many there are, after each.

        Returns
        -------
        int
            Calls whose result was loaded: not those that were there, nor those that raised.

        Raises
        ------
        InvalidRequestError
            If the arguments are no iterable.
        """
        calls = check_calls(arguments)
        n_loaded = 0
        for done, args in enumerate(calls, start=1):
            with suppress(Exception):
                found, ticket = self._store.begin(args, None, ahead=True)
                if found == "lead":
                    await self._lead(ticket, args, {})
                    n_loaded += 1
            if progress is not None:
                progress(done, len(calls))
        return n_loaded

    async def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        is_counted = False
        while True:
            what, found = self._store.begin(args, kwargs, counted=is_counted)
            is_counted = True
            if what == "hit":
                return found
            if what == "lead":
                return await self._lead(found, args, kwargs)
            if found in _within.get():
                raise RecursionError("this call needs its own result: the same arguments are being computed")
            if found.is_lost():
                found.give_up()
                continue
            if not found.can_end() or any(found.leads_to(own) for own in _within.get()):
                return await self.__wrapped__(*args, **kwargs)
            outcome = await _wait(found)
            if outcome.done() and not outcome.cancelled():
                return outcome.result()
            await asyncio.sleep(0)  # it was given up: its flight ends before the next look

    async def _lead(self, ticket: _engine.Ticket, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute in a task of its own, and wait for it like everybody else."""
        own = _Computation(ticket)
        ticket.attach(own)
        within = _within.set((*_within.get(), own))
        try:
            own.task = asyncio.ensure_future(self._compute(own, args, kwargs))
        finally:
            _within.reset(within)
        own.task.add_done_callback(lambda task: _settle(own, task))
        outcome = await _wait(own)
        if outcome.cancelled():
            raise asyncio.CancelledError
        return outcome.result()

    async def _compute(self, own: _Computation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        began_ns = perf_counter_ns()
        value = await self.__wrapped__(*args, **kwargs)
        own.ticket.finish(value, perf_counter_ns() - began_ns)
        own.outcome.set_result(value)

    def __repr__(self) -> str:
        return f"<cached {self.name}: {len(self._store)} of {self.capacity}, {self.policy}>"

    def __reduce__(self) -> Any:
        return by_name_or_value(self)

    def __copy__(self) -> "CachedCoroutineFunction":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "CachedCoroutineFunction":
        return self


def _settle(own: _Computation, task: "asyncio.Task[None]") -> None:
    """The task ended: tell of an error, or that it was given up."""
    if own.outcome.done():
        return
    error = None if task.cancelled() else task.exception()
    own.ticket.fail(error)
    if error is None:
        own.outcome.cancel()
    else:
        own.outcome.set_exception(error)


async def _wait(found: _Computation) -> "Future[Any]":
    """Wait for a computation, as long as it can end; being cancelled meanwhile does not reach it."""
    waiting = [own for own in _within.get() if own is not found][-1:]
    for own in waiting:
        own.awaits.append(found)
    try:
        loop = asyncio.get_running_loop()
        inner: asyncio.Future[Any] = loop.create_future()
        found.outcome.add_done_callback(lambda _: _wake(loop, inner))
        if found.loop is loop:
            await inner
        while not inner.done() and found.can_end():
            await asyncio.wait([inner], timeout=LOOK_S)
    finally:
        for own in waiting:
            own.awaits.remove(found)
    return found.outcome


def _wake(loop: asyncio.AbstractEventLoop, inner: "asyncio.Future[Any]") -> None:
    """Wake a waiter in its own loop, from any thread; a loop that is closed has no waiters."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_end_waiting, inner)


def _end_waiting(inner: "asyncio.Future[Any]") -> None:
    if not inner.done():
        inner.set_result(None)


def _mark_as_coroutine_function(function: Any) -> None:
    """Let `inspect` and `asyncio` take the object for a coroutine function."""
    mark = getattr(inspect, "markcoroutinefunction", None)  # from Python 3.12 on
    if mark is not None:
        mark(function)
    else:
        function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
