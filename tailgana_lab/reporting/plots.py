"""Small SVG pictures without a script: dots over time with a band, a line and marks; they fit any width.

Places are percentages of the picture's width, so nothing is distorted when a page is narrow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite

from tailgana_lab.reporting.escape import Html, element

HEIGHT_PX = 150
MAX_DOTS = 500  # of a picture without a script: every saved notebook and report holds them


@dataclass(frozen=True)
class Dot:
    """One value."""

    value: float
    """Where it stands on the axis."""
    style: str
    """Class of its colour."""
    title: str = ""
    """What is shown of it when it is pointed at."""
    low: float = float("nan")
    """Lower end of its interval."""
    high: float = float("nan")
    """Upper end of its interval."""


@dataclass(frozen=True)
class Plot:
    """What one picture shows."""

    dots: Sequence[Dot]
    """In order of time, evenly spaced."""
    axis: tuple[float, float]
    """Lowest and highest value of the picture."""
    ends: tuple[str, str]
    """The same as text."""
    label: str
    """What the picture shows, one line, for those who do not see it."""
    band: tuple[float, float] | None = None
    """Ends of a band across the picture."""
    line: float = float("nan")
    """A value across the picture."""
    band_style: str = "tgls-dot-0"
    """Class of the colour of band and line."""
    zero: float = float("nan")
    """A dashed value across the picture: no change."""
    marks: Sequence[tuple[float, str, str]] = field(default_factory=tuple)
    """Lines from top to bottom: place among the dots, class, and what they say."""


def render_plot(plot: Plot) -> Html:
    """The picture with the ends of its axis; empty when there is no dot."""
    if not plot.dots:
        return Html("")
    drawn = [*_band(plot), *_across(plot), *_marks(plot), *_dots(plot)]
    picture = element("svg", *drawn, width="100%", height=HEIGHT_PX, role="img", aria_label=plot.label)
    low, high = plot.ends
    axis = element("div", element("span", high), element("span", low), class_="tgls-plot-axis", aria_hidden="true")
    return element("div", axis, picture, class_="tgls-plot")


def _y(plot: Plot, value: float) -> float:
    low, high = plot.axis
    return round(HEIGHT_PX * (high - value) / (high - low), 1)


def _x(plot: Plot, place: float) -> str:
    return f"{100 * (place + 0.5) / len(plot.dots):.2f}%"


def _band(plot: Plot) -> Iterable[Html]:
    if plot.band is not None and all(map(isfinite, plot.band)):
        top, bottom = _y(plot, plot.band[1]), _y(plot, plot.band[0])
        style = plot.band_style
        yield element("rect", width="100%", y=top, height=max(1.0, bottom - top), opacity=0.2, class_=style)


def _across(plot: Plot) -> Iterable[Html]:
    for value, style in ((plot.line, plot.band_style), (plot.zero, "tgls-zero")):
        if isfinite(value):
            y = _y(plot, value)
            yield element("line", x1="0", x2="100%", y1=y, y2=y, class_=style, stroke_width=1.5)


def _marks(plot: Plot) -> Iterable[Html]:
    for place, style, title in plot.marks:
        x = _x(plot, place)
        yield element("line", element("title", title), x1=x, x2=x, y1="0", y2=HEIGHT_PX, class_=style)


def _dots(plot: Plot) -> Iterable[Html]:
    few = len(plot.dots) <= HEIGHT_PX
    for place, dot in enumerate(plot.dots):
        if not isfinite(dot.value):
            continue
        x, y = _x(plot, place), _y(plot, dot.value)
        if isfinite(dot.low) and isfinite(dot.high):
            ends = {"y1": _y(plot, dot.low), "y2": _y(plot, dot.high)}
            yield element("line", x1=x, x2=x, class_="tgls-range", **ends)
        title = element("title", dot.title) if dot.title else Html("")
        yield element("circle", title, cx=x, cy=y, r=3 if few else 1.6, opacity=0.75, class_=dot.style)
