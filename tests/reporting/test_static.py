"""The output without a script: what it says, what can't be in it, and that it stays small."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailgana_lab.reporting.icicle import MAX_LEVELS, MAX_SHOWN, widest_boxes
from tailgana_lab.reporting.static import render_static
from tailgana_lab.results.profile import Profile
from tests.factories import make_profile
from tests.reporting.test_escape import read

NAMES = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())
ALLOWED = set("div style p span table caption thead tbody tr th td code svg rect path text title".split())


def assert_harmless(markup: str) -> None:
    for tag, attributes in read(markup).tags:
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "src", "srcdoc")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000-\u0009\u000b-\u001f\ud800-\udfff]", markup)
    assert "://" not in re.sub(r">[^<]*<|\"[^\"]*\"", "", markup)


@pytest.mark.parametrize("n_frames", [0, 1, 300])
def test_hostile_names_do_nothing(n_frames: int) -> None:
    assert_harmless(render_static(make_profile(n_frames, names=NAMES, name=NAMES[2], method=NAMES[0])))


@settings(max_examples=30)
@given(st.lists(st.text(max_size=20), max_size=6), st.text(max_size=20))
def test_no_name_does_anything(names: list[str], title: str) -> None:
    assert_harmless(render_static(make_profile(40, names=names, name=title, method_reason=title)))


def test_it_says_what_was_measured_and_how() -> None:
    words = read(render_static(make_profile(method="way one", name="clean"))).words
    assert "way one" in words
    assert "clean" in words
    assert "Step0.step_0" in words
    assert "95 % interval" in words


def test_a_weaker_method_says_why() -> None:
    words = read(render_static(make_profile(method_reason="memory reads are refused here"))).words
    assert "Weaker method: memory reads are refused here" in words


def test_an_empty_profile_says_so() -> None:
    words = read(render_static(make_profile(0))).words
    assert "No samples" in words


def test_top_sets_the_number_of_lines() -> None:
    rows = re.findall(r'<span class="tgls-bar"', render_static(make_profile(), top=3))
    assert len(rows) == 3


def test_the_style_sheet_stays_within_its_class() -> None:
    sheet = re.search(r"<style>(.*?)</style>", render_static(make_profile()), re.S)
    assert sheet
    rules = re.sub(r"@media[^{]*\{", "", sheet[1]).replace("}}", "}")
    selectors = [part for rule in re.findall(r"([^{}]+)\{", rules) for part in rule.split(",")]
    assert [selector for selector in selectors if ".tgl-static" not in selector] == []


def test_the_icicle_holds_the_widest_frames_only() -> None:
    profile = make_profile(20_000, n_functions=300)
    boxes = widest_boxes(profile)
    assert len(boxes) == MAX_SHOWN
    assert max(box.level for box in boxes) <= MAX_LEVELS
    assert len(render_static(profile)) < 150_000


def test_boxes_of_a_row_do_not_overlap() -> None:
    boxes = widest_boxes(make_profile(3000))
    for left, right in pairwise(boxes):
        assert left.level < right.level or left.left + left.width <= right.left + 1e-9


def test_library_frames_above_the_cell_are_left_out() -> None:
    profile = make_profile(1)
    base = profile.columns("frames")
    frames = {name: values * 3 for name, values in base.items()}
    frames |= {"id": [0, 1, 2], "parent": [-1, 0, 1], "function": ["run_cell", "run_code", "<module>"]}
    frames |= {"in_library": [True, True, False], "self_s": [0.0, 0.0, 1.0], "total_s": [1.0, 1.0, 1.0]}
    trimmed = Profile(profile.facts, {"frames": frames}, profile.columns("lanes"))
    assert [box.frame for box in widest_boxes(trimmed)] == [2]
