from tailgana_lab.storage.listing import render_listing
from tailgana_lab.storage.record import Record


def make_record(number: int, content: str, **metadata: object) -> Record:
    return Record(number, "2026-11-24T03:04:05.123456+00:00", "short_term", content, metadata, has_payload=number == 1)


def test_records_stand_one_a_line_under_their_columns() -> None:
    text = render_listing([make_record(1, "two\nlines", type="event", workload="clean"), make_record(20, "x" * 90)], 7)
    head, first, second, last = text.splitlines()
    assert head.split() == ["id", "created", "tier", "type", "workload", "payload", "content"]
    assert first.split() == ["1", "2026-11-24", "03:04:05", "short_term", "event", "clean", "yes", "two", "lines"]
    assert second.endswith("x…")
    assert {line.index(word) for line, word in ((head, "content"), (first, "two"), (second, "xxx"))} == {
        head.index("content")
    }
    assert last == "2 of 7 records"


def test_an_empty_listing_says_so() -> None:
    assert render_listing([], 0) == "no records"
    assert render_listing([], 3) == "none of 3 records fits"
