"""Profiles and their differences as plain text, for terminals and logs."""

from collections.abc import Sequence
from os.path import basename
from typing import TYPE_CHECKING

from tailgana_lab.charts.palette import STATE_LABELS, VERDICT_LABELS
from tailgana_lab.results.lanes import busy_threads
from tailgana_lab.results.tables import STATES
from tailgana_lab.results.visible import visible
from tailgana_lab.units import (
    format_change,
    format_fraction,
    format_fraction_interval,
    format_number,
    format_seconds,
)

if TYPE_CHECKING:
    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.profile import Profile

TOP = 10  # rows shown
WIDEST_NAME = 48  # characters
WIDEST_SOURCE = 60


def facts_line(profile: "Profile") -> str:
    """Duration, samples and method on one line, and what weakens the figures."""
    return " · ".join(facts_of(profile))


def facts_of(profile: "Profile") -> list[str]:
    """What is known about the profile as a whole, in short pieces."""
    parts = [
        format_seconds(profile.duration_s),
        f"{profile.n_samples:,} samples, {format_number(profile.interval_ms)} ms apart",
        visible(profile.method),
    ]
    if profile.torn_fraction > 0:
        parts.append(f"{format_fraction(profile.torn_fraction)} of the stacks cut short")
    if profile.sampler_cpu_s > 0:
        parts.append(f"sampler {format_seconds(profile.sampler_cpu_s)} CPU")
    if profile.memory_overhead_s == profile.memory_overhead_s:
        parts.append(f"memory tracking {format_seconds(profile.memory_overhead_s)}")
    return parts


def render_profile_text(profile: "Profile", top: int = TOP) -> str:
    """Facts, hot lines and the threads with their wait classes."""
    title = f"Profile {visible(profile.name)}".rstrip()
    blocks = [f"{title}: {facts_line(profile)}"]
    if profile.method_reason:
        blocks.append(f"Weaker method: {visible(profile.method_reason)}")
    blocks.append(_hot_lines(profile, top) or "No samples: the code ended too soon to be seen.")
    blocks.append(_threads(profile))
    return "\n".join(block for block in blocks if block)


def _hot_lines(profile: "Profile", top: int) -> str:
    lines = profile.columns("lines")
    rows = [
        (
            format_fraction(lines["self_fraction"][row]),
            format_fraction_interval(lines["self_low"][row], lines["self_high"][row]),
            format_seconds(lines["self_s"][row]),
            VERDICT_LABELS.get(lines["verdict"][row], visible(lines["verdict"][row])),
            place_text(lines["file"][row], lines["line"][row], lines["function"][row]),
            _clipped(visible(lines["source"][row].strip()), WIDEST_SOURCE),
        )
        for row in range(min(top, len(lines["line"])))
    ]
    return _table([("share", "interval", "self", "why", "where", "source"), *rows], right=3) if rows else ""


def place_text(file: str, line: int, function: str) -> str:
    """`function (file:line)`, the middle left out where it is too long."""
    name = visible(f"{function} ({basename(file)}:{line})" if function else f"{basename(file)}:{line}")
    if len(name) <= WIDEST_NAME:
        return name
    head = WIDEST_NAME // 2
    return f"{name[: head - 1]}…{name[head - WIDEST_NAME :]}"


def _threads(profile: "Profile") -> str:
    threads, shown = profile.columns("threads"), busy_threads(profile)[:TOP]
    rows = [
        (visible(threads["thread"][row]), states_text([threads[f"{state}_s"][row] for state in STATES]))
        for row in shown
    ]
    rest = len(threads["thread"]) - len(shown)
    more = f"\nand {rest} more threads that only waited, or ran less" if rest else ""
    return _table([("thread", "time"), *rows], right=0) + more if rows else ""


def states_text(seconds: Sequence[float], most: int = 4) -> str:
    """The classes with most time, most first.

    Examples
    --------
    >>> states_text([1.0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0])
    'on CPU 1.00 s, lock 500 ms'
    """
    ranked = sorted(zip(seconds, STATES, strict=True), key=lambda pair: -pair[0])
    shown = [f"{STATE_LABELS[state]} {format_seconds(value)}" for value, state in ranked[:most] if value > 0]
    return ", ".join(shown) or "no time"


def render_diff_text(diff: "ProfileDiff", top: int = TOP) -> str:
    """The largest changes, with their intervals."""
    changes = diff.columns("functions")
    rows = [
        (
            format_change(changes["change_s"][row]),
            f"{format_change(changes['change_low_s'][row])} to {format_change(changes['change_high_s'][row])}",
            format_seconds(changes["old_self_s"][row]),
            format_seconds(changes["new_self_s"][row]),
            place_text(changes["file"][row], changes["line"][row], changes["function"][row]),
        )
        for row in range(min(top, len(changes["function"])))
    ]
    title = f"Change from {visible(diff.old_name) or 'old'} to {visible(diff.new_name) or 'new'}, self time"
    head = ("change", "interval", "old", "new", "function")
    return f"{title}\n{_table([head, *rows], right=4)}" if rows else f"{title}: no functions"


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _table(rows: Sequence[Sequence[str]], right: int) -> str:
    """Columns two spaces apart; the first ones flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at < right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
