"""Baseline and PerformanceBaseline -> Vega-Lite: medians of the rounds; latencies of the operations."""

from typing import TYPE_CHECKING

from tailgana_lab.charts.history import time_scale
from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import WIDTH_PX
from tailgana_lab.charts.rounds import MAX_DOTS
from tailgana_lab.charts.sheet import BAND, Spec, fair_axis, known, sheet, thinned
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.performance import PerformanceBaseline

HEIGHT_PX = 200
LATENCIES = {"p50": "latency_p50_ms", "p95": "latency_p95_ms", "p99": "latency_p99_ms"}


def baseline_chart(baseline: "Baseline") -> Spec:
    """The description of a baseline's rounds: each median as a dot, the whole with its interval as a band."""
    rounds = list(baseline.round_medians_ns)
    scale, unit = time_scale([baseline.median_ns, *rounds])
    figures = {name: known(getattr(baseline, f"{name}_ns")) for name in ("median", "low", "high")}
    whole = {name: None if value is None else value / scale for name, value in figures.items()}
    axis = fair_axis([value / scale for value in rounds], whole.values())
    y = {"type": "quantitative", "scale": {"domain": list(axis), "zero": False}}
    y["axis"] = {"title": f"time of a call, {unit}"}
    dots = [{"round": row, "time": rounds[row] / scale} for row in thinned(len(rounds), MAX_DOTS)]
    layer: list[Spec] = [
        {
            "data": {"values": dots},
            "mark": {"type": "circle", "size": 16, "opacity": 0.6, "clip": True, "color": BAND},
            "encoding": {
                "x": {"field": "round", "type": "quantitative", "axis": {"title": "round, in order of time"}},
                "y": {"field": "time", **y},
                "tooltip": [{"field": "round"}, {"field": "time", "title": f"median, {unit}", "format": ".4g"}],
            },
        }
    ]
    if whole["median"] is not None:
        layer.append(_line(whole, y))
    if whole["low"] is not None and whole["high"] is not None:
        layer.insert(0, _band(whole, y))
    view = {"width": WIDTH_PX, "height": HEIGHT_PX, "layer": layer}
    return sheet(f"Baseline {baseline.name}", f"{baseline.n_rounds} rounds, {baseline.created}", [view])


def _line(whole: Spec, y: Spec) -> Spec:
    return {
        "data": {"values": [whole]},
        "mark": {"type": "rule", "color": LIGHT_INK, "strokeWidth": 1.5},
        "encoding": {"y": {"field": "median", **y}},
    }


def _band(whole: Spec, y: Spec) -> Spec:
    return {
        "data": {"values": [whole]},
        "mark": {"type": "rect", "color": BAND, "opacity": 0.2},
        "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}},
    }


def performance_chart(baseline: "PerformanceBaseline") -> Spec:
    """The description of the operations' latencies on a logarithmic axis: median, p95 and p99 where they are known."""
    rows = [
        {"operation": visible(operation), "figure": word, "latency": value}
        for operation, metrics in baseline.operation_metrics.items()
        for word, field in LATENCIES.items()
        if (value := known(metrics.get(field))) is not None and value > 0
    ]
    y = {"field": "operation", "type": "nominal", "sort": None, "title": None}
    x = {"field": "latency", "type": "quantitative", "scale": {"type": "log"}}
    x["axis"] = {"title": "latency of a call, ms (logarithmic)"}
    fills = {"domain": list(LATENCIES), "range": [BAND, "#c2711f", "#b3372b"]}
    view = {
        "width": WIDTH_PX,
        "height": {"step": 26},
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "line", "color": LIGHT_INK, "opacity": 0.3},
                "encoding": {"x": x, "y": y, "detail": {"field": "operation"}},
            },
            {
                "mark": {"type": "circle", "size": 90, "opacity": 0.9},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "figure", "type": "nominal", "scale": fills, "legend": {"title": None}},
                    "tooltip": [
                        {"field": "operation"},
                        {"field": "figure"},
                        {"field": "latency", "title": "ms", "format": ".4g"},
                    ],
                },
            },
        ],
    }
    return sheet("Performance baseline", f"{baseline.scope.value}, {baseline.timestamp}", [view])
