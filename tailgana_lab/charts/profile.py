"""Profile -> Vega-Lite: hot lines with their intervals, and the threads over time by wait class."""

from os.path import basename
from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.palette import LIGHT, LIGHT_INK, STATE_LABELS, VERDICT_LABELS
from tailgana_lab.results.lanes import coarse_lanes
from tailgana_lab.results.tables import STATES
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""Name of the language; nothing is fetched from it. Version 5 is the newest that JupyterLab draws by itself."""

TOP = 12  # hot lines
MAX_RUNS = 1_000  # runs of all lanes
MAX_LABEL = 44  # characters
WIDTH_PX = 560
PAPER = "#ffffff"
"""Background: the chart brings its own, so it reads in dark notebooks too."""

Spec = dict[str, Any]


def profile_chart(profile: "Profile") -> Spec:
    """The chart's description, data included; plain JSON without NaN.

    Parameters
    ----------
    profile : Profile
        A complete one.

    Returns
    -------
    dict
        Vega-Lite 5: two views, one above the other.
    """
    return {
        "$schema": SCHEMA,
        "title": {"text": visible(profile.name) or "profile", "subtitle": visible(profile.method), "anchor": "start"},
        "background": PAPER,
        "vconcat": [_hot_lines(profile), _lanes(profile)],
        "resolve": {"scale": {"color": "independent"}},
        "config": {
            "view": {"stroke": None},
            "axis": {"labelColor": LIGHT_INK, "titleColor": LIGHT_INK, "gridColor": "#e4e8ec", "labelLimit": 280},
            "legend": {"labelColor": LIGHT_INK, "titleColor": LIGHT_INK},
            "title": {"color": LIGHT_INK, "subtitleColor": "#57606a"},
        },
    }


def _hot_lines(profile: "Profile") -> Spec:
    order = {"field": "label", "type": "nominal", "sort": None, "title": None}
    share = {"type": "quantitative", "axis": {"format": ".0%", "title": "share of time, 95 % interval"}}
    colour = {"value": LIGHT["socket"]}
    tooltip = [
        {"field": "source", "title": "line"},
        {"field": "place", "title": "in"},
        {"field": "share", "title": "share", "type": "quantitative", "format": ".1%"},
        {"field": "self_s", "title": "self, s", "type": "quantitative", "format": ".4f"},
        {"field": "verdict", "title": "why"},
    ]
    bar = {
        "mark": "bar",
        "encoding": {"y": order, "x": {"field": "share", **share}, "color": colour, "tooltip": tooltip},
    }
    rule = {
        "mark": {"type": "rule", "strokeWidth": 2, "color": LIGHT_INK},
        "encoding": {"y": order, "x": {"field": "low", **share}, "x2": {"field": "high"}},
    }
    return {"title": "Hot lines", "width": WIDTH_PX, "data": {"values": _line_rows(profile)}, "layer": [bar, rule]}


def _line_rows(profile: "Profile") -> list[Spec]:
    lines = profile.columns("lines")
    return [
        {
            "label": _label(f"{row + 1}. {lines['source'][row].strip()}"),
            "source": visible(lines["source"][row].strip()),
            "place": visible(f"{lines['function'][row]} ({basename(lines['file'][row])}:{lines['line'][row]})"),
            "share": _known(lines["self_fraction"][row]),
            "low": _known(lines["self_low"][row]),
            "high": _known(lines["self_high"][row]),
            "self_s": _known(lines["self_s"][row]),
            "verdict": VERDICT_LABELS.get(lines["verdict"][row], visible(lines["verdict"][row])),
        }
        for row in range(min(TOP, len(lines["line"])))
    ]


def _lanes(profile: "Profile") -> Spec:
    threads = [_label(name) for name in profile.columns("threads")["thread"]]
    lanes = coarse_lanes(profile.columns("lanes"), profile.duration_s, MAX_RUNS)
    runs = zip(lanes["thread"], lanes["start_s"], lanes["end_s"], lanes["state"], strict=True)
    rows = [
        {"thread": f"{thread + 1}. {threads[thread]}", "start": start_s, "end": end_s, "state": STATE_LABELS[state]}
        for thread, start_s, end_s, state in runs
    ]
    classes = [state for state in STATES if state in set(lanes["state"])]
    colours = {"domain": [STATE_LABELS[state] for state in classes], "range": [LIGHT[state] for state in classes]}
    axis = {"title": "seconds since the start"}
    return {
        "title": "Threads",
        "width": WIDTH_PX,
        "height": {"step": 18},
        "data": {"values": rows},
        "mark": {"type": "bar", "height": {"band": 0.8}},
        "encoding": {
            "y": {"field": "thread", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "start", "type": "quantitative", "axis": axis, "scale": {"domain": [0, profile.duration_s]}},
            "x2": {"field": "end"},
            "color": {"field": "state", "type": "nominal", "scale": colours, "legend": {"title": "state"}},
            "tooltip": [{"field": name, "title": name} for name in ("thread", "state", "start", "end")],
        },
    }


def _label(text: str) -> str:
    """Short enough to stand beside an axis."""
    shown = visible(text)
    return shown if len(shown) <= MAX_LABEL else shown[: MAX_LABEL - 1] + "…"


def _known(value: float) -> float | None:
    """The figure, or None where it is missing."""
    return None if value != value else value
