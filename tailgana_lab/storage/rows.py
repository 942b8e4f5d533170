"""Records as rows of the tables. Imports SQLAlchemy: only an opened store imports this."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from tailgana_lab.storage.record import SHORT_TERM, Entry, Record
from tailgana_lab.storage.schema import PAYLOADS, RECORDS, WORDS
from tailgana_lab.storage.search import RECORD_COLUMNS, index_words

_CHUNK = 500  # rows that are read at a time where all are read
_ENTRY_COLUMNS = (
    RECORDS.c.created,
    RECORDS.c.tier,
    RECORDS.c.content,
    RECORDS.c.metadata,
    PAYLOADS.c.data,
    PAYLOADS.c.signatures,
)
_WITH_PAYLOAD = RECORDS.outerjoin(PAYLOADS, PAYLOADS.c.record_id == RECORDS.c.id)
_INSERT_RECORD = insert(RECORDS).returning(RECORDS.c.id)
_INSERT_PAYLOAD = insert(PAYLOADS)


def insert_entry(connection: Connection, entry: Entry) -> Record:
    """Keep an entry, with its payload and its words."""
    metadata = entry.metadata()
    values = {
        "created": entry.created,
        "tier": entry.tier,
        "type": _label(metadata.get("type")),
        "workload": _label(metadata.get("workload")),
        "commit_hash": _label(metadata.get("commit_hash")),
        "content": entry.content,
        "metadata": entry.metadata_json,
        "has_payload": entry.payload is not None,
    }
    record_id = connection.execute(_INSERT_RECORD, values).scalar_one()
    if entry.payload is not None:
        payload = {"record_id": record_id, "data": entry.payload, "signatures": entry.signatures}
        connection.execute(_INSERT_PAYLOAD, payload)
    index_words(connection, record_id, entry.content)
    return entry.as_record(record_id)


def is_there(connection: Connection, entry: Entry) -> bool:
    """Whether the very same record is kept already."""
    same = select(exists().where(*(RECORDS.c[name] == value for name, value in _texts(entry).items())))
    return bool(connection.execute(same).scalar())


def select_record(connection: Connection, record_id: int) -> Record | None:
    """The record of that number."""
    row = connection.execute(select(*RECORD_COLUMNS).where(RECORDS.c.id == record_id)).first()
    return None if row is None else record_of(row)


def select_entry(connection: Connection, record_id: int) -> Entry | None:
    """The record of that number as the texts and bytes that are kept."""
    wanted = select(*_ENTRY_COLUMNS).select_from(_WITH_PAYLOAD).where(RECORDS.c.id == record_id)
    row = connection.execute(wanted).first()
    return None if row is None else _entry(row)


def all_entries(connection: Connection) -> Iterator[Entry]:
    """Every record with its payload, oldest first; read as it is used up."""
    wanted = select(*_ENTRY_COLUMNS).select_from(_WITH_PAYLOAD).order_by(RECORDS.c.id)
    for row in connection.execution_options(yield_per=_CHUNK).execute(wanted):
        yield _entry(row)


def update_signatures(connection: Connection, record_id: int, signatures: bytes) -> None:
    """Replace the signatures of a payload."""
    connection.execute(update(PAYLOADS).where(PAYLOADS.c.record_id == record_id).values(signatures=signatures))


def delete_record(connection: Connection, record_id: int) -> bool:
    """Remove a record; whether there was one."""
    connection.execute(delete(PAYLOADS).where(PAYLOADS.c.record_id == record_id))
    if connection.dialect.name != "sqlite":  # where triggers do it
        connection.execute(delete(WORDS).where(WORDS.c.record_id == record_id))
    return bool(connection.execute(delete(RECORDS).where(RECORDS.c.id == record_id)).rowcount)


def delete_older(connection: Connection, created: str) -> int:
    """Remove short-term records from before a moment; how many there were."""
    is_old = (RECORDS.c.tier == SHORT_TERM) & (RECORDS.c.created < created)
    connection.execute(delete(PAYLOADS).where(PAYLOADS.c.record_id.in_(select(RECORDS.c.id).where(is_old))))
    return int(connection.execute(delete(RECORDS).where(is_old)).rowcount)


def count_records(connection: Connection) -> int:
    """How many records there are."""
    return int(connection.execute(select(func.count()).select_from(RECORDS)).scalar_one())


def record_of(row: Sequence[Any]) -> Record:
    """The record of a row of `RECORD_COLUMNS`."""
    record_id, created, tier, content, metadata, has_payload = row
    return Record(record_id, created, tier, content, Entry(created, tier, content, metadata).metadata(), has_payload)


def _entry(row: Sequence[Any]) -> Entry:
    created, tier, content, metadata, data, signatures = row
    return Entry(created, tier, content, metadata, data, signatures or b"")


def _texts(entry: Entry) -> dict[str, str]:
    return {
        "tier": entry.tier,
        "created": entry.created,
        "content": entry.content,
        "metadata": entry.metadata_json,
    }


def _label(value: Any) -> str | None:
    """A value of the metadata as the text that filters compare."""
    return None if value is None else str(value)
