import math
import sqlite3
from contextlib import closing
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tailgana_lab.errors import InvalidRequestError, LabError, UntrustedPayloadError
from tailgana_lab.storage.record import Entry, Record
from tailgana_lab.storage.store import Store

HOSTILE = [
    *("plain words here", 'foo" OR (foobar', '"', '"""', "*", "word*", "*word", "NEAR(alpha beta)", "content:secret"),
    *("-minus sign", "AND", "OR NOT", "alpha AND", "NOT alpha", "'; DROP TABLE tailgana_records; --", "100% a_b"),
    *("a^b caret", "{curly} [square]", "alpha & beta | !gamma <-> delta", "path/to/some.file", "back\\slash value"),
    *("tab\tand\nnewline", "   ", "naïve café words", "日本 text", "(((open", "quote' or '1'='1", "$1 ? :name %s"),
    *("\u200bzero width", "nul\0inside", "half \ud800 pair", "ﬁne ligature", "e\u0301 decomposed", "x" * 5000, "🎈"),
]


class Colour(Enum):
    RED = "red"


def add_all(store: Store, *texts: str, **metadata: object) -> list[Record]:
    return [store.add(text, metadata) for text in texts]


def contents(records: list[Record]) -> list[str]:
    return [record.content for record in records]


def other_user(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))


def test_a_record_is_found_by_its_words_and_comes_back_whole(store: Store) -> None:
    kept = store.add("Performance baseline: 120 ops/sec", {"type": "performance_baseline", "n": 1.5}, tier="long_term")
    (found,) = store.search("baseline performance")
    assert found == kept
    assert found.metadata == {"type": "performance_baseline", "n": 1.5}
    assert (found.tier, found.has_payload) == ("long_term", False)
    assert found.created.endswith("+00:00")


def test_the_newest_come_first(store: Store) -> None:
    add_all(store, "one zebra", "two zebra", "three zebra")
    assert contents(store.search("zebra", limit=2)) == ["three zebra", "two zebra"]
    assert contents(store.search("", limit=2)) == ["three zebra", "two zebra"]


def test_all_words_must_occur_in_any_order_and_case(store: Store) -> None:
    add_all(store, "alpha beta", "Beta GAMMA")
    assert contents(store.search("gamma BETA")) == ["Beta GAMMA"]
    assert store.search("alpha gamma") == []


def test_filters_hold_alone_and_with_a_query(store: Store) -> None:
    hashes = ("c" * 40, "d" * 40)
    for kind, tier, workload, commit in (
        ("a", "short_term", "w1", hashes[0]),
        ("b", "long_term", "w1", hashes[1]),
        ("b", "short_term", "w2", hashes[0]),
    ):
        store.add("zebra", {"type": kind, "workload": workload, "commit_hash": commit}, tier=tier)
    for query in ("zebra", ""):
        counts = [
            len(store.search(query, type="b")),
            len(store.search(query, tier="long_term")),
            len(store.search(query, workload="w1")),
            len(store.search(query, commit=hashes[0])),
            len(store.search(query, commit="ccccccc")),
            len(store.search(query, commit="cccc")),
            len(store.search(query, type="b", workload="w1")),
        ]
        assert counts == [2, 1, 2, 2, 2, 0, 1]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_the_search_and_each_finds_itself(store: Store, text: str) -> None:
    store.add("another record", {})
    kept = store.add(text, {})
    assert kept.id in [record.id for record in store.search(text)]


@given(text=st.text(max_size=60))
@example("")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_finds_itself(file_store: Store, text: str) -> None:
    kept = file_store.add(text, {})
    assert kept.id in [record.id for record in file_store.search(text, limit=1000)]


def test_metadata_becomes_plain_and_a_missing_number_is_null(store: Store) -> None:
    kept = store.add("x", {"ratio": math.nan, "n": np.int64(3), "colour": Colour.RED, "path": Path("a/b"), "t": (1, 2)})
    assert kept.metadata == {"ratio": None, "n": 3, "colour": "red", "path": "a/b", "t": [1, 2]}
    assert store.get(kept.id) == kept


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"content": 5, "metadata": {}}, "int"),
        ({"content": "x", "metadata": [1]}, "list"),
        ({"content": "x", "metadata": {"call": object()}}, "object"),
        ({"content": "x", "metadata": {}, "tier": "forever"}, "forever"),
    ],
)
def test_what_cannot_be_kept_is_named(file_store: Store, words: dict, named: str) -> None:
    with pytest.raises(InvalidRequestError, match=named):
        file_store.add(**words)


def test_metadata_that_holds_itself_is_refused(file_store: Store) -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    with pytest.raises(InvalidRequestError, match="itself"):
        file_store.add("x", endless)


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"tier": "forever"}, {"query": None}])
def test_a_search_that_makes_no_sense_is_refused(file_store: Store, wrong: dict) -> None:
    with pytest.raises(InvalidRequestError):
        file_store.search(**wrong)


