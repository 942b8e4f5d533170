"""History -> Vega-Lite: the median of each record with its interval, change points, commits and environments.

Brushing the strip below zooms; a click on a point picks it and shows its record.
"""

from typing import TYPE_CHECKING

from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import WIDTH_PX
from tailgana_lab.charts.sheet import BAND, VERDICT_FILLS, Spec, known, sheet
from tailgana_lab.results.history import environment_words
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.history import History

HEIGHT_PX = 240
STRIP_PX = 50
STRIP = "strip"
_BRUSH = {"name": "brush", "select": {"type": "interval", "encodings": ["x"]}, "views": [STRIP]}
"""Stands above the views: Altair moves it there, and forgets the view."""
CHANGE, SUSPECT, ENVIRONMENT = "#b3372b", "#c2790b", "#8a5fae"
SHORT_HASH = 10  # characters of a commit
_SCALES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def history_chart(history: "History") -> Spec:
    """The chart's description, data included; plain JSON without NaN.

    Parameters
    ----------
    history : History
        May be empty.

    Returns
    -------
    dict
        Vega-Lite 5: the history, and the strip that is brushed. Its parameters are `brush` and `click`.
    """
    scale, unit = time_scale(history.columns("points")["median_ns"])
    points = _point_rows(history, scale)
    n_changes = len(history.columns("change_points")["index"])
    subtitle = f"{len(points)} records, {n_changes} change points; brush the strip to zoom, click a point"
    views = [_main(history, points, scale, unit), _strip(points)]
    return {**sheet(f"History of {history.name}", subtitle, views), "params": [_BRUSH]}


def time_scale(values_ns: list[float]) -> tuple[float, str]:
    """Nanoseconds of the unit that fits the values, and its name.

    Examples
    --------
    >>> time_scale([2.5e6, 3e6])
    (1000000.0, 'ms')
    """
    finite = sorted(value for value in values_ns if known(value) is not None)
    middle = finite[len(finite) // 2] if finite else 1.0
    return next(((size, unit) for size, unit in _SCALES if middle >= size), _SCALES[-1])


def _point_rows(history: "History", scale: float) -> list[Spec]:
    points = history.columns("points")

    def scaled(column: str, row: int) -> float | None:
        value = known(points[column][row])
        return None if value is None else value / scale

    return [
        {
            "index": row,
            "created": visible(points["created"][row]),
            "commit": visible(points["commit_hash"][row][:SHORT_HASH]),
            "median": scaled("median_ns", row),
            "low": scaled("low_ns", row),
            "high": scaled("high_ns", row),
            "ratio": known(points["ratio"][row]),
            "verdict": visible(points["verdict"][row]) or "kept",
            "environment": visible(environment_words(points["environment"][row])),
            "record": known(points["record_id"][row]),
        }
        for row in range(len(history))
    ]


def _main(history: "History", points: list[Spec], scale: float, unit: str) -> Spec:
    x = {"type": "quantitative", "axis": {"title": "record, oldest first", "tickMinStep": 1}}
    x["scale"] = {"domain": {"param": "brush", "encoding": "x"}, "nice": False}
    y = {"type": "quantitative", "scale": {"zero": False}, "axis": {"title": f"time of a call, {unit}"}}
    return {
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "data": {"values": points},
        "layer": [
            _marked(_environment_rows(history), x, ENVIRONMENT, [2, 3]),
            _marked(_change_rows(history, scale, unit, is_suspect=False), x, CHANGE, []),
            _marked(_change_rows(history, scale, unit, is_suspect=True), x, SUSPECT, [6, 3]),
            {
                "mark": {"type": "line", "color": BAND, "opacity": 0.35, "clip": True},
                "encoding": {"x": {"field": "index", **x}, "y": {"field": "median", **y}},
            },
            {
                "mark": {"type": "rule", "color": BAND, "strokeWidth": 2, "opacity": 0.5, "clip": True},
                "encoding": {"x": {"field": "index", **x}, "y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            _points(x, y, unit),
        ],
    }


def _points(x: Spec, y: Spec, unit: str) -> Spec:
    fills = {"kept": BAND, **VERDICT_FILLS}
    names = ("created", "commit", "median", "low", "high", "verdict", "ratio", "environment", "record")
    titles = {"median": f"median, {unit}", "low": f"low, {unit}", "high": f"high, {unit}"}
    formats = {"median": ".4g", "low": ".4g", "high": ".4g", "ratio": ".3f"}
    tooltip = [
        {"field": name, "title": titles.get(name, name)} | ({"format": formats[name]} if name in formats else {})
        for name in names
    ]
    return {
        "params": [{"name": "click", "select": {"type": "point", "fields": ["index"], "on": "click"}}],
        "mark": {"type": "circle", "stroke": LIGHT_INK, "cursor": "pointer", "clip": True},
        "encoding": {
            "x": {"field": "index", **x},
            "y": {"field": "median", **y},
            "color": {
                "field": "verdict",
                "type": "nominal",
                "scale": {"domain": list(fills), "range": list(fills.values())},
                "legend": {"title": "verdict"},
            },
            "size": {"condition": {"param": "click", "empty": False, "value": 160}, "value": 55},
            "strokeWidth": {"condition": {"param": "click", "empty": False, "value": 2}, "value": 0},
            "tooltip": tooltip,
        },
    }


def _marked(rows: list[Spec], x: Spec, colour: str, dash: list[int]) -> Spec:
    """Lines across the picture, each with what it says."""
    return {
        "data": {"values": rows},
        "mark": {"type": "rule", "color": colour, "strokeWidth": 1.5, "strokeDash": dash, "clip": True},
        "encoding": {"x": {"field": "index", **x}, "tooltip": [{"field": "what", "title": "what"}]},
    }


def _change_rows(history: "History", scale: float, unit: str, *, is_suspect: bool) -> list[Spec]:
    changes = history.columns("change_points")
    word = "suspect change" if is_suspect else "change"
    return [
        {
            "index": changes["index"][row] - 0.5,
            "what": f"{word}: {changes['before'][row] / scale:.4g} to {changes['after'][row] / scale:.4g} {unit}, "
            f"{changes['change_pct'][row]:+.1f} %",
        }
        for row in range(len(changes["index"]))
        if bool(changes["suspect"][row]) is is_suspect
    ]


def _environment_rows(history: "History") -> list[Spec]:
    names = history.columns("points")["environment"]
    return [
        {"index": row - 0.5, "what": visible(f"another environment: {environment_words(names[row])}")}
        for row in history.environment_changes
    ]


def _strip(points: list[Spec]) -> Spec:
    """All records, small; what is brushed here is shown above."""
    return {
        "name": STRIP,
        "width": WIDTH_PX,
        "height": STRIP_PX,
        "data": {"values": points},
        "mark": {"type": "area", "color": BAND, "opacity": 0.5},  # a line over it would be a second view to brush
        "encoding": {
            "x": {"field": "index", "type": "quantitative", "axis": {"title": None, "tickMinStep": 1}},
            "y": {"field": "median", "type": "quantitative", "scale": {"zero": False}, "axis": None},
        },
    }
