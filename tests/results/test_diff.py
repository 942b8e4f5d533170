"""Comparing profiles: matching functions, intervals, the differential tree, and what is refused."""

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.errors import LabError
from tailgana_lab.records import Columns
from tailgana_lab.results.diff import Estimate, change_between
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import TABLES
from tests.factories import make_profile

COLUMNS = "function file line old_self_s new_self_s change_s change_low_s change_high_s".split()
seconds = st.floats(0, 1e3)


def with_functions(profile: Profile, **changes: list[object]) -> Profile:
    """The profile with other columns in `functions`."""
    tables = {table: profile.columns(table) for table in TABLES}
    tables["functions"] = {**tables["functions"], **changes}
    lanes = tables.pop("lanes")
    return Profile(profile.facts, tables, lanes)


def row_of(changes: Columns, function: str) -> dict[str, float]:
    row = changes["function"].index(function)
    return {name: values[row] for name, values in changes.items()}


def test_the_table_has_the_columns_of_the_contract() -> None:
    diff = make_profile().compare(make_profile(slower=2.0))
    assert list(diff.functions.columns) == COLUMNS


def test_the_largest_change_stands_first() -> None:
    changes = make_profile().compare(make_profile(slower=2.0)).functions["change_s"].abs()
    assert changes.is_monotonic_decreasing


def test_a_profile_compared_with_itself_has_no_change() -> None:
    profile = make_profile()
    diff = profile.compare(profile)
    assert diff.functions["change_s"].eq(0).all()
    assert (diff.functions["change_low_s"] <= 0).all()
    assert (diff.functions["change_high_s"] >= 0).all()


def test_a_change_beyond_the_sampling_error_leaves_zero_out() -> None:
    diff = make_profile().compare(make_profile(slower=2.0))
    assert diff.functions["change_low_s"].iloc[0] > 0


@given(seconds, seconds, seconds, seconds, seconds, seconds)
def test_an_interval_holds_its_change(a: float, b: float, c: float, d: float, e: float, f: float) -> None:
    change, low, high = change_between(Estimate(a, b, c), Estimate(d, e, f))
    assert low <= change <= high
    assert change == pytest.approx(d - a)


def test_swapping_the_profiles_turns_the_interval_round() -> None:
    old, new = Estimate(1.0, 0.1, 0.2), Estimate(3.0, 0.3, 0.4)
    change, low, high = change_between(old, new)
    assert change_between(new, old) == pytest.approx((-change, -high, -low))


def test_an_unknown_bound_stays_unknown() -> None:
    profile = make_profile()
    n = len(profile.columns("functions")["line"])
    diff = profile.compare(with_functions(profile, self_low=[nan] * n))
    assert isnan(diff.columns("functions")["change_low_s"][0])


def test_a_function_that_is_new_has_an_interval_that_knows_it_may_have_been_missed() -> None:
    profile = make_profile()
    functions = profile.columns("functions")["function"]
    renamed = with_functions(profile, function=["brand_new", *functions[1:]])
    changes = profile.compare(renamed).columns("functions")
    added, removed = row_of(changes, "brand_new"), row_of(changes, functions[0])
    assert added["old_self_s"] == 0.0
    assert added["change_low_s"] < added["change_s"]
    assert removed["new_self_s"] == 0.0
    assert removed["change_high_s"] < 0


def test_a_function_that_moved_in_its_file_is_the_same() -> None:
    profile = make_profile()
    moved = with_functions(profile, line=[line + 3 for line in profile.columns("functions")["line"]])
    assert profile.compare(moved).functions["change_s"].eq(0).all()


@pytest.mark.parametrize(
    ("old_file", "new_file"),
    [
        ("<ipython-input-3-abc>", "<ipython-input-4-def>"),
        ("/tmp/ipykernel_12/1.py", "/tmp/ipykernel_12/2.py"),
    ],
)
def test_a_function_of_an_edited_cell_is_the_same(old_file: str, new_file: str) -> None:
    profile = make_profile()
    n = len(profile.columns("functions")["line"])
    old, new = (with_functions(profile, file=[file] * n) for file in (old_file, new_file))
    assert old.compare(new).functions["change_s"].eq(0).all()


def test_the_tree_holds_both_profiles_whole() -> None:
    old, new = make_profile(seed=1), make_profile(seed=2)
    frames = old.compare(new).frames
    roots = frames[frames["parent"] == -1]
    assert roots["old_total_s"].sum() == pytest.approx(old.sampled_s)
    assert roots["new_total_s"].sum() == pytest.approx(new.sampled_s)
    assert frames["old_self_s"].sum() == pytest.approx(old.sampled_s)
    assert frames["id"].tolist() == list(range(len(frames)))
    assert (frames["parent"] < frames["id"]).all()


def test_the_tree_adds_up_threads_and_its_intervals_hold_the_change() -> None:
    frames = make_profile().compare(make_profile(slower=1.3)).frames
    assert (frames["change_low_s"] <= frames["change_s"]).all()
    assert (frames["change_s"] <= frames["change_high_s"]).all()
    assert not frames.duplicated(["parent", "function", "file", "line"]).any()


def test_profiles_of_different_methods_are_refused_and_both_are_named() -> None:
    with pytest.raises(LabError) as refused:
        make_profile(method="way one").compare(make_profile(method="way two"))
    assert "`way one`" in str(refused.value)
    assert "`way two`" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_it_shows_itself_without_nan_or_script() -> None:
    bundle = make_profile().compare(make_profile(slower=2.0))._repr_mimebundle_()
    assert list(bundle) == ["application/vnd.tailgana.profile-diff+json", "text/html", "text/plain"]
    assert "<script" not in bundle["text/html"]
