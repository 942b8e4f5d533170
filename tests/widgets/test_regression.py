"""The regression panel hands over what was found, and takes back which points were chosen."""

import json

import pytest

from tailgana_lab.widgets.regression import RegressionWidget
from tests.specimens import make_comparison, make_history, make_report, make_unknown


@pytest.mark.parametrize(
    "result", [make_comparison(), make_unknown(), make_report(), make_report("none", comparison=None), make_history()]
)
def test_it_hands_over_its_result_as_plain_json(result) -> None:
    widget = RegressionWidget(result)
    assert widget.payload["kind"] == result.kind
    assert widget.result is result
    json.dumps(widget.payload, allow_nan=False)


def test_chosen_records_are_rows_of_the_history() -> None:
    widget = make_history(5).to_widget()
    widget.selected_ids = [3, 99, -1]
    assert [row["record_id"] for row in widget.selected] == [4]
    assert widget.selected[0]["environment"] == "new machine"
    widget.selected_ids = []
    assert widget.selected == []


def test_rounds_of_a_race_are_chosen_by_number_only() -> None:
    widget = make_comparison().to_widget()
    widget.selected_ids = [3]
    assert widget.selected == []


def test_the_part_shown_is_two_rows_or_none() -> None:
    widget = make_history().to_widget()
    widget.brushed = [2, 7]
    widget.brushed = []
    with pytest.raises(Exception, match="brushed"):
        widget.brushed = [1, 2, 3]


def test_a_report_sends_its_race_and_both_commits() -> None:
    payload = RegressionWidget(make_report()).payload
    assert payload["comparison"]["ratio"] == 1.4
    assert payload["commits"][0].startswith("0123456789")
    assert payload["severity"] == "major"
    assert payload["figures"]["figure"][0] == "throughput, ops/s"
