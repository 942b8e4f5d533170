"""All records of a store in one file, for another store: lines of JSON under gzip, signatures and payloads included.

Nothing of a bundle is run by reading it, and what another user has signed stays untrusted.
"""

import binascii
import gzip
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from tailgana_lab.errors import LabError
from tailgana_lab.storage.foreign import read_benchmarks
from tailgana_lab.storage.listing import counted
from tailgana_lab.storage.record import TIERS, Entry, json_text, storable, utc_text
from tailgana_lab.storage.store import Store

FORMAT, VERSION = "tailgana bundle", 1
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class ImportSummary:
    """What an import has brought."""

    kind: str
    """`bundle`, `pytest-benchmark` or `asv`."""
    n_added: int
    """Records that are new here."""
    n_known: int
    """Records that were here already, and were left out."""
    n_untrusted: int
    """Payloads among all of them that this user has not signed."""

    @property
    def text(self) -> str:
        """What was done, on one line."""
        parts = [f"{counted(self.n_added, 'record')} added from {self.kind}"]
        if self.n_known:
            parts.append(f"{self.n_known:,} {'was' if self.n_known == 1 else 'were'} there already")
        if self.n_untrusted:
            parts.append(f"{counted(self.n_untrusted, 'payload')} of others will not be run before `tgl.trust(name)`")
        return ", ".join(parts)


def export_bundle(store: Store, path: "str | PathLike[str]") -> int:
    """Write every record of a store to one file, which appears whole or not at all.

    Returns
    -------
    int
        How many records.

    Raises
    ------
    LabError
        If the file cannot be written.
    """
    target = Path(path).expanduser().absolute()
    if str(target) == store.place:
        raise LabError(f"`{target}` is the store itself: export to another file")
    draft = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        with open(draft, "xb") as file:
            n_records = _write(store, file)
        os.replace(draft, target)
    except OSError as error:
        raise LabError(f"cannot write `{target}`: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return n_records


def import_any(store: Store, path: "str | PathLike[str]") -> ImportSummary:
    """Take in what a file holds: a bundle, or results of pytest-benchmark or asv; its content tells which.

    Parameters
    ----------
    store : Store
        Where to.
    path : str or path
        A file, or a folder of such results.

    Returns
    -------
    ImportSummary

    Raises
    ------
    LabError
        If it is none of them, or not whole; then nothing is taken in.
    """
    source = Path(path).expanduser()
    try:
        is_bundle = source.is_file() and _starts_with(source, _GZIP)
        if not is_bundle:
            kind, entries = read_benchmarks(source)
            return ImportSummary(kind, *store.add_entries(entries), n_untrusted=0)
    except OSError as error:
        raise LabError(f"cannot read `{source}`: {error.strerror or error}") from error
    untrusted = _Untrusted()
    added, known = store.add_entries(untrusted.watch(read_bundle(source)))
    return ImportSummary("bundle", added, known, n_untrusted=untrusted.count)


def read_bundle(path: Path) -> Iterator[Entry]:
    """The records of a bundle, oldest first.

    Raises
    ------
    LabError
        If it is no bundle, not whole, or of a newer kind.
    """
    n_read, n_wanted = 0, None
    try:
        with gzip.open(path, "rb") as lines:
            _check_head(path, _object(lines.readline()))
            for line in lines:
                found = _object(line)
                if "n_records" in found:
                    n_wanted = found["n_records"]
                    break
                n_read += 1
                yield _entry(found)
            if lines.read(1):  # only at its end the checksum is compared
                raise ValueError("more than was written")
    except (OSError, EOFError, zlib.error) as error:
        raise LabError(f"`{path}` cannot be read to its end: {error}") from error
    except (ValueError, TypeError, KeyError, binascii.Error):
        raise LabError(f"`{path}` is no bundle of this lab, or damaged after {n_read} records") from None
    if n_wanted != n_read:
        raise LabError(f"`{path}` is cut short after {n_read} records: copy it again")


class _Untrusted:
    """Counts payloads that this user has not signed while they pass by."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.count += entry.payload is not None and not entry.is_own()
            yield entry


def _write(store: Store, file: BinaryIO) -> int:
    n_records = 0
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6) as lines, store.entries() as entries:
        lines.write(_line({"format": FORMAT, "version": VERSION, "created": utc_text(datetime.now(UTC))}))
        for entry in entries:
            lines.write(_line(_fields(entry)))
            n_records += 1
        lines.write(_line({"n_records": n_records}))
    return n_records


def _fields(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "created": entry.created,
        "tier": entry.tier,
        "content": entry.content,
        "metadata": entry.metadata_json,
    }
    if entry.payload is not None:
        fields["payload"] = b64encode(entry.payload).decode()
        fields["signatures"] = b64encode(entry.signatures).decode()
    return fields


def _entry(fields: dict[str, Any]) -> Entry:
    """The entry of one line, its texts as they were; what a store would not take is a ValueError."""
    created, tier, content, metadata = (fields[name] for name in ("created", "tier", "content", "metadata"))
    if utc_text(datetime.fromisoformat(created)) != created or tier not in TIERS or storable(content) != content:
        raise ValueError("not as this lab writes it")
    json_text(json.loads(metadata))  # an object, or it raises
    payload = fields.get("payload")
    if payload is None:
        return Entry(created, tier, content, metadata)
    signatures = b64decode(fields["signatures"], validate=True)
    return Entry(created, tier, content, metadata, b64decode(payload, validate=True), signatures)


def _check_head(path: Path, head: dict[str, Any]) -> None:
    if head.get("format") != FORMAT:
        raise ValueError("another kind of file")
    if head.get("version") != VERSION:
        raise LabError(f"`{path}` is a bundle of kind {head.get('version')}, this lab reads {VERSION}: update it")


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _starts_with(path: Path, magic: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(magic)) == magic
