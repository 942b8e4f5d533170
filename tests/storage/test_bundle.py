import gzip
import json
from pathlib import Path

import pytest

from tailgana_lab.errors import LabError, UntrustedPayloadError
from tailgana_lab.storage.bundle import ImportSummary, export_bundle, import_any
from tailgana_lab.storage.store import Store


@pytest.fixture
def full(file_store: Store) -> Store:
    file_store.add("report of clean", {"type": "regression_report", "n": 1.5})
    named = {"name": "clean", "text": "naïve\0"}
    file_store.add("baseline of clean", named, tier="long_term", payload=bytes(range(256)))
    return file_store


def lines_of(bundle: Path) -> list[bytes]:
    return gzip.decompress(bundle.read_bytes()).splitlines(keepends=True)


def test_a_bundle_brings_every_record_to_another_store(full: Store, store: Store, tmp_path: Path) -> None:
    assert export_bundle(full, tmp_path / "bundle") == 2
    assert import_any(store, tmp_path / "bundle") == ImportSummary("bundle", 2, 0, 0)
    for ours, theirs in zip(full.search(""), store.search(""), strict=True):
        assert (ours.created, ours.tier, ours.content, ours.metadata, ours.has_payload) == (
            *(theirs.created, theirs.tier, theirs.content, theirs.metadata, theirs.has_payload),
        )
    assert store.payload_of(store.search("baseline")[0]) == bytes(range(256))


def test_a_bundle_that_comes_twice_brings_nothing_new(full: Store, tmp_path: Path) -> None:
    export_bundle(full, tmp_path / "bundle")
    assert import_any(full, tmp_path / "bundle") == ImportSummary("bundle", 0, 2, 0)


def test_payloads_of_another_user_stay_untrusted(full: Store, store: Store, tmp_path: Path, monkeypatch) -> None:
    export_bundle(full, tmp_path / "bundle")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "bob"))
    assert import_any(store, tmp_path / "bundle").n_untrusted == 1
    (found,) = store.search("baseline")
    with pytest.raises(UntrustedPayloadError):
        store.payload_of(found)


def test_a_payload_that_was_altered_on_its_way_is_refused(full: Store, store: Store, tmp_path: Path) -> None:
    export_bundle(full, tmp_path / "bundle")
    lines = [json.loads(line) for line in lines_of(tmp_path / "bundle")]
    lines[2]["payload"] = "AAAA"
    (tmp_path / "bundle").write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    import_any(store, tmp_path / "bundle")
    with pytest.raises(UntrustedPayloadError):
        store.payload_of(store.search("baseline")[0])


def test_a_bundle_is_there_whole_or_not_at_all(full: Store, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no/such"):
        export_bundle(full, tmp_path / "no" / "such" / "bundle")
    with pytest.raises(LabError, match="the store itself"):
        export_bundle(full, full.place)
    export_bundle(full, tmp_path / "bundle")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["bundle"]
    assert full.count() == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [b'{"format": "something else"}\n', *lines[1:]],
        lambda lines: [lines[0].replace(b'"version": 1', b'"version": 2'), *lines[1:]],
        lambda lines: [lines[0], b'{"created": "yesterday"}\n', *lines[1:]],
        lambda lines: [lines[0], lines[1].replace(b"short_term", b"forever"), *lines[2:]],
        lambda lines: [lines[0], b"[]\n", *lines[1:]],
        lambda lines: [lines[0], b"not json\n", *lines[1:]],
        lambda lines: [],
    ],
    ids=range(9),
)
def test_a_damaged_bundle_brings_nothing(full: Store, store: Store, tmp_path: Path, damage) -> None:
    bundle = tmp_path / "broken.bundle"
    export_bundle(full, bundle)
    bundle.write_bytes(gzip.compress(b"".join(damage(lines_of(bundle)))))
    with pytest.raises(LabError, match=r"broken\.bundle") as failed:
        import_any(store, bundle)
    assert "\n" not in str(failed.value)
    assert store.count() == 0


@pytest.mark.parametrize("cut", [5, -9])
def test_a_bundle_that_is_cut_brings_nothing(full: Store, store: Store, tmp_path: Path, cut: int) -> None:
    bundle = tmp_path / "bundle"
    export_bundle(full, bundle)
    bundle.write_bytes(bundle.read_bytes()[:cut])
    with pytest.raises(LabError, match="bundle"):
        import_any(store, bundle)
    assert store.count() == 0


def test_a_file_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="nowhere"):
        import_any(store, tmp_path / "nowhere")
