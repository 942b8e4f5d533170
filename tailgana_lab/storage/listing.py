"""Records as an aligned table of text."""

from collections.abc import Sequence

from tailgana_lab.storage.record import Record

_HEADS = ("id", "created", "tier", "type", "workload", "payload", "content")
_WIDEST = {"type": 24, "workload": 32, "content": 60}  # characters


def render_listing(records: Sequence[Record], n_all: int) -> str:
    """The records, one a line, and how many there are.

    Parameters
    ----------
    records : sequence of Record
        What is shown.
    n_all : int
        Records in the store.
    """
    if not records:
        return "no records" if n_all == 0 else f"none of {counted(n_all, 'record')} fits"
    rows = [_HEADS, *map(_cells, records)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join([*lines, f"{len(records):,} of {counted(n_all, 'record')}"])


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "record"), counted(1200, "record")
    ('1 record', '1,200 records')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _cells(record: Record) -> tuple[str, ...]:
    texts = {
        "id": str(record.id),
        "created": record.created[:19].replace("T", " "),
        "tier": record.tier,
        "type": str(record.metadata.get("type") or ""),
        "workload": str(record.metadata.get("workload") or ""),
        "payload": "yes" if record.has_payload else "",
        "content": record.content,
    }
    return tuple(_cut(" ".join(text.split()), _WIDEST.get(head, 26)) for head, text in texts.items())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
