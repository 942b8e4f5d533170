"""Arrays and tables as arguments: what makes two of them one key."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tailgana_lab import cached

DAYS = pd.to_datetime(["2024-01-01", "2024-01-02"])


def make_alike() -> list[object]:
    """One of each kind, made anew at each call."""
    return [
        np.arange(6).reshape(2, 3),
        np.arange(12)[::2],
        np.array(3.0),
        np.zeros((0, 3)),
        np.array(["a", "bc"]),
        np.array([None, 1, "x", 2.5, (1, "a")], dtype=object),
        np.array([1, 2], dtype="M8[s]"),
        np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]),
        pd.DataFrame({"x": [1, 2], "y": ["a", "b"], "z": pd.Categorical(["u", "v"])}),
        pd.DataFrame({"nested": [[1, 2], {"a": 4}]}),
        pd.Series(DAYS.tz_localize("UTC"), name="when"),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series(["a", None], dtype="string"),
        pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", "t"]),
        pd.period_range("2024", periods=3, freq="M"),
        pd.interval_range(0, 3),
        pa.array([1, None, 3]),
        pa.table({"a": [1, 2], "b": ["x", "y"]}),
    ]


PLACES = range(len(make_alike()))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: type(make_alike()[place]).__name__)
def test_equal_content_hits(place: int) -> None:
    function = cached(10)(lambda value: 0)
    function(make_alike()[place]), function(make_alike()[place])
    assert function.cache_info().hits == 1


def test_all_of_them_are_apart() -> None:
    function = cached(100)(lambda value: 0)
    for value in make_alike():
        function(value)
    assert function.cache_info().misses == len(PLACES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1, 2], "i8"), np.array([1, 2], "i8").view("f8")),
        (np.arange(6), np.arange(6, dtype="i4")),
        (np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2)),
        (np.array([0.0]), np.array([-0.0])),
        (np.array([1], ">u4"), np.array([1], "<u4")),
        (np.array(["a", None], object), np.array(["a", "None"], object)),
        (pd.Series([1], name="a"), pd.Series([1], name="b")),
        (pd.Series([1], name="a"), pd.Series([1], name="a").to_frame()),
        (pd.Series(DAYS.tz_localize("UTC")), pd.Series(DAYS.tz_localize("Asia/Tokyo"))),
        (pd.Series(["a"], dtype=pd.CategoricalDtype(["a"])), pd.Series(["a"], dtype=pd.CategoricalDtype(["a", "b"]))),
        (pd.Series(["ab", "c"]), pd.Series(["a", "bc"])),
        (pd.DataFrame({"x": [1]}), pd.DataFrame({"z": [1]})),
        (pd.DataFrame({"x": [1]}), pd.DataFrame({"x": [1]}, index=[5])),
        (pa.table({"a": [1]}), pa.table({"b": [1]})),
    ],
)
def test_what_looks_alike_is_apart(one: object, other: object) -> None:
    function = cached(10)(lambda value: 0)
    function(one), function(other)
    assert function.cache_info().misses == 2


def test_an_array_changed_in_place_is_another_key() -> None:
    total = cached(10)(lambda array: float(array.sum()))
    array = np.zeros(100)
    first = total(array)
    array[50] = 7
    assert (first, total(array)) == (0, 7)


def test_an_array_and_its_bytes_are_apart() -> None:
    function = cached(10)(lambda value: type(value))
    array = np.arange(3)
    assert [function(array), function(array.tobytes())] == [np.ndarray, bytes]


def test_a_keyword_may_be_an_array() -> None:
    function = cached(10)(lambda *, x: x.sum())
    assert (function(x=np.arange(3)), function(x=np.arange(3)), function.cache_info().hits) == (3, 3, 1)


@pytest.mark.parametrize("value", [[1], {1: 2}, {3}, np.ma.masked_array([1, 2], [False, True])], ids=repr)
def test_other_objects_without_a_hash_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="unhashable type"):
        cached(10)(lambda value: 0)(value)


def test_what_cannot_travel_is_refused() -> None:
    with pytest.raises(TypeError, match="unhashable type"):
        cached(10)(lambda value: 0)(np.array([lambda: 0], dtype=object))