def test_numbers_of_removed_records_are_not_used_again(store: Store) -> None:
    first = store.add("gone", {}, payload=b"code")
    assert store.remove(first.id)
    assert not store.remove(first.id)
    assert store.get(first.id) is None
    assert store.search("gone") == []
    assert store.add("next", {}).id > first.id
    assert store.count() == 1


def test_a_payload_comes_back_to_who_stored_it(store: Store) -> None:
    payload = bytes(range(256)) * 40
    kept = store.add("baseline", {"name": "clean"}, payload=payload)
    assert kept.has_payload
    assert store.get(kept.id) == kept
    assert store.payload_of(kept) == payload
    assert store.is_trusted(kept)


def test_a_record_without_payload_says_so(store: Store) -> None:
    with pytest.raises(LabError, match="no code"):
        store.payload_of(store.add("report", {}))


def test_the_payload_of_another_user_is_refused_until_it_is_trusted(store, monkeypatch, tmp_path) -> None:
    kept = store.add("baseline", {"name": "shared"}, payload=b"code")
    other_user(monkeypatch, tmp_path / "bob")
    assert not store.is_trusted(kept)
    with pytest.raises(UntrustedPayloadError, match=r'tgl.trust\("shared"\)'):
        store.payload_of(kept)
    store.trust(kept)
    store.trust(kept)
    assert store.payload_of(kept) == b"code"


def test_trust_of_one_user_leaves_that_of_another(store: Store, monkeypatch, tmp_path: Path) -> None:
    other_user(monkeypatch, tmp_path / "alice")
    kept = store.add("baseline", {"name": "shared"}, payload=b"code")
    other_user(monkeypatch, tmp_path / "bob")
    store.trust(kept)
    other_user(monkeypatch, tmp_path / "alice")
    assert store.payload_of(kept) == b"code"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tailgana_payloads SET data = x'00'",
        'UPDATE tailgana_records SET metadata = \'{"module": "os"}\'',
        "UPDATE tailgana_records SET content = 'another'",
        "UPDATE tailgana_payloads SET signatures = zeroblob(32)",
        "UPDATE tailgana_payloads SET signatures = x''",
        "UPDATE tailgana_payloads SET data = (SELECT data FROM tailgana_payloads ORDER BY record_id DESC LIMIT 1)",
    ],
)
def test_what_was_altered_is_refused(file_store: Store, change: str) -> None:
    kept = file_store.add("baseline", {"module": "pipeline"}, payload=b"code")
    file_store.add("other", {}, payload=b"other code")
    with closing(sqlite3.connect(file_store.place)) as connection, connection:
        connection.execute(change)
    with pytest.raises(UntrustedPayloadError):
        file_store.payload_of(kept)


def test_old_short_term_records_expire(store: Store) -> None:
    old = "2020-01-01T00:00:00.000000+00:00"
    store.add_entries(
        [
            Entry(old, "short_term", "old", "{}", b"code", b""),
            Entry(old, "long_term", "kept", "{}"),
        ]
    )
    store.add("new", {})
    assert store.expire(30) == 1
    assert contents(store.search("")) == ["new", "kept"]
    assert store.search("old") == []


@pytest.mark.parametrize("days", [-1, math.nan])
def test_expiry_wants_a_number_of_days(file_store: Store, days: float) -> None:
    with pytest.raises(InvalidRequestError):
        file_store.expire(days)


def test_nothing_expires_by_a_limit_before_all_time(file_store: Store) -> None:
    file_store.add("new", {})
    assert file_store.expire(1e12) == 0


def test_vacuum_keeps_every_record(store: Store) -> None:
    kept = add_all(store, "one", "two")
    store.remove(kept[0].id)
    store.vacuum()
    assert contents(store.search("two")) == ["two"]
    assert store.count() == 1


def test_records_that_are_here_already_are_not_taken_in_twice(store: Store) -> None:
    entries = [Entry(f"2026-01-0{day}T00:00:00.000000+00:00", "long_term", "x", "{}") for day in (1, 2)]
    assert store.add_entries(entries) == (2, 0)
    assert store.add_entries(entries) == (0, 2)


def test_of_records_that_are_taken_in_all_are_kept_or_none(store: Store) -> None:
    def broken():
        yield Entry("2026-01-01T00:00:00.000000+00:00", "long_term", "x", "{}")
        raise LabError("cut short")

    with pytest.raises(LabError, match="cut short"):
        store.add_entries(broken())
    assert store.count() == 0


def test_two_stores_of_one_address_see_the_same(store: Store) -> None:
    store.add("here", {})
    assert contents(Store(store.url).search("here")) == ["here"]


def test_a_closed_store_opens_again(store: Store) -> None:
    store.add("here", {})
    store.close()
    store.close()
    assert contents(store.search("here")) == ["here"]
