"""The profile panel without a browser: what it hands over, how a choice comes back, and folded frames on demand."""

from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.results.profile import Profile
from tailgana_lab.widgets.contract import flame_of
from tailgana_lab.widgets.profile import CHOSEN, ProfileWidget
from tests.factories import make_profile


@pytest.fixture
def profile() -> Profile:
    return make_profile(2_000, n_functions=300)


@pytest.fixture
def widget(profile: Profile) -> ProfileWidget:
    return ProfileWidget(profile)


def send(widget: ProfileWidget, message: Any) -> None:
    """A custom message as the front end sends it."""
    widget._handle_custom_msg(message, [])


def test_it_hands_over_the_payload_and_the_blob_beside_it(profile: Profile, widget: ProfileWidget) -> None:
    assert widget.payload["kind"] == "profile"
    assert widget.payload["facts"]["name"] == profile.name
    assert "data" not in widget.payload["flame"]
    assert widget.flame_data == flame_of(profile).blob


def test_what_is_shown_travels_to_the_front_end(widget: ProfileWidget) -> None:
    synced = set(widget.keys)
    assert {"payload", "flame_data", "selected_ids", "selected", "window", "window_data", "notice"} <= synced


def test_nothing_is_selected_at_first(widget: ProfileWidget) -> None:
    assert widget.selected == []


def test_chosen_ids_give_the_rows_of_frames(profile: Profile, widget: ProfileWidget) -> None:
    widget.selected_ids = [3, 1]
    rows = profile.frames.loc[[3, 1], list(CHOSEN)].to_dict("records")
    assert widget.selected == rows


def test_choosing_nothing_clears_the_selection(widget: ProfileWidget) -> None:
    widget.selected_ids = [3]
    widget.selected_ids = []
    assert widget.selected == []


def test_ids_that_the_profile_does_not_have_are_left_out(widget: ProfileWidget) -> None:
    widget.selected_ids = [-1, 2, 10**6]
    assert [row["id"] for row in widget.selected] == [2]


def test_a_window_holds_the_frames_below_one_with_its_own_strings(profile: Profile, widget: ProfileWidget) -> None:
    send(widget, {"type": "window", "id": 1})
    flame = flame_of(profile, root=1)
    assert widget.window["id"] == 1
    assert widget.window["strings"] == flame.strings
    assert widget.window["n"] == flame.n
    assert widget.window_data == flame.blob


def test_a_window_arrives_after_its_blob(widget: ProfileWidget) -> None:
    seen: list[str] = []
    widget.observe(lambda change: seen.append(change.name), ["window", "window_data"])
    send(widget, {"type": "window", "id": 1})
    assert seen == ["window_data", "window"]


def test_the_same_window_asked_for_again_is_sent_again(widget: ProfileWidget) -> None:
    windows: list[Any] = []
    widget.observe(lambda change: windows.append(change.new), "window")
    for _ in range(2):
        send(widget, {"type": "window", "id": 1})
    assert [window["id"] for window in windows] == [1, 1]


@pytest.mark.parametrize("message", [{"type": "window", "id": 10**6}, {"type": "window"}, {"type": "window", "id": -1}])
def test_a_window_that_cannot_be_had_becomes_a_notice(widget: ProfileWidget, message: dict[str, Any]) -> None:
    send(widget, message)
    assert widget.notice
    assert widget.window == {}


def test_the_notice_goes_with_the_next_answer(widget: ProfileWidget) -> None:
    send(widget, {"type": "window", "id": 10**6})
    send(widget, {"type": "window", "id": 1})
    assert widget.notice == ""


def test_other_messages_change_nothing(widget: ProfileWidget) -> None:
    send(widget, {"type": "something else"})
    assert (widget.window, widget.notice) == ({}, "")


def test_an_empty_profile_has_a_panel() -> None:
    assert ProfileWidget(make_profile(0)).payload["flame"]["n"] == 0


def test_a_profile_that_is_not_complete_has_none() -> None:
    with pytest.raises(LabError, match="is not complete"):
        ProfileWidget(Profile.pending("early"))


def test_to_widget_gives_the_panel(profile: Profile) -> None:
    shown = profile.to_widget()
    assert isinstance(shown, ProfileWidget)
    assert shown.profile is profile
