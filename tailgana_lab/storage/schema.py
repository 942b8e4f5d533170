"""The tables of a store, and the history that leads to them. Imports SQLAlchemy: only an opened store imports this.

A step of the history is never changed once it has been released: what follows is a new step.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from tailgana_lab.errors import StoreError

_TABLES = MetaData()

RECORDS = Table(
    "tailgana_records",
    _TABLES,
    Column("id", BigInteger, primary_key=True),
    Column("created", Text),
    Column("tier", Text),
    Column("type", Text),
    Column("workload", Text),
    Column("commit_hash", Text),
    Column("content", Text),
    Column("metadata", Text),
    Column("has_payload", Boolean),
)
PAYLOADS = Table(
    "tailgana_payloads",
    _TABLES,
    Column("record_id", BigInteger, primary_key=True),
    Column("data", LargeBinary),
    Column("signatures", LargeBinary),
)
WORDS = Table("tailgana_words", _TABLES, Column("record_id", BigInteger, primary_key=True), Column("words", TSVECTOR))
"""On PostgreSQL only: SQLite's index of words is a virtual table, which its triggers keep."""

_SQLITE_1 = (
    """CREATE TABLE tailgana_records (
        id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, tier TEXT NOT NULL,
        type TEXT, workload TEXT, commit_hash TEXT,
        content TEXT NOT NULL, metadata TEXT NOT NULL, has_payload INTEGER NOT NULL)""",
    "CREATE INDEX tailgana_records_by_type ON tailgana_records (type, workload)",
    "CREATE INDEX tailgana_records_by_age ON tailgana_records (tier, created)",
    """CREATE TABLE tailgana_payloads (
        record_id INTEGER PRIMARY KEY REFERENCES tailgana_records (id),
        data BLOB NOT NULL, signatures BLOB NOT NULL)""",
    """CREATE VIRTUAL TABLE tailgana_words USING fts5(
        content, content='tailgana_records', content_rowid='id', columnsize=0,
        tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER tailgana_words_of_new AFTER INSERT ON tailgana_records BEGIN
        INSERT INTO tailgana_words (rowid, content) VALUES (new.id, new.content); END""",
    """CREATE TRIGGER tailgana_words_of_removed AFTER DELETE ON tailgana_records BEGIN
        INSERT INTO tailgana_words (tailgana_words, rowid, content) VALUES ('delete', old.id, old.content); END""",
    """CREATE TRIGGER tailgana_words_of_changed AFTER UPDATE OF content ON tailgana_records BEGIN
        INSERT INTO tailgana_words (tailgana_words, rowid, content) VALUES ('delete', old.id, old.content);
        INSERT INTO tailgana_words (rowid, content) VALUES (new.id, new.content); END""",
)
_POSTGRESQL_1 = (
    """CREATE TABLE tailgana_records (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created TEXT NOT NULL, tier TEXT NOT NULL,
        type TEXT, workload TEXT, commit_hash TEXT,
        content TEXT NOT NULL, metadata TEXT NOT NULL, has_payload BOOLEAN NOT NULL)""",
    "CREATE INDEX tailgana_records_by_type ON tailgana_records (type, workload, id)",
    "CREATE INDEX tailgana_records_by_age ON tailgana_records (tier, created)",
    """CREATE TABLE tailgana_payloads (
        record_id BIGINT PRIMARY KEY REFERENCES tailgana_records (id) ON DELETE CASCADE,
        data BYTEA NOT NULL, signatures BYTEA NOT NULL)""",
    """CREATE TABLE tailgana_words (
        record_id BIGINT PRIMARY KEY REFERENCES tailgana_records (id) ON DELETE CASCADE, words TSVECTOR NOT NULL)""",
    "CREATE INDEX tailgana_words_by_word ON tailgana_words USING gin (words)",
    "CREATE TABLE tailgana_schema (version INTEGER NOT NULL)",
)

Steps = tuple[Mapping[str, tuple[str, ...]], ...]
STEPS: Steps = ({"sqlite": _SQLITE_1, "postgresql": _POSTGRESQL_1},)

# 1  records, their payloads with signatures, and the index of their words
VERSION = len(STEPS)

_TURN = 7_267_714  # any number: the name of the lock under which a PostgreSQL schema is brought up to date

# Not `to_regclass`: that answers from what a connection remembers, which may be older than the turn that it waited for.
_HAS_SCHEMA = """SELECT EXISTS (SELECT FROM pg_catalog.pg_tables
    WHERE tablename = 'tailgana_schema' AND schemaname = ANY (current_schemas(false)))"""


def version_of(connection: Connection) -> int:
    """The schema version of a database; 0 where there is no store yet."""
    if connection.dialect.name == "sqlite":
        return int(_value(connection, "PRAGMA user_version"))
    if not _value(connection, _HAS_SCHEMA):
        return 0
    return int(_value(connection, "SELECT max(version) FROM tailgana_schema"))


def check_version(version: int, place: str, newest: int = VERSION) -> None:
    """Refuse what a newer tailgana_lab has made; nothing is read or written then.

    Raises
    ------
    StoreError
        With both versions.
    """
    if version > newest:
        raise StoreError(
            f"the store `{place}` has schema {version}, this tailgana_lab knows {newest} and older: "
            "update it, or name another with `TAILGANA_STORE`"
        )


def upgrade(connection: Connection, place: str, steps: Steps = STEPS) -> None:
    """Bring a database up to date, inside the transaction of the connection; again does nothing.

    Raises
    ------
    StoreError
        If the database is newer, or another program's.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:  # SQLite's transaction has the only turn already
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
    version = version_of(connection)
    check_version(version, place, len(steps))
    if is_sqlite and version == 0 and _value(connection, "SELECT count(*) FROM sqlite_master"):
        raise StoreError(f"`{place}` is a database of another program: name another file with `TAILGANA_STORE`")
    for step in steps[version:]:
        for statement in step[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    if version < len(steps):
        _set_version(connection, len(steps))


def _set_version(connection: Connection, version: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {version:d}")
    else:
        connection.exec_driver_sql("DELETE FROM tailgana_schema")
        connection.exec_driver_sql(f"INSERT INTO tailgana_schema (version) VALUES ({version:d})")


def _value(connection: Connection, statement: str) -> Any:
    return connection.exec_driver_sql(statement).scalar()
