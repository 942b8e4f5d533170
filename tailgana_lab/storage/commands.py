"""What `tailgana store list | export | import | vacuum` does: a call of the store, and the text to print."""

from os import PathLike
from pathlib import Path

from tailgana_lab.storage.bundle import export_bundle, import_any
from tailgana_lab.storage.listing import counted, render_listing
from tailgana_lab.storage.store import Store

SHORT_TERM_DAYS = 90.0
"""Age at which `tailgana store vacuum` drops short-term records unless it is told another."""


def list_records(store: Store, query: str = "", *, limit: int = 20) -> str:
    """The records that hold all words of a text, newest first, as a table.

    Parameters
    ----------
    store : Store
        What is listed.
    query : str
        Plain text; all records without one.
    limit : int
        Records at most.

    Raises
    ------
    InvalidRequestError
        If the limit is below 0.
    """
    return render_listing(store.search(query, limit=limit), store.count())


def export_records(store: Store, path: "str | PathLike[str]") -> str:
    """Write every record to one file; what was done, on one line."""
    n_records = export_bundle(store, path)
    return f"wrote {counted(n_records, 'record')} to {Path(path)}"


def import_records(store: Store, path: "str | PathLike[str]") -> str:
    """Take in a bundle, or results of pytest-benchmark or asv; what was done, on one line."""
    return import_any(store, path).text


def vacuum_records(store: Store, *, days: float = SHORT_TERM_DAYS) -> str:
    """Drop short-term records that are older, and give their space back; what was done, on one line.

    Raises
    ------
    InvalidRequestError
        If the number of days is below 0.
    """
    n_dropped = store.expire(days)
    store.vacuum()
    return f"dropped {counted(n_dropped, 'short-term record')} older than {days:g} {'day' if days == 1 else 'days'}"
