"""Comparison -> Vega-Lite: every round as a dot, the ratio with its interval as a band, and how the rounds lie."""

from typing import TYPE_CHECKING

from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import WIDTH_PX
from tailgana_lab.charts.rounds import RoundDots, round_dots
from tailgana_lab.charts.sheet import BAND, PROCESS_FILLS, VERDICT_FILLS, Spec, known, sheet
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison

HEIGHT_PX = 220
N_BINS = 50
RATIO = "new / old, time of a round"


def comparison_chart(comparison: "Comparison") -> Spec:
    """The chart's description, data included; plain JSON without NaN.

    Parameters
    ----------
    comparison : Comparison
        With or without rounds.

    Returns
    -------
    dict
        Vega-Lite 5: the rounds in order of time, and below them how often each ratio occurred.
    """
    dots = round_dots(comparison)
    name = comparison.name or f"{comparison.new_name} against {comparison.old_name}"
    return sheet(f"{name}: {comparison.verdict}", comparison.reason, [_rounds(comparison, dots), _spread(dots)])


def _rounds(comparison: "Comparison", dots: RoundDots) -> Spec:
    shown = {"type": "quantitative", "scale": {"domain": list(dots.axis), "zero": False}, "axis": {"title": RATIO}}
    return {
        "title": f"Rounds, {dots.n_rounds} in {comparison.n_processes} processes",
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "layer": [*_interval(comparison, shown), _dots(comparison, dots, shown), _no_change(shown)],
    }


def _interval(comparison: "Comparison", shown: Spec) -> list[Spec]:
    """The band and the line of the ratio; nothing where it is not known."""
    figures = {name: known(getattr(comparison, name)) for name in ("ratio", "ratio_low", "ratio_high")}
    if None in figures.values():
        return []
    data = {"values": [figures]}
    fill = VERDICT_FILLS.get(comparison.verdict, BAND)
    tooltip = [{"field": name, "type": "quantitative", "format": ".4f"} for name in figures]
    band = {
        "data": data,
        "mark": {"type": "rect", "color": fill, "opacity": 0.2},
        "encoding": {"y": {"field": "ratio_low", **shown}, "y2": {"field": "ratio_high"}, "tooltip": tooltip},
    }
    line = {
        "data": data,
        "mark": {"type": "rule", "color": fill, "strokeWidth": 2},
        "encoding": {"y": {"field": "ratio", **shown}, "tooltip": tooltip},
    }
    return [band, line]


def _dots(comparison: "Comparison", dots: RoundDots, shown: Spec) -> Spec:
    rows = zip(dots.process, dots.round, dots.ratio, strict=True)
    processes = [str(number + 1) for number in sorted(set(dots.process))]
    fills = [PROCESS_FILLS[number % len(PROCESS_FILLS)] for number in sorted(set(dots.process))]
    colour = {
        "field": "process",
        "type": "nominal",
        "scale": {"domain": processes, "range": fills},
        "legend": {"title": "process"},
    }
    return {
        "data": {"values": [{"process": str(p + 1), "round": r, "ratio": ratio} for p, r, ratio in rows]},
        "mark": {"type": "circle", "size": 12, "opacity": 0.55, "clip": True},
        "encoding": {
            "x": {"field": "round", "type": "quantitative", "axis": {"title": "round, in order of time"}},
            "y": {"field": "ratio", **shown},
            "color": colour,
            "tooltip": [
                {"field": "process", "title": "process"},
                {"field": "round", "title": "round"},
                {"field": "ratio", "title": visible(f"{comparison.new_name} / {comparison.old_name}"), "format": ".4f"},
            ],
        },
    }


def _no_change(shown: Spec) -> Spec:
    """The dashed line of equal times."""
    mark = {"type": "rule", "color": LIGHT_INK, "strokeDash": [4, 4]}
    return {"data": {"values": [{"one": 1}]}, "mark": mark, "encoding": {"y": {"field": "one", **shown}}}


def _spread(dots: RoundDots) -> Spec:
    low, high = dots.axis
    step = (high - low) / N_BINS
    counts = [0] * N_BINS
    for ratio in dots.ratio:
        if low <= ratio <= high:
            counts[min(N_BINS - 1, int((ratio - low) / step))] += 1
    rows = [{"from": low + k * step, "to": low + (k + 1) * step, "rounds": n} for k, n in enumerate(counts)]
    x = {"type": "quantitative", "scale": {"domain": [low, high], "zero": False}, "axis": {"title": RATIO}}
    return {
        "title": "How the rounds lie",
        "width": WIDTH_PX,
        "height": HEIGHT_PX // 3,
        "data": {"values": rows},
        "mark": {"type": "bar", "color": BAND, "opacity": 0.7},
        "encoding": {
            "x": {"field": "from", "bin": {"binned": True, "step": step}, **x},
            "x2": {"field": "to"},
            "y": {"field": "rounds", "type": "quantitative", "axis": {"title": "rounds", "tickMinStep": 1}},
        },
    }
