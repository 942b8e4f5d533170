"""Where the level of a history of measurements shifts, as a table.

The engine decides; here values of any kind become numbers, and its answer a DataFrame.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("index", "before", "after", "change_pct", "confidence", "suspect")
TYPES = ("int64", "float64", "float64", "float64", "float64", "bool")


def change_points(values: Iterable[float | None]) -> "pd.DataFrame":
    """Find the shifts of level in a series of measurements.

    A shift is reported from 2 % of the level before it and 4 standard errors on, the error widened where neighbours are
    alike, and with at least three values on either side. A spike of one or two values is none.

    Parameters
    ----------
    values : iterable of float, length n
        Measurements in order of time, of any unit. Missing ones (None, NaN) are skipped.

    Returns
    -------
    pandas.DataFrame
        One row for each shift, in order: `index` of the first value of the new level, counted in `values`; `before` and
        `after`, medians of the levels in the unit of `values`; `change_pct` (NaN from a level of 0); `confidence`, a
        fraction; `suspect`, True for a shift in the last three values, which may be a spike yet.

    Raises
    ------
    InvalidRequestError
        If the values are no one-dimensional series of numbers.

    Examples
    --------
    >>> change_points([10.0, 10.1, 9.9, 10.0, 10.1] * 4 + [12.0, 12.1, 11.9, 12.0, 12.1] * 4)[["index", "after"]]
       index  after
    0     20   12.0
    """
    import numpy as np
    import pandas as pd

    rows = _engine.change_points(_numbers(values))
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    return pd.DataFrame(
        {name: np.array(column, dtype=kind) for name, kind, column in zip(COLUMNS, TYPES, columns, strict=True)}
    )


def _numbers(values: Iterable[Any]) -> list[float]:
    """Values as floats, NaN where one is missing."""
    import numpy as np

    given = values if hasattr(values, "__array__") or isinstance(values, list | tuple) else list(values)
    try:
        numbers = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"`values` must be numbers, one for each measurement: {error}") from error
    if numbers.ndim != 1:
        raise InvalidRequestError(f"`values` must be one series, got {numbers.ndim} dimensions")
    listed: list[float] = numbers.tolist()
    return listed
