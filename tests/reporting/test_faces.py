"""Every kind of result as payload, HTML without a script and text: whole, safe, and with what is missing as missing."""

import json
from collections.abc import Callable
from math import nan
from typing import Any

import pytest

from tailgana_lab.reporting.faces import FACES, bundle_of, face_of
from tailgana_lab.reporting.plots import Dot, Plot, render_plot
from tailgana_lab.results.cache_overview import CacheOverview
from tests.factories import make_profile
from tests.reporting.test_escape import read
from tests.specimens import (
    FakeCache,
    make_advice,
    make_baseline,
    make_comparison,
    make_empty_advice,
    make_history,
    make_performance,
    make_report,
    make_snapshot,
    make_unknown,
)

HOSTILE = '</style><img src=x onerror="alert(1)">\u202e\x00'


def one_row(policy: str) -> dict[str, list[Any]]:
    rows = {"policy": policy, "capacity": 10, "requests": 10, "misses": 2, "loads": 2, "hit_fraction": 0.8}
    return {column: [value] for column, value in rows.items()}


def overview(*names: str) -> CacheOverview:
    return CacheOverview(lambda: {name: FakeCache() for name in names}, lambda _: make_advice())


SHOWN: dict[str, Callable[[], Any]] = {
    "baseline": make_baseline,
    "bare baseline": lambda: make_baseline(
        name=HOSTILE,
        commit_hash=None,
        round_medians_ns=[],
        low_ns=nan,
        high_ns=nan,
        p95_ns=nan,
        source="",
        environment={},
    ),
    "performance": make_performance,
    "performance against last time": lambda: make_performance(comparisons={HOSTILE: make_comparison()}),
    "performance of nothing": lambda: make_performance(operation_metrics={}, bottlenecks=[], recommendations=[]),
    "comparison": make_comparison,
    "unknown comparison": lambda: make_unknown(name=HOSTILE, old_name=HOSTILE, reason=HOSTILE),
    "report": make_report,
    "report without a race": lambda: make_report("none", comparison=None, workload=HOSTILE, warnings=[HOSTILE]),
    "report of the unknown": lambda: make_report(
        "none", baseline_snapshot=make_snapshot(memory_usage_mb=nan, commit_hash=None), verdict="inconclusive"
    ),
    "history": make_history,
    "long history": lambda: make_history(2_000),
    "empty history": lambda: make_history(0, name=HOSTILE),
    "cache": make_advice,
    "cache without requests": lambda: make_empty_advice(name=HOSTILE, notes=[HOSTILE]),
    "cache of unknown policies": lambda: make_advice(policy=HOSTILE, reason=HOSTILE, rows=one_row(HOSTILE)),
    "caches": lambda: overview("simplify", HOSTILE),
    "no caches": lambda: overview(),
}


@pytest.mark.parametrize("name", SHOWN)
def test_every_form_can_be_sent_and_none_holds_a_script_or_markup_of_a_name(name: str) -> None:
    result = SHOWN[name]()
    bundle = bundle_of(result)
    own = f"application/vnd.tailgana.{result.kind}+json"
    assert list(bundle) == [own, "text/html", "text/plain"]
    json.dumps(bundle, allow_nan=False)
    assert bundle[own]["v"] == 1
    assert bundle[own]["kind"] == result.kind
    tags = [tag for tag, _ in read(bundle["text/html"]).tags]
    assert not {"script", "img"} & set(tags)
    for form in bundle.values():
        assert "\u202e" not in json.dumps(form, ensure_ascii=False)


@pytest.mark.parametrize("name", SHOWN)
def test_every_kind_has_a_section_for_the_report(name: str) -> None:
    result = SHOWN[name]()
    face = face_of(result)
    assert face.word
    assert isinstance(face.name(result), str)


def test_all_kinds_are_listed_once() -> None:
    kinds = {SHOWN[name]().kind for name in SHOWN}
    assert kinds | {"profile"} == set(FACES)
    assert face_of(make_profile()) is FACES["profile"]


def words(result: Any) -> tuple[str, str]:
    bundle = bundle_of(result)
    return read(bundle["text/html"]).words.replace("\u00a0", " "), bundle["text/plain"]


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        (make_comparison(), ("slower", "1.400", "1.392 to 1.408", "60 rounds in 3 fresh processes")),
        (make_comparison(1.0, isolated=False), ("same", "as fast as", "this process alone")),
        (make_unknown(), ("inconclusive", "no ratio was measured", "no time for a round")),
        (make_report("critical"), ("critical regression", "0123456789", "fedcba9876", "increased by 40 %", "−28.6 %")),
        (make_report("none", verdict="same"), ("no regression",)),
        (make_history(), ("30 records", "1 change points", "+20.0 %")),
        (make_baseline(), ("Baseline clean", "2.50 ms", "2.48 ms to 2.52 ms", "runs again in fresh processes")),
        (
            make_advice(),
            ("Cache simplify", "FIFO, 512 entries", "92.4 % hits predicted", "2,400 keys", "LRU", "0.0764", "95.2 %"),
        ),
        (make_advice(reachable=False, reason="no cache reaches 99.0 %"), ("no cache reaches 99.0 %",)),
        (make_advice(sampled_fraction=0.1, saved_s=2.5), ("a sample of 10.0 %", "its hits save 2.50 s")),
        (make_empty_advice(), ("nothing to replay yet", "no request")),
        (overview("simplify"), ("simplify", "LRU", "75.0 %", "128")),
        (overview(), ("No cache is live",)),
        (make_performance(), ("file_io", "1000", "Look at what file_io waits for")),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_page_and_text_say_the_same(result: Any, parts: tuple[str, ...]) -> None:
    page, text = words(result)
    for part in parts:
        assert part in page
        assert part in text


def test_a_missing_figure_is_a_dash_never_zero() -> None:
    text = bundle_of(make_performance(operation_metrics={"odd": {"ops_per_second": nan}}))["text/plain"]
    assert "–" in text
    assert " 0 " not in text


def test_a_plot_shows_dots_intervals_band_lines_and_marks() -> None:
    dots = [Dot(1.0, "tgls-dot-0", "first", 0.9, 1.1), Dot(nan, "tgls-dot-0"), Dot(2.0, "tgls-dot-1")]
    marks = [(0.5, "tgls-change", "+100 %")]
    plot = Plot(dots, (0.0, 3.0), ("0", "3"), "what", band=(1.0, 2.0), line=1.5, zero=1.0, marks=marks)
    tags = read(render_plot(plot)).tags
    assert [tag for tag, _ in tags].count("circle") == 2
    assert len([1 for tag, attributes in tags if tag == "rect" and attributes["height"] == "50.0"]) == 1
    assert {"tgls-change", "tgls-zero", "tgls-range"} <= {attributes.get("class") for _, attributes in tags}


def test_a_plot_of_nothing_is_nothing() -> None:
    assert render_plot(Plot([], (0.0, 1.0), ("0", "1"), "what")) == ""


def test_a_saved_race_stays_small() -> None:
    bundle = bundle_of(make_comparison(n_rounds=20_000))
    assert len(json.dumps(bundle)) < 200_000
