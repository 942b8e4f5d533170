"""Recording the keys that another library's cache is asked for: a wrapper takes its place for the time of a block.

The original goes on working underneath and is back when the block is left, also by an exception.
"""

import functools
import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.found_caches import (
    CACHEBOX,
    CACHETOOLS,
    DISKCACHE,
    FUNCTOOLS,
    JOBLIB,
    FoundCache,
    class_attributes,
    found_caches,
    kind_of,
    namespaces,
    unbound,
)
from tailgana_lab.measure.live_cache import LiveCache
from tailgana_lab.measure.named_caches import named_caches

if TYPE_CHECKING:
    import numpy as np

MAX_REQUESTS = 1 << 20  # requests; the latest are kept, as a live cache does
_PASSED_ON = ("cache_info", "cache_clear", "cache_parameters", "__wrapped__")
MakeKey = Callable[..., Any]


class Recording:
    """The keys that a cache was asked for, as numbers in the order of their first request.

    At most the last `max_requests` requests are given. To number them it holds the keys themselves while it is on, at
    most twice as many: those of older requests go, and one that comes back then is as good as new.
    """

    def __init__(self, name: str, max_requests: int = MAX_REQUESTS) -> None:
        self.name = name
        """Name of the cache."""
        self.n_skipped = 0
        """Calls whose arguments have no hash: no cache keeps them."""
        self.is_on = True
        """Whether requests are noted."""
        self._max_requests = max_requests
        self._ids: defaultdict[Any, int] = defaultdict(count().__next__)
        self._requests = array("I")

    def note(self, key: Any) -> None:
        """One request."""
        if not self.is_on:
            return
        try:
            self._requests.append(self._ids[key])
        except TypeError:
            self.n_skipped += 1
        if len(self._requests) >= 2 * self._max_requests:
            self._forget()

    def _forget(self) -> None:
        """Let go of the older requests, and of keys that only they had."""
        del self._requests[: -self._max_requests]
        numbered = list(self._ids.items())
        recent = set(self._requests)  # after the keys: what another thread notes meanwhile stays
        for key, number in numbered:
            if number not in recent:
                self._ids.pop(key, None)

    def stop(self) -> None:
        """Note nothing more; what was noted stays, the keys themselves go."""
        self.is_on = False
        self._ids.clear()

    def trace(self) -> "np.ndarray[Any, np.dtype[np.uint32]]":
        """The latest requests as numbers of their keys, oldest first."""
        import numpy as np

        return np.array(self._requests[-self._max_requests :], dtype=np.uint32)

    def __len__(self) -> int:
        return min(len(self._requests), self._max_requests)

    def __repr__(self) -> str:
        return f"<Recording of {self.name}: {len(self):,} requests>"


@contextmanager
def record_cache(name: str) -> Iterator[Recording]:
    """Record the keys that an existing cache is asked for, for the time of a `with` block.

    Parameters
    ----------
    name : str
        As `tgl.caches()` shows it, or the dotted name of a function in any loaded module.

    Yields
    ------
    Recording
        `trace()` gives the requests; `tgl.tune` and `tgl.replay` take it.

    Raises
    ------
    InvalidRequestError
        If there is no cache of that name, or its look-ups cannot be seen.

    Examples
    --------
    >>> import functools, sys
    >>> sys.modules["__main__"].square = functools.lru_cache(maxsize=2)(lambda x: x * x)
    >>> with record_cache("square") as recording:
    ...     values = [sys.modules["__main__"].square(x) for x in (3, 4, 3)]
    >>> recording.trace().tolist()
    [0, 1, 0]
    >>> del sys.modules["__main__"].square
    """
    original = _find(name)
    recording = Recording(name)
    swap = _swapped_class if _is_mapping(original) else _swapped_names
    with swap(original, recording):
        try:
            yield recording
        finally:
            recording.stop()


# ---- functions: another function under the same names


@contextmanager
def _swapped_names(original: Any, recording: Recording) -> Iterator[None]:
    """A function that notes, wherever the original stands."""
    wrapper = _noting(original, recording)
    try:
        _replace(original, wrapper)
        yield
    finally:
        _replace(wrapper, original)


def _noting(original: Any, recording: Recording) -> Callable[..., Any]:
    """A function like the original that notes its calls first."""
    make_key = _key_maker(original)

    @functools.wraps(original)
    def noting(*args: Any, **kwargs: Any) -> Any:
        recording.note(_Lazy.of(make_key, args, kwargs))
        return original(*args, **kwargs)

    for each in _PASSED_ON:
        if hasattr(original, each):
            setattr(noting, each, getattr(original, each))
    return noting


