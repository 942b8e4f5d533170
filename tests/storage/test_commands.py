from pathlib import Path

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.storage.commands import export_records, import_records, list_records, vacuum_records
from tailgana_lab.storage.record import Entry
from tailgana_lab.storage.store import Store


def test_a_listing_shows_the_newest_first_and_how_many_there_are(file_store: Store) -> None:
    assert list_records(file_store) == "no records"
    file_store.add("Event one", {"type": "event"})
    file_store.add("Baseline of clean", {"type": "performance_baseline", "workload": "clean"}, payload=b"code")
    assert [line.split()[0] for line in list_records(file_store).splitlines()] == ["id", "2", "1", "2"]
    assert list_records(file_store, limit=1).endswith("1 of 2 records")
    assert "Event one" in list_records(file_store, "event")
    assert list_records(file_store, "nothing") == "none of 2 records fits"


def test_export_and_import_say_what_they_moved(file_store: Store, tmp_path: Path, monkeypatch) -> None:
    file_store.add("one", {}, payload=b"code")
    bundle = tmp_path / "bundle"
    assert export_records(file_store, bundle) == f"wrote 1 record to {bundle}"
    assert import_records(file_store, bundle) == "0 records added from bundle, 1 was there already"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "bob"))
    other = Store(tmp_path / "other.db")
    assert import_records(other, bundle) == (
        "1 record added from bundle, 1 payload of others will not be run before `tgl.trust(name)`"
    )
    assert other.count() == 1
    other.close()


def test_vacuum_drops_what_has_expired(file_store: Store) -> None:
    file_store.add_entries([Entry("2020-01-01T00:00:00.000000+00:00", "short_term", "old", "{}")])
    file_store.add("new", {})
    assert vacuum_records(file_store) == "dropped 1 short-term record older than 90 days"
    assert vacuum_records(file_store, days=1) == "dropped 0 short-term records older than 1 day"
    assert file_store.count() == 1


def test_a_negative_limit_is_refused(file_store: Store) -> None:
    with pytest.raises(InvalidRequestError, match="limit"):
        list_records(file_store, limit=-1)
