"""Events of the workflows: who wants to know subscribes by pattern and is called at once, in order.

A subscriber that raises breaks nothing: it is counted, and its first failure is logged.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from logging import getLogger
from threading import RLock
from typing import Any

PROFILING_STARTED = "performance.profiling_started"
BASELINE_ESTABLISHED = "performance.baseline_established"
PERFORMANCE_FAILED = "performance.failed"
ACCELERATION_ENABLING = "rust_acceleration.enabling"
ACCELERATION_ENABLED = "rust_acceleration.enabled"
ACCELERATION_FAILED = "rust_acceleration.failed"
CACHE_ANALYSIS_STARTED = "cache.analysis_started"
CACHE_OPTIMIZATION_STARTED = "cache.optimization_started"
CACHE_WARMING_STARTED = "cache.warming_started"
CACHE_WARMING_COMPLETED = "cache.warming_completed"
CACHE_OPTIMIZATION_COMPLETED = "cache.optimization_completed"
CACHE_FAILED = "cache.failed"
PARALLEL_STARTED = "parallel_execution.started"
PARALLEL_COMPLETED = "parallel_execution.completed"
PARALLEL_FAILED = "parallel_execution.failed"
REGRESSION_STARTED = "regression_detection.started"
REGRESSION_COMPLETED = "regression_detection.completed"
REGRESSION_FAILED = "regression_detection.failed"
BOTTLENECK_STARTED = "bottleneck_analysis.started"
BOTTLENECK_COMPLETED = "bottleneck_analysis.completed"
BOTTLENECK_FAILED = "bottleneck_analysis.failed"

Payload = Mapping[str, Any]
Callback = Callable[[str, Payload], object]
Emit = Callable[[str, Payload], None]
_MAX_NAMES = 1024  # names whose subscribers are remembered: names are few, unless someone puts data into them
_CHANGE = RLock()  # one subscriber comes or goes at a time; not the bus's own, or a bus could not be pickled


@dataclass(eq=False)
class Subscription:
    """One subscriber; `cancel()` ends it."""

    pattern: str
    """Shell pattern of the names it wants, such as `cache.*`."""
    callback: Callback
    """Called with the name and the payload."""
    bus: "EventBus"
    """Where it is subscribed."""
    n_failed: int = 0
    """Calls that raised."""
    last_error: Exception | None = None
    """What the latest of them raised."""

    def __post_init__(self) -> None:
        self._matches = re.compile(translate(self.pattern)).match

    def wants(self, name: str) -> bool:
        """Whether the name fits the pattern."""
        return self._matches(name) is not None

    def cancel(self) -> None:
        """End it; a second time does nothing."""
        self.bus.remove(self)

    def count_failure(self, name: str, error: Exception) -> None:
        """Take note that it raised; the first time is logged."""
        self.n_failed += 1
        self.last_error = error
        if self.n_failed == 1:
            getLogger(__name__).warning(
                "a subscriber of `%s` raised %s at `%s`: %s; later failures are only counted",
                *(self.pattern, type(error).__name__, name, error),
            )


class EventBus:
    """Calls subscribers in the order in which they came, in the thread that emits."""

    def __init__(self) -> None:
        self._routes = _Routes(())

    def subscribe(self, pattern: str, callback: Callback) -> Subscription:
        """Call `callback(name, payload)` for each event whose name fits a shell pattern."""
        subscription = Subscription(pattern, callback, self)
        with _CHANGE:
            self._routes = _Routes((*self._routes.subscriptions, subscription))
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Call this subscriber no more."""
        with _CHANGE:
            self._routes = _Routes(tuple(each for each in self._routes.subscriptions if each is not subscription))

    def emit(self, name: str, payload: Payload) -> None:
        """Tell all who want to know; returns when each has been called."""
        routes = self._routes
        wanted = routes.known.get(name)
        for subscription in routes.find(name) if wanted is None else wanted:
            try:
                subscription.callback(name, payload)
            except Exception as error:  # noqa: BLE001  # the work that is announced must not depend on who listens
                subscription.count_failure(name, error)


class _Routes:
    """Who wants which name, found out once for each: replaced as a whole when anyone comes or goes."""

    def __init__(self, subscriptions: tuple[Subscription, ...]) -> None:
        self.subscriptions = subscriptions
        self.known: dict[str, tuple[Subscription, ...]] = {}

    def find(self, name: str) -> tuple[Subscription, ...]:
        """Those whose pattern fits, in the order in which they came."""
        wanted = tuple(each for each in self.subscriptions if each.wants(name))
        if len(self.known) < _MAX_NAMES:
            self.known[name] = wanted
        return wanted


DEFAULT_BUS = EventBus()
"""Where the workflows announce themselves unless they are told otherwise."""


def emit_event(name: str, payload: Payload) -> None:
    """Announce an event to all who subscribed to it.

    Parameters
    ----------
    name : str
        Such as `cache.analysis_started`.
    payload : mapping
        What there is to tell.
    """
    DEFAULT_BUS.emit(name, payload)


def subscribe(pattern: str, callback: Callback) -> Subscription:
    """Be told about events.

    Parameters
    ----------
    pattern : str
        Shell pattern of names, such as `*`, `cache.*` or `*.failed`.
    callback : callable
        Called as `callback(name, payload)`, at once, in the thread that emits.

    Returns
    -------
    Subscription
        Its `cancel()` ends it; `n_failed` counts the calls that raised.

    Examples
    --------
    >>> seen = []
    >>> watching = subscribe("docs.*", lambda name, payload: seen.append(name))
    >>> emit_event("docs.read", {"page": 1})
    >>> watching.cancel()
    >>> seen
    ['docs.read']
    """
    return DEFAULT_BUS.subscribe(pattern, callback)
