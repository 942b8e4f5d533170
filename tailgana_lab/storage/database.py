"""Connections to a store's database: made when first used, shared by address, never across a fork.

Imports SQLAlchemy: only an opened store imports this. Every failure leaves here as a StoreError of one line.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from tailgana_lab.errors import StoreError
from tailgana_lab.storage.address import FOLDER, Address
from tailgana_lab.storage.failures import BUSY_S, store_error
from tailgana_lab.storage.schema import VERSION, check_version, upgrade, version_of

_FAILURES = (SQLAlchemyError, sqlite3.Error)
_CONNECT_S = 10  # seconds to wait for a PostgreSQL server
_RETRY_S = 0.005  # seconds between attempts where SQLite does not wait by itself
_IS_WRITING = "tailgana_is_writing"


class Database:
    """One database, open in one process."""

    def __init__(self, address: Address, engine: Engine) -> None:
        self.place = address.place
        self.dialect = engine.dialect.name
        self._path = address.path
        self._engine = engine
        self._writer = engine.execution_options(**{_IS_WRITING: True})
        self._process = os.getpid()
        self._file: tuple[int, int] | None = None

    @classmethod
    def open(cls, address: Address) -> "Database":
        """Connect, and bring the schema up to date.

        Raises
        ------
        StoreError
            If that cannot be; a file that is newer or damaged is left as it is.
        """
        try:
            if address.path is not None:
                make_folder(address.path.parent)
            engine = sqlite_engine(address.path) if address.path else postgresql_engine(address.url)
        except ImportError as error:
            raise StoreError(
                f"a store in PostgreSQL needs the package `{error.name}`: `pip install 'tailgana_lab[postgresql]'`"
            ) from error
        except (OSError, *_FAILURES) as error:
            raise store_error(error, address.place) from error
        database = cls(address, engine)
        try:
            database.prepare()
        except BaseException:
            database.leave()
            raise
        return database

    def prepare(self) -> None:
        """Check the schema's version, and create or migrate what is older."""
        with self.reading() as connection:
            version = version_of(connection)
        check_version(version, self.place)
        if version < VERSION:
            with self.writing() as connection:
                upgrade(connection, self.place)
        if self.dialect == "sqlite":
            self._enter_wal()
        self._file = _identity(self._path)

    def is_usable(self) -> bool:
        """Whether it is this process's own, and its file still stands where it stood."""
        return self._process == os.getpid() and (self._path is None or self._file == _identity(self._path))

    def leave(self) -> None:
        """Give up the connections; those that a parent process opened are dropped unclosed, for they are its own."""
        if self._process == os.getpid():
            self._engine.dispose()
        else:
            _INHERITED.append(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one statement that changes nothing."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except _FAILURES as error:
            raise store_error(error, self.place) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, undone if that raises."""
        try:
            with self._writer.begin() as connection:
                yield connection
        except _FAILURES as error:
            raise store_error(error, self.place) from error

    def vacuum(self) -> None:
        """Give space back, and put the index in order."""
        statements = ["VACUUM (ANALYZE) tailgana_records, tailgana_payloads, tailgana_words"]
        if self.dialect == "sqlite":
            optimise = "INSERT INTO tailgana_words (tailgana_words) VALUES ('optimize')"
            statements = [optimise, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
        try:
            with self._engine.connect() as connection:
                if self.dialect != "sqlite":  # which begins no transaction unless it is told to
                    connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in statements:
                    connection.exec_driver_sql(statement)
        except _FAILURES as error:
            raise store_error(error, self.place) from error

    def _enter_wal(self) -> None:
        """Let readers and one writer work side by side; kept in the file. SQLite does not wait by itself here."""
        until = time.monotonic() + BUSY_S
        while True:
            try:
                with self._engine.connect() as connection:
                    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
            except _FAILURES as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise store_error(error, self.place) from error
                time.sleep(_RETRY_S)


_OPEN: dict[str, Database] = {}
_INHERITED: list[Engine] = []  # of a parent process; held, so that nothing here closes them


def database_at(address: Address) -> Database:
    """The open database of an address, opened if it is not; stores of one address share it.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    known = _OPEN.get(address.url)
    if known is not None and known.is_usable():
        return known
    if known is not None:
        known.leave()
    _OPEN[address.url] = Database.open(address)
    return _OPEN[address.url]


def close_database(address: Address) -> None:
    """Close the connections to an address, if there are any."""
    known = _OPEN.pop(address.url, None)
    if known is not None:
        known.leave()


def make_folder(folder: Path) -> None:
    """Make the folder of a store; the project's own one asks git to look away, or every tree would be dirty."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if is_new and folder.name == FOLDER:
        (folder / ".gitignore").write_text("*\n")


def sqlite_engine(path: Path) -> Engine:
    """Connections to a file; `begin` on those that write takes the only turn at once, so nobody has to give it back."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def postgresql_engine(url: str) -> Engine:
    """Connections to a server, each tried before it is used again; a statement sees what was committed before it."""
    how = {"isolation_level": "READ COMMITTED", "connect_args": {"connect_timeout": _CONNECT_S}}
    return create_engine(url, pool_pre_ping=True, **how)


def _set_up_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # the driver starts no transactions of its own
    connection.execute("PRAGMA synchronous = NORMAL")  # with the write-ahead log: no commit is lost with the process


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_IS_WRITING):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from one that took its place."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
