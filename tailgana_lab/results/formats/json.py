"""`.json`: the whole profile as one JSON document, both ways; missing figures are null."""

import json
from typing import TYPE_CHECKING, BinaryIO

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.formats.record import profile_of, record_of

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write facts and all tables."""
    stream.write(json.dumps(record_of(profile), separators=(",", ":"), allow_nan=False).encode())


def read(stream: BinaryIO) -> "Profile":
    """Read a profile that `write` wrote."""
    try:
        record = json.load(stream)
    except ValueError as error:
        raise InvalidRequestError(f"the file is not JSON: {error}") from error
    return profile_of(record)
