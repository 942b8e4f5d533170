"""Profile -> Vega-Lite: hot lines with their intervals, and the threads over time by wait class."""

from os.path import basename
from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.palette import LIGHT, LIGHT_INK, STATE_LABELS, VERDICT_LABELS
from tailgana_lab.results.lanes import busy_threads, coarse_lanes
from tailgana_lab.results.tables import STATES, TABLES
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""Name of the language; nothing is fetched from it. Version 5 is the newest that JupyterLab draws by itself."""

TOP = 12  # hot lines
MAX_THREADS = 16
MAX_RUNS = 1_000  # runs of all lanes
MAX_LABEL = 44  # characters
WIDTH_PX = 520
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
            "legend": {"labelColor": LIGHT_INK, "orient": "bottom", "columns": 5},
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
    rows = _lane_rows(profile)
    found = {row["state"] for row in rows}
    classes = [state for state in STATES if STATE_LABELS[state] in found]
    colours = {"domain": [STATE_LABELS[state] for state in classes], "range": [LIGHT[state] for state in classes]}
    seconds = {"type": "quantitative", "scale": {"domain": [0, profile.duration_s]}}
    return {
        "title": "Threads",
        "width": WIDTH_PX,
        "height": {"step": 18},
        "data": {"values": rows},
        "mark": {"type": "bar", "height": {"band": 0.8}},
        "encoding": {
            "y": {"field": "thread", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "start", "axis": {"title": "seconds since the start"}, **seconds},
            "x2": {"field": "end"},
            "color": {"field": "state", "type": "nominal", "scale": colours, "legend": {"title": None}},
            "tooltip": [{"field": name, "title": name} for name in ("thread", "state", "start", "end")],
        },
    }


def _lane_rows(profile: "Profile") -> list[Spec]:
    """One row a run of the threads that are worth a lane, the busiest thread first."""
    names, shown = profile.columns("threads")["thread"], busy_threads(profile)[:MAX_THREADS]
    lanes = coarse_lanes(profile.columns("lanes"), profile.duration_s, MAX_RUNS)
    labels = {row: _label(f"{number}. {names[row]}") for number, row in enumerate(shown, 1)}
    runs = sorted(
        (shown.index(thread), start_s, end_s, state)
        for thread, start_s, end_s, state in zip(*(lanes[name] for name in TABLES["lanes"]), strict=True)
        if thread in labels
    )
    return [
        {"thread": labels[shown[number]], "start": start_s, "end": end_s, "state": STATE_LABELS[state]}
        for number, start_s, end_s, state in runs
    ]


def _label(text: str) -> str:
    """Short enough to stand beside an axis."""
    shown = visible(text)
    return shown if len(shown) <= MAX_LABEL else shown[: MAX_LABEL - 1] + "…"


def _known(value: float) -> float | None:
    """The figure, or None where it is missing."""
    return None if value != value else value
