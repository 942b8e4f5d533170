"""The call tree as an SVG icicle without a script: the widest frames, callers above callees.

Each frame is a small picture of its own inside the large one, which clips its label: labels never
run over their neighbours, at any width of the page.
"""

from dataclasses import dataclass
from os.path import basename
from typing import TYPE_CHECKING

from tailgana_lab.charts.palette import LIGHT, STATE_LABELS
from tailgana_lab.reporting.escape import Html, element, joined
from tailgana_lab.results.tables import STATES
from tailgana_lab.units import format_fraction, format_fraction_interval, format_seconds
from tailgana_lab.widgets.contract import dominant_states, visible_frames

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

MAX_SHOWN = 200  # frames
MAX_LEVELS = 30  # rows of the picture
ROW_PX = 18
MIN_LABEL_PERCENT = 1.2  # of the width: below it no letter fits
WRAPPER_SHARE = 0.99  # of a caller's time: a library frame whose one callee has this says nothing


@dataclass
class Box:
    """One frame of the picture."""

    frame: int
    """Row of `frames`."""
    level: int
    """Row of the picture; row 0 is the threads'."""
    left: float
    """Left edge, a fraction of the width."""
    width: float
    """Width, a fraction of the width."""


def render_icicle(profile: "Profile") -> Html:
    """The picture; empty when nothing was sampled."""
    boxes = widest_boxes(profile)
    if not boxes:
        return Html("")
    states = dominant_states(profile, [box.frame for box in boxes])
    height = ROW_PX * (1 + max(box.level for box in boxes))
    drawn = [_frame(profile, box, STATES[state]) for box, state in zip(boxes, states, strict=True)]
    drawn += _threads(profile, [box for box in boxes if box.level == 1])
    label = f"Call tree, the {len(boxes)} widest frames; the table above holds the same figures"
    return element("svg", *drawn, class_="tgls-icicle", width="100%", height=height, role="img", aria_label=label)


def widest_boxes(profile: "Profile") -> list[Box]:
    """Where the widest frames stand; the frames above the user's own code are left out."""
    frames = profile.columns("frames")
    parent, total_s = frames["parent"], frames["total_s"]
    children: dict[int, list[int]] = {}
    for frame in visible_frames(profile):
        children.setdefault(parent[frame], []).append(frame)
    whole_s = sum(t for t, above in zip(total_s, parent, strict=True) if above < 0)
    roots = [_below_wrappers(root, children, frames) for root in children.get(-1, [])]
    boxes = _laid_out(roots, children, total_s, whole_s)
    widest = sorted(boxes, key=lambda box: (-box.width, box.level))[:MAX_SHOWN]
    return sorted(widest, key=lambda box: (box.level, box.left))


def _below_wrappers(root: int, children: dict[int, list[int]], frames: dict[str, list]) -> int:  # type: ignore[type-arg]
    """The first frame on the way down that is not just a library's wrapper around one other."""
    while frames["in_library"][root]:
        below = children.get(root, [])
        if not below or frames["total_s"][below[0]] < WRAPPER_SHARE * frames["total_s"][root]:
            break
        root = below[0]
    return root


def _laid_out(roots: list[int], children: dict[int, list[int]], total_s: list[float], whole_s: float) -> list[Box]:
    boxes: list[Box] = []
    waiting = _row(roots, 1, 0.0, total_s, whole_s)
    while waiting:
        box = waiting.pop()
        boxes.append(box)
        if box.level + 1 < MAX_LEVELS:
            waiting += _row(children.get(box.frame, []), box.level + 1, box.left, total_s, whole_s)
    return boxes


def _row(frames: list[int], level: int, left: float, total_s: list[float], whole_s: float) -> list[Box]:
    """Siblings side by side."""
    boxes = []
    for frame in frames:
        width = total_s[frame] / whole_s
        boxes.append(Box(frame, level, left, width))
        left += width
    return boxes


def _frame(profile: "Profile", box: Box, state: str) -> Html:
    name = profile.columns("frames")["function"][box.frame]
    tooltip = _tooltip(profile, box, state)
    return _cell(name, box.left, box.width, box.level, LIGHT[state], f"tgls-s-{state}", tooltip)


def _threads(profile: "Profile", roots: list[Box]) -> list[Html]:
    """Above the roots the name of their thread, once for all of them."""
    thread = profile.columns("frames")["thread"]
    spans: dict[str, tuple[float, float]] = {}
    for box in roots:
        left, _ = spans.get(thread[box.frame], (box.left, 0.0))
        spans[thread[box.frame]] = (left, box.left + box.width)
    return [
        _cell(name, left, right - left, 0, "#e4e8ec", "tgls-plain", f"thread {name}, {format_fraction(right - left)}")
        for name, (left, right) in spans.items()
    ]


def _cell(label: str, left: float, width: float, level: int, fill: str, style: str, tooltip: str) -> Html:
    """A rectangle with its label and tooltip, as a picture that clips them."""
    parts = [
        element("title", tooltip),
        element("rect", width="100%", height=ROW_PX - 1, fill=fill, class_=style),
    ]
    if 100 * width >= MIN_LABEL_PERCENT:
        parts.append(element("text", label, x=4, y=ROW_PX - 5.5))
    return element("svg", *parts, x=f"{100 * left:.2f}%", y=level * ROW_PX, width=f"{100 * width:.2f}%", height=ROW_PX)


def _tooltip(profile: "Profile", box: Box, state: str) -> Html:
    frames, row = profile.columns("frames"), box.frame
    interval = format_fraction_interval(frames["total_low"][row], frames["total_high"][row])
    return joined(
        f"{frames['function'][row]} ({basename(frames['file'][row])}:{frames['line'][row]})",
        Html("&#10;"),
        f"{format_fraction(box.width)} ({interval}), {format_seconds(frames['total_s'][row])}, "
        f"own {format_seconds(frames['self_s'][row])}, mostly {STATE_LABELS[state]}",
    )
