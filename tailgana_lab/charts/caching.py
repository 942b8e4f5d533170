"""CacheAdvice -> Vega-Lite: the share of hits of every policy over capacity, and what each does at the one advised."""

from math import isfinite
from typing import TYPE_CHECKING

from tailgana_lab.charts.curves import (
    POLICY_FILLS,
    Curve,
    capacities_of,
    curves_of,
    hit_axis,
    policy_label,
)
from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import WIDTH_PX
from tailgana_lab.charts.sheet import BAND, Spec, known, sheet
from tailgana_lab.results.caching import BELADY
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice

HEIGHT_PX = 280
UNKNOWN_FILL = "#8c959f"


def advice_chart(advice: "CacheAdvice") -> Spec:
    """The chart's description, data included; plain JSON without NaN.

    Parameters
    ----------
    advice : CacheAdvice
        With or without replays.

    Returns
    -------
    dict
        Vega-Lite 5: the curves, and below them the policies at the capacity advised.
    """
    curves = curves_of(advice)
    views = [_curves(advice, curves), _choices(advice, curves)]
    what = f"Cache {advice.name}" if advice.name else "Trace"
    return sheet(f"{what}: {policy_label(advice.policy)}, {advice.capacity:,} entries", advice.reason, views)


def _curves(advice: "CacheAdvice", curves: list[Curve]) -> Spec:
    capacities = capacities_of(curves) or [1]
    x = {"type": "quantitative", "scale": {"type": "log", "domain": [capacities[0], max(capacities[-1], 2)]}}
    x["axis"] = {"title": "capacity, entries (logarithmic)", "format": "~s"}
    y = {"type": "quantitative", "scale": {"domain": list(hit_axis(advice, curves)), "zero": False}}
    y["axis"] = {"title": "share of hits", "format": ".0%"}
    return {
        "title": f"{advice.n_requests:,} requests for {advice.n_keys:,} keys",
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "layer": [_lines(curves, x, y), *_levels(advice, y), *_points(advice, x, y)],
    }


def _lines(curves: list[Curve], x: Spec, y: Spec) -> Spec:
    rows = [
        {"policy": visible(policy_label(curve.policy)), "capacity": capacity, "hits": hits, "loads": known(loads)}
        for curve in curves
        for capacity, hits, loads in zip(curve.capacity, curve.hit_fraction, curve.loads_fraction, strict=True)
    ]
    names = [visible(policy_label(curve.policy)) for curve in curves]
    dash = {"domain": names, "range": [[5, 3] if curve.policy == BELADY else [1, 0] for curve in curves]}
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"size": 18}, "clip": True},
        "encoding": {
            "x": {"field": "capacity", **x},
            "y": {"field": "hits", **y},
            "color": {"field": "policy", "type": "nominal", "scale": _fills(curves), "legend": {"title": None}},
            "strokeDash": {"field": "policy", "type": "nominal", "scale": dash, "legend": None},
            "tooltip": [
                {"field": "policy"},
                {"field": "capacity", "format": ","},
                {"field": "hits", "title": "share of hits", "format": ".2%"},
                {"field": "loads", "title": "loads a request", "format": ".4f"},
            ],
        },
    }


def _fills(curves: list[Curve]) -> Spec:
    fills = [POLICY_FILLS.get(curve.policy, UNKNOWN_FILL) for curve in curves]
    return {"domain": [visible(policy_label(curve.policy)) for curve in curves], "range": fills}


def _levels(advice: "CacheAdvice", y: Spec) -> list[Spec]:
    """Lines across: the target, and the cache that holds everything."""
    levels = {
        "target": (advice.target_hit_fraction, [6, 3], "#b3372b"),
        "a cache that holds everything": (advice.infinite_hit_fraction, [2, 3], LIGHT_INK),
    }
    return [
        {
            "data": {"values": [{"what": what, "level": level}]},
            "mark": {"type": "rule", "strokeDash": dash, "color": fill},
            "encoding": {"y": {"field": "level", **y}, "tooltip": [{"field": "what"}, {"field": "level"}]},
        }
        for what, (level, dash, fill) in levels.items()
        if isfinite(level)
    ]


def _points(advice: "CacheAdvice", x: Spec, y: Spec) -> list[Spec]:
    """The setting that was found, and the one advised."""
    points = [("advised", advice.capacity, advice.predicted_hit_fraction, advice.policy, "circle")]
    if advice.old is not None:
        points.append(("now", advice.old.capacity, advice.old_hit_fraction, advice.old.policy, "diamond"))
    return [
        {
            "data": {"values": [{"what": what, "policy": visible(policy), "capacity": capacity, "hits": hits}]},
            "mark": {
                "type": "point",
                "shape": shape,
                "size": 130,
                "filled": True,
                "clip": True,
                "color": POLICY_FILLS.get(policy, UNKNOWN_FILL),
                "stroke": LIGHT_INK,
            },
            "encoding": {
                "x": {"field": "capacity", **x},
                "y": {"field": "hits", **y},
                "tooltip": [{"field": name} for name in ("what", "policy", "capacity", "hits")],
            },
        }
        for what, capacity, hits, policy, shape in points
        if capacity >= 1 and isfinite(hits)
    ]


def _choices(advice: "CacheAdvice", curves: list[Curve]) -> Spec:
    """What each policy does at the capacity advised, best first."""
    found = [
        (hits, loads, visible(policy_label(curve.policy)))
        for curve in curves
        for capacity, hits, loads in zip(curve.capacity, curve.hit_fraction, curve.loads_fraction, strict=True)
        if capacity == advice.capacity
    ]
    found.sort(key=lambda row: -row[0])
    rows = [{"policy": policy, "hits": hits, "loads": known(loads)} for hits, loads, policy in found]
    y = {"field": "policy", "type": "nominal", "sort": None, "title": None}
    share = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    share["axis"] = {"title": "share of hits (bar), loads a request (mark)", "format": ".0%"}
    bar = {"mark": {"type": "bar", "height": {"band": 0.7}, "color": BAND, "opacity": 0.75}}
    tick = {"mark": {"type": "tick", "color": LIGHT_INK, "thickness": 2}}
    return {
        "title": f"At {advice.capacity:,} entries",
        "width": WIDTH_PX,
        "height": {"step": 18},
        "data": {"values": rows},
        "layer": [
            {
                **bar,
                "encoding": {
                    "x": {"field": "hits", **share},
                    "y": y,
                    "tooltip": [{"field": "policy"}, {"field": "hits", "format": ".2%"}],
                },
            },
            {**tick, "encoding": {"x": {"field": "loads", **share}, "y": y}},
        ],
    }
