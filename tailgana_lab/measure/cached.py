"""`cached`: a function behind a live cache. A hit is answered by the engine without running Python code."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import update_wrapper
from inspect import iscoroutinefunction
from time import perf_counter_ns
from typing import Any, Self, TypeVar, overload

from tailgana_lab import _engine
from tailgana_lab.measure.cache_code import Definition
from tailgana_lab.measure.cache_limits import check_calls, check_function
from tailgana_lab.measure.cached_tasks import CachedCoroutineFunction
from tailgana_lab.measure.carried import by_name_or_value
from tailgana_lab.measure.content_key import ContentKey
from tailgana_lab.measure.live_cache import CacheOptions, LiveCache, earlier_cache, live_caches, why_not_kept
from tailgana_lab.measure.loading_ahead import Waker

__all__ = ["CachedFunction", "cached", "live_caches"]

Function = TypeVar("Function", bound=Callable[..., Any])
Progress = Callable[[int, int], None]


class CachedFunction(LiveCache, _engine.CachedCall):
    """A function whose results are kept.

    Arguments are alike when they have the same type and are equal: 1, 1.0 and True are three keys. Keywords count in
    the order they are given. Arrays and tables count by their content. The `self` of a method is part of the key, and
    lives as long as its entries do.
    """

    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]

    def __new__(cls, function: Callable[..., Any], store: _engine.CacheStore, *_: object) -> Self:
        """An object of the engine's, which takes the function and its store."""
        return super().__new__(cls, function, store)

    def __init__(self, function: Callable[..., Any], store: _engine.CacheStore, name: str) -> None:
        update_wrapper(self, function)
        self.name = name
        self._register()

    def warm(self, arguments: Iterable[Any], progress: Progress | None = None) -> int:
        """Call the function for what is not there yet.

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
                n_loaded += self._load(args)
            if progress is not None:
                progress(done, len(calls))
        return n_loaded

    def load_ahead(self, has_time: Callable[[], bool]) -> bool:
        """Load what the policy foretold while there is time, and forget the rest; whether there was time.

        The loading thread calls it.
        """
        is_free = True
        while (call := self._store.next_ahead()) is not None:
            args, kwargs = call
            if any(isinstance(value, ContentKey) for value in (*args, *kwargs.values())):
                continue
            is_free = is_free and has_time()
            if is_free:
                with suppress(BaseException):  # also SystemExit: nobody asked, and the thread serves other caches too
                    self._load(args, kwargs, prefetched=True)
        return is_free

    def _load(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, *, prefetched: bool = False) -> bool:
        """Compute what is not there; whether it was computed."""
        found, ticket = self._store.begin(args, kwargs, ahead=True)
        if found != "lead":
            return False
        began_ns = perf_counter_ns()
        try:
            value = self.__wrapped__(*args, **(kwargs or {}))
        except BaseException as error:
            ticket.fail(error if isinstance(error, Exception) else None)
            raise
        ticket.finish(value, perf_counter_ns() - began_ns, prefetched)
        return True

    def __repr__(self) -> str:
        return f"<cached {self.name}: {len(self._store)} of {self.capacity}, {self.policy}>"

    def __reduce__(self) -> Any:
        return by_name_or_value(self)

    def __copy__(self) -> "CachedFunction":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "CachedFunction":
        return self


_engine.allow_vectorcall(CachedFunction)


@overload
def cached(capacity: Function, /) -> Function: ...
@overload
def cached(
    capacity: int = 1000,
    policy: str = "lru",
    ttl_s: float | None = None,
    name: str | None = None,
    pure: bool = False,
    record: bool = True,
    max_bytes: int | None = None,
) -> Callable[[Callable[..., Any]], CachedFunction]: ...


def cached(
    capacity: Any = 1000,
    policy: str = "lru",
    ttl_s: float | None = None,
    name: str | None = None,
    pure: bool = False,
    record: bool = True,
    max_bytes: int | None = None,
) -> Any:
    """Keep the results of a function, method or coroutine function.

    Parameters
    ----------
    capacity : int, default 1000
        Entries at most; 0 keeps nothing.
    policy : str, default "lru"
        Who decides what leaves: `fifo lru lfu clock sieve s3fifo twoq arc lirs wtinylfu predictive`.
    ttl_s : float, optional
        Seconds an entry lives after it was written, however often it is used.
    name : str, optional
        How it is called in lists; the function's qualified name by default.
    pure : bool, default False
        Whether calling the function early, or once more, does no harm: then `predictive` may load ahead.
    record : bool, default True
        Whether requests are recorded, 4 bytes each, for replay and tuning.
    max_bytes : int, optional
        Most bytes of all values together.

    Returns
    -------
    decorator
        Its result has `metrics`, `statistics`, `cache_info`, `resize`, `set_ttl`, `set_policy`, `warm`, `trace`, and
        `clear`. `len(cache)` and `cache_info().currsize` count entries whose time is over until they are asked for.

    Raises
    ------
    InvalidRequestError
        If an option is wrong, or what is decorated is no function, a `classmethod`, a `staticmethod` or a generator
        function.

    Examples
    --------
    >>> @cached(capacity=100)
    ... def square(x):
    ...     return x * x
    >>> square(3), square(3), square.cache_info().hits
    (9, 9, 1)
    """
    if callable(capacity) or isinstance(capacity, classmethod | staticmethod):
        return cached()(capacity)
    options = CacheOptions(capacity, policy, ttl_s, max_bytes, record, pure)

    def decorate(function: Callable[..., Any]) -> CachedFunction | CachedCoroutineFunction:
        check_function(function)
        return _cached(function, str(name or getattr(function, "__qualname__", repr(function))), options)

    return decorate


def _cached(function: Callable[..., Any], name: str, options: CacheOptions) -> CachedFunction | CachedCoroutineFunction:
    """A function behind a cache: the one it had before its cell ran again, where nothing changed, else a new one."""
    definition = Definition.of(function)
    earlier = earlier_cache(definition, name)
    because = None if earlier is None else why_not_kept(earlier, definition, options)
    kept = earlier if because is None else None
    new = put_behind_cache(function, name, options, kept)
    new.define(definition, because, new.waker)
    return new


def put_behind_cache(
    function: Callable[..., Any], name: str, options: CacheOptions, kept: LiveCache | None = None
) -> CachedFunction | CachedCoroutineFunction:
    """A function behind an empty cache, or behind the entries of an earlier one."""
    waker = Waker() if kept is None else kept.waker
    store = options.make_store(wake=waker) if kept is None else kept.store
    new: CachedFunction | CachedCoroutineFunction
    if iscoroutinefunction(function):
        new = CachedCoroutineFunction(function, store, name)
    else:
        new = CachedFunction(function, store, name)
        waker.serve(new)
    new.waker = waker
    new.adopt(options)
    return new
