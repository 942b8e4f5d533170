"""The cache panel changes the running cache, says what came of it, and looks on only while it is seen."""

import json
from math import nan

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.cache_advice import Achieved
from tailgana_lab.results.cache_overview import CacheOverview
from tailgana_lab.widgets.cache_payloads import advice_payload
from tailgana_lab.widgets.caching import CacheWidget, Verdict
from tests.specimens import FakeCache, FakeWatch, make_advice, make_empty_advice, make_live_advice

APPLY = {"type": "apply", "policy": "s3fifo", "capacity": 1024}


def send(widget: CacheWidget, content: object) -> None:
    """What a front end's message does."""
    widget._receive(widget, content, [])


def overview(**caches: FakeCache) -> CacheOverview:
    return CacheOverview(lambda: caches, lambda name: make_live_advice(caches[name], name=name))


@pytest.mark.parametrize("advice", [make_advice(), make_live_advice(), make_empty_advice()])
def test_it_hands_over_its_advice_as_plain_json(advice) -> None:
    widget = advice.to_widget()
    assert widget.payload["kind"] == "cache_advice"
    assert widget.result is advice
    for part in (widget.payload, widget.live, widget.state):
        json.dumps(part, allow_nan=False)


def test_curves_stand_at_every_capacity_with_loads_and_gains() -> None:
    payload = advice_payload(make_advice())
    curves = {curve["policy"]: curve for curve in payload["curves"]}
    assert payload["curves"][-1]["is_limit"]
    assert {len(curve["hit_fraction"]) for curve in payload["curves"]} == {len(payload["capacities"])}
    assert curves["predictive"]["loads_fraction"][0] > 1 - curves["predictive"]["hit_fraction"][0]
    now = payload["capacities"].index(128)
    assert curves["lru"]["gain_points"][now] == 0
    assert payload["old"]["label"] == "LRU"


def test_a_policy_that_was_not_replayed_at_a_capacity_has_no_figure_there() -> None:
    rows = {
        "policy": ["lru", "lru", "arc"],
        "capacity": [1, 5, 5],
        "requests": [10, 10, 0],
        "misses": [10, 4, 0],
        "loads": [10, 4, 0],
        "hit_fraction": [0.0, 0.6, 0.7],
    }
    curves = advice_payload(make_advice(rows=rows, old=None, old_hit_fraction=nan))["curves"]
    assert [curve["hit_fraction"] for curve in curves] == [[0.0, 0.6], [None, 0.7]]
    assert curves[1]["loads_fraction"] == [None, None]
    assert curves[0]["gain_points"] == [None, None]


def test_what_is_advised_has_a_stop_of_its_own_where_the_table_has_none() -> None:
    advice = make_advice(policy="arc", capacity=300, predicted_hit_fraction=0.61, limit_hit_fraction=0.93)
    payload = advice_payload(advice)
    stop = payload["capacities"].index(300)
    there = {curve["policy"]: curve["hit_fraction"][stop] for curve in payload["curves"]}
    assert (there["arc"], there["belady"], there["lru"]) == (0.61, 0.93, None)
    assert payload["predicted_loads_fraction"] == pytest.approx(0.39)


def test_apply_changes_the_running_cache_and_the_kernel_says_so() -> None:
    cache = FakeCache()
    widget = make_live_advice(cache).to_widget()
    assert widget.state["is_applied"] is False
    send(widget, APPLY)
    assert cache.told == ["policy s3fifo", "capacity 1024"]
    assert widget.state["setting"] == {"policy": "s3fifo", "capacity": 1024, "ttl_s": None, "label": "S3-FIFO"}
    assert widget.state["is_applied"] is True
    assert "promised" in widget.state["said"]
    assert (widget.n_answers, widget.notice) == (1, "")


def test_undo_takes_back_one_change_after_the_other() -> None:
    cache = FakeCache("lru", 128)
    widget = make_live_advice(cache).to_widget()
    send(widget, APPLY)
    send(widget, {**APPLY, "capacity": 64})
    send(widget, {"type": "undo"})
    assert (cache.policy, cache.capacity) == ("s3fifo", 1024)
    assert widget.state["is_applied"] is True
    send(widget, {"type": "undo"})
    assert (cache.policy, cache.capacity) == ("lru", 128)
    assert widget.state["is_applied"] is False
    send(widget, {"type": "undo"})
    assert widget.notice == ""


def test_what_the_cache_refuses_is_shown_and_answered() -> None:
    cache = FakeCache()
    cache.refuses = InvalidRequestError("`capacity` is too large")
    widget = make_live_advice(cache).to_widget()
    send(widget, APPLY)
    assert "`capacity` is too large" in widget.notice
    assert widget.state["is_applied"] is False
    assert widget.n_answers == 1


