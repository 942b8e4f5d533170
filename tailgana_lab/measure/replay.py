"""Replay of a trace of keys: what each policy at each capacity would have hit, exactly.

The engine replays; here requests of any kind become its trace, and its counts a DataFrame.
"""

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.traces import trace_of

if TYPE_CHECKING:
    import pandas as pd

BELADY = "belady"  # knows the future: replayed as the limit, no policy of a live cache
REPLAYED = (*_engine.POLICIES, BELADY)
N_CAPACITIES = 20
WIDEST_RATIO = 1000  # largest capacity to smallest, where none are given


def replay(
    keys: Any, policies: str | Iterable[str] = "all", capacities: int | Iterable[int] | None = None
) -> "pd.DataFrame":
    """Replay a trace against policies at capacities: exact, never sampled.

    Parameters
    ----------
    keys : array, Series, list, or path
        The key of each request, in order. Keys of a list may be anything hashable; alike are those that a dict takes as
        one. A path leads to a Parquet or CSV file (column `key`), a NumPy file (`.npy`), or a binary file of the
        oracleGeneral format.
    policies : str or iterable of str, default "all"
        Policies of a cache, and `belady`, the optimum that knows the future.
    capacities : int or iterable of int, optional
        Entries; at 0 nothing is kept. Without, about 20 from a thousandth of the different keys to all of them.

    Returns
    -------
    pandas.DataFrame
        A row for each policy and capacity, in the order given: `policy`, `capacity` (entries), `requests`, `misses`,
        `loads` (misses, and what `predictive` loaded ahead), `hit_fraction` (NaN without requests).

    Raises
    ------
    InvalidRequestError
        If a policy is unknown, a capacity is no whole number of at least 0, or the keys cannot be read.

    Examples
    --------
    >>> replay([1, 2, 1, 3, 1, 2], ["lru", "belady"], [2])[["policy", "misses"]]
       policy  misses
    0     lru       4
    1  belady       4
    """
    names = check_policies(policies)
    sizes = None if capacities is None else check_capacities(capacities)
    trace = trace_of(keys)
    return replay_trace(trace, names, sizes if sizes is not None else spread_capacities(trace.n_unique))


def lru_curve(keys: Any) -> "pd.DataFrame":
    """Hits of LRU at every capacity, exact, from one pass over a trace.

    Parameters
    ----------
    keys : array, Series, list, or path
        The key of each request, in order, as `replay` takes them.

    Returns
    -------
    pandas.DataFrame
        A row for each capacity from 1 to the number of different keys: `capacity` (entries), `hits` (requests).

    Raises
    ------
    InvalidRequestError
        If the keys cannot be read.

    Examples
    --------
    >>> lru_curve(["a", "b", "a", "a"])
       capacity  hits
    0         1     1
    1         2     2
    """
    import numpy as np
    import pandas as pd

    hits = np.frombuffer(trace_of(keys).lru_curve(), dtype="uint64").astype("int64")
    return pd.DataFrame({"capacity": np.arange(1, len(hits) + 1), "hits": hits})


def replay_trace(trace: _engine.Trace, policies: Sequence[str], capacities: Sequence[int]) -> "pd.DataFrame":
    """Replay a trace that was read before; policies and capacities are trusted."""
    import numpy as np
    import pandas as pd

    jobs = [(policy, capacity) for policy in policies for capacity in capacities]
    most = max(trace.n_unique, 1)  # a larger cache hits no more
    counts = trace.replay([(policy, min(capacity, most)) for policy, capacity in jobs], n_threads=n_cores())
    misses, loads = np.array(counts, dtype="int64").reshape(len(jobs), 2).T
    return pd.DataFrame(
        {
            "policy": pd.Series([policy for policy, _ in jobs], dtype=object),
            "capacity": pd.Series([capacity for _, capacity in jobs], dtype="int64"),
            "requests": trace.n_requests,
            "misses": misses,
            "loads": loads,
            "hit_fraction": (trace.n_requests - misses) / trace.n_requests if trace.n_requests else np.nan,
        }
    )


def spread_capacities(n_unique: int) -> list[int]:
    """About 20 capacities, evenly spread by ratio, up to all different keys.

    Examples
    --------
    >>> spread_capacities(5), len(spread_capacities(10**6))
    ([1, 2, 3, 4, 5], 20)
    """
    import numpy as np

    low, high = max(1, n_unique // WIDEST_RATIO), max(1, n_unique)
    return sorted({round(size) for size in np.geomspace(low, high, N_CAPACITIES).tolist()})


def check_policies(policies: str | Iterable[str]) -> list[str]:
    """Names of policies, each once; `all` stands for all of them."""
    if isinstance(policies, str):
        policies = REPLAYED if policies == "all" else (policies,)
    names = list(dict.fromkeys(policies))
    for name in names:
        if name not in REPLAYED:
            near = get_close_matches(str(name), REPLAYED, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(REPLAYED)}"
            raise InvalidRequestError(f"no policy `{name}`: {hint}")
    return names


def check_capacities(capacities: int | Iterable[int]) -> list[int]:
    """Capacities as whole numbers, each once."""
    given = list(capacities) if isinstance(capacities, Iterable) and not isinstance(capacities, str) else [capacities]
    for capacity in given:
        if not isinstance(capacity, Integral) or isinstance(capacity, bool) or not 0 <= capacity < 2**63:
            raise InvalidRequestError(f"`capacities` must be whole numbers of entries, at least 0, got `{capacity!r}`")
    return list(dict.fromkeys(int(capacity) for capacity in given))


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
