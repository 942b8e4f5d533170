"""Verdicts rest on time alone: whole groups of classes decide, and the figures are said in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.measure.verdicts import (
    ENOUGH_SAMPLES,
    FIXES,
    KINDS,
    MIXED,
    MOST_OF,
    NOT_ENOUGH,
    describe,
    group_seconds,
    judge,
    priority_of,
)

CLASSES = "on_cpu queue gil_wait lock disk pipe socket sleep fault other gc".split()
ENOUGH = 500.0


@st.composite
def times(draw: Any) -> dict[str, float]:
    """Seconds by class; the collector's are a part of those on a core."""
    seconds = {name: draw(st.floats(0, 100)) for name in CLASSES}
    return seconds | {"gc": draw(st.floats(0, 1)) * seconds["on_cpu"]}


@pytest.mark.parametrize(
    ("classes", "verdict"),
    [
        ({"on_cpu": 0.6, "disk": 0.4}, "cpu_bound"),
        ({"on_cpu": 0.3, "queue": 0.3, "sleep": 0.4}, "cpu_bound"),
        ({"disk": 0.3, "pipe": 0.3, "on_cpu": 0.4}, "io_bound"),
        ({"socket": 0.6, "on_cpu": 0.4}, "network_latency"),
        ({"lock": 0.3, "gil_wait": 0.3, "on_cpu": 0.4}, "lock_contention"),
        ({"on_cpu": 0.7, "gc": 0.4, "fault": 0.3}, "memory_bound"),
        ({"sleep": 1.0}, MIXED),
        ({"other": 1.0}, MIXED),
        ({"on_cpu": 0.4, "socket": 0.3, "disk": 0.3}, MIXED),
        ({}, MIXED),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value) or "nothing",
)
def test_what_takes_most_of_the_time_names_the_verdict(classes: dict[str, float], verdict: str) -> None:
    assert judge(classes, ENOUGH) == verdict


@given(times(), st.floats(0, ENOUGH_SAMPLES, exclude_max=True))
def test_too_few_samples_give_no_verdict(classes: dict[str, float], n_samples: float) -> None:
    assert judge(classes, n_samples) == NOT_ENOUGH


@given(times())
def test_a_verdict_holds_at_least_half_of_the_time(classes: dict[str, float]) -> None:
    verdict, total = judge(classes, ENOUGH), sum(classes.values()) - classes["gc"]
    assert verdict in (MIXED, *KINDS)
    if verdict != MIXED:
        assert group_seconds(classes)[verdict] >= MOST_OF * total * (1 - 1e-9)


@given(times())
def test_mixed_means_that_no_group_holds_half(classes: dict[str, float]) -> None:
    total = sum(classes.values()) - classes["gc"]
    if total > 0 and judge(classes, ENOUGH) == MIXED:
        assert max(group_seconds(classes).values()) <= MOST_OF * total * (1 + 1e-9)


@given(times(), st.sampled_from([0.25, 2.0, 64.0]))
def test_a_verdict_does_not_depend_on_the_unit(classes: dict[str, float], factor: float) -> None:
    assert judge({name: factor * s for name, s in classes.items()}, ENOUGH) == judge(classes, ENOUGH)


@given(times())
def test_groups_and_what_no_group_claims_are_the_whole_time(classes: dict[str, float]) -> None:
    unclaimed = classes["sleep"] + classes["other"]
    whole = sum(classes.values()) - classes["gc"]
    assert sum(group_seconds(classes).values()) + unclaimed == pytest.approx(whole)


def test_more_collection_than_computing_is_all_collection() -> None:
    assert group_seconds({"on_cpu": 1.0, "gc": 1.5}) == pytest.approx(
        {"cpu_bound": 0, "io_bound": 0, "network_latency": 0, "lock_contention": 0, "memory_bound": 1.0}
    )


def test_the_detail_stands_for_what_was_waited_for() -> None:
    said = describe({"socket": 0.82, "on_cpu": 0.18}, "`recv` on 127.0.0.1:5432")
    assert said.startswith("82 % of its 1.00 s blocked in `recv` on 127.0.0.1:5432")


def test_computing_is_never_said_to_be_blocked() -> None:
    assert "blocked" not in describe({"on_cpu": 0.82, "socket": 0.18}, "`recv` on 127.0.0.1:5432")


def test_the_kind_asked_for_stands_first() -> None:
    said = describe({"on_cpu": 3.0, "socket": 1.0}, kind="network_latency")
    assert said == "25 % of its 4.00 s waiting for a socket, 75 % on a core"


def test_no_time_gives_no_words() -> None:
    assert describe({"on_cpu": 0.0}, "`read`") == ""


@given(times())
def test_at_most_three_figures_are_said(classes: dict[str, float]) -> None:
    said = describe(classes)
    assert said.count(" %") <= 3
    assert (said == "") == (sum(classes.values()) == 0) or "%" in said


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_larger_share_never_has_a_lesser_priority(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 1 <= priority_of(high) <= priority_of(low) <= 5


def test_every_kind_has_a_remedy() -> None:
    assert set(KINDS) <= set(FIXES)
