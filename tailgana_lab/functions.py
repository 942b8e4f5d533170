"""The public functions of baselines, comparisons and caches: each one call of the default lab."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tailgana_lab.lab import default_lab

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pandas as pd

    from tailgana_lab.measure.recorded_cache import Recording
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.caching import CacheType
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.regression import RegressionReport
    from tailgana_lab.storage.record import Record
    from tailgana_lab.storage.store import Store


def compare(
    old: Callable[..., Any],
    new: Callable[..., Any],
    setup: Callable[[], Any] | None = None,
    budget_s: float | None = None,
) -> "Comparison":
    """Say which of two functions is faster, and how sure that is.

    Both take turns, round by round, in fresh processes; a change is confirmed by a second batch before it is named.

    Parameters
    ----------
    old, new : callable
        Functions without arguments, plain or `async`.
    setup : callable, optional
        Gives fresh arguments for each call, not timed: a tuple is all of them, anything else the only one.
    budget_s : float, optional
        Wall-clock time of everything, seconds; `TAILGANA_BUDGET_S`, else 15.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidRequestError
        If one of them is no function, or the budget is not positive.
    WorkloadError
        If one of them raised.
    LabError
        If one call of each does not end within the budget.

    Examples
    --------
    >>> import tailgana_lab as tgl
    >>> c = tgl.compare(lambda: sum(range(2000)), lambda: sum(range(4000)), budget_s=10)
    >>> c.verdict in ("slower", "inconclusive")
    True
    """
    return default_lab().compare(old, new, setup=setup, budget_s=budget_s)


def baseline(
    name: str,
    func: Callable[..., Any],
    *args: Any,
    setup: Callable[[], Any] | None = None,
    budget_s: float | None = None,
    isolate: bool | None = None,
    **kwargs: Any,
) -> "Baseline":
    """Measure a function and keep it with all that is needed to run it again.

    Modules of the project travel by value, so an edit of a helper counts as a change too.

    Parameters
    ----------
    name : str
        Under which it is checked later.
    func : callable
        What to measure, with `args` and `kwargs`.
    setup : callable, optional
        Gives fresh arguments for each call instead.
    budget_s : float, optional
        Wall-clock time of everything, seconds.
    isolate : bool, optional
        Whether fresh processes must (True) or must not (False) be used; by default where the code can travel.

    Returns
    -------
    Baseline
        As it was stored.

    Raises
    ------
    LabError
        If it cannot be measured or stored.
    """
    return default_lab().baseline(name, func, *args, setup=setup, budget_s=budget_s, isolate=isolate, **kwargs)


def check(
    name: str,
    func: Callable[..., Any] | None = None,
    *args: Any,
    commit: str | None = None,
    budget_s: float | None = None,
    **kwargs: Any,
) -> "RegressionReport":
    """Race a kept baseline against the code as it is today.

    Parameters
    ----------
    name : str
        Name of the baseline.
    func : callable, optional
        Today's side; without one, the same module and name, imported now.
    commit : str, optional
        Commit whose code is the old side instead of the baseline's.
    budget_s : float, optional
        Wall-clock time of everything, seconds.

    Returns
    -------
    RegressionReport

    Raises
    ------
    UntrustedPayloadError
        If another user has made the baseline, or someone altered it.
    LabError
        If baseline, commit or today's function is not there; the message lists what is.
    """
    return default_lab().check(name, func, *args, commit=commit, budget_s=budget_s, **kwargs)


def store() -> "Store":
    """The store of the default lab: `TAILGANA_STORE`, else `.tailgana/lab.db` in the current folder."""
    return default_lab().store


def trust(name_or_record: "str | Record") -> None:
    """Let code run that another user has made: sign the payload of a baseline, by its name or record, as it is now."""
    default_lab().trust(name_or_record)


def operation(named: Any) -> Any:
    """Make a function an operation of performance baselines: `@tgl.operation` or `@tgl.operation("name")`.

    It must be callable without arguments, and stays as it is.

    Raises
    ------
    InvalidRequestError
        If it wants arguments, or the name is one of the lab's own.
    """
    from tailgana_lab.measure.operations import DEFAULT_OPERATIONS

    return DEFAULT_OPERATIONS.decorate(named)


def tune(
    cached_function_or_keys: Any,
    target_hit_fraction: float = 0.90,
    capacity: int | None = None,
    *,
    optimise: str = "hits",
    wants_ttl: bool = False,
) -> "CacheAdvice":
    """Say which policy and size a workload wants, what that would bring, and where the limit lies.

    All policies are replayed at about 20 sizes, exactly; above 2 million requests a sample of the keys stands for all
    of them (never for SIEVE), and the advice says so.

    Parameters
    ----------
    cached_function_or_keys : cached function, Cache, recording, array, Series, list, or path
        A live cache with the requests it recorded, or the key of each request, in order.
    target_hit_fraction : float, default 0.90
        Hits to reach, a fraction of the requests: advised is the least capacity at which any policy reaches it.
    capacity : int, optional
        Entries that there is room for: advised is the policy for it, and the target is not looked at.
    optimise : {"hits", "time"}
        What the policy for a capacity is best in: hits, or the time they save, by the durations that a live cache has
        recorded.
    wants_ttl : bool
        Whether the shortest time to live that costs nearly no hits is advised too; for a live cache.

    Returns
    -------
    CacheAdvice
        `apply()` sets the live cache so; `achieved()` later compares with what was promised.

    Raises
    ------
    InvalidRequestError
        If there are no requests, target or capacity make no sense, or times are wanted that are not known.

    Examples
    --------
    >>> import tailgana_lab as tgl
    >>> advice = tgl.tune([1, 2, 3] * 100, target_hit_fraction=0.9)
    >>> advice.capacity, advice.reachable
    (3, True)
    """
    return default_lab().tune(
        cached_function_or_keys, target_hit_fraction, capacity, optimise=optimise, wants_ttl=wants_ttl
    )


def caches() -> "pd.DataFrame":
    """The live caches of the lab, then those of other libraries in the user's names and modules.

    Nothing is imported or opened for it, and no cache notices.

    Returns
    -------
    pandas.DataFrame
        `name, kind, capacity, size, hits, misses`; what a cache does not tell is NaN, no bound is infinite. Kinds are
        `tailgana functools cachetools joblib cachebox diskcache`.
    """
    return default_lab().caches()


def record_cache(name: str) -> "AbstractContextManager[Recording]":
    """Record the keys that a cache of another library is asked for, for the time of a `with` block.

    A wrapper takes the place of the original, which goes on working underneath and is back when the block is left.

    Parameters
    ----------
    name : str
        As `caches()` shows it, or the dotted name of a cached function in any loaded module.

    Returns
    -------
    context manager
        Gives a recording; its `trace()` is an array of uint32, and `tune` and `replay` take it.

    Raises
    ------
    InvalidRequestError
        On entering, if there is no cache of that name, or its look-ups cannot be seen.
    """
    return default_lab().record_cache(name)


def optimize_cache(
    cache_type: "CacheType | str" = "all",
    action: str | None = None,
    *,
    size_multiplier: float | None = None,
    ttl_seconds: float | None = None,
    eviction_policy: str | None = None,
) -> dict[str, Any]:
    """Analyse the live caches of a type, or change them.

    Parameters
    ----------
    cache_type : CacheType or str
        `predictive`, `lru`, `lfu`, `ttl` or `all`.
    action : {"analyze", "optimize"}, optional
        `optimize` is meant where something is to be changed.
    size_multiplier : float, optional
        New capacity over the old one, above 1.
    ttl_seconds : float, optional
        New time to live, seconds.
    eviction_policy : str, optional
        New policy.

    Returns
    -------
    dict
        Analysed: by type its figures, and under `caches` those of each cache by name. Changed: `hit_rate_pct` and
        `improvement_pct`, percentage points; both NaN until something was asked since.

    Raises
    ------
    InvalidRequestError
        If the type or the action is unknown, or nothing is to be changed.
    """
    return default_lab().optimize_cache(
        cache_type,
        action,
        size_multiplier=size_multiplier,
        ttl_seconds=ttl_seconds,
        eviction_policy=eviction_policy,
    )
