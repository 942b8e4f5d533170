"""The Vega-Lite description of a profile, and the Altair chart that draws it offline."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.charts.palette import DARK, LIGHT, STATE_LABELS
from tailgana_lab.charts.profile import SCHEMA, TOP, profile_chart
from tailgana_lab.results.tables import STATES
from tests.factories import make_profile

NAMES = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())


def test_every_state_has_a_word_and_a_colour_in_both_themes() -> None:
    assert tuple(STATE_LABELS) == tuple(LIGHT) == tuple(DARK) == STATES


def test_the_description_is_json_without_nan() -> None:
    spec = profile_chart(make_profile(2000))
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_hot_lines_carry_their_intervals() -> None:
    rows = profile_chart(make_profile(2000))["vconcat"][0]["data"]["values"]
    assert len(rows) == TOP
    assert all(row["low"] <= row["share"] <= row["high"] for row in rows)


def test_lanes_have_one_colour_a_state_that_occurs() -> None:
    lanes = profile_chart(make_profile(2000))["vconcat"][1]
    scale = lanes["encoding"]["color"]["scale"]
    assert len(scale["domain"]) == len(scale["range"])
    assert {row["state"] for row in lanes["data"]["values"]} == set(scale["domain"])


@pytest.mark.parametrize(
    "profile", [make_profile(0), make_profile(names=NAMES, name=NAMES[0])], ids=["empty", "hostile"]
)
def test_altair_takes_any_profile(profile: object) -> None:
    chart = profile.chart  # type: ignore[attr-defined]
    assert "vega-lite" in chart.to_dict()["$schema"]
    assert "image/svg+xml" in chart._repr_mimebundle_()


def test_the_chart_asks_no_host_and_can_be_changed() -> None:
    bundle: Any = make_profile().chart.properties(background="#eeeeee")._repr_mimebundle_()
    assert list(bundle) == ["application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"]
    spec = bundle["application/vnd.vegalite.v5+json"]
    assert (spec["$schema"], spec["background"]) == (SCHEMA, "#eeeeee")


def test_altair_itself_stays_as_it_was() -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.factories import make_profile\n"
        "make_profile().chart\n"
        "import altair as alt\n"
        "print(alt.renderers.active, type(alt.VConcatChart.from_dict({'vconcat': []})) is alt.VConcatChart,\n"
        "      sys.modules.get('rfc3987_syntax', 'left alone'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["default", "True", "left", "alone"]
