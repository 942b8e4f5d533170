"""The options of the magics, each declared once, and how a magic's line is read by them."""

import shlex
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Literal, TypeVar

from IPython.core.error import UsageError

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.settings import in_folder, option, page_to_write, read_options, whole_number

Options = TypeVar("Options")
MODES = ("on", "off", "status")


def _interval(text: str) -> float | Literal["auto"]:
    if text == "auto":
        return "auto"
    try:
        return float(text)
    except ValueError:
        raise InvalidRequestError(f"`{text}` is neither `auto` nor a number of milliseconds") from None


def _variable(text: str) -> str:
    if not text.isidentifier() or iskeyword(text):
        raise InvalidRequestError(f"`{text}` cannot be the name of a variable: use letters, digits and `_`")
    return text


def _profile_file(text: str) -> str:
    from tailgana_lab.results.formats import format_of

    format_of(text)
    return in_folder(Path(text).expanduser())


@dataclass(frozen=True)
class ProfileOptions:
    """What may stand after `%%tailgana_profile`."""

    name: str = option("", "shown with the result", metavar="name", is_positional=True)
    interval_ms: float | Literal["auto"] = option(
        "auto",
        "time between two looks at the threads, 0.1 to 100 ms; auto is 1 ms, wider in long cells",
        metavar="MS",
        read=_interval,
    )
    memory: bool = option(False, "track allocations in the same run")
    top: int = option(10, "hot lines to show", metavar="N", read=whole_number)
    into: str | None = option(None, "variable that gets the Profile", metavar="VAR", read=_variable)
    save: str | None = option(
        None,
        "file to write too: .prof, .speedscope.json, .collapsed, .html, .parquet or .json",
        metavar="PATH",
        read=_profile_file,
    )
    snakeviz: bool = option(False, "show it in snakeviz's own page too")
    quiet: bool = option(False, "show nothing")


@dataclass(frozen=True)
class ModeOptions:
    """What may stand after `%tailgana_profile`."""

    mode: str = option(
        None,
        "profile every cell that follows, profile them no more, or say which",
        metavar="on|off|status",
        choices=MODES,
        is_positional=True,
    )


@dataclass(frozen=True)
class ReportOptions:
    """What may stand after `%tailgana_report`."""

    path: str = option(
        None, "page to write, such as report.html", metavar="PATH", read=page_to_write, is_positional=True
    )


def read_line(kind: type[Options], line: str, magic: str) -> Options:
    """The options on a magic's line.

    Raises
    ------
    UsageError
        On one line: the wrong word, and the way out. The cell fails with it.
    """
    try:
        return read_options(kind, shlex.split(line), command=magic)
    except InvalidRequestError as error:
        raise UsageError(str(error)) from None
    except ValueError as error:
        raise UsageError(f"`{line.strip()}`: {str(error).lower()}") from None
