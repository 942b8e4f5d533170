"""The verbs by which a result shows itself: its forms in a notebook and its live panel. Nothing is imported before."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tailgana_lab.widgets.base import Panel


class Shown:
    """Base of all results but the profile."""

    kind: ClassVar[str]
    """Word of the result in its MIME type, `application/vnd.tailgana.KIND+json`, and on the wire."""

    def to_widget(self) -> "Panel":
        """The live panel."""
        from tailgana_lab.widgets import panels

        return panels.panel_of(self)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        from tailgana_lab.reporting.faces import bundle_of

        return bundle_of(self, include=include, exclude=exclude)
