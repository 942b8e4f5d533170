"""Baselines and performance baselines as HTML without a script, and as plain text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.sheet import fair_axis, known, thinned
from tailgana_lab.reporting.escape import Html, clipped, element, joined
from tailgana_lab.reporting.plots import MAX_DOTS, Dot, Plot, render_plot
from tailgana_lab.reporting.rows import bullets, facts_line, number_cell, table, text_cell, text_table
from tailgana_lab.reporting.verdicts import badge, sentence_of
from tailgana_lab.results.visible import visible
from tailgana_lab.units import MISSING, format_bytes, format_nanoseconds, format_number
from tailgana_lab.widgets.payloads import environment_facts

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.performance import PerformanceBaseline

SHORT_HASH = 10  # characters of a commit
MAX_SOURCE = 1_200  # characters of the code shown
OPERATION_COLUMNS = {
    "ops_per_second": "ops/s",
    "latency_p50_ms": "p50, ms",
    "latency_p95_ms": "p95, ms",
    "latency_p99_ms": "p99, ms",
    "cpu_usage_pct": "CPU, %",
    "memory_usage_mb": "memory, MB",
}
"""Figures of an operation, and their words."""


def facts_of_baseline(baseline: "Baseline") -> list[str]:
    """What was measured, in short pieces."""
    facts = [f"median {format_nanoseconds(baseline.median_ns)}"]
    if known(baseline.low_ns) is not None and known(baseline.high_ns) is not None:
        facts.append(f"99 % {format_nanoseconds(baseline.low_ns)} to {format_nanoseconds(baseline.high_ns)}")
    if known(baseline.p95_ns) is not None:
        facts.append(f"p95 {format_nanoseconds(baseline.p95_ns)}")
    if known(baseline.peak_bytes) is not None:
        facts.append(f"peak {format_bytes(baseline.peak_bytes)}")
    facts.append(f"{baseline.n_rounds:,} rounds")
    facts.append("runs again in fresh processes" if baseline.isolated else "runs again in this kernel only")
    if baseline.commit_hash:
        facts.append(f"commit {visible(baseline.commit_hash[:SHORT_HASH])}")
    return facts


def baseline_body(baseline: "Baseline") -> Html:
    """What was measured, its rounds, the code that is kept and the machine."""
    machine = " · ".join(f"{word} {text}" for word, text in environment_facts(baseline.environment))
    source = baseline.source.strip()
    code = element("p", element("code", clipped(source, MAX_SOURCE))) if source else Html("")
    return joined(
        element("p", element("span", f"Baseline {baseline.name}", class_="tgls-name"), " kept ", baseline.created),
        facts_line(facts_of_baseline(baseline)),
        render_plot(_rounds(baseline)),
        code,
        element("p", machine, class_="tgls-note") if machine else Html(""),
    )


def _rounds(baseline: "Baseline") -> Plot:
    rounds = list(baseline.round_medians_ns)
    axis = fair_axis(rounds, (baseline.median_ns, baseline.low_ns, baseline.high_ns))
    return Plot(
        dots=[Dot(rounds[row], "tgls-dot-0") for row in thinned(len(rounds), MAX_DOTS)],
        axis=axis,
        ends=(format_nanoseconds(axis[0]), format_nanoseconds(axis[1])),
        label=f"Median of each of {len(rounds)} rounds; the text above holds the figures",
        band=(baseline.low_ns, baseline.high_ns),
        line=baseline.median_ns,
    )


def render_baseline_text(baseline: "Baseline") -> str:
    """The same on two lines."""
    head = f"Baseline {visible(baseline.name)} kept {visible(baseline.created)}"
    return f"{head}\n{' · '.join(facts_of_baseline(baseline))}"


def facts_of_performance(baseline: "PerformanceBaseline") -> list[str]:
    """The figures of the whole, those that are known."""
    words = {
        **{name: word for name, word in OPERATION_COLUMNS.items() if name.startswith("latency")},
        "ops_per_second": "operations per second",
        "cpu_usage_pct": "CPU, %",
        "memory_usage_mb": "memory, MB",
    }
    figures = {word: getattr(baseline, name) for name, word in words.items()}
    return [f"{word} {format_number(value)}" for word, value in figures.items() if known(value) is not None]


def performance_body(baseline: "PerformanceBaseline") -> Html:
    """The operations one a row, what is slow, what to do, and how they compare with last time."""
    head = f"Performance baseline, {baseline.scope.value}"
    rows = [
        [
            text_cell(operation),
            *(number_cell(_figure(metrics, name)) for name in OPERATION_COLUMNS),
            text_cell(baseline.implementations.get(operation, "")),
        ]
        for operation, metrics in baseline.operation_metrics.items()
    ]
    heads = [("operation", ""), *((word, "number") for word in OPERATION_COLUMNS.values()), ("implementation", "")]
    return joined(
        element("p", element("span", head, class_="tgls-name"), " measured ", baseline.timestamp),
        facts_line(facts_of_performance(baseline)),
        table("Operations", heads, rows),
        _verdicts(baseline),
        bullets("Bottlenecks", baseline.bottlenecks),
        bullets("Recommendations", baseline.recommendations),
    )


def _figure(metrics: Mapping[str, Any], name: str) -> str:
    value = known(metrics.get(name))
    return MISSING if value is None else format_number(value)


def _verdicts(baseline: "PerformanceBaseline") -> Html:
    """Against the last baseline, where the scope asked for it."""
    rows = [
        [text_cell(name), element("td", badge(each.verdict)), text_cell(sentence_of(each))]
        for name, each in baseline.comparisons.items()
    ]
    return table("Against the last baseline", (("operation", ""), ("verdict", ""), ("figures", "")), rows)


def render_performance_text(baseline: "PerformanceBaseline") -> str:
    """The same as lines."""
    head = f"Performance baseline, {baseline.scope.value}, measured {visible(baseline.timestamp)}"
    rows = [
        (operation, *(_figure(metrics, name) for name in OPERATION_COLUMNS))
        for operation, metrics in baseline.operation_metrics.items()
    ]
    lines = [head, " · ".join(facts_of_performance(baseline))]
    if rows:
        lines.append(text_table([("operation", *OPERATION_COLUMNS.values()), *rows]))
    lines += [f"  - {visible(text)}" for text in (*baseline.bottlenecks, *baseline.recommendations)]
    return "\n".join(line for line in lines if line)
