"""The live panel of a verdict with its rounds, or of a history: tells which points were chosen and brushed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from tailgana_lab.widgets.base import Panel
from tailgana_lab.widgets.payloads import Payload, comparison_payload, history_payload, plain, report_payload

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.history import History
    from tailgana_lab.results.regression import RegressionReport

_PAYLOADS: Mapping[str, Callable[[Any], Payload]] = {
    "comparison": comparison_payload,
    "regression": report_payload,
    "history": history_payload,
}


class RegressionWidget(Panel):
    """A comparison, the report of a check, or the history of a baseline.

    Parameters
    ----------
    result : Comparison, RegressionReport or History
        What is shown.
    """

    view = "regression"

    selected_ids = traitlets.List(traitlets.Int()).tag(sync=True)
    """Rows of `history.points` chosen in the panel by a click or Enter; of a race, its rounds."""
    selected = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The chosen rows of `history.points`; empty until one is chosen, and for a race."""
    brushed = traitlets.List(traitlets.Int(), maxlen=2).tag(sync=True)
    """First and last row that the panel is zoomed to; empty when all are shown."""

    def __init__(self, result: "Comparison | RegressionReport | History") -> None:
        shown: Any = result
        super().__init__(_PAYLOADS[shown.kind](shown))
        self._result = result

    @property
    def result(self) -> "Comparison | RegressionReport | History":
        """What the panel shows."""
        return self._result

    @traitlets.observe("selected_ids")
    def _choose(self, change: Any) -> None:
        shown: Any = self._result
        if shown.kind != "history":
            return
        points = shown.columns("points")
        known = [row for row in change.new if 0 <= row < len(shown)]
        self.selected = [{name: plain(values[row]) for name, values in points.items()} for row in known]
