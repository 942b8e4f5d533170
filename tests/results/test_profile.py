"""Profile: completing it once, its tables as lists and DataFrames, its facts, what it shows of itself."""

import subprocess
import sys
from math import nan

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.records import Columns
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import TABLES, empty_columns
from tests.factories import make_facts, make_profile

CONTRACT = {
    "functions": "function file line self_s total_s self_fraction total_fraction self_low self_high cpu_s wait_s "
    "gil_wait_s verdict",
    "lines": "file line source self_s total_s self_fraction verdict",
    "threads": "thread native_id on_cpu_s queue_s gil_wait_s lock_s disk_s pipe_s socket_s sleep_s fault_s other_s",
    "frames": "id parent function file line self_s total_s thread",
    "bottlenecks": "bottleneck_type location time_spent_pct low_pct high_pct evidence call_count avg_duration_ms "
    "priority suggested_fixes",
    "memory": "file line source peak_bytes allocated_bytes n_allocations",
    "children": "pid name cpu_s peak_bytes wait_s",
    "process": "rss_before_bytes rss_peak_bytes rss_after_bytes minor_faults major_faults gc_s",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_a_table_begins_with_the_columns_of_the_contract(table: str) -> None:
    columns = CONTRACT[table].split()
    assert list(getattr(make_profile(), table).columns)[: len(columns)] == columns


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_the_dtypes_of_a_full_one(table: str) -> None:
    full, empty = getattr(make_profile(), table), getattr(Profile(make_facts(), {}, empty_columns("lanes")), table)
    if len(full):
        assert dict(empty.dtypes) == dict(full.dtypes)
    assert len(empty) == 0


def test_a_table_is_built_once() -> None:
    profile = make_profile()
    assert profile.functions is profile.functions


def test_a_missing_figure_stays_missing_in_a_column_of_whole_numbers() -> None:
    children: Columns = {
        "pid": [1, 2],
        "name": ["a", "b"],
        "cpu_s": [0.1, 0.2],
        "peak_bytes": [nan, 5],
        "wait_s": [0.0, 0.0],
    }
    profile = Profile(make_facts(), {"children": children}, empty_columns("lanes"))
    assert profile.children["peak_bytes"].isna().tolist() == [True, False]


def test_facts_are_attributes() -> None:
    profile = make_profile(method="by hand", n_samples=7)
    assert (profile.method, profile.n_samples, profile.torn_fraction) == ("by hand", 7, 0.001)


def test_a_missing_column_is_named() -> None:
    lines = empty_columns("lines")
    del lines["source"]
    with pytest.raises(LabError, match="table `lines` lacks the columns `source`"):
        Profile(make_facts(), {"lines": lines}, empty_columns("lanes"))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(LabError, match="table `lines` has columns of different lengths"):
        Profile(make_facts(), {"lines": {**empty_columns("lines"), "line": [1]}}, empty_columns("lanes"))


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(LabError, match="no table `functoins`"):
        make_profile().columns("functoins")


@pytest.mark.parametrize("name", ["duration_s", "functions", "facts", "chart"])
def test_a_pending_profile_says_that_it_is_not_complete(name: str) -> None:
    with pytest.raises(LabError, match="profile `slow` is not complete: leave its `with` block first"):
        getattr(Profile.pending("slow"), name)


def test_a_pending_profile_can_be_shown() -> None:
    assert Profile.pending("slow")._repr_mimebundle_() == {"text/plain": "<Profile 'slow': not complete>"}


def test_a_pending_profile_is_completed_once() -> None:
    done, pending = make_profile(), Profile.pending("slow")
    tables = {table: done.columns(table) for table in TABLES}
    lanes = tables.pop("lanes")
    pending.complete(done.facts, tables, lanes)
    assert pending.functions.equals(done.functions)
    with pytest.raises(LabError, match="complete already"):
        pending.complete(done.facts, tables, lanes)


def test_repr_is_one_line() -> None:
    assert repr(make_profile(name="clean", duration_s=1.5, n_samples=10)).startswith(
        "<Profile 'clean': 1.50 s, 10 samples,"
    )


def test_a_cell_is_told_by_the_hash_of_its_source() -> None:
    profile = make_profile()
    assert profile.cell == {"source_hash": "", "file": ""}
    profile.attach_cell("x = 1", "/tmp/cells/1.py")
    assert profile.cell["file"] == "/tmp/cells/1.py"
    assert len(profile.cell["source_hash"]) == 64


def test_showing_needs_no_heavy_package() -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.factories import make_profile\n"
        "make_profile()._repr_mimebundle_()\n"
        "print(*(set(sys.modules) & {'pandas', 'numpy', 'altair', 'anywidget', 'ipywidgets', 'pyarrow', 'snakeviz'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
