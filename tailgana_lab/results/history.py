"""History: how the time of one workload went from record to record, and where it changed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tailgana_lab.records import Columns
from tailgana_lab.results.shown import Shown
from tailgana_lab.results.tables import BOOL, FLOAT, INT, TEXT, Kinds, typed_frame

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

POINTS: Kinds = {
    **dict.fromkeys(("created", "commit_hash"), TEXT),
    **dict.fromkeys(("median_ns", "low_ns", "high_ns", "p95_ns", "peak_bytes"), FLOAT),
    "verdict": TEXT,
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high"), FLOAT),
    "environment": TEXT,
    "record_id": INT,
}
"""Columns of `History.points`, one row a record, oldest first."""

CHANGES: Kinds = {
    "index": INT,
    **dict.fromkeys(("before", "after", "change_pct", "confidence"), FLOAT),
    "suspect": BOOL,
}
"""Columns of `History.change_points`; `before` and `after` are nanoseconds."""

_MISSING: Mapping[str, Any] = {TEXT: "", FLOAT: float("nan"), INT: float("nan"), BOOL: False}


class History(Shown):
    """The records of one workload over time.

    Parameters
    ----------
    name : str
        Name of the baseline.
    points : sequence of mapping
        One a record, oldest first; keys as in `POINTS`, what is not given or None is missing.
    change_points : Columns, optional
        Where the median changed, as `tailgana_lab.change_points` finds it.
    """

    kind: ClassVar[str] = "history"

    def __init__(self, name: str, points: Sequence[Mapping[str, Any]], change_points: Columns | None = None) -> None:
        self.name = name
        found = change_points or {}
        self._columns: dict[str, Columns] = {
            "points": {column: [_given(row, column, kind) for row in points] for column, kind in POINTS.items()},
            "change_points": {column: list(found.get(column, ())) for column in CHANGES},
        }

    @cached_property
    def points(self) -> "pd.DataFrame":
        """One row a record: when, at which commit, the median with its interval in nanoseconds, and the verdict."""
        return typed_frame(self._columns["points"], POINTS)

    @cached_property
    def change_points(self) -> "pd.DataFrame":
        """Where the median changed: row of `points`, median before and after, change in percent, confidence."""
        return typed_frame(self._columns["change_points"], CHANGES)

    def columns(self, table: str) -> Columns:
        """`points` or `change_points` as plain lists, without pandas; not to be changed."""
        return self._columns[table]

    @property
    def environment_changes(self) -> list[int]:
        """Rows of `points` that were measured elsewhere than what is known of the rows before."""
        changed, before = [], ""
        for row, environment in enumerate(self._columns["points"]["environment"]):
            if environment and before and environment != before:
                changed.append(row)
            before = environment or before
        return changed

    @property
    def chart(self) -> "alt.VConcatChart":
        """Altair chart: points with intervals, change points and commits; brush below to zoom, click a point."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.history import history_chart

        return altair_chart(history_chart(self))

    def __len__(self) -> int:
        return len(self._columns["points"]["created"])

    def __repr__(self) -> str:
        n_changes = len(self._columns["change_points"]["index"])
        return f"<History {self.name!r}: {len(self)} records, {n_changes} change points>"


def _given(row: Mapping[str, Any], column: str, kind: str) -> Any:
    value = row.get(column)
    return _MISSING[kind] if value is None else value


def environment_words(environment: str) -> str:
    """What a reader sees of an environment: its facts, where the text is JSON, else the text itself.

    Examples
    --------
    >>> environment_words('{"cpu_model": "A1", "n_cores": 2, "python": "3.11.7"}')
    'A1, 2 cores, Python 3.11.7'
    """
    if not environment.startswith("{"):
        return environment
    import json

    try:
        facts = json.loads(environment)
    except ValueError:
        return environment
    words = {"n_cores": "{} cores", "python": "Python {}"}
    return ", ".join(words.get(key, "{}").format(value) for key, value in facts.items() if value is not None)
