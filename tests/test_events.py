import logging

import pytest

from tailgana_lab import events
from tailgana_lab.events import EventBus

CHAPTER = """
performance.profiling_started performance.baseline_established rust_acceleration.enabling rust_acceleration.enabled
cache.analysis_started cache.optimization_started cache.warming_started cache.warming_completed
cache.optimization_completed parallel_execution.started parallel_execution.completed regression_detection.started
regression_detection.completed bottleneck_analysis.started bottleneck_analysis.completed
""".split()


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


def test_constants_are_the_fifteen_names_and_one_failure_for_each_workflow() -> None:
    names = {value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}
    failures = {f"{name.partition('.')[0]}.failed" for name in CHAPTER}
    assert names == {*CHAPTER, *failures}
    assert len(CHAPTER) == 15


def test_subscribers_are_called_in_order_with_name_and_payload(bus: EventBus) -> None:
    seen = []
    bus.subscribe("*", lambda name, payload: seen.append(("first", name, payload)))
    bus.subscribe("*", lambda name, payload: seen.append(("second", name, payload)))
    bus.emit("a.b", {"n": 1})
    assert seen == [("first", "a.b", {"n": 1}), ("second", "a.b", {"n": 1})]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("*", True), ("cache.*", True), ("*.started", True), ("cache.started", True), ("cach", False), ("Cache.*", False)],
)
def test_patterns_are_those_of_the_shell(bus: EventBus, pattern: str, fits: bool) -> None:
    seen = []
    bus.subscribe(pattern, lambda name, payload: seen.append(name))
    bus.emit("cache.started", {})
    assert bool(seen) is fits


def test_a_raising_subscriber_is_counted_and_breaks_nothing(bus: EventBus, caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    def broken(name, payload):
        raise ValueError("broken")

    subscription = bus.subscribe("*", broken)
    bus.subscribe("*", lambda name, payload: seen.append(name))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            bus.emit("a.b", {})
    assert len(seen) == 3
    assert subscription.n_failed == 3
    assert isinstance(subscription.last_error, ValueError)
    assert [record.getMessage().count("ValueError") for record in caplog.records] == [1]


def test_an_interrupt_in_a_subscriber_is_not_swallowed(bus: EventBus) -> None:
    def interrupted(name, payload):
        raise KeyboardInterrupt

    bus.subscribe("*", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bus.emit("a.b", {})


def test_a_cancelled_subscription_hears_nothing_more(bus: EventBus) -> None:
    seen = []
    subscription = bus.subscribe("*", lambda name, payload: seen.append(name))
    subscription.cancel()
    subscription.cancel()
    bus.emit("a.b", {})
    assert seen == []


def test_a_subscriber_may_cancel_itself_while_it_is_called(bus: EventBus) -> None:
    seen = []

    def once(name, payload):
        seen.append(name)
        subscription.cancel()

    subscription = bus.subscribe("*", once)
    bus.subscribe("*", lambda name, payload: seen.append("other"))
    bus.emit("a", {})
    bus.emit("b", {})
    assert seen == ["a", "other", "other"]


def test_who_comes_later_hears_a_name_that_was_known_before(bus: EventBus) -> None:
    seen = []
    bus.subscribe("a.*", lambda name, payload: seen.append("first"))
    bus.emit("a.b", {})
    later = bus.subscribe("*", lambda name, payload: seen.append("later"))
    bus.emit("a.b", {})
    later.cancel()
    bus.emit("a.b", {})
    assert seen == ["first", "first", "later", "first"]


def test_any_number_of_names_is_delivered(bus: EventBus) -> None:
    seen = []
    bus.subscribe("a.*", lambda name, payload: seen.append(name))
    names = [f"a.{n}" for n in range(3000)]
    for name in [*names, *names]:
        bus.emit(name, {})
    assert seen == [*names, *names]
