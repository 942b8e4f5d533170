"""Which panel shows which kind of result; the panels are imported when one is asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailgana_lab.results.shown import Shown
    from tailgana_lab.widgets.base import Panel

_OF_BASELINES = frozenset({"baseline", "performance-baseline"})
_OF_CACHES = frozenset({"cache_advice", "caches"})


def panel_of(result: "Shown") -> "Panel":
    """The live panel of a result."""
    shown: Any = result
    if result.kind in _OF_BASELINES:
        from tailgana_lab.widgets.baseline import BaselineWidget

        return BaselineWidget(shown)
    if result.kind in _OF_CACHES:
        from tailgana_lab.widgets.caching import CacheWidget

        return CacheWidget(shown)
    from tailgana_lab.widgets.regression import RegressionWidget

    return RegressionWidget(shown)
