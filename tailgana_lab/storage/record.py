"""One record of a store, and the same as the texts that travel, are signed and are kept. No SQL."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from math import isfinite
from os import PathLike, fspath
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.storage.signing import is_own, sign

SHORT_TERM, LONG_TERM = "short_term", "long_term"
TIERS = (SHORT_TERM, LONG_TERM)
"""Short-term records are dropped after some days, long-term records when someone says so."""

_encode = json.JSONEncoder(allow_nan=False).encode  # built once: `json.dumps` with options builds one for each call


@dataclass(frozen=True, slots=True)
class Record:
    """One record, as a store gives it."""

    id: int
    """Number in its store; grows, and is never used again."""
    created: str
    """When it was stored, or measured elsewhere: ISO 8601, UTC."""
    tier: str
    """`short_term` or `long_term`."""
    content: str
    """The text by which it is found."""
    metadata: dict[str, Any]
    """Plain JSON; a missing number is None."""
    has_payload: bool
    """Whether code and data to run again are kept with it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it travels: exactly the texts and bytes that are kept, and that a signature covers."""

    created: str
    """When it was stored or measured: ISO 8601, UTC."""
    tier: str
    """`short_term` or `long_term`."""
    content: str
    """The text by which it is found."""
    metadata_json: str
    """The metadata as one JSON object."""
    payload: bytes | None = None
    """Code and data to run again."""
    signatures: bytes = b""
    """Those who vouch for the payload, one signature after the other."""

    def metadata(self) -> dict[str, Any]:
        """The metadata as objects."""
        found: dict[str, Any] = json.loads(self.metadata_json)
        return found

    def signed_bytes(self) -> bytes:
        """What a signature covers: content, metadata and payload, each after its length, so none runs into the next."""
        parts = (self.content.encode(), self.metadata_json.encode(), self.payload or b"")
        return b"".join(len(part).to_bytes(8, "big") + part for part in parts)

    def is_own(self) -> bool:
        """Whether this user has signed the payload, just as it is."""
        return is_own(self.signed_bytes(), self.signatures)

    def signed(self) -> "Entry":
        """The same, with one more signature: this user's."""
        return replace(self, signatures=self.signatures + sign(self.signed_bytes()))

    def as_record(self, record_id: int) -> Record:
        """The same, now that it is kept."""
        return Record(
            record_id, self.created, self.tier, self.content, self.metadata(), has_payload=self.payload is not None
        )


def entry_of(content: str, metadata: Mapping[str, Any], *, tier: str, payload: bytes | None = None) -> Entry:
    """What is to be kept, checked.

    Raises
    ------
    InvalidRequestError
        If the content is no text, the tier is unknown or the metadata cannot be JSON.
    """
    if not isinstance(content, str):
        raise InvalidRequestError(f"the content of a record is a text, got `{type(content).__name__}`")
    if tier not in TIERS:
        raise InvalidRequestError(f"`{tier}` is no tier: {' or '.join(f'`{each}`' for each in TIERS)}")
    return Entry(utc_text(datetime.now(UTC)), tier, storable(content), json_text(metadata), payload)


def utc_text(moment: datetime) -> str:
    """A moment as texts are kept: always UTC and to the microsecond, so that their order is that of time.

    Examples
    --------
    >>> utc_text(datetime(2026, 1, 2, 3, 4, 5))
    '2026-01-02T03:04:05.000000+00:00'
    """
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def storable(text: str) -> str:
    r"""A text that each database can keep: PostgreSQL knows no NUL, and neither knows half of a surrogate pair.

    Examples
    --------
    >>> storable("a\0b") == "a\ufffdb", storable("plain")
    (True, 'plain')
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def json_text(metadata: Mapping[str, Any]) -> str:
    """Metadata as one JSON object.

    Raises
    ------
    InvalidRequestError
        If it is no mapping, or holds what JSON cannot say.

    Examples
    --------
    >>> json_text({"n": 1, "ratio": float("nan")})
    '{"n": 1, "ratio": null}'
    """
    if not isinstance(metadata, Mapping):
        raise InvalidRequestError(f"the metadata of a record is a mapping, got `{type(metadata).__name__}`")
    try:
        return _encode(metadata)
    except (TypeError, ValueError):  # most metadata is plain already; the rest is made so
        return _encode(plain(metadata))


def plain(value: Any, *, is_strict: bool = True) -> Any:
    """The value as JSON has it: NaN is None, an enum its value, an array a list.

    Parameters
    ----------
    value : object
        What is to be kept.
    is_strict : bool
        Whether what JSON cannot say is an error; else it becomes its text.

    Raises
    ------
    InvalidRequestError
        If it holds something else, or itself.
    """
    try:
        return _plain(value, is_strict)
    except RecursionError:
        raise InvalidRequestError("metadata must not hold itself") from None


def _plain(value: Any, is_strict: bool) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, is_strict)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): _plain(each, is_strict) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, is_strict) for each in value]
    return _plain_object(value, is_strict)


def _key(key: Any) -> str:
    return str(key.value if isinstance(key, Enum) else key)


def _plain_object(value: Any, is_strict: bool) -> Any:
    """The same of what is neither a number, a text nor a collection."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, PathLike):
        return str(fspath(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name), is_strict) for each in fields(value)}
    if hasattr(value, "tolist"):  # an array, or a number of numpy
        return _plain(value.tolist(), is_strict)
    if not is_strict:
        return str(value)
    raise InvalidRequestError(f"metadata is kept as JSON, which has no `{type(value).__name__}`: give a number or text")


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Oldest first, so that numbers grow with time."""
    return sorted(entries, key=lambda entry: entry.created)
