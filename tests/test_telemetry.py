import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.events import EventBus
from tailgana_lab.telemetry import export_events


@pytest.fixture
def finished() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(finished: InMemorySpanExporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(finished))
    yield provider.get_tracer("tests")
    provider.shutdown()


def test_an_event_outside_a_span_becomes_one(tracer, finished: InMemorySpanExporter) -> None:
    bus = EventBus()
    exported = export_events("cache.*", tracer=tracer, bus=bus)
    bus.emit("cache.optimization_completed", {"cache_type": "all", "hit_rate": 91.5})
    bus.emit("parallel_execution.started", {})
    exported.cancel()
    bus.emit("cache.failed", {"error": "x"})
    (span,) = finished.get_finished_spans()
    assert span.name == "cache.optimization_completed"
    assert dict(span.attributes or {}) == {"tailgana.cache_type": "all", "tailgana.hit_rate": 91.5}


def test_an_event_inside_a_span_is_added_to_it(tracer, finished: InMemorySpanExporter) -> None:
    bus = EventBus()
    export_events(tracer=tracer, bus=bus)
    with tracer.start_as_current_span("release"):
        bus.emit("regression_detection.completed", {"severity": "none"})
    (span,) = finished.get_finished_spans()
    assert [event.name for event in span.events] == ["regression_detection.completed"]
    assert dict(span.events[0].attributes or {}) == {"tailgana.severity": "none"}


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InvalidRequestError, match="pip install"):
        export_events(bus=EventBus())
