"""The table of change points: its columns, whatever is found, and what it takes for a series."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.change_points import change_points

STEP = [10.0, 10.2, 9.9, 10.1] * 5 + [12.0, 12.2, 11.9, 12.1] * 5


def test_a_row_for_each_shift() -> None:
    (row,) = change_points(STEP).to_dict("records")
    assert (row["index"], row["before"], row["after"]) == (20, 10.05, 12.05)
    assert row["change_pct"] == pytest.approx(100 * (12.05 / 10.05 - 1))
    assert row["confidence"] > 0.99
    assert row["suspect"] is False


@pytest.mark.parametrize("values", [STEP, [], [7.0] * 50])
def test_columns_and_types_are_the_same_whatever_is_found(values: list[float]) -> None:
    frame = change_points(values)
    assert list(frame.columns) == ["index", "before", "after", "change_pct", "confidence", "suspect"]
    assert [str(kind) for kind in frame.dtypes] == ["int64", *["float64"] * 4, "bool"]


@pytest.mark.parametrize("make", [tuple, np.array, pd.Series, iter, lambda values: [str(v) for v in values]])
def test_any_series_of_numbers_will_do(make: Any) -> None:
    assert list(change_points(make(STEP))["index"]) == [20]


def test_missing_values_are_skipped() -> None:
    assert list(change_points([None, math.nan, *STEP])["index"]) == [22]


@pytest.mark.parametrize("values", [[[1.0, 2.0], [3.0, 4.0]], ["a", "b"], [object()], [[1.0], [2.0, 3.0]]])
def test_what_is_no_series_of_numbers_is_refused(values: Any) -> None:
    with pytest.raises(InvalidRequestError, match="`values` must be"):
        change_points(values)
