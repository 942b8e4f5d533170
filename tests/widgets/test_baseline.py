"""The baseline panel hands over what a baseline keeps, and nothing that could run."""

import json
from math import nan

import pytest

from tailgana_lab.widgets.baseline import BaselineWidget
from tests.specimens import make_baseline, make_comparison, make_performance


@pytest.mark.parametrize("result", [make_baseline(), make_baseline(p95_ns=nan), make_performance()])
def test_it_hands_over_its_result_as_plain_json(result) -> None:
    widget = result.to_widget()
    assert isinstance(widget, BaselineWidget)
    assert widget.payload["kind"] == result.kind
    assert widget.baseline is result
    json.dumps(widget.payload, allow_nan=False)


def test_it_sends_the_rounds_the_machine_and_the_code_as_text() -> None:
    payload = BaselineWidget(make_baseline()).payload
    assert len(payload["rounds"]["ns"]) == 150
    assert ["CPU", "some processor"] in payload["environment"]
    assert ["working tree", "changed since the commit"] in payload["environment"]
    assert payload["source"].startswith("def clean")
    assert "sketch" not in payload


def test_operations_stand_in_columns_with_their_verdicts() -> None:
    payload = BaselineWidget(make_performance(comparisons={"file_io": make_comparison()})).payload
    assert payload["operations"]["operation"] == ["file_io", "cache_lookup"]
    assert payload["operations"]["latency_p99_ms"] == [None, None]
    assert [(each["operation"], each["verdict"]) for each in payload["comparisons"]] == [("file_io", "slower")]