class _Lazy:
    """What stands for a key that has none."""

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, make_key: MakeKey, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The key of a call; what cannot be hashed is told by its TypeError."""
        try:
            return make_key(args, kwargs)
        except TypeError:
            return cls()


def _key_maker(original: Any) -> MakeKey:
    """How the cache itself tells calls apart."""
    kind = kind_of(original)
    if kind == FUNCTOOLS:
        typed = original.cache_parameters()["typed"]
        return lambda args, kwargs: functools._make_key(args, kwargs, typed)
    if kind == CACHETOOLS:
        own = original.cache_key
        return lambda args, kwargs: own(*args, **kwargs)
    if kind == JOBLIB:
        digest = sys.modules["joblib"].hash
        return lambda args, kwargs: digest((args, kwargs))
    return lambda args, kwargs: functools._make_key(args, kwargs, typed=True)


def _replace(old: Any, new: Any) -> None:
    """Put one object in the place of another, in every module, in the user's names and in classes there."""
    for names in _all_names():
        for name, value in list(names.items()):
            if value is old:
                names[name] = new
            elif issubclass(type(value), type) and class_attributes(value).get("__module__") == names.get("__name__"):
                _replace_in_class(value, old, new)


def _replace_in_class(owner: type, old: Any, new: Any) -> None:
    for name, value in list(class_attributes(owner).items()):
        if value is old:
            setattr(owner, name, new)
        elif type(value) in (staticmethod, classmethod) and unbound(value) is old:
            setattr(owner, name, type(value)(new))


def _all_names() -> Iterator[dict[str, Any]]:
    """The names of every loaded module and of the notebook."""
    seen: set[int] = set()
    modules = [vars(module) for module in list(sys.modules.values()) if issubclass(type(module), ModuleType)]
    for names in (*(names for _, names in namespaces()), *modules):
        if id(names) not in seen:
            seen.add(id(names))
            yield names


# ---- mappings: the same object under a class that notes


@contextmanager
def _swapped_class(original: Any, recording: Recording) -> Iterator[None]:
    """The class of a mapping replaced by one that notes look-ups: all who hold it see the same object."""
    kind = type(original)
    try:
        original.__class__ = _noting_class(kind, recording, kind_of(original))
        yield
    finally:
        original.__class__ = kind


def _noting_class(kind: type, recording: Recording, library: str) -> type:
    """A class like this one whose look-ups are noted."""
    own: Any = kind

    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        recording.note(key)
        if library == DISKCACHE:
            return own.get(self, key, default, *args, **kwargs)
        return own.__getitem__(self, key) if key in self else default

    def item(self: Any, key: Any) -> Any:
        recording.note(key)
        return own.__getitem__(self, key)

    # diskcache's own `[]` goes through `get`
    noted = {"get": get} if library == DISKCACHE else {"get": get, "__getitem__": item}
    return type(kind.__name__, (kind,), {"__slots__": (), "__module__": kind.__module__, **noted})


def _is_mapping(original: Any) -> bool:
    return not callable(original)


# ---- names


def _find(name: str) -> Any:
    """The cache of this name."""
    known = found_caches()
    found = next((each.cache for each in known if each.name == name), None)
    found = _by_path(name) if found is None else found
    own = named_caches().get(name) if found is None else found
    if isinstance(own, LiveCache):
        raise InvalidRequestError(f"`{name}` is a cache of the lab, which records itself: {_own_record(name, own)}")
    if found is None:
        raise InvalidRequestError(f"no cache `{name}`: {_there_is(known)}")
    kind = kind_of(found)
    if not kind:
        raise InvalidRequestError(f"`{name}` is no cache that can be recorded: {_there_is(known)}")
    if kind == JOBLIB and not callable(found):
        raise InvalidRequestError(f"`{name}` is a folder of caches: name a function that its `cache` gave")
    if kind == CACHEBOX and not callable(found):
        raise InvalidRequestError(f"`{name}` does not let its look-ups be seen: record a function of `cachebox.cached`")
    return found


def _by_path(name: str) -> Any:
    """What a dotted name means in the loaded modules; None where it means nothing."""
    words = name.split(".")
    for n_words in range(len(words) - 1, 0, -1):
        value: Any = sys.modules.get(".".join(words[:n_words]))
        if value is None:
            continue
        for word in words[n_words:]:
            value = unbound(vars(value).get(word)) if hasattr(value, "__dict__") else None
        return value
    return None


def _own_record(name: str, cache: LiveCache) -> str:
    """How to get at the requests of a live cache."""
    if cache.store.is_recording:
        return f"`{name}.trace()` gives its requests, `tgl.tune` and `tgl.replay` take it"
    return "make it with `record=True`"


def _there_is(known: list[FoundCache]) -> str:
    if not known:
        return "`tgl.caches()` finds none"
    names = ", ".join(f"`{each.name}`" for each in known[:8])
    return f"there are {names}" + (f" and {len(known) - 8} more" if len(known) > 8 else "")
