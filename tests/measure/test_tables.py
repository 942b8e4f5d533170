"""From the engine's figures to tables: sums, order, verdicts and bottlenecks of a made-up run."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.measure.tables import CLASSES, Source, tables_of
from tests.factories import make_profile

Raw = dict[str, Any]
FUNCTIONS = [("main", "/srv/cell.py", 1), ("load", "/srv/cell.py", 10), ("read", "/lib/stream.py", 20)]
DETAIL = "`recv` on 127.0.0.1:5432"


def by_class(rows: list[dict[str, float]]) -> Raw:
    return {f"{name}_s": [row.get(name, 0.0) for row in rows] for name in CLASSES}


def seconds(row: dict[str, float]) -> float:
    return sum(value for name, value in row.items() if name != "gc")


def bounds(values: list[float], whole: float, prefix: str) -> Raw:
    shares = [value / whole if whole else 0.0 for value in values]
    named = {f"{prefix}_fraction": shares}
    return named | {f"{prefix}_low": [s * 0.9 for s in shares], f"{prefix}_high": [min(1.0, s * 1.1) for s in shares]}


def raw_of(main: dict[str, float], load: dict[str, float], read: dict[str, float], n_effective: float = 1000.0) -> Raw:
    """What the engine says of `main` that calls `load`, which calls the library's `read`; all in one of two threads."""
    own = [main, load, read]
    self_s = [seconds(row) for row in own]
    total_s = [sum(self_s), sum(self_s[1:]), self_s[2]]
    whole = total_s[0]
    names = {key: [row[k] for row in FUNCTIONS] for k, key in enumerate(("function", "file", "line"))}
    cpu = [row.get("on_cpu", 0.0) for row in own]
    gil = [row.get("gil_wait", 0.0) for row in own]
    functions = names | {
        "in_library": [False, False, True],
        "self_s": self_s,
        "total_s": total_s,
        "cpu_s": [sum(cpu[k:]) for k in range(3)],
        "gil_total_s": [sum(gil[k:]) for k in range(3)],
    }
    times = {"self_s": self_s, "total_s": total_s} | bounds(self_s, whole, "self")
    place = {"function": [0, 1], "line": [3, 12], "via": [[0] * len(CLASSES), [2] * len(CLASSES)]}
    joined = {name: load.get(name, 0.0) + read.get(name, 0.0) for name in CLASSES}
    return {
        "duration_s": whole,
        "sampled_s": whole,
        "n_effective": n_effective,
        "functions": functions | bounds(self_s, whole, "self") | bounds(total_s, whole, "total") | by_class(own),
        "lines": {"function": [0, 1, 2], "line": [3, 12, 25]} | times | by_class(own),
        "frames": {
            "parent": [-1, 0, 1],
            "function": [0, 1, 2],
            "thread": [0, 0, 0],
            "self_s": self_s,
            "total_s": total_s,
        }
        | bounds(total_s, whole, "total")
        | by_class(own),
        "locations": place | by_class([main, joined]),
        "threads": {"native_id": [7, 8], "is_python": [True, False], "is_counted": [True, False]}
        | {"born_s": [0.0, 0.0], "end_s": [whole, whole]}
        | by_class([{name: sum(row.get(name, 0.0) for row in own) for name in CLASSES}, {"sleep": whole}]),
        "lanes": {"thread": [0], "start_s": [0.0], "end_s": [whole], "state": ["on_cpu"]},
        "details": [(2, CLASSES.index("socket"), DETAIL, 3.0), (2, CLASSES.index("socket"), "`recv` on others", 1.0)],
        "children": {"pid": [], "name": [], "cpu_s": [], "peak_bytes": [], "wait_s": []},
    }


MAIN, LOAD, READ = {"on_cpu": 2.0, "gc": 0.5}, {"on_cpu": 1.0, "gil_wait": 1.0}, {"socket": 4.0, "on_cpu": 2.0}


@pytest.fixture
def tables() -> Raw:
    return tables_of(raw_of(MAIN, LOAD, READ), {7: "MainThread"})


def row(table: Raw, **where: Any) -> Raw:
    """The one row in which these columns have these values."""
    hits = [k for k in range(len(next(iter(table.values())))) if all(table[name][k] == v for name, v in where.items())]
    (index,) = hits
    return {name: values[index] for name, values in table.items()}


@st.composite
def runs(draw: Any) -> Raw:
    rows = [{name: draw(st.floats(0, 10)) for name in CLASSES} for _ in range(3)]
    main, load, read = (own | {"gc": min(own["gc"], own["on_cpu"])} for own in rows)
    return raw_of(main, load, read, draw(st.floats(1, 1e5)))


def test_every_table_of_a_profile_but_two_is_made(tables: Raw) -> None:
    assert set(tables) == {"functions", "lines", "threads", "frames", "bottlenecks", "children", "lanes"}


@pytest.mark.parametrize("name", ["functions", "lines", "threads", "frames", "bottlenecks", "lanes"])
def test_columns_stand_in_the_order_of_a_profile(tables: Raw, name: str) -> None:
    assert list(tables[name]) == list(make_profile(30).columns(name))


@pytest.mark.parametrize("name", ["functions", "lines"])
def test_rows_stand_by_their_own_time(tables: Raw, name: str) -> None:
    assert tables[name]["self_s"] == sorted(tables[name]["self_s"], reverse=True)


def test_functions_that_took_no_time_are_left_out() -> None:
    found = tables_of(raw_of(MAIN, LOAD, {}), {})
    assert found["functions"]["function"] == ["main", "load"]


