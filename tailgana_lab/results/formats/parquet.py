"""`.parquet`: `frames` as the file's table, all else as JSON in its metadata; both ways.

The rows may be replaced by another tool: columns beyond the contract's may then hold nothing, and
the order may be any, as long as every parent is in the file.
"""

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.records import Columns
from tailgana_lab.results.formats.record import MISSING_VALUES, profile_of, record_of
from tailgana_lab.results.tables import BOOL, FLOAT, INT, TABLES, TEXT
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    import pyarrow as pa

    from tailgana_lab.results.profile import Profile

KEY = b"tailgana"
"""Name of our entry in the file's metadata."""
NEEDED = ("id", "parent", "function", "file", "line", "self_s", "total_s", "thread")
"""Columns that a file must have to be a call tree."""


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write frames and metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = profile.columns("frames")
    table = pa.table({name: pa.array(_storable(values), _type(name)) for name, values in columns.items()})
    rest = record_of(profile, tuple(table for table in TABLES if table != "frames"))
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(rest, allow_nan=False)}), stream)


def _type(column: str) -> "pa.DataType | None":
    import pyarrow as pa

    types = {TEXT: pa.string(), INT: pa.int64(), FLOAT: pa.float64(), BOOL: pa.bool_()}
    return types.get(TABLES["frames"].get(column, ""))


def _storable(values: list[Any]) -> list[Any]:
    """The values; names that are no valid Unicode (broken file names) with escapes in them."""
    if not values or not isinstance(values[0], str):
        return values
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return [visible(value) for value in values]
    return values


def read(stream: BinaryIO) -> "Profile":
    """Read a profile that `write` wrote, its rows perhaps replaced since."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(stream.read()))
    except pa.ArrowException as error:
        raise InvalidRequestError(f"the file is not Parquet: {str(error).splitlines()[0]}") from error
    kept = (table.schema.metadata or {}).get(KEY)
    if kept is None:
        raise InvalidRequestError("the file holds no profile: its metadata has no `tailgana`")
    return profile_of(json.loads(kept), _frames_of(table))


def _frames_of(table: "pa.Table") -> Columns:
    missing = [column for column in NEEDED if column not in table.column_names]
    if missing:
        raise InvalidRequestError(f"the file lacks the column `{missing[0]}`")
    names = [*TABLES["frames"], *(name for name in table.column_names if name not in TABLES["frames"])]
    return {name: _values(table, name) for name in names}


def _values(table: "pa.Table", name: str) -> list[Any]:
    """A column as a list of the kind it must have; fast for a million rows."""
    import pyarrow as pa
    from pyarrow import compute

    kind = TABLES["frames"].get(name)
    if name not in table.column_names:
        return [MISSING_VALUES.get(kind or "", float("nan"))] * len(table)
    column = table.column(name)
    if kind is None:
        return list(column.to_pylist())
    try:
        column = compute.cast(column, _type(name))
    except pa.ArrowException as error:
        raise InvalidRequestError(f"column `{name}` of the file is {column.type}, not {kind}") from error
    if kind == TEXT:
        return _texts(compute.fill_null(column, ""))
    if kind in MISSING_VALUES:
        column = compute.fill_null(column, MISSING_VALUES[kind])
    return list(column.to_numpy().tolist())


def _texts(column: "pa.ChunkedArray") -> list[str]:
    """Texts by way of a dictionary: equal ones are one object, and few are converted."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    return [words[code] for code in coded.indices.to_numpy().tolist()]
