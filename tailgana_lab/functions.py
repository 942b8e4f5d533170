"""The public functions of baselines and comparisons: each one call of the default lab."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tailgana_lab.lab import default_lab

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
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
