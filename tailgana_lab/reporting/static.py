"""A profile as HTML without a script: facts, hot lines, the widest frames, the threads over time.

It survives viewers that remove scripts and styles, kernels that are gone, and hostile names.
"""

from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.palette import VERDICT_LABELS
from tailgana_lab.reporting.escape import Html, clipped, element, joined, unbroken
from tailgana_lab.reporting.icicle import render_icicle
from tailgana_lab.reporting.lanes import render_lanes, render_legend
from tailgana_lab.reporting.style import STATIC_CSS
from tailgana_lab.reporting.text import TOP, facts_of, place_text
from tailgana_lab.results.lanes import busy_threads
from tailgana_lab.results.tables import STATES
from tailgana_lab.units import (
    format_bytes,
    format_change,
    format_fraction,
    format_fraction_interval,
    format_seconds,
)

if TYPE_CHECKING:
    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.profile import Profile

MAX_BOTTLENECKS = 5
MAX_SOURCE = 160  # characters of a line shown; the tooltip has the rest
MAX_LOCATION = 96


def render_static(profile: "Profile", top: int = TOP) -> Html:
    """The whole output of a profiled cell, its style sheet included."""
    return element("div", element("style", Html(STATIC_CSS)), static_body(profile, top), class_="tgl-static")


def static_body(profile: "Profile", top: int = TOP) -> Html:
    """The same without style sheet and frame, for pages that have them already."""
    parts = [_facts(profile), _hot_lines(profile, top), _bottlenecks(profile)]
    icicle, lanes = render_icicle(profile), render_lanes(profile)
    if icicle or lanes:
        parts += [icicle, render_legend(_states_of(profile)), lanes]
    parts += [_memory(profile, top), _children(profile)]
    return joined(*parts)


def _facts(profile: "Profile") -> Html:
    name = element("span", profile.name, class_="tgls-name") if profile.name else Html("")
    facts = " · ".join(fact if fact == profile.method else unbroken(fact) for fact in facts_of(profile))
    line = element("p", name, " " if name else "", facts, class_="tgls-facts")
    if not profile.method_reason:
        return line
    return Html(line + element("p", "Weaker method: ", profile.method_reason, class_="tgls-weak"))


def _hot_lines(profile: "Profile", top: int) -> Html:
    lines = profile.columns("lines")
    n = min(top, len(lines["line"]))
    if not n:
        return element("p", "No samples: the code ended too soon to be seen.", class_="tgls-note")
    rows = [_hot_line(lines, row) for row in range(n)]
    return _table(
        f"Hot lines, {n} of {len(lines['line'])}",
        (
            ("share", "number"),
            ("95 % interval", "number roomy"),
            ("self", "number"),
            ("line", ""),
            ("why", "roomy"),
            ("in", ""),
        ),
        rows,
    )


def _hot_line(lines: dict[str, list[Any]], row: int) -> list[Html]:
    share = lines["self_fraction"][row]
    filled = f"background-size:{100 * min(share, 1.0):.1f}% 100%"
    bar = element("span", format_fraction(share), class_="tgls-bar", style=filled)
    verdict = lines["verdict"][row]
    return [
        element("td", bar, class_="tgls-number"),
        element(
            "td",
            format_fraction_interval(lines["self_low"][row], lines["self_high"][row]),
            class_="tgls-number tgls-roomy",
        ),
        element("td", format_seconds(lines["self_s"][row]), class_="tgls-number"),
        _source(lines["source"][row]),
        element("td", VERDICT_LABELS.get(verdict, verdict), class_="tgls-roomy tgls-word"),
        _place(lines["file"][row], lines["line"][row], lines["function"][row]),
    ]


def _bottlenecks(profile: "Profile") -> Html:
    found = profile.columns("bottlenecks")
    kinds = found["bottleneck_type"]
    rows = [
        [
            element("td", format_fraction(found["time_spent_pct"][row] / 100), class_="tgls-number"),
            element("td", VERDICT_LABELS.get(kinds[row], kinds[row]), class_="tgls-word"),
            element("td", clipped(found["location"][row], MAX_LOCATION), class_="tgls-any"),
            element("td", found["evidence"][row].replace(" %", "\u00a0%"), class_="tgls-roomy"),
            element("td", next(iter(found["suggested_fixes"][row] or ()), "")),
        ]
        for row in range(min(MAX_BOTTLENECKS, len(found["location"])))
    ]
    head = (("share", "number"), ("bottleneck", ""), ("where", ""), ("evidence", "roomy"), ("try first", ""))
    return _table("Bottlenecks", head, rows) if rows else Html("")


