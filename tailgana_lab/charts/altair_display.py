"""Vega-Lite descriptions as Altair charts that draw without a network.

Altair's own renderers fetch scripts from elsewhere, or send the drawing code with every chart.
JupyterLab, Notebook and VS Code draw Vega-Lite 5 by themselves, so ours sends the description
alone, with a drawn picture for viewers that do not. The user's Altair settings stay as they are.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.profile import SCHEMA

if TYPE_CHECKING:
    import altair as alt

MIME_TYPE = "application/vnd.vegalite.v5+json"
_GRAMMAR = "rfc3987_syntax"


def altair_chart(spec: dict[str, Any]) -> "alt.VConcatChart":
    """The description as a chart that can be changed like any other, and draws offline."""
    chart: alt.VConcatChart = _offline_class().from_dict(spec)
    return chart


@cache
def _offline_class() -> "type[alt.VConcatChart]":
    with _without_grammar():
        import altair as alt

    class OfflineChart(alt.VConcatChart):
        """A chart that sends its description instead of asking for a script."""

        def _repr_mimebundle_(self, *args: Any, **kwds: Any) -> Any:
            spec = {**self.to_dict(), "$schema": SCHEMA}
            return {MIME_TYPE: spec, **_picture(spec), "text/plain": "<Vega-Lite chart>"}

    return OfflineChart


@contextmanager
def _without_grammar() -> Iterator[None]:
    """Keep jsonschema from building a grammar that takes most of Altair's import time.

    It checks the format of international addresses only; where it is loaded already it stays.
    """
    if _GRAMMAR in sys.modules:
        yield
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # makes an import of it fail
    try:
        yield
    finally:
        del sys.modules[_GRAMMAR]


def _picture(spec: dict[str, Any]) -> dict[str, str]:
    """The chart drawn, for pages without a Vega of their own; nothing where it can't be drawn."""
    try:
        import vl_convert
    except ImportError:
        return {}
    return {"image/svg+xml": vl_convert.vegalite_to_svg(spec)}
