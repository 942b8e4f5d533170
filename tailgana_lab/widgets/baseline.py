"""The live panel of what a baseline keeps: its rounds, or the operations of the standard one."""

from typing import TYPE_CHECKING, Any

from tailgana_lab.widgets.base import Panel
from tailgana_lab.widgets.payloads import baseline_payload, performance_payload

if TYPE_CHECKING:
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.performance import PerformanceBaseline


class BaselineWidget(Panel):
    """A baseline with its rounds, or a performance baseline with its operations.

    Parameters
    ----------
    baseline : Baseline or PerformanceBaseline
        What is shown.
    """

    view = "baseline"

    def __init__(self, baseline: "Baseline | PerformanceBaseline") -> None:
        shown: Any = baseline
        make = performance_payload if shown.kind == "performance-baseline" else baseline_payload
        super().__init__(make(shown))
        self._baseline = baseline

    @property
    def baseline(self) -> "Baseline | PerformanceBaseline":
        """What the panel shows."""
        return self._baseline
