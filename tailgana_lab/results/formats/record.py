"""A profile as one JSON object, and back; missing figures are null.

Shared by the formats that are read back; `VERSION` grows when an older reader would go wrong.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.records import Columns, ProfileFacts
from tailgana_lab.results.preorder import in_preorder
from tailgana_lab.results.tables import BOOL, INT, LIST, TABLES, TEXT

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

VERSION = 1
Record = dict[str, Any]


def record_of(profile: "Profile", tables: tuple[str, ...] = tuple(TABLES)) -> Record:
    """Facts, cell and the tables named, ready for `json.dumps`."""
    return {
        "v": VERSION,
        "kind": "profile",
        "facts": {name: without_nan(value) for name, value in asdict(profile.facts).items()},
        "cell": profile.cell,
        "tables": {table: columns_without_nan(profile.columns(table)) for table in tables},
    }


def without_nan(value: Any) -> Any:
    """The value, or None for NaN."""
    return None if isinstance(value, float) and isnan(value) else value


def columns_without_nan(columns: Columns) -> Columns:
    """The table with None for NaN."""
    return {name: [None if value != value else value for value in values] for name, values in columns.items()}


def profile_of(record: Any, frames: Columns | None = None) -> "Profile":
    """The profile of a record; `frames` stand for those of the record.

    Raises
    ------
    InvalidRequestError
        If the record is not a profile, or of a later version.
    """
    from tailgana_lab.results.profile import Profile

    if not isinstance(record, dict) or record.get("kind") != "profile":
        raise InvalidRequestError("the file holds no profile")
    if record.get("v") != VERSION:
        raise InvalidRequestError(f"the file has version {record.get('v')!r}, this is version {VERSION}: upgrade")
    try:
        tables = {name: restored(name, columns) for name, columns in record["tables"].items()}
        tables["frames"] = in_preorder(tables["frames"] if frames is None else frames)
        profile = Profile(_facts_of(record["facts"]), tables, tables.pop("lanes"))
        profile.restore_cell(record["cell"])
    except (KeyError, TypeError, AttributeError, LabError) as error:
        raise InvalidRequestError(f"the profile in the file is damaged: {error}") from error
    return profile


def _facts_of(values: Mapping[str, Any]) -> ProfileFacts:
    known = {field.name: values[field.name] for field in fields(ProfileFacts)}
    complete: dict[str, Any] = {name: nan if value is None else value for name, value in known.items()}
    return ProfileFacts(**complete)


def restored(table: str, columns: Mapping[str, list[Any]]) -> Columns:
    """The table with NaN where a figure is missing."""
    kinds = TABLES[table]
    never_missing = (TEXT, BOOL, LIST)
    return {
        name: list(values) if kinds.get(name) in never_missing else [nan if v is None else v for v in values]
        for name, values in columns.items()
    }


MISSING_VALUES: Mapping[str, Any] = {TEXT: "", BOOL: False, INT: 0}
"""What stands in a column of such a kind where a foreign file has nothing."""
