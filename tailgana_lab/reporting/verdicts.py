"""Comparisons, reports of checks and histories as HTML without a script, and as plain text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tailgana_lab.charts.rounds import RoundDots, round_dots
from tailgana_lab.charts.sheet import fair_axis, known, thinned
from tailgana_lab.reporting.escape import Html, element, joined, unbroken
from tailgana_lab.reporting.plot_style import N_FILLS
from tailgana_lab.reporting.plots import MAX_DOTS, Dot, Plot, render_plot
from tailgana_lab.reporting.rows import bullets, facts_line, number_cell, table, text_cell, text_table
from tailgana_lab.results.history import environment_words
from tailgana_lab.results.visible import visible
from tailgana_lab.units import (
    MISSING,
    format_nanoseconds,
    format_number,
    format_ratio,
    format_ratio_interval,
    format_signed_pct,
)
from tailgana_lab.widgets.payloads import snapshot_figures

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.history import History
    from tailgana_lab.results.regression import RegressionReport

SHORT_HASH = 10  # characters of a commit
MAX_RECORDS = 12  # of a history, in its table
_WORDS = {"faster": "faster than", "slower": "slower than", "same": "as fast as"}
_LISTS = ("regressions", "warnings", "improvements", "recommendations")


def comparison_name(comparison: "Comparison") -> str:
    """What was compared, also where it was given no name."""
    return comparison.name or f"{comparison.new_name} against {comparison.old_name}"


def sentence_of(comparison: "Comparison") -> str:
    """The verdict as a sentence with its figures.

    Examples
    --------
    `new is slower than old: 1.400 times its time (99 % 1.392 to 1.408)`
    """
    sides = visible(comparison.new_name), visible(comparison.old_name)
    ratio = f"{format_ratio(comparison.ratio)} times its time"
    interval = format_ratio_interval(comparison.ratio_low, comparison.ratio_high)
    figures = f"{ratio} (99 % {interval})" if known(comparison.ratio) is not None else "no ratio was measured"
    word = _WORDS.get(comparison.verdict)
    if word is None:
        return f"it cannot be told whether {sides[0]} is faster than {sides[1]}: {figures}"
    return f"{sides[0]} is {word} {sides[1]}: {figures}"


def facts_of_comparison(comparison: "Comparison") -> list[str]:
    """What the verdict rests on, in short pieces."""
    where = f"{comparison.n_processes} fresh processes" if comparison.isolated else "this process alone"
    facts = [
        f"{comparison.n_rounds:,} rounds in {where}",
        f"{'CPU' if comparison.clock == 'cpu' else 'wall-clock'} time",
        f"{format_nanoseconds(comparison.old_ns)} before, {format_nanoseconds(comparison.new_ns)} now",
    ]
    if known(comparison.smallest_detectable_pct) is not None:
        facts.append(f"smallest change it could see {format_number(comparison.smallest_detectable_pct)} %")
    if comparison.is_confirmed:
        facts.append("confirmed by a second batch")
    if comparison.disturbed:
        facts.append("other programs took time from it")
    return facts


def comparison_body(comparison: "Comparison") -> Html:
    """Verdict, figures, reason and the rounds."""
    sentence = element("span", sentence_of(comparison), class_="tgls-name")
    return joined(
        element("p", badge(comparison.verdict), " ", sentence),
        facts_line(facts_of_comparison(comparison)),
        element("p", comparison.reason, class_="tgls-note") if comparison.reason else Html(""),
        _rounds(comparison, round_dots(comparison)),
    )


def badge(verdict: str) -> Html:
    """The verdict as a coloured word."""
    return element("span", verdict, class_=f"tgls-badge tgls-{verdict}")


def _rounds(comparison: "Comparison", dots: RoundDots) -> Html:
    drawn = thinned(len(dots.ratio), MAX_DOTS)
    plot = Plot(
        dots=[Dot(dots.ratio[row], f"tgls-dot-{dots.process[row] % N_FILLS}") for row in drawn],
        axis=dots.axis,
        ends=(format_ratio(dots.axis[0]), format_ratio(dots.axis[1])),
        label=f"Ratio of new to old in {dots.n_rounds} rounds; the text above holds the figures",
        band=(comparison.ratio_low, comparison.ratio_high),
        line=comparison.ratio,
        band_style=f"tgls-{comparison.verdict}",
        zero=1.0,
    )
    if not dots.ratio:
        return Html("")
    outside = f", {dots.n_outside} outside the picture" if dots.n_outside else ""
    how = (
        f"Each dot is a round, new over old, coloured by process{outside}. Band: 99 % interval. Dashed line: no change."
    )
    return joined(render_plot(plot), element("p", how, class_="tgls-note"))


def render_comparison_text(comparison: "Comparison") -> str:
    """The same on a few lines."""
    head = f"{visible(comparison_name(comparison))}: {comparison.verdict}"
    lines = [head, sentence_of(comparison), " · ".join(facts_of_comparison(comparison)), visible(comparison.reason)]
    return "\n".join(line for line in lines if line)


def report_body(report: "RegressionReport") -> Html:
    """Verdict and severity, what changed, what to do, and the comparison."""
    head = element("p", badge(report.verdict), " ", element("span", _headline(report), class_="tgls-name"))
    comparison = Html("") if report.comparison is None else comparison_body(report.comparison)
    is_said = report.comparison is not None and report.comparison.reason == report.reason
    reason = Html("") if is_said or not report.reason else element("p", report.reason, class_="tgls-note")
    lists = [bullets(word.capitalize(), getattr(report, word, None) or []) for word in _LISTS]
    return joined(head, reason, _changes(report), *lists, comparison)


def _headline(report: "RegressionReport") -> str:
    severity, least = report.severity.value, report.severity_at_least
    bound = getattr(least, "value", least)
    kind = f"{severity} regression" if report.has_regression else "no regression"
    at_least = f", at least {bound}" if report.has_regression and bound and bound != severity else ""
    commits = [_short(snapshot) for snapshot in (report.baseline_snapshot, report.current_snapshot)]
    between = f", from {commits[0]} to {commits[1]}" if all(commits) else ""
    return f"{visible(report.workload)}: {kind}{at_least}{between}"


def _short(snapshot: object) -> str:
    return visible(str(getattr(snapshot, "commit_hash", None) or "")[:SHORT_HASH])


def _changes(report: "RegressionReport") -> Html:
    figures = snapshot_figures(report)
    rows = [
        [text_cell(figures["figure"][row]), *(number_cell(text) for text in _texts(figures, row))]
        for row in range(len(figures["figure"]))
    ]
    return table("Figures", (("figure", ""), ("baseline", "number"), ("now", "number"), ("change", "number")), rows)


def _texts(figures: dict[str, list[float]], row: int) -> tuple[str, str, str]:
    old, new = (format_number(figures[side][row]) for side in ("old", "new"))
    return old, new, format_signed_pct(figures["change_pct"][row])


def render_report_text(report: "RegressionReport") -> str:
    """The same on a few lines."""
    figures = snapshot_figures(report)
    rows = [
        (figures["figure"][row], *_texts(figures, row)) for row in range(len(figures["figure"]))
    ]  # one a figure that is known
    blocks = [f"{report.verdict}: {_headline(report)}", visible(report.reason)]
    if rows:
        blocks.append(text_table([("figure", "baseline", "now", "change"), *rows]))
    for word in _LISTS:
        entries: Sequence[str] = getattr(report, word, None) or []
        blocks += [f"{word.capitalize()}:", *(f"  - {visible(entry)}" for entry in entries)] if entries else []
    if report.comparison is not None:
        blocks.append(render_comparison_text(report.comparison))
    return "\n".join(block for block in blocks if block)


def history_body(history: "History") -> Html:
    """The records over time, where they changed, and the newest of them."""
    n_changes = len(history.columns("change_points")["index"])
    facts = [f"{len(history)} records", f"{n_changes} change points"]
    if not len(history):
        return element("p", "No record of this name is kept.", class_="tgls-note")
    return joined(
        element("p", element("span", history.name, class_="tgls-name"), " ", " · ".join(facts)),
        render_plot(_history_plot(history)),
        element(
            "p",
            "Each dot is a record with its 99 % interval. Full line: the time changed; dashed: suspect; "
            "dotted: another environment.",
            class_="tgls-note",
        ),
        _change_table(history),
        _record_table(history),
    )


def _history_plot(history: "History") -> Plot:
    points = history.columns("points")
    axis = fair_axis(points["median_ns"], (*points["low_ns"], *points["high_ns"]))
    drawn = thinned(len(history), MAX_DOTS)
    place_of = {row: place for place, row in enumerate(drawn)}
    dots = [
        Dot(
            points["median_ns"][row],
            f"tgls-{points['verdict'][row]}" if points["verdict"][row] else "tgls-dot-0",
            _record_title(history, row),
            points["low_ns"][row],
            points["high_ns"][row],
        )
        for row in drawn
    ]
    ends = format_nanoseconds(axis[0]), format_nanoseconds(axis[1])
    label = f"Time of {len(history)} records; the tables below hold the figures"
    return Plot(dots, axis, ends, label, marks=_marks(history, drawn.step, place_of))


def _marks(history: "History", step: int, place_of: dict[int, int]) -> list[tuple[float, str, str]]:
    changes = history.columns("change_points")
    found = [
        (
            changes["index"][row] / step - 0.5,
            "tgls-suspect" if changes["suspect"][row] else "tgls-change",
            f"{format_signed_pct(changes['change_pct'][row])}",
        )
        for row in range(len(changes["index"]))
    ]
    names = history.columns("points")["environment"]
    others = history.environment_changes
    found += [(row / step - 0.5, "tgls-other", visible(environment_words(names[row]))) for row in others]
    return [mark for mark in found if -0.5 <= mark[0] <= len(place_of)]


def _record_title(history: "History", row: int) -> str:
    points = history.columns("points")
    parts = [points["created"][row], points["commit_hash"][row][:SHORT_HASH]]
    parts += [format_nanoseconds(points["median_ns"][row]), points["verdict"][row]]
    return " · ".join(part for part in parts if part)


def _change_table(history: "History") -> Html:
    changes, points = history.columns("change_points"), history.columns("points")
    rows = [
        [
            text_cell(points["created"][changes["index"][row]]),
            text_cell(points["commit_hash"][changes["index"][row]][:SHORT_HASH] or MISSING),
            number_cell(format_nanoseconds(changes["before"][row])),
            number_cell(format_nanoseconds(changes["after"][row])),
            number_cell(format_signed_pct(changes["change_pct"][row])),
            text_cell("suspect: too few records since" if changes["suspect"][row] else ""),
        ]
        for row in range(len(changes["index"]))
    ]
    head = (
        *(("changed at", ""), ("commit", ""), ("before", "number")),
        *(("after", "number"), ("change", "number"), ("", "")),
    )
    return table("Change points", head, rows)


def _record_table(history: "History") -> Html:
    points = history.columns("points")
    newest = range(len(history) - 1, max(-1, len(history) - 1 - MAX_RECORDS), -1)
    rows = [
        [
            text_cell(points["created"][row]),
            text_cell(points["commit_hash"][row][:SHORT_HASH] or MISSING),
            number_cell(format_nanoseconds(points["median_ns"][row])),
            number_cell(format_ratio(points["ratio"][row])),
            text_cell(points["verdict"][row] or "kept"),
        ]
        for row in newest
    ]
    head = (("record", ""), ("commit", ""), ("median", "number"), ("ratio", "number"), ("verdict", ""))
    return table(f"Newest records, {len(rows)} of {len(history)}", head, rows)


def render_history_text(history: "History") -> str:
    """The newest records and the change points as lines."""
    points, changes = history.columns("points"), history.columns("change_points")
    n = len(history)
    head = f"History of {visible(history.name)}: {n} records, {len(changes['index'])} change points"
    newest = [
        (
            points["created"][row],
            points["commit_hash"][row][:SHORT_HASH] or MISSING,
            unbroken(format_nanoseconds(points["median_ns"][row])),
            points["verdict"][row] or "kept",
        )
        for row in range(max(0, n - MAX_RECORDS), n)
    ]
    lines = [head, text_table(newest)] if newest else [head]
    for row in range(len(changes["index"])):
        word = "suspect" if changes["suspect"][row] else "changed"
        lines.append(f"{word} at record {changes['index'][row]}: {format_signed_pct(changes['change_pct'][row])}")
    return "\n".join(lines)
