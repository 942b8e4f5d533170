"""The pytest fixture `tailgana`: keeps a test's workload as a baseline, and fails the test when it got slower.

Loaded by every run of pytest where the package is installed, so it imports nothing of the lab until it is used.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.regression import RegressionReport

GATES = ("minor", "moderate", "major", "critical")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what a run may set."""
    group = parser.getgroup("tailgana", "performance baselines (fixture `tailgana`)")
    gate_help = "severity from which a regression fails its test (default: moderate)"
    group.addoption("--tailgana-fail-on", choices=GATES, default="moderate", help=gate_help)
    group.addoption("--tailgana-update", action="store_true", help="keep all workloads anew instead of checking them")
    budget_help = "seconds that one workload may take (default: TAILGANA_BUDGET_S, else 15)"
    group.addoption("--tailgana-budget-s", type=float, default=None, metavar="S", help=budget_help)


@pytest.fixture
def tailgana(request: pytest.FixtureRequest) -> "Workload":
    """A function that keeps a call as a baseline at first, and checks it against that baseline from then on.

    ``tailgana(func, *args, **kwargs)`` gives the `Baseline` that it kept, or the `RegressionReport` of the check.
    """
    return Workload(request.node.nodeid, request.config)


class Workload:
    """What one test measures.

    Parameters
    ----------
    test : str
        Name of the test; its baselines have it too.
    config : pytest.Config
        Options of the run.
    """

    def __init__(self, test: str, config: pytest.Config) -> None:
        self._test = test
        self._gate: str = config.getoption("--tailgana-fail-on")
        self._keeps_anew: bool = config.getoption("--tailgana-update")
        self._budget_s: float | None = config.getoption("--tailgana-budget-s")
        self._n_calls = 0

    def __call__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> "Baseline | RegressionReport":
        """Keep the call, or check it; a regression fails the test."""
        from tailgana_lab.lab import default_lab

        lab = default_lab()
        self._n_calls += 1
        name = self._test if self._n_calls == 1 else f"{self._test}#{self._n_calls}"
        if self._keeps_anew or name not in set(lab.baselines()["name"]):
            return lab.baseline(name, func, *args, budget_s=self._budget_s, **kwargs)
        report = lab.check(name, func, *args, budget_s=self._budget_s, **kwargs)
        self._judge(report)
        return report

    def _judge(self, report: "RegressionReport") -> None:
        severity = report.severity.value
        if report.has_regression and severity in GATES and GATES.index(severity) >= GATES.index(self._gate):
            found = "; ".join(report.regressions) or report.reason
            pytest.fail(f"{severity} regression of `{report.workload}`: {found}", pytrace=False)
