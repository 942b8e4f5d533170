"""RegressionReport -> Vega-Lite: the rounds of its comparison, and the change of every figure."""

from typing import TYPE_CHECKING

from tailgana_lab.charts.comparison import comparison_chart
from tailgana_lab.charts.palette import LIGHT_INK
from tailgana_lab.charts.profile import WIDTH_PX
from tailgana_lab.charts.sheet import VERDICT_FILLS, Spec, known, sheet

if TYPE_CHECKING:
    from tailgana_lab.results.regression import RegressionReport

FIGURES = {
    "throughput": "ops_per_second_change_pct",
    "latency p95": "latency_p95_change_pct",
    "memory": "memory_usage_change_pct",
}
"""Figures of a report, and the field that holds their change in percent."""


def regression_chart(report: "RegressionReport") -> Spec:
    """The chart's description, data included; plain JSON without NaN.

    Parameters
    ----------
    report : RegressionReport
        With or without a comparison.

    Returns
    -------
    dict
        Vega-Lite 5: the rounds where there are some, and the changes.
    """
    rounds = comparison_chart(report.comparison)["vconcat"] if report.comparison is not None else []
    title = f"{report.workload}: {report.verdict}, severity {report.severity.value}"
    return sheet(title, report.reason, [*rounds, _changes(report)])


def _changes(report: "RegressionReport") -> Spec:
    rows = []
    for name, field in FIGURES.items():
        change = known(getattr(report, field))
        if change is not None:
            is_worse = change < 0 if name == "throughput" else change > 0
            rows.append({"figure": name, "change": change, "way": "worse" if is_worse else "better"})
    x = {"field": "change", "type": "quantitative", "axis": {"title": "change, %"}}
    y = {"field": "figure", "type": "nominal", "sort": None, "title": None}
    fills = [VERDICT_FILLS["slower"], VERDICT_FILLS["faster"]]
    colour = {"field": "way", "type": "nominal", "scale": {"domain": ["worse", "better"], "range": fills}}
    return {
        "title": "Changes against the baseline",
        "width": WIDTH_PX,
        "height": {"step": 24},
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "bar", "height": {"band": 0.7}},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {**colour, "legend": {"title": None}},
                    "tooltip": [{"field": "figure"}, {"field": "change", "title": "change, %", "format": "+.2f"}],
                },
            },
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": LIGHT_INK},
                "encoding": {"x": {"field": "zero", "type": "quantitative"}},
            },
        ],
    }
