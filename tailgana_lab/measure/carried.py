"""How a cached function goes into a pickle: by name where its module has it, else the function and an empty cache.

Entries stay where they are. What unpickling calls (`again`) stands by its name in kept payloads.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tailgana_lab.measure.live_cache import CacheOptions

if TYPE_CHECKING:
    from tailgana_lab.measure.cached import CachedFunction
    from tailgana_lab.measure.cached_tasks import CachedCoroutineFunction

MAIN = ("__main__", "__mp_main__")
"""Names of the module that a program is."""
_OF_THIS_PROCESS = ("_store", "waker", "definition", "invalidated_because", "_is_coroutine", "_is_coroutine_marker")


def again(function: Callable[..., Any], name: str, options: CacheOptions) -> "CachedFunction | CachedCoroutineFunction":
    """A function behind an empty cache."""
    from tailgana_lab.measure.cached import put_behind_cache

    return put_behind_cache(function, name, options)


def by_name_or_value(cache: "CachedFunction | CachedCoroutineFunction") -> Any:
    """What pickle asks for.

    Names of `__main__` mean something else in another process, unless that was forked from this one: cloudpickle gets
    the function, pickle itself, which takes no function apart, the name.
    """
    module = sys.modules.get(cache.__module__)
    if module is None or not _has(module, cache):
        return by_value(cache)
    if cache.__module__ in MAIN and _is_cloudpickle_asking():
        return by_value(cache)
    return cache.__qualname__


def by_value(cache: "CachedFunction | CachedCoroutineFunction") -> Any:
    """The function, and how its cache is set."""
    store = cache.store
    options = CacheOptions(
        store.capacity, store.policy, cache.ttl_s, store.max_bytes, store.is_recording, store.is_pure
    )
    facts = {name: value for name, value in vars(cache).items() if name not in _OF_THIS_PROCESS}
    return again, (cache.__wrapped__, cache.name, options), facts


def _has(module: object, cache: object) -> bool:
    """Whether a module has a cached function under its name."""
    found = module
    for name in str(getattr(cache, "__qualname__", "")).split("."):
        found = getattr(found, name, None)
    return found is cache


def _is_cloudpickle_asking() -> bool:
    """Whether the innermost Python code below is cloudpickle's, in whichever package it comes."""
    frame = sys._getframe(3)  # this, `by_name_or_value`, `__reduce__`
    return "cloudpickle" in str(frame.f_globals.get("__name__"))
