import logging
from pathlib import Path

import pytest

from tailgana_lab.errors import StoreError
from tailgana_lab.events import EventBus
from tailgana_lab.storage.journal import persist_events
from tailgana_lab.storage.store import Store


def test_events_that_fit_are_kept_in_order_until_it_is_cancelled(store: Store) -> None:
    bus = EventBus()
    kept = persist_events(store, "cache.*", bus=bus)
    bus.emit("cache.analysis_started", {"cache_type": "all"})
    bus.emit("parallel_execution.started", {})
    bus.emit("cache.optimization_completed", {"hit_rate": 91.5, "plan": object})
    kept.cancel()
    bus.emit("cache.analysis_started", {})
    found = store.search("", type="event")
    assert [record.metadata["event"] for record in found] == ["cache.optimization_completed", "cache.analysis_started"]
    assert found[0].metadata["payload"] == {"hit_rate": 91.5, "plan": str(object)}
    assert store.search("Event cache.analysis_started") == [found[1]]


def test_a_store_that_fails_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bus, seen = EventBus(), []
    kept = persist_events(Store(tmp_path), bus=bus)
    bus.subscribe("*", lambda name, payload: seen.append(name))
    with caplog.at_level(logging.ERROR):
        bus.emit("a.b", {})
    assert seen == ["a.b"]
    assert kept.n_failed == 1
    assert isinstance(kept.last_error, StoreError)
