"""The gate of a build: its exit codes, and what it says as text, Markdown and JSON."""

import json
from math import nan
from typing import Any

import pytest

from tailgana_lab.reporting.gate import (
    FINE,
    REGRESSED,
    UNTOLD,
    Checked,
    exit_code,
    render_json,
    render_markdown,
    render_text,
)
from tests.specimens import make_comparison, make_report, make_unknown


def slower(severity: str = "major", **changes: Any) -> Checked:
    return Checked("clean", make_report(severity, **changes))


def doubt(high: float) -> Checked:
    comparison = make_comparison(1.0, ratio_low=0.98, ratio_high=high, verdict="inconclusive")
    return Checked("rank", make_report("none", verdict="inconclusive", comparison=comparison))


def calm() -> Checked:
    return Checked("calm", make_report("none", verdict="same", comparison=make_comparison(1.0)))


GONE = Checked("gone", problem="`pipeline.clean` is gone: it was there at commit `0123456789`")


@pytest.mark.parametrize(
    ("checked", "code"),
    [
        ([], UNTOLD),
        ([calm()], FINE),
        ([slower()], REGRESSED),
        ([slower("moderate")], REGRESSED),
        ([slower("minor")], FINE),
        ([GONE], UNTOLD),
        ([calm(), GONE], UNTOLD),
        ([GONE, slower()], REGRESSED),
        ([doubt(1.04)], FINE),
        ([doubt(1.3)], UNTOLD),
        ([Checked("none", make_report("none", verdict="inconclusive", comparison=None))], UNTOLD),
        ([Checked("none", make_report("none", verdict="inconclusive", comparison=make_unknown()))], UNTOLD),
    ],
)
def test_exit_code_at_the_usual_gate(checked: list[Checked], code: int) -> None:
    assert exit_code(checked, "moderate") == code


@pytest.mark.parametrize(("fail_on", "code"), [("minor", 1), ("moderate", 1), ("major", 1), ("critical", 0)])
def test_what_is_below_the_gate_passes(fail_on: str, code: int) -> None:
    assert exit_code([slower("major")], fail_on) == code


def test_json_has_the_keys_of_a_result_and_null_for_missing_figures() -> None:
    said = json.loads(render_json([slower(), GONE], "moderate"))
    assert said["exit_code"] == REGRESSED
    first, second = said["results"]
    assert list(first) == ["name", "verdict", "ratio", "ratio_low", "ratio_high", "severity", "reason"]
    assert (first["name"], first["verdict"], first["ratio"], first["severity"]) == ("clean", "slower", 1.4, "major")
    assert (second["verdict"], second["ratio"], second["severity"]) == ("inconclusive", None, None)
    assert second["reason"] == GONE.problem


def test_markdown_is_one_table_with_a_row_for_each() -> None:
    lines = render_markdown([slower(), GONE], "moderate").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 4
    assert "clean" in rows[2]
    assert "1.400" in rows[2]
    assert lines[0] == "### Performance: something regressed"


def test_a_hostile_name_stays_in_its_cell() -> None:
    row = render_markdown([Checked("a|b<img>\nc", problem="x")], "moderate").splitlines()[-1]
    assert row.count(" | ") == 5
    assert "<img>" not in row


def test_text_says_each_on_its_line() -> None:
    lines = render_text([slower(reason="so\nsure"), GONE]).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("clean")
    assert GONE.problem in lines[2]


def test_a_regression_of_memory_alone_fails_too() -> None:
    comparison = make_comparison(1.0, ratio_low=nan, ratio_high=nan)
    assert slower("moderate", verdict="same", comparison=comparison).code("moderate") == REGRESSED