def _memory(profile: "Profile", top: int) -> Html:
    memory = profile.columns("memory")
    rows = [
        [
            element("td", format_bytes(memory["peak_bytes"][row]), class_="tgls-number"),
            element("td", format_bytes(memory["allocated_bytes"][row]), class_="tgls-number"),
            _source(memory["source"][row]),
            _place(memory["file"][row], memory["line"][row], ""),
        ]
        for row in range(min(top, len(memory["line"])))
    ]
    head = (("at peak", "number"), ("allocated", "number"), ("line", ""), ("in", ""))
    cost = f"Memory, tracking took {format_seconds(profile.memory_overhead_s)}"
    return _table(cost, head, rows) if rows else Html("")


def _children(profile: "Profile") -> Html:
    children = profile.columns("children")
    rows = [
        [
            element("td", f"{children['name'][row]} ({children['pid'][row]})", class_="tgls-any"),
            element("td", format_seconds(children["cpu_s"][row]), class_="tgls-number"),
            element("td", format_seconds(children["wait_s"][row]), class_="tgls-number"),
            element("td", format_bytes(children["peak_bytes"][row]), class_="tgls-number"),
        ]
        for row in range(len(children["pid"]))
    ]
    head = (("child process", ""), ("CPU", "number"), ("wait", "number"), ("memory", "number"))
    return _table("Child processes", head, rows) if rows else Html("")


def render_diff_static(diff: "ProfileDiff", top: int = TOP) -> Html:
    """The functions that changed most, without a script."""
    changes = diff.columns("functions")
    rows = [
        [
            element("td", format_change(changes["change_s"][row]), class_="tgls-number"),
            element(
                "td",
                f"{format_change(changes['change_low_s'][row])} to {format_change(changes['change_high_s'][row])}",
                class_="tgls-number tgls-roomy",
            ),
            element("td", format_seconds(changes["old_self_s"][row]), class_="tgls-number"),
            element("td", format_seconds(changes["new_self_s"][row]), class_="tgls-number"),
            _place(changes["file"][row], changes["line"][row], changes["function"][row]),
        ]
        for row in range(min(top, len(changes["function"])))
    ]
    head = (
        ("change", "number"),
        ("95 % interval", "number roomy"),
        ("old", "number"),
        ("new", "number"),
        ("function", ""),
    )
    title = f"Self time, from {diff.old_name or 'old'} to {diff.new_name or 'new'}"
    table = _table(title, head, rows) if rows else element("p", "No function in either profile.", class_="tgls-note")
    return element("div", element("style", Html(STATIC_CSS)), table, class_="tgl-static")


def _source(source: str) -> Html:
    """A cell with a line of source."""
    return element(
        "td", element("code", clipped(source.strip().expandtabs(4) or "(no source)", MAX_SOURCE)), class_="tgls-any"
    )


def _place(file: str, line: int, function: str) -> Html:
    """A cell with a function's name and place, short; the tooltip has the whole path."""
    return element("td", place_text(file, line, function), title=f"{file}:{line}", class_="tgls-any")


def _table(title: str, head: tuple[tuple[str, str], ...], rows: list[list[Html]]) -> Html:
    """A table with caption; heads are (word, classes without their prefix)."""
    heads = [
        element("th", word, scope="col", class_=" ".join(f"tgls-{name}" for name in names.split()) or None)
        for word, names in head
    ]
    return element(
        "table",
        element("caption", title),
        element("thead", element("tr", *heads)),
        element("tbody", *(element("tr", *row) for row in rows)),
        class_="tgls-table",
    )


def _states_of(profile: "Profile") -> set[str]:
    """The wait classes that the pictures may show: those of the threads that are drawn."""
    threads, shown = profile.columns("threads"), busy_threads(profile)
    return {state for state in STATES if any(threads[f"{state}_s"][row] for row in shown)}
