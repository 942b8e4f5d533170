"""Curves over a logarithmic axis as an SVG picture without a script, which fits any width.

Lines are drawn in a square that is stretched; all else stands at percentages of the width, so nothing is distorted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, log10

from tailgana_lab.charts.curves import POLICY_LABELS, Curve, capacities_of, policy_label
from tailgana_lab.reporting.escape import Html, element
from tailgana_lab.results.caching import BELADY
from tailgana_lab.units import format_fraction

HEIGHT_PX = 200
SQUARE = 1000  # units of the stretched drawing, both ways
FEW_DECADES = 2.4  # below which ticks stand at 1, 2 and 5


@dataclass(frozen=True)
class Level:
    """A line across."""

    value: float
    """Share of hits."""
    style: str
    """Its class."""
    word: str
    """What it is."""


@dataclass(frozen=True)
class Spot:
    """A setting in the picture."""

    capacity: int
    """Entries."""
    value: float
    """Share of hits."""
    policy: str
    """Its policy."""
    word: str
    """What it is: `advised` is a circle, all else a diamond."""


@dataclass(frozen=True)
class Picture:
    """What one picture shows."""

    curves: Sequence[Curve]
    """In the order in which they are drawn."""
    axis: tuple[float, float]
    """Lowest and highest share of hits."""
    levels: Sequence[Level]
    """Lines across."""
    spots: Sequence[Spot]
    """Settings."""
    label: str
    """What the picture shows, one line, for those who do not see it."""


def render_curves(picture: Picture) -> Html:
    """The picture with axes and legend; empty when there is no curve."""
    capacities = capacities_of(list(picture.curves))
    if not capacities:
        return Html("")
    place = _Places(capacities, picture.axis)
    drawn = [*_grid(place), _lines(picture, place), *_levels(picture, place), *_spots(picture, place)]
    low, high = picture.axis
    ends = (element("span", format_fraction(high)), element("span", format_fraction(low)))
    axis = element("div", *ends, class_="tgls-plot-axis", aria_hidden="true")
    svg = element("svg", *drawn, width="100%", height=HEIGHT_PX, role="img", aria_label=picture.label)
    ticks = [element("span", short_count(tick), style=f"left:{place.x(tick)}") for tick in ticks_of(capacities)]
    below = element("div", *ticks, class_="tgls-ticks", aria_hidden="true")
    stage = element("div", axis, element("div", svg, below, class_="tgls-drawing"), class_="tgls-plot tgls-curves")
    return element("div", stage, _legend(picture))


class _Places:
    """Where capacities and shares stand."""

    def __init__(self, capacities: list[int], axis: tuple[float, float]) -> None:
        self.capacities, self._axis = capacities, axis
        self._first, self._last = log(capacities[0]), log(capacities[-1])
        if self._first == self._last:
            self._first, self._last = self._first - 1, self._last + 1

    def share(self, capacity: float) -> float:
        """Place across, 0 to 1."""
        return min(1.0, max(0.0, (log(max(1, capacity)) - self._first) / (self._last - self._first)))

    def x(self, capacity: float) -> str:
        return f"{100 * self.share(capacity):.2f}%"

    def down(self, value: float) -> float:
        """Place down, 0 to 1."""
        low, high = self._axis
        return (high - value) / (high - low)

    def y(self, value: float) -> float:
        return round(HEIGHT_PX * self.down(value), 1)


def style_of(policy: str) -> str:
    """Class of a policy's colour."""
    order = list(POLICY_LABELS)
    return f"tgls-policy-{order.index(policy) if policy in order else len(order)}"


def _grid(place: _Places) -> Iterable[Html]:
    for tick in ticks_of(place.capacities):
        yield element("line", x1=place.x(tick), x2=place.x(tick), y1="0", y2=HEIGHT_PX, class_="tgls-grid")


def _lines(picture: Picture, place: _Places) -> Html:
    advised = {spot.policy for spot in picture.spots if spot.word == "advised"}
    lines = []
    for curve in picture.curves:
        points = zip(curve.capacity, curve.hit_fraction, strict=True)
        path = "L".join(f"{SQUARE * place.share(c):.0f} {SQUARE * place.down(v):.0f}" for c, v in points)
        strong = " tgls-strong" if curve.policy in advised else ""
        style = f"tgls-curve {style_of(curve.policy)}{' tgls-limit' if curve.policy == BELADY else strong}"
        title = element("title", policy_label(curve.policy))
        lines.append(element("path", title, d=f"M{path}", class_=style, vector_effect="non-scaling-stroke"))
    box = f"0 0 {SQUARE} {SQUARE}"
    return element("svg", *lines, viewBox=box, preserveAspectRatio="none", width="100%", height=HEIGHT_PX)


def _levels(picture: Picture, place: _Places) -> Iterable[Html]:
    for level in picture.levels:
        y = place.y(level.value)
        title = element("title", f"{level.word}: {format_fraction(level.value)}")
        yield element("line", title, x1="0", x2="100%", y1=y, y2=y, class_=level.style)


def _spots(picture: Picture, place: _Places) -> Iterable[Html]:
    for spot in picture.spots:
        x, y = place.x(spot.capacity), place.y(spot.value)
        style = f"tgls-spot {style_of(spot.policy)}"
        words = f"{spot.word}: {policy_label(spot.policy)}, {spot.capacity:,} entries, {format_fraction(spot.value)}"
        title = element("title", words)
        if spot.word == "advised":
            yield element("circle", title, cx=x, cy=y, r=6, class_=style)
        else:  # a nested drawing carries the place in percent, so that the shape inside keeps its size
            shape = element("path", title, d="M0-7L7 0L0 7L-7 0Z", class_=style)
            yield element("svg", shape, x=x, y=y, overflow="visible")


def _legend(picture: Picture) -> Html:
    entries = [
        element("span", element("span", class_=f"tgls-key {style_of(curve.policy)}"), policy_label(curve.policy))
        for curve in picture.curves
    ]
    for level in picture.levels:
        key = element("span", class_=f"tgls-line {level.style}-key")
        entries.append(element("span", key, f"{level.word} {format_fraction(level.value)}"))
    for spot in picture.spots:
        shape = "tgls-circle" if spot.word == "advised" else "tgls-diamond"
        entries.append(element("span", element("span", class_=shape), spot.word))
    return element("div", *entries, class_="tgls-legend")


def ticks_of(capacities: Sequence[int]) -> list[int]:
    """Round capacities between the first and the last: decades, or steps of 1, 2 and 5 where there are few.

    Examples
    --------
    >>> ticks_of([20, 400]), ticks_of([1, 5000])
    ([20, 50, 100, 200], [1, 10, 100, 1000])
    """
    first, last = capacities[0], capacities[-1]
    steps = (1,) if log10(last / first) > FEW_DECADES else (1, 2, 5)
    decades = [10**power for power in range(len(str(last)))]
    ticks = [decade * step for decade in decades for step in steps if first <= decade * step <= last]
    return ticks or [first]


def short_count(count: int) -> str:
    """A number in few characters.

    Examples
    --------
    >>> short_count(500), short_count(2000), short_count(1_500_000)
    ('500', '2K', '1.5M')
    """
    for size, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + unit
    return str(count)
