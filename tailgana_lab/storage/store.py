"""A store of records: what the lab keeps, found again by its text. Opens its database when it is first used."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError, UntrustedPayloadError
from tailgana_lab.storage.address import Address
from tailgana_lab.storage.record import SHORT_TERM, Entry, Record, entry_of, utc_text

if TYPE_CHECKING:
    from tailgana_lab.storage.database import Database


class Store:
    """Records in a SQLite file or a PostgreSQL database.

    Any number of threads and processes may use one store at once. What a call has stored is committed when it returns.

    Parameters
    ----------
    url : str or path, optional
        A path, or a URL such as `postgresql+psycopg://user@host/name`; without one `TAILGANA_STORE`, else
        `.tailgana/lab.db` in the current folder.

    Raises
    ------
    InvalidRequestError
        If the URL is that of another kind of database.
    """

    def __init__(self, url: "str | PathLike[str] | None" = None) -> None:
        self._address = Address.of(url)

    def __repr__(self) -> str:
        return f"Store({self.place!r})"

    @property
    def url(self) -> str:
        """The address, whole: another process that is given it opens the same store. It may hold a password."""
        return self._address.url

    @property
    def place(self) -> str:
        """The address for people: a path, or the URL without its password."""
        return self._address.place

    def close(self) -> None:
        """Close the connections of this process to that address; the next use opens them again."""
        from tailgana_lab.storage.database import close_database

        close_database(self._address)

    def add(
        self, content: str, metadata: Mapping[str, Any], *, tier: str = SHORT_TERM, payload: bytes | None = None
    ) -> Record:
        """Keep a record.

        Parameters
        ----------
        content : str
            The text by which it is found.
        metadata : mapping
            Plain values; `type`, `workload` and `commit_hash` can be searched for.
        tier : {"short_term", "long_term"}
            How long it is kept.
        payload : bytes, optional
            Code and data to run again; signed as this user's.

        Returns
        -------
        Record
            As it is kept, with its number.

        Raises
        ------
        InvalidRequestError
            If the tier is unknown, or the metadata has values that JSON lacks.
        StoreError
            If the database fails; then nothing of it is kept.
        """
        entry = entry_of(content, metadata, tier=tier, payload=payload)
        if payload is not None:
            entry = entry.signed()
        from tailgana_lab.storage.rows import insert_entry

        with self._database().writing() as connection:
            return insert_entry(connection, entry)

    def add_entries(self, entries: Iterable[Entry]) -> tuple[int, int]:
        """Keep records that come from elsewhere, all or none; those that are here already are left out.

        Returns
        -------
        n_added, n_known : int
        """
        from tailgana_lab.storage.rows import insert_entry, is_there

        n_added = n_known = 0
        with self._database().writing() as connection:
            for entry in entries:
                if is_there(connection, entry):
                    n_known += 1
                else:
                    insert_entry(connection, entry)
                    n_added += 1
        return n_added, n_known

    def search(
        self,
        query: str = "",
        *,
        limit: int = 10,
        tier: str | None = None,
        type: str | None = None,  # noqa: A002  # the name that the metadata has
        workload: str | None = None,
        commit: str | None = None,
    ) -> list[Record]:
        """Records that fit all that is given, those stored last first.

        Parameters
        ----------
        query : str
            Plain text; all its words must occur, and signs mean nothing. The empty text finds the newest.
        limit : int
            Records at most.
        tier, type, workload : str, optional
            Equal to the record's.
        commit : str, optional
            Equal to `commit_hash` in the metadata, or its first 7 or more digits.

        Returns
        -------
        list of Record
        """
        from tailgana_lab.storage.rows import record_of
        from tailgana_lab.storage.search import Search

        wanted = Search(query, limit, tier, type, workload, commit)
        database = self._database()
        with database.reading() as connection:
            return [record_of(row) for row in connection.execute(wanted.statement(database.dialect))]

    def get(self, record_id: int) -> Record | None:
        """The record of that number, if it is there."""
        from tailgana_lab.storage.rows import select_record

        with self._database().reading() as connection:
            return select_record(connection, record_id)

    def remove(self, record_id: int) -> bool:
        """Drop a record and its payload; whether there was one."""
        from tailgana_lab.storage.rows import delete_record

        with self._database().writing() as connection:
            return delete_record(connection, record_id)

    def payload_of(self, record: Record) -> bytes:
        """Code and data of a record, which this user has signed or trusts.

        Raises
        ------
        UntrustedPayloadError
            If another user has made it, or someone has altered it.
        LabError
            If it has none, or is gone.
        """
        entry = self._entry_with_payload(record)
        if not entry.is_own():
            raise UntrustedPayloadError(
                f"{_name_of(record)} was made by another user, or altered, so its code is not run: "
                f"look where it comes from, then `tgl.trust({_handle_of(record)})`"
            )
        return entry.payload or b""

    def is_trusted(self, record: Record) -> bool:
        """Whether the record has a payload that this user has signed."""
        entry = self._entry(record)
        return entry is not None and entry.payload is not None and entry.is_own()

    def trust(self, record: Record) -> None:
        """Sign a record's payload as it is now; those who signed it before keep their trust too.

        Raises
        ------
        LabError
            If it has no payload.
        """
        from tailgana_lab.storage.rows import select_entry, update_signatures

        with self._database().writing() as connection:
            entry = _must_have_payload(select_entry(connection, record.id), record)
            if not entry.is_own():
                update_signatures(connection, record.id, entry.signed().signatures)

    def expire(self, days: float) -> int:
        """Drop short-term records that are older than so many days.

        Returns
        -------
        int
            How many were dropped.
        """
        if not days >= 0:
            raise InvalidRequestError(f"`days` must be 0 or more, got `{days}`")
        from tailgana_lab.storage.rows import delete_older

        with self._database().writing() as connection:
            return delete_older(connection, _days_ago(days))

    def vacuum(self) -> None:
        """Give the space of dropped records back."""
        self._database().vacuum()

    def count(self) -> int:
        """Records in the store."""
        from tailgana_lab.storage.rows import count_records

        with self._database().reading() as connection:
            return count_records(connection)

    @contextmanager
    def entries(self) -> Iterator[Iterator[Entry]]:
        """Every record with its payload, oldest first, as one moment has them; read as it is used up."""
        from tailgana_lab.storage.rows import all_entries

        with self._database().reading() as connection:
            yield all_entries(connection)

    def _database(self) -> "Database":
        from tailgana_lab.storage.database import database_at

        return database_at(self._address)

    def _entry(self, record: Record) -> Entry | None:
        from tailgana_lab.storage.rows import select_entry

        with self._database().reading() as connection:
            return select_entry(connection, record.id)

    def _entry_with_payload(self, record: Record) -> Entry:
        return _must_have_payload(self._entry(record), record)


def _must_have_payload(entry: Entry | None, record: Record) -> Entry:
    if entry is None:
        raise LabError(f"{_name_of(record)} is no longer in the store")
    if entry.payload is None:
        raise LabError(f"{_name_of(record)} has no code that can be run again: measure it anew")
    return entry


def _handle_of(record: Record) -> str:
    """What `tgl.trust` can be given for a record."""
    name = record.metadata.get("name") or record.metadata.get("workload")
    return f'"{name}"' if name else f"tgl.store().get({record.id})"


def _name_of(record: Record) -> str:
    name = record.metadata.get("name") or record.metadata.get("workload")
    return f"`{name}` (record {record.id})" if name else f"record {record.id}"


def _days_ago(days: float) -> str:
    """The moment so many days ago, as records have it; the first of all moments where that is too long ago."""
    try:
        return utc_text(datetime.now(UTC) - timedelta(days=days))
    except OverflowError:
        return utc_text(datetime.min)