@pytest.mark.parametrize(
    ("message", "word"),
    [({**APPLY, "policy": "belady"}, "belady"), ({**APPLY, "policy": None}, "None"), ({"type": "apply"}, "policy")],
)
def test_a_choice_that_no_cache_can_have_is_refused(message, word: str) -> None:
    cache = FakeCache()
    widget = make_live_advice(cache).to_widget()
    send(widget, message)
    assert word in widget.notice
    assert cache.told == []


def test_a_beat_does_not_take_a_refusal_away() -> None:
    widget = make_live_advice().to_widget()
    send(widget, {"type": "apply"})
    send(widget, {"type": "watch"})
    send(widget, {"type": "unwatch"})
    assert widget.notice != ""
    assert (widget.n_beats, widget.n_answers) == (2, 1)


def test_an_advice_on_a_trace_has_nothing_to_change() -> None:
    widget = make_advice().to_widget()
    send(widget, APPLY)
    assert "tgl.tune(f)" in widget.notice
    assert (widget.payload["is_live"], widget.live, widget.state) == (False, {}, {})


def test_looking_again_takes_the_newer_advice() -> None:
    newer = make_live_advice(policy="arc")
    widget = make_live_advice(again=lambda: newer).to_widget()
    assert widget.payload["can_look_again"]
    send(widget, {"type": "advise"})
    assert widget.advice["policy"] == "arc"
    assert widget.result is newer


def test_what_was_applied_before_looking_again_can_still_be_undone() -> None:
    cache = FakeCache()
    widget = make_live_advice(cache, again=lambda: make_live_advice(cache)).to_widget()
    send(widget, APPLY)
    send(widget, {"type": "advise"})
    assert widget.state["is_applied"] is True
    send(widget, {"type": "undo"})
    assert cache.capacity == 128


def test_a_promise_is_judged_at_once_and_then_now_and_again() -> None:
    now = [0.0]
    judged: list[float] = []

    class Watch(FakeWatch):
        def achieved(self, predicted_hit_fraction: float) -> Achieved:
            judged.append(now[0])
            return super().achieved(predicted_hit_fraction)

    advice, other = (make_live_advice(watch=Watch()) for _ in range(2))
    verdict = Verdict(lambda: now[0])
    assert verdict.on(None) is None
    for each in (advice, other):
        each.apply()
    for now[0] in (0.0, 1.0, 2.9, 3.0, 4.0):
        assert "kept" in str(verdict.on(advice))
    assert judged == [0.0, 3.0]
    verdict.on(other)
    assert judged == [0.0, 3.0, 4.0]


def test_figures_of_now_follow_the_cache_and_are_sent_once() -> None:
    cache = FakeCache()
    widget = make_live_advice(cache).to_widget()
    sent = []
    widget.observe(lambda change: sent.append(change.new["n_requests"]), "live")
    widget.look()
    cache.n_hits += 60
    widget.look()
    widget.look()
    assert sent == [100]
    assert widget.live["hit_fraction"] == 0.9
    assert widget.live["setting"]["label"] == "LRU"


def test_closing_the_panel_leaves_no_thread_behind() -> None:
    widget = make_live_advice().to_widget()
    send(widget, {"type": "watch"})
    assert widget._watcher.is_running
    widget.close()
    assert not widget._watcher.is_running


def test_the_list_shows_every_cache_and_the_panel_of_the_one_picked() -> None:
    caches = {"simplify": FakeCache(), "price": FakeCache("arc", 10)}
    widget = overview(**caches).to_widget()
    assert widget.payload["caches"]["name"] == ["simplify", "price"]
    assert widget.payload["caches"]["label"] == ["LRU", "ARC"]
    send(widget, APPLY)
    assert "picked" in widget.notice
    send(widget, {"type": "pick", "name": "price"})
    assert widget.advice["name"] == "price"
    send(widget, APPLY)
    assert caches["price"].capacity == 1024
    assert widget.caches["capacity"] == [128, 1024]
    send(widget, {"type": "pick", "name": "simplify"})
    assert widget.state["is_applied"] is False


def test_a_name_that_is_gone_is_said() -> None:
    widget = overview(simplify=FakeCache()).to_widget()
    send(widget, {"type": "pick", "name": "gone"})
    assert "gone" in widget.notice
    assert widget.n_answers == 1


def test_an_overview_is_a_table_of_what_was() -> None:
    cache = FakeCache()
    shown = overview(simplify=cache)
    cache.n_hits = 1000
    row = shown.table.iloc[0]
    assert (row["name"], row.requests, row.hit_fraction) == ("simplify", 40, 0.75)
    assert len(shown) == 1
    assert overview().table.empty
