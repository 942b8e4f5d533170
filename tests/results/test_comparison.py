"""Comparison: figures, rounds and what it says of itself."""

import math

import pytest

from tailgana_lab.results.comparison import Comparison

TABLE = {"process": [0, 0], "round": [0, 1], "old_ns": [100.0, 120.0], "new_ns": [110.0, 130.0]}


def made(**changed: object) -> Comparison:
    figures = {"verdict": "slower", "reason": "time +9 %", "ratio": 1.09, "ratio_low": 1.05, "ratio_high": 1.13}
    rest = {"smallest_detectable_pct": 2.0, "n_rounds": 2, "n_processes": 1, "isolated": True, "disturbed": False}
    return Comparison(**{**figures, **rest, "clock": "wall", "table": TABLE, **changed})  # type: ignore[arg-type]


def test_the_frame_is_one_row_without_rounds() -> None:
    frame = made().to_frame()
    assert len(frame) == 1
    assert "table" not in frame
    assert frame["old_ns"][0] == 110.0


def test_without_rounds_times_are_missing() -> None:
    empty = made(table={})
    assert math.isnan(empty.old_ns)
    assert len(empty.rounds) == 0


def test_only_rounds_are_a_table() -> None:
    assert made().columns("rounds") == TABLE
    with pytest.raises(KeyError):
        made().columns("frames")


def test_it_reads_as_verdict_and_reason() -> None:
    assert str(made()) == "slower: time +9 %"
    assert made().change_pct == pytest.approx(9)