def test_waiting_is_what_was_neither_on_a_core_nor_for_the_gil(tables: Raw) -> None:
    found = row(tables["functions"], function="load")
    assert (found["cpu_s"], found["gil_wait_s"], found["wait_s"]) == (3.0, 1.0, 4.0)


@given(runs())
def test_the_parts_of_a_function_are_its_whole(raw: Raw) -> None:
    table = tables_of(raw, {})["functions"]
    for total, *parts in zip(*(table[name] for name in ("total_s", "cpu_s", "wait_s", "gil_wait_s")), strict=True):
        assert min(parts) >= 0
        assert sum(parts) == pytest.approx(total)


@given(runs())
def test_own_times_of_functions_and_lines_and_frames_add_up_alike(raw: Raw) -> None:
    tables = tables_of(raw, {})
    for name in ("functions", "lines", "frames"):
        assert sum(tables[name]["self_s"]) == pytest.approx(raw["sampled_s"])


def test_evidence_names_what_the_function_itself_waited_for_longest(tables: Raw) -> None:
    evidence = row(tables["functions"], function="read")["evidence"]
    assert evidence == f"67 % of its 6.00 s blocked in {DETAIL}, 33 % on a core"


def test_verdicts_follow_the_time(tables: Raw) -> None:
    verdicts = dict(zip(tables["functions"]["function"], tables["functions"]["verdict"], strict=True))
    assert verdicts == {"read": "network_latency", "main": "cpu_bound", "load": "cpu_bound"}


def test_lines_have_verdicts_of_their_own(tables: Raw) -> None:
    assert row(tables["lines"], line=25)["verdict"] == "network_latency"


def test_without_samples_there_is_no_verdict_and_no_bottleneck() -> None:
    tables = tables_of(raw_of(MAIN, LOAD, READ, n_effective=5.0), {})
    assert set(tables["functions"]["verdict"]) == {"not enough samples"}
    assert tables["bottlenecks"]["location"] == []


def test_threads_without_a_name_say_what_they_are(tables: Raw) -> None:
    assert tables["threads"]["thread"] == ["MainThread", "native thread"]
    assert tables_of(raw_of(MAIN, LOAD, READ), {})["threads"]["thread"][0] == "Python thread"


def test_a_thread_names_the_frames_it_ran(tables: Raw) -> None:
    assert set(tables["frames"]["thread"]) == {"MainThread"}


def test_frames_keep_the_engines_order(tables: Raw) -> None:
    frames = tables["frames"]
    assert (frames["id"], frames["parent"], frames["function"]) == ([0, 1, 2], [-1, 0, 1], ["main", "load", "read"])


def test_a_bottleneck_in_a_library_is_placed_in_the_users_code(tables: Raw) -> None:
    found = row(tables["bottlenecks"], bottleneck_type="network_latency")
    assert (found["location"], found["time_spent_pct"], found["priority"]) == ("load (cell.py:12)", 40.0, 1)
    assert DETAIL in found["evidence"]


def test_bottlenecks_stand_by_priority_then_by_share(tables: Raw) -> None:
    table = tables["bottlenecks"]
    order = list(zip(table["priority"], [-pct for pct in table["time_spent_pct"]], strict=True))
    assert order == sorted(order)


@given(runs())
def test_bottlenecks_hold_at_most_the_whole_time(raw: Raw) -> None:
    table = tables_of(raw, {})["bottlenecks"]
    assert sum(table["time_spent_pct"]) <= 100 * (1 + 1e-9)
    for low, share, high in zip(table["low_pct"], table["time_spent_pct"], table["high_pct"], strict=True):
        assert 0 <= low <= share * (1 + 1e-9)
        assert share <= high * (1 + 1e-9) <= 100 * (1 + 2e-9)


@given(runs())
def test_each_place_and_kind_is_listed_once(raw: Raw) -> None:
    table = tables_of(raw, {})["bottlenecks"]
    pairs = list(zip(table["location"], table["bottleneck_type"], strict=True))
    assert len(set(pairs)) == len(pairs)


def test_what_sampling_cannot_count_is_missing(tables: Raw) -> None:
    table = tables["bottlenecks"]
    assert all(map(math.isnan, table["call_count"] + table["avg_duration_ms"]))
    assert len(table["call_count"]) == len(table["location"]) > 0


def test_a_run_without_time_gives_empty_tables() -> None:
    tables = tables_of(raw_of({}, {}, {}), {})
    assert [tables[name]["function"] for name in ("functions", "lines")] == [[], []]
    assert tables["bottlenecks"]["location"] == []


def test_source_gives_a_line_without_its_indent(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_bytes("def f():\n    return 'Grüße'\n".encode())
    assert Source().line(str(file), 2) == "return 'Grüße'"


@pytest.mark.parametrize("number", [0, -1, 99])
def test_source_beyond_the_file_is_empty(tmp_path: Path, number: int) -> None:
    file = tmp_path / "code.py"
    file.write_text("x = 1\n")
    assert Source().line(str(file), number) == ""


@pytest.mark.parametrize("file", ["", "<string>", "/no/such/file.py", "/"])
def test_source_of_what_is_no_file_is_empty(file: str) -> None:
    assert Source().line(file, 1) == ""


def test_source_that_is_not_text_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_bytes(b"x = '\xff'\n")
    assert Source().line(str(file), 1) == "x = '\ufffd'"
