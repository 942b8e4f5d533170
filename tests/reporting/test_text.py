"""Plain text of profiles and differences."""

import json
from pathlib import Path

from tailgana_lab.reporting.text import place_text, render_diff_text, render_profile_text
from tests.factories import make_profile

NAMES = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())


def test_it_names_method_lines_and_threads() -> None:
    shown = render_profile_text(make_profile(method="way one"))
    assert "way one" in shown
    assert "total += Step" in shown
    assert "MainThread" in shown


def test_top_sets_the_number_of_lines() -> None:
    profile = make_profile(n_threads=1)
    assert len(render_profile_text(profile, top=5).splitlines()) == 1 + 1 + 5 + 1 + 1


def test_hostile_names_keep_lines_whole() -> None:
    shown = render_profile_text(make_profile(names=NAMES, name=NAMES[10]))
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert len(shown.splitlines()) == shown.count("\n") + 1


def test_an_empty_profile_says_so() -> None:
    assert "No samples" in render_profile_text(make_profile(0))


def test_a_long_place_keeps_both_ends() -> None:
    place = place_text("/src/" + "deep_" * 20 + "file.py", 7, "function")
    assert place.startswith("function (deep_")
    assert place.endswith("file.py:7)")
    assert len(place) == 48


def test_a_difference_shows_signs_and_intervals() -> None:
    shown = render_diff_text(make_profile().compare(make_profile(slower=2.0)))
    assert "+" in shown.splitlines()[2]
    assert " to " in shown.splitlines()[2]
