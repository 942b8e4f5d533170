"""The tables of a profile: which columns each has, in which order and of which kind.

Holds no measurement. Tables are plain lists (`Columns`) until somebody asks for a DataFrame.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import LabError
from tailgana_lab.records import Columns

if TYPE_CHECKING:
    import pandas as pd

STATES = ("on_cpu", "queue", "gil_wait", "lock", "disk", "pipe", "socket", "sleep", "fault", "other")
"""Wait classes of a thread; this order everywhere, also on the wire."""

FRAME_STATES = tuple(f"{state}_s" for state in STATES)
"""Columns of `frames` and `threads`: seconds of each class."""

TEXT, INT, FLOAT, BOOL, LIST = "str", "int64", "float64", "bool", "object"
"""Kinds of a column, as pandas names its dtypes."""

Kinds = Mapping[str, str]
_PLACE: Kinds = {"function": TEXT, "file": TEXT, "line": INT}
_INTERVAL: Kinds = {"total_low": FLOAT, "total_high": FLOAT}

TABLES: Mapping[str, Kinds] = {
    "functions": {
        **_PLACE,
        **dict.fromkeys(("self_s", "total_s", "self_fraction", "total_fraction", "self_low", "self_high"), FLOAT),
        **dict.fromkeys(("cpu_s", "wait_s", "gil_wait_s"), FLOAT),
        "verdict": TEXT,
        **dict.fromkeys((column for column in FRAME_STATES if column != "gil_wait_s"), FLOAT),
        "gc_s": FLOAT,
        **_INTERVAL,
        "evidence": TEXT,
        "in_library": BOOL,
    },
    "lines": {
        "file": TEXT,
        "line": INT,
        "source": TEXT,
        **dict.fromkeys(("self_s", "total_s", "self_fraction"), FLOAT),
        "verdict": TEXT,
        **dict.fromkeys(("self_low", "self_high"), FLOAT),
        "function": TEXT,
    },
    "threads": {"thread": TEXT, "native_id": INT, **dict.fromkeys(FRAME_STATES, FLOAT)},
    "frames": {
        "id": INT,
        "parent": INT,
        **_PLACE,
        **dict.fromkeys(("self_s", "total_s"), FLOAT),
        "thread": TEXT,
        **dict.fromkeys((*FRAME_STATES, "gc_s"), FLOAT),
        **_INTERVAL,
        "in_library": BOOL,
    },
    "bottlenecks": {
        **dict.fromkeys(("bottleneck_type", "location"), TEXT),
        **dict.fromkeys(("time_spent_pct", "low_pct", "high_pct"), FLOAT),
        "evidence": TEXT,
        **dict.fromkeys(("call_count", "avg_duration_ms"), FLOAT),
        "priority": INT,
        "suggested_fixes": LIST,
    },
    "memory": {
        "file": TEXT,
        "line": INT,
        "source": TEXT,
        **dict.fromkeys(("peak_bytes", "allocated_bytes", "n_allocations"), INT),
    },
    "children": {"pid": INT, "name": TEXT, "cpu_s": FLOAT, "peak_bytes": INT, "wait_s": FLOAT},
    "process": {
        **dict.fromkeys(("rss_before_bytes", "rss_peak_bytes", "rss_after_bytes", "minor_faults", "major_faults"), INT),
        "gc_s": FLOAT,
    },
    "lanes": {"thread": INT, "start_s": FLOAT, "end_s": FLOAT, "state": TEXT},
}
"""Kind of every column of every table; the contract's columns stand first."""


def empty_columns(table: str) -> Columns:
    """A table with all its columns and no row."""
    return {column: [] for column in TABLES[table]}


def checked_columns(table: str, columns: Mapping[str, list[object]]) -> Columns:
    """The columns in the table's own order, extras last.

    Raises
    ------
    LabError
        If a column is missing, or the columns differ in length.
    """
    missing = [column for column in TABLES[table] if column not in columns]
    if missing:
        raise LabError(f"table `{table}` lacks the columns {', '.join(f'`{c}`' for c in missing)}")
    ordered = {**{column: columns[column] for column in TABLES[table]}, **columns}
    lengths = {len(values) for values in ordered.values()}
    if len(lengths) > 1:
        raise LabError(f"table `{table}` has columns of different lengths: {sorted(lengths)}")
    return ordered


def frame_of(table: str, columns: Columns) -> "pd.DataFrame":
    """The table as a DataFrame, with the same dtypes whether it has rows or not."""
    return typed_frame(columns, TABLES[table])


def typed_frame(columns: Columns, kinds: Kinds) -> "pd.DataFrame":
    """Columns as a DataFrame whose dtypes are the kinds; a column of unknown kind is left to pandas."""
    import pandas as pd

    def series(column: str, values: list[Any]) -> "pd.Series[Any]":
        kind = kinds.get(column)
        if kind == INT and not all(type(value) is int for value in values):
            kind = FLOAT  # some figure is missing
        return pd.Series(values, dtype=kind)

    return pd.DataFrame({column: series(column, values) for column, values in columns.items()})
