from math import isnan

import pytest

from tailgana_lab.results.history import CHANGES, POINTS, History
from tests.specimens import make_history


def test_points_have_their_columns_also_when_empty() -> None:
    for history in (make_history(), History("none", [])):
        assert list(history.points.columns) == list(POINTS)
        assert list(history.change_points.columns) == list(CHANGES)
    assert len(History("none", [])) == 0
    assert str(History("none", []).points["median_ns"].dtype) == "float64"


def test_what_a_record_lacks_is_missing_never_zero() -> None:
    history = History("old", [{"created": "2026-01-01", "median_ns": None, "commit_hash": None}])
    row = history.points.iloc[0]
    assert isnan(row["median_ns"])
    assert isnan(row["record_id"])
    assert (row["commit_hash"], row["verdict"]) == ("", "")


def test_another_environment_is_noticed_where_both_are_known() -> None:
    names = ["a", "a", "b", "", "b", "", "a"]
    assert History("x", [{"environment": name} for name in names]).environment_changes == [2, 6]


def test_it_says_what_it_holds() -> None:
    assert repr(make_history(30)) == "<History 'clean': 30 records, 1 change points>"


@pytest.mark.parametrize("n", [0, 1, 30])
def test_it_shows_itself_in_every_form(n: int) -> None:
    bundle = make_history(n)._repr_mimebundle_()
    assert list(bundle) == ["application/vnd.tailgana.history+json", "text/html", "text/plain"]
    assert list(make_history(n)._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert "text/html" not in make_history(n)._repr_mimebundle_(exclude=["text/html"])
