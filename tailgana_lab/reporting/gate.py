"""What a check of several baselines says to a build: its exit code, and the same as text, Markdown and JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

from tailgana_lab.reporting.rows import text_table
from tailgana_lab.results.comparison import INCONCLUSIVE
from tailgana_lab.results.regression import RegressionReport, RegressionSeverity, SeverityLimits
from tailgana_lab.results.visible import visible
from tailgana_lab.units import MISSING, format_ratio, format_ratio_interval

FINE, REGRESSED, UNTOLD = 0, 1, 2
"""Exit codes: nothing regressed, something did, or it cannot be told."""

GATES = tuple(severity.value for severity in RegressionSeverity)[1:]
"""Severities that may fail a build."""


@dataclass(frozen=True)
class Checked:
    """What came of one baseline."""

    name: str
    """Its name."""
    report: RegressionReport | None = None
    """What the check found; None where it could not be run."""
    problem: str = ""
    """Why it could not be run, one line."""

    @property
    def verdict(self) -> str:
        """The report's verdict; without one it is inconclusive."""
        return INCONCLUSIVE if self.report is None else self.report.verdict

    @property
    def severity(self) -> str:
        """Class of the regression; `none` without one."""
        return "none" if self.report is None else str(self.report.severity.value)

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, one line."""
        return self.problem if self.report is None else self.report.reason

    def ratio(self, name: str = "ratio") -> float:
        """`ratio`, `ratio_low` or `ratio_high` of the comparison; NaN where there is none."""
        comparison = None if self.report is None else self.report.comparison
        return nan if comparison is None else float(getattr(comparison, name))

    def code(self, fail_on: str) -> int:
        """The exit code that this alone gives.

        A check that cannot exclude a regression of the severity that fails the build has not told anything.
        """
        if self.report is None:
            return UNTOLD
        gate = RegressionSeverity(fail_on)
        if self.report.has_regression and self.report.severity.rank >= gate.rank:
            return REGRESSED
        if self.verdict != INCONCLUSIVE:
            return FINE
        high = self.ratio("ratio_high")
        is_excluded = isfinite(high) and SeverityLimits().severity_of(100 * (high - 1)).rank < gate.rank
        return FINE if is_excluded else UNTOLD


def exit_code(checked: Sequence[Checked], fail_on: str) -> int:
    """The exit code of all: a regression weighs more than a doubt; of nothing, nothing can be told."""
    codes = {each.code(fail_on) for each in checked}
    return REGRESSED if REGRESSED in codes else UNTOLD if UNTOLD in codes or not codes else FINE


def render_json(checked: Sequence[Checked], fail_on: str) -> str:
    """One JSON object with the exit code and a result for each baseline; missing figures are null."""
    results = [_record(each) for each in checked]
    return json.dumps({"exit_code": exit_code(checked, fail_on), "results": results}, indent=1, allow_nan=False)


def _record(each: Checked) -> dict[str, Any]:
    ratios = {name: each.ratio(name) for name in ("ratio", "ratio_low", "ratio_high")}
    figures = {name: value if isfinite(value) else None for name, value in ratios.items()}
    return {
        "name": each.name,
        "verdict": each.verdict,
        **figures,
        "severity": each.severity if each.report is not None else None,
        "reason": each.reason,
    }


def render_markdown(checked: Sequence[Checked], fail_on: str) -> str:
    """A table for the summary of a build."""
    code = exit_code(checked, fail_on)
    head = {FINE: "nothing regressed", REGRESSED: "something regressed", UNTOLD: "it cannot be told"}[code]
    rows = ["| " + " | ".join(_markdown(cell) for cell in _row(each)) + " |" for each in checked]
    title = f"### Performance: {head}"
    return "\n".join([title, "", "| " + " | ".join(_HEAD) + " |", "|---|---|---:|---|---|---|", *rows])


_HEAD = ("baseline", "verdict", "ratio", "99 % interval", "severity", "reason")


def _row(each: Checked) -> tuple[str, ...]:
    return (
        each.name,
        each.verdict,
        format_ratio(each.ratio()),
        format_ratio_interval(each.ratio("ratio_low"), each.ratio("ratio_high")),
        MISSING if each.report is None else each.severity,
        each.reason,
    )


def _markdown(text: str) -> str:
    """Text that cannot end its cell or become markup."""
    shown = visible(" ".join(text.split()))
    return shown.replace("|", "\\|").replace("<", "&lt;")


def render_text(checked: Sequence[Checked]) -> str:
    """Lines for a terminal."""
    return text_table([_HEAD, *(_row(each) for each in checked)])
