"""Events of the lab as OpenTelemetry has them, for whoever asks for it: needs the extra `opentelemetry`.

An event that happens inside a span is added to that span; any other becomes a span of its own, without length.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.events import DEFAULT_BUS, EventBus, Subscription

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

PREFIX = "tailgana."
"""Before the names of attributes."""


def export_events(pattern: str = "*", *, tracer: "Tracer | None" = None, bus: EventBus = DEFAULT_BUS) -> Subscription:
    """Hand each event whose name fits to OpenTelemetry, until the subscription is cancelled.

    Parameters
    ----------
    pattern : str
        Shell pattern of names, such as `*` or `*.failed`.
    tracer : opentelemetry.trace.Tracer, optional
        Makes the spans; that of the process's own provider by default.
    bus : EventBus
        Whose events.

    Returns
    -------
    Subscription
        An exporter that fails stops nobody's work; `n_failed` counts.

    Raises
    ------
    InvalidRequestError
        If OpenTelemetry is not installed.
    """
    try:
        from opentelemetry import trace
    except ImportError:
        raise InvalidRequestError(
            "events cannot be exported without OpenTelemetry: `pip install 'tailgana_lab[opentelemetry]'`"
        ) from None
    spans = tracer or trace.get_tracer("tailgana_lab")

    def export(name: str, payload: Mapping[str, Any]) -> None:
        attributes = attributes_of(payload)
        current = trace.get_current_span()
        if current.is_recording():
            current.add_event(name, attributes)
        else:
            spans.start_span(name, attributes=attributes).end()

    return bus.subscribe(pattern, export)


def attributes_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as attributes, which are numbers, texts and lists of texts; what is missing is left out.

    Examples
    --------
    >>> attributes_of({"hit_rate": 91.5, "operations": ("a", 2), "plan": None})
    {'tailgana.hit_rate': 91.5, 'tailgana.operations': ['a', '2']}
    """
    return {f"{PREFIX}{name}": _attribute(value) for name, value in payload.items() if value is not None}


def _attribute(value: Any) -> Any:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [str(each) for each in value]
    return str(value)
