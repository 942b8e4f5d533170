"""The threads over time without a script: one lane a thread, coloured by wait class, and a legend."""

from collections import defaultdict
from typing import TYPE_CHECKING

from tailgana_lab.charts.palette import LIGHT, STATE_LABELS
from tailgana_lab.records import Columns
from tailgana_lab.reporting.escape import Html, element, unbroken
from tailgana_lab.reporting.text import states_text
from tailgana_lab.results.lanes import busy_threads, coarse_lanes
from tailgana_lab.results.tables import STATES
from tailgana_lab.units import format_seconds
from tailgana_lab.widgets.contract import shown_lanes

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

MAX_THREADS = 12
MAX_RUNS = 2_400  # of all lanes together: 200 a lane
LANE_PX = 14
WIDTH = 1000  # of a lane, in units of its own picture
TICKS = 4  # intervals of the time axis

Run = tuple[float, float, str]


def render_lanes(profile: "Profile") -> Html:
    """A table of the busiest threads, each with its lane and its time by class."""
    threads = profile.columns("threads")
    shown = busy_threads(profile)[:MAX_THREADS]
    if not shown or profile.duration_s <= 0:
        return Html("")
    lanes = _runs(profile, shown)
    rows = [_row(threads, row, lanes[row], profile.duration_s) for row in shown]
    head = element(
        "tr",
        element("th", "thread", scope="col"),
        element("th", _axis(profile.duration_s), scope="col", class_="tgls-lane"),
        element("th", "time by what it did", scope="col", class_="tgls-wide"),
    )
    rest = len(threads["thread"]) - len(shown)
    more = (
        element("p", f"{rest} more threads only waited, or ran less than these.", class_="tgls-note")
        if rest
        else Html("")
    )
    table = element("table", element("thead", head), element("tbody", *rows), class_="tgls-table tgls-lanes")
    return Html(table + more)


def render_legend(states: set[str]) -> Html:
    """The wait classes that occur, in their own order."""
    entries = []
    for state in STATES:
        if state in states:
            square = element("rect", width=10, height=10, fill=LIGHT[state], class_=f"tgls-s-{state}")
            picture = element("svg", square, width=10, height=10, aria_hidden="true")
            entries.append(element("span", picture, STATE_LABELS[state]))
    return element("p", *entries, class_="tgls-legend") if entries else Html("")


def _runs(profile: "Profile", shown: list[int]) -> dict[int, list[Run]]:
    """The runs of each shown thread, coarse enough for a small picture."""
    names, wanted = ("thread", "start_s", "end_s", "state"), set(shown)
    lanes = shown_lanes(profile)
    chosen = [row for row, thread in enumerate(lanes["thread"]) if thread in wanted]
    few: Columns = {name: [lanes[name][row] for row in chosen] for name in names}
    coarse = coarse_lanes(few, profile.duration_s, MAX_RUNS)
    found: defaultdict[int, list[Run]] = defaultdict(list)
    for thread, start_s, end_s, state in zip(*(coarse[name] for name in names), strict=True):
        found[thread].append((start_s, end_s, state))
    return found


def _row(threads: Columns, row: int, runs: list[Run], duration_s: float) -> Html:
    name = threads["thread"][row] or f"thread {threads['native_id'][row]}"
    seconds = {state: threads[f"{state}_s"][row] for state in STATES}
    times = [unbroken(part) for part in states_text(list(seconds.values())).split(", ")]
    said = f"{name}: {', '.join(times)}"
    box: dict[str, str | float] = {
        "viewBox": f"0 0 {WIDTH} {LANE_PX}",
        "preserveAspectRatio": "none",
        "width": "100%",
        "height": LANE_PX,
    }
    lane = element("svg", *_paths(runs, seconds, duration_s), **box, role="img", aria_label=said)
    return element(
        "tr",
        element("th", name, scope="row", title=name),
        element("td", lane, class_="tgls-lane"),
        element("td", ", ".join(times), class_="tgls-wide"),
    )


def _paths(runs: list[Run], seconds: dict[str, float], duration_s: float) -> list[Html]:
    """All runs of a state as one shape."""
    shapes: defaultdict[str, list[str]] = defaultdict(list)
    scale = WIDTH / duration_s
    for start_s, end_s, state in runs:
        shapes[state].append(
            f"M{start_s * scale:.1f} 0h{(end_s - start_s) * scale:.1f}v{LANE_PX}h{(start_s - end_s) * scale:.1f}z"
        )
    return [
        element(
            "path",
            element("title", f"{STATE_LABELS[state]}, {unbroken(format_seconds(seconds[state]))} in all"),
            d="".join(shapes[state]),
            fill=LIGHT[state],
            class_=f"tgls-s-{state}",
        )
        for state in STATES
        if state in shapes
    ]


def _axis(duration_s: float) -> Html:
    """Times along the lanes: start, quarters, end."""
    marks = [element("span", unbroken(format_seconds(duration_s * tick / TICKS))) for tick in range(TICKS + 1)]
    return element("span", *marks, class_="tgls-axis")
