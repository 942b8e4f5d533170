"""What a cache may be told: capacity, policy, time to live, bytes. Checked here, trusted below."""

from collections.abc import Iterable
from difflib import get_close_matches
from inspect import isasyncgenfunction, isgeneratorfunction
from math import isfinite
from numbers import Integral, Real
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.caching import LIVE_POLICIES


def check_capacity(capacity: object) -> int:
    """A number of entries; 0 keeps nothing.

    Raises
    ------
    InvalidRequestError
        If it is no whole number of at least 0.
    """
    if isinstance(capacity, bool) or not isinstance(capacity, Integral) or not 0 <= int(capacity) < 2**63:
        raise InvalidRequestError(
            f"`capacity` must be a whole number of entries from 0 up, got `{capacity}`: try `capacity=1000`"
        )
    return int(capacity)


def check_policy(policy: object) -> str:
    """The name of a policy.

    Raises
    ------
    InvalidRequestError
        If there is none of that name.
    """
    if policy not in LIVE_POLICIES:
        near = get_close_matches(str(policy), LIVE_POLICIES, n=1, cutoff=0.3)
        hint = f"did you mean `{near[0]}`? There are" if near else "the usual one is `lru`, and there are"
        raise InvalidRequestError(f"`{policy}` is no policy, {hint} {', '.join(LIVE_POLICIES)}")
    return str(policy)


def check_ttl(ttl_s: object) -> int | None:
    """Nanoseconds an entry lives; None for as long as there is room.

    Raises
    ------
    InvalidRequestError
        If it is no number of seconds above 0.
    """
    if ttl_s is None:
        return None
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, Real) or not isfinite(ttl_s) or ttl_s <= 0:
        raise InvalidRequestError(f"`ttl_s` must be seconds above 0, got `{ttl_s}`: `None` lets entries live on")
    return max(1, min(int(float(ttl_s) * 1e9), 2**62))


def check_bytes(max_bytes: object) -> int | None:
    """Most bytes of all values; None for any number.

    Raises
    ------
    InvalidRequestError
        If it is no whole number above 0.
    """
    if max_bytes is None:
        return None
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, Integral) or not 0 < int(max_bytes) < 2**63:
        raise InvalidRequestError(f"`max_bytes` must be a whole number of bytes above 0, got `{max_bytes}`")
    return int(max_bytes)


def check_function(function: object) -> None:
    """Whether results of it can be kept.

    Raises
    ------
    InvalidRequestError
        If it is no function, a method's wrapper, or gives a generator.
    """
    if isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        raise InvalidRequestError(f"`cached` cannot see into a {kind}: put `@{kind}` on top, and `@cached` below it")
    if not callable(function):
        raise InvalidRequestError(f"`cached` needs a function, got `{function!r}`: put it on the line above a `def`")
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        name = getattr(function, "__qualname__", repr(function))
        raise InvalidRequestError(f"`{name}` gives a generator, and a generator can be used once: return a list")


def check_calls(arguments: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The arguments of each call that a cache is warmed with.

    Raises
    ------
    InvalidRequestError
        If they are no iterable.
    """
    try:
        calls = iter(arguments)
    except TypeError:
        raise InvalidRequestError(
            f"`arguments` must be a list of calls, got `{arguments!r}`: try `warm([{arguments!r}])`"
        ) from None
    return [each if isinstance(each, tuple) else (each,) for each in calls]
