"""Live caches by name, and what can be said of one that nobody has asked yet."""

from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from math import nan
from typing import Protocol, TypeVar

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.live_cache import LiveCache, live_caches
from tailgana_lab.results.cache_advice import CacheAdvice, CacheSetting


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """How it is called."""
        ...


Cache = TypeVar("Cache", bound=Named)


def named_caches() -> dict[str, LiveCache]:
    """All live caches, newest first; of several with one name the newest has it, the others a number behind it."""
    return by_name(live_caches())


def by_name(caches: Iterable[Cache]) -> dict[str, Cache]:
    """Caches, given oldest first, by their names, made different where they are not."""
    named: dict[str, Cache] = {}
    for cache in reversed(list(caches)):
        name, number = cache.name, 1
        while name in named:
            number += 1
            name = f"{cache.name} ({number})"
        named[name] = cache
    return named


def find_cache(name: str) -> LiveCache:
    """The live cache of a name.

    Raises
    ------
    InvalidRequestError
        If there is none; the message names those there are.
    """
    named = named_caches()
    if name in named:
        return named[name]
    if not named:
        raise InvalidRequestError(f"no cache is live, so none is called `{name}`: put `@tgl.cached()` above a function")
    near = get_close_matches(name, named, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "there are " + ", ".join(f"`{each}`" for each in named)
    raise InvalidRequestError(f"no live cache is called `{name}`: {hint}")


def unasked_advice(cache: LiveCache) -> CacheAdvice:
    """What is known of a cache whose requests are not known: how it is set, and how to get to an advice."""
    asked = cache.cache_info()
    if asked.hits + asked.misses:
        reason = "its requests are not recorded: make it with `record=True`, use it, then look again"
    else:
        reason = "no request has been recorded yet: use it, then look again"
    return CacheAdvice(
        policy=cache.policy,
        capacity=cache.capacity,
        ttl_s=cache.ttl_s,
        predicted_hit_fraction=nan,
        reachable=None,
        limit_hit_fraction=nan,
        reason=reason,
        name=cache.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        old=CacheSetting.of(cache),
        cache=cache,
    )
