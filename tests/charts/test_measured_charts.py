"""Charts of races, checks, baselines and histories: plain JSON, and drawn whatever is missing."""

import json
from math import nan
from typing import Any

import pytest

from tailgana_lab.charts.baseline import baseline_chart, performance_chart
from tailgana_lab.charts.caching import advice_chart
from tailgana_lab.charts.comparison import comparison_chart
from tailgana_lab.charts.history import history_chart, time_scale
from tailgana_lab.charts.regression import regression_chart
from tailgana_lab.charts.rounds import MAX_DOTS, round_dots
from tailgana_lab.charts.sheet import fair_axis, thinned
from tests.specimens import (
    make_advice,
    make_baseline,
    make_comparison,
    make_empty_advice,
    make_history,
    make_performance,
    make_report,
    make_unknown,
)


def rows_of(policy: str) -> dict[str, list[Any]]:
    """One replay at no entry, which a logarithmic axis cannot show, and one at ten."""
    counts = {"capacity": [0, 10], "requests": [10, 10], "misses": [10, 2], "loads": [10, 2]}
    return {"policy": [policy, policy], **counts, "hit_fraction": [0.0, 0.8]}


HOSTILE = '<img src=x onerror="alert(1)">\u202e'
CHARTS = {
    "comparison": lambda: comparison_chart(make_comparison()),
    "unknown comparison": lambda: comparison_chart(make_unknown(name=HOSTILE)),
    "report": lambda: regression_chart(make_report()),
    "report without a race": lambda: regression_chart(make_report("none", comparison=None)),
    "history": lambda: history_chart(make_history()),
    "empty history": lambda: history_chart(make_history(0)),
    "baseline": lambda: baseline_chart(make_baseline()),
    "baseline without rounds": lambda: baseline_chart(make_baseline(round_medians_ns=[], low_ns=nan, high_ns=nan)),
    "cache": lambda: advice_chart(make_advice()),
    "cache without requests": lambda: advice_chart(make_empty_advice(name=HOSTILE, reason=HOSTILE)),
    "trace of unknown policies": lambda: advice_chart(make_advice(name="", old=None, rows=rows_of(HOSTILE))),
    "performance": lambda: performance_chart(make_performance()),
    "performance of nothing": lambda: performance_chart(make_performance(operation_metrics={})),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_json_without_nan_and_altair_draws_it(name: str) -> None:
    from tailgana_lab.charts.altair_display import altair_chart

    spec = CHARTS[name]()
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert "\u202e" not in json.dumps(spec, ensure_ascii=False)
    bundle: Any = altair_chart(spec)._repr_mimebundle_()
    assert "image/svg+xml" in bundle


@pytest.mark.parametrize("make", [make_comparison, make_baseline, make_performance, make_history, make_advice])
def test_results_hand_over_their_chart(make: Any) -> None:
    assert "vega-lite" in make().chart.to_dict()["$schema"]


def layers(spec: dict[str, Any], view: int = 0) -> list[dict[str, Any]]:
    return spec["vconcat"][view]["layer"]


def test_rounds_stand_as_dots_with_the_interval_as_a_band() -> None:
    comparison = make_comparison()
    band, line, dots, one = layers(comparison_chart(comparison))
    assert band["data"]["values"][0]["ratio_high"] == comparison.ratio_high
    assert line["mark"]["type"] == "rule"
    assert len(dots["data"]["values"]) == comparison.n_rounds
    assert {row["process"] for row in dots["data"]["values"]} == {"1", "2", "3"}
    assert one["data"]["values"] == [{"one": 1}]


def test_what_is_not_known_has_no_band() -> None:
    assert len(layers(comparison_chart(make_unknown()))) == 2


def test_rounds_below_are_counted_once() -> None:
    comparison = make_comparison(n_rounds=200)
    counts = comparison_chart(comparison)["vconcat"][1]["data"]["values"]
    assert sum(row["rounds"] for row in counts) == 200 - round_dots(comparison).n_outside


def test_very_many_rounds_are_thinned_evenly() -> None:
    dots = round_dots(make_comparison(n_rounds=10_000))
    assert len(dots.ratio) <= MAX_DOTS
    assert dots.n_rounds == 10_000
    assert (dots.round[0], dots.round[-1] > 9_900) == (0, True)


def test_one_outlier_does_not_press_the_rest_flat() -> None:
    comparison = make_comparison(n_rounds=400)
    comparison.columns("rounds")["new_ns"][7] *= 100
    dots = round_dots(comparison)
    assert dots.axis[1] < 2
    assert dots.n_outside >= 1


def test_the_axis_holds_what_it_must() -> None:
    low, high = fair_axis([1.4, 1.41], (1.0, nan, None))
    assert low < 1.0 < 1.41 < high
    assert fair_axis([], ()) == (0.0, 1.0)
    assert fair_axis([5.0], ()) == (4.75, 5.25)


@pytest.mark.parametrize(("n", "most", "left"), [(0, 10, 0), (10, 10, 10), (11, 10, 6), (1000, 10, 10)])
def test_thinning_keeps_at_most_so_many(n: int, most: int, left: int) -> None:
    assert len(thinned(n, most)) == left


def test_a_history_can_be_brushed_and_clicked() -> None:
    spec = history_chart(make_history())
    views = [spec, *spec["vconcat"], *layers(spec)]
    names = [params["name"] for view in views for params in view.get("params", [])]
    assert sorted(names) == ["brush", "click"]
    assert layers(spec)[-1]["encoding"]["x"]["scale"]["domain"] == {"param": "brush", "encoding": "x"}


def test_a_history_shows_change_points_commits_and_machines() -> None:
    environments, changes, suspects, _, intervals, points = layers(history_chart(make_history()))
    assert [row["index"] for row in changes["data"]["values"]] == [14.5]
    assert "+20.0 %" in changes["data"]["values"][0]["what"]
    assert suspects["data"]["values"] == []
    assert "new machine" in environments["data"]["values"][0]["what"]
    assert {"low", "high"} <= {intervals["encoding"]["y"]["field"], intervals["encoding"]["y2"]["field"]}
    assert "commit" in [each["field"] for each in points["encoding"]["tooltip"]]


def test_an_advice_has_a_curve_a_policy_and_the_limit_is_dashed() -> None:
    lines, target, infinite, advised, now = layers(advice_chart(make_advice()))
    dashes = lines["encoding"]["strokeDash"]["scale"]
    assert dashes["domain"][-1] == "Belady"
    assert dashes["range"][-1] != dashes["range"][0]
    assert lines["encoding"]["x"]["scale"]["type"] == "log"
    assert [level["data"]["values"][0]["level"] for level in (target, infinite)] == [0.9, 0.952]
    assert advised["data"]["values"][0]["capacity"] == 512
    assert now["data"]["values"][0]["policy"] == "lru"


def test_the_policies_at_the_capacity_advised_stand_best_first_with_their_loads() -> None:
    rows = advice_chart(make_advice())["vconcat"][1]["data"]["values"]
    assert rows[0]["policy"] == "Belady"
    assert [row["hits"] for row in rows] == sorted((row["hits"] for row in rows), reverse=True)
    loads = {row["policy"]: row["loads"] + row["hits"] for row in rows}
    assert loads["predictive"] == pytest.approx(1.02)
    assert loads["LRU"] == pytest.approx(1)


def test_what_a_log_axis_cannot_show_is_left_out() -> None:
    lines = layers(advice_chart(make_advice(rows=rows_of("lru"))))[0]
    assert [row["capacity"] for row in lines["data"]["values"]] == [10]


def test_times_have_the_unit_of_their_middle() -> None:
    assert time_scale([nan, 900.0, 5e9, 950.0]) == (1.0, "ns")
    assert time_scale([2e9]) == (1e9, "s")
    assert time_scale([]) == (1.0, "ns")


def test_a_latency_that_is_not_known_has_no_dot() -> None:
    rows = performance_chart(make_performance())["vconcat"][0]["data"]["values"]
    assert [(row["operation"], row["figure"]) for row in rows] == [
        ("file_io", "p50"),
        ("file_io", "p95"),
        ("cache_lookup", "p50"),
    ]
