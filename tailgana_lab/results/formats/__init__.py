"""Files of a profile: one module a format, all of one shape, and the one list that names them.

A format module has `write(profile, stream)` and, where a profile can come back from
it, `read(stream)`. Streams are binary; a file appears whole or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from os import PathLike, fspath, replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile


@dataclass(frozen=True)
class Format:
    """One way to keep a profile in a file."""

    suffix: str
    """End of the file's name, with its dot."""
    module: str
    """Module of this package that reads and writes it."""
    loads: bool
    """Whether a profile can be read back from it."""

    def function(self, name: str) -> Callable[..., Any]:
        """The module's function; the module is imported now, not before."""
        found: Callable[..., Any] = getattr(import_module(f"{__name__}.{self.module}"), name)
        return found


FORMATS = (
    Format(".prof", "pstats", loads=False),
    Format(".speedscope.json", "speedscope", loads=False),
    Format(".collapsed", "collapsed", loads=False),
    Format(".html", "html", loads=False),
    Format(".parquet", "parquet", loads=True),
    Format(".json", "json", loads=True),
)
"""All formats; of two suffixes that fit, the first in this list counts."""


def format_of(path: "str | PathLike[str]") -> Format:
    """The format that a path's suffix names.

    Raises
    ------
    InvalidRequestError
        If there is none; the message names the suffix and those that are known.
    """
    name = Path(path).name
    for candidate in FORMATS:
        if name.lower().endswith(candidate.suffix):
            return candidate
    known = ", ".join(f"`{known.suffix}`" for known in FORMATS)
    suffix = Path(path).suffix
    what = f"no format has the suffix {suffix!r}" if suffix else f"{name!r} has no suffix"
    raise InvalidRequestError(f"{what}, known are {known}")


def save(profile: "Profile", path: "str | PathLike[str]") -> str:
    """Write the profile; the file is replaced in one step, so none is ever half written."""
    write = format_of(path).function("write")
    target = Path(path)
    content = BytesIO()
    write(profile, content)
    try:
        write_whole(target, content.getvalue())
    except OSError as error:
        raise LabError(f"cannot write {str(target)!r}: {error.strerror}") from error
    return fspath(path)


def write_whole(target: Path, content: bytes) -> None:
    """Put the bytes beside the target, then in its place; rights are those of any new file."""
    part = target.with_name(f".{target.name}.{token_hex(4)}.part")
    try:
        with open(part, "xb") as stream:
            stream.write(content)
        replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load(path: "str | PathLike[str]") -> "Profile":
    """Read a profile from a file.

    Raises
    ------
    InvalidRequestError
        If the format only writes, or the file is missing or holds no profile.
    """
    found = format_of(path)
    if not found.loads:
        readable = " and ".join(f"`{known.suffix}`" for known in FORMATS if known.loads)
        raise InvalidRequestError(f"`{found.suffix}` is only written; {readable} are read back")
    read = found.function("read")
    try:
        with open(path, "rb") as stream:
            profile: Profile = read(stream)
    except OSError as error:
        raise InvalidRequestError(f"cannot read {fspath(path)!r}: {error.strerror}") from error
    return profile
