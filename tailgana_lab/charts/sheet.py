"""What the charts of measured results share: the sheet around their views, their colours, and a fair axis."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import PAPER, SCHEMA
from tailgana_lab.results.visible import visible

Spec = dict[str, Any]

VERDICT_FILLS = {"faster": "#2c7a46", "slower": "#b3372b", "same": "#57606a", "inconclusive": "#9a6700"}
"""Colour of each verdict on a light background; each carries white text."""
PROCESS_FILLS = ("#3b78b8", "#c2711f", "#3f8f63", "#8a5fae", "#b04a6f", "#6d7a2e")
"""Colours of the processes, in their order; from the seventh on they come again."""
BAND = "#3b78b8"
GRID = "#e4e8ec"

MARGIN = 0.08  # of the range, on both sides
TAIL = 0.005  # share of the dots on either side that may lie outside the axis


def sheet(title: str, subtitle: str, views: Sequence[Spec]) -> Spec:
    """A description of several views, one above the other."""
    return {
        "$schema": SCHEMA,
        "title": {"text": visible(title), "subtitle": visible(subtitle), "anchor": "start"},
        "background": PAPER,
        "vconcat": list(views),
        "resolve": {"scale": {"color": "independent"}},
        "config": {
            "view": {"stroke": None},
            "axis": {"labelColor": LIGHT_INK, "titleColor": LIGHT_INK, "gridColor": GRID, "labelLimit": 280},
            "legend": {"labelColor": LIGHT_INK, "orient": "bottom"},
            "title": {"color": LIGHT_INK, "subtitleColor": "#57606a"},
        },
    }


def known(value: float | None) -> float | None:
    """The figure, or None where it is missing."""
    return None if value is None or not isfinite(value) else value


def fair_axis(values: Iterable[float], always: Iterable[float | None]) -> tuple[float, float]:
    """Ends of an axis that shows nearly all values, and always some of them.

    Parameters
    ----------
    values : iterable of float
        A few of them on either side may lie outside, so that one outlier does not press the rest flat.
    always : iterable of float or None
        What must be inside; missing figures are passed over.

    Examples
    --------
    >>> fair_axis([1.0, 2.0], [None])
    (0.92, 2.08)
    """
    ordered = sorted(value for value in values if isfinite(value))
    cut = int(TAIL * len(ordered))
    inside = [*ordered[cut : len(ordered) - cut], *(value for value in always if value is not None and isfinite(value))]
    if not inside:
        return 0.0, 1.0
    low, high = min(inside), max(inside)
    room = MARGIN * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def thinned(n: int, most: int) -> range:
    """Indices of at most so many of n things, evenly spread."""
    return range(0, n, max(1, -(-n // most)))
