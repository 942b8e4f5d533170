"""What a user can set: the lab's limits and defaults, and the options of one call, each declared once.

A frozen dataclass whose fields are made by `option()` is the declaration; parser, help and completion follow from it.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tailgana_lab.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import ArgumentParser

Options = TypeVar("Options")
_PREFIX = "TAILGANA_"


@dataclass(frozen=True)
class Settings:
    """Limits and defaults of the lab."""

    profile_duration_sec: float = 60.0
    """How long a bottleneck analysis profiles its workload, seconds."""
    top_n: int = 10
    """Bottlenecks that an analysis returns at most."""
    budget_s: float = 15.0
    """Wall-clock time that a baseline, a comparison or a check may take, seconds."""
    profiles_kept: int = 100
    """Profiles a `Lab` remembers; the oldest are dropped."""
    priority_1_above_pct: float = 20.0
    """Share of the time above which a bottleneck has priority 1, percent."""
    priority_2_above_pct: float = 10.0
    """The same for priority 2, percent."""
    priority_3_above_pct: float = 5.0
    """The same for priority 3, percent."""
    priority_4_above_pct: float = 2.0
    """The same for priority 4, percent; what is left has priority 5."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Take each setting from `TAILGANA_<NAME>` where that variable is set.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Variables to read; the process's own by default.

        Returns
        -------
        Settings
            Defaults, changed by what was found.

        Raises
        ------
        InvalidRequestError
            If a variable does not hold a positive number.

        Examples
        --------
        >>> Settings.from_environment({"TAILGANA_TOP_N": "5"}).top_n
        5
        """
        found = os.environ if environ is None else environ
        changed: dict[str, Any] = {
            each.name: _number(_PREFIX + each.name.upper(), found[_PREFIX + each.name.upper()], type(each.default))
            for each in fields(cls)
            if _PREFIX + each.name.upper() in found
        }
        return cls(**changed)


def _number(variable: str, text: str, kind: type) -> float:
    """A positive number of the wanted kind."""
    try:
        value: float = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise InvalidRequestError(
            f"`{variable}` must be a positive {kind.__name__}, got `{text}`: unset it for the default"
        )
    return value


@dataclass(frozen=True)
class Option:
    """How the value of one field is written as text."""

    help: str
    """What it does, one line."""
    metavar: str = ""
    """Stand-in for the value in the help; empty for a switch."""
    read: Callable[[str], Any] = str
    """Value of the text; raises InvalidRequestError with what is wrong and the way out."""
    choices: tuple[str, ...] = ()
    """The only words that are allowed, if they are few."""
    is_positional: bool = False
    """Whether it is given by its place, without a name."""
    is_many: bool = False
    """Whether a positional takes all words that are left."""


def option(default: Any, text: str, **declared: Any) -> Any:
    """A field of an options dataclass: its default, its help, and the rest of `Option`."""
    return field(default=default, metadata={"option": Option(text, **declared)})


def options_of(kind: type) -> dict[str, tuple[str, Option, Any]]:
    """Each field's word on the line, its declaration and its default, by the field's name."""
    declared = {each.name: (each.metadata["option"], each.default) for each in fields(kind)}
    return {
        name: (name if this.is_positional else "--" + name.replace("_", "-"), this, default)
        for name, (this, default) in declared.items()
    }


def read_options(kind: type[Options], words: Sequence[str], *, command: str) -> Options:
    """The options that these words give.

    Parameters
    ----------
    kind : type
        The dataclass that declares them.
    words : sequence of str
        What stands on the line.
    command : str
        What the user called; named in the way out.

    Returns
    -------
    object of `kind`

    Raises
    ------
    InvalidRequestError
        On one line: the wrong word, and what could stand there.
    """
    parser = _raising_parser(command)
    add_options(parser, kind)
    known, extra = parser.parse_known_args(list(words))
    if extra:
        raise InvalidRequestError(_unknown_word(extra[0], kind, command))
    return from_values(kind, vars(known))


def from_values(kind: type[Options], values: Mapping[str, Any]) -> Options:
    """The options of what a parser made of the words; anything else that it holds is left out."""
    chosen = {name: values[name] for name in options_of(kind)}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in chosen.items()})


def _raising_parser(command: str) -> "ArgumentParser":
    """A parser that raises instead of ending the process."""
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            name, _, problem = message.removeprefix("argument ").partition(": ")
            if message.startswith("argument --"):
                raise InvalidRequestError(f"`{name}`: {problem}")
            missing = message.startswith("the following arguments are required")
            raise InvalidRequestError(f"`{command}` wants {problem}" if missing else problem)

    return Parser(prog=command, add_help=False, allow_abbrev=False)


def add_options(parser: "ArgumentParser", kind: type) -> None:
    """Declare the fields of an options dataclass to a parser."""
    for name, (word, this, default) in options_of(kind).items():
        if isinstance(default, bool):
            parser.add_argument(word, dest=name, action="store_true", help=this.help)
            continue
        how: dict[str, Any] = {"default": default, "type": _reader(this), "metavar": this.metavar}
        how["help"] = this.help + _default_text(default)
        if this.is_positional:
            parser.add_argument(name, nargs="*" if this.is_many else None if default is None else "?", **how)
        else:
            parser.add_argument(word, dest=name, **how)


def _reader(this: Option) -> Callable[[str], Any]:
    """The option's own reader, its complaint in the form that argparse passes on."""

    def read(text: str) -> Any:
        from argparse import ArgumentTypeError

        if this.choices and text not in this.choices:
            raise ArgumentTypeError(f"`{text}` is none of {', '.join(this.choices)}")
        try:
            return this.read(text)
        except InvalidRequestError as error:
            raise ArgumentTypeError(str(error)) from None

    return read


def positive_seconds(text: str) -> float:
    """Seconds above 0, as the value of an option."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise InvalidRequestError(f"`{text}` is no number of seconds above 0: 15 is a good start")
    return seconds


def whole_number(text: str) -> int:
    """A whole number from 1, as the value of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequestError(f"`{text}` is not a whole number from 1")
    return int(text)


def page_to_write(text: str) -> str:
    """The path of an HTML page in a folder that exists, as the value of an option."""
    path = Path(text).expanduser()
    if path.suffix.lower() != ".html":
        raise InvalidRequestError(f"`{text}` does not end in `.html`: a report is a page")
    return in_folder(path)


def in_folder(path: Path) -> str:
    """The path, whole, of a file that can be written: its folder is there."""
    if not path.parent.is_dir():
        raise InvalidRequestError(f"there is no folder `{path.parent}`: make it first")
    return str(path.absolute())


def _unknown_word(word: str, kind: type, command: str) -> str:
    """What to say of a word that has no place on the line."""
    from difflib import get_close_matches

    if not word.startswith("-"):
        return f"`{word}` is one word too many for `{command}`: put quotes round a text with spaces"
    known = [each for each, this, _ in options_of(kind).values() if not this.is_positional]
    near = get_close_matches(word.partition("=")[0], known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"`{command}` has {', '.join(f'`{each}`' for each in known)}"
    return f"unknown option `{word}`: {hint}"


def describe_options(kind: type) -> str:
    """The options as aligned lines of help."""
    rows = [
        (f"{word} {this.metavar}".strip() if not this.is_positional else this.metavar, this, default)
        for word, this, default in options_of(kind).values()
    ]
    width = max(len(left) for left, _, _ in rows)
    return "\n".join(f"{left:<{width}}  {this.help}{_default_text(default)}" for left, this, default in rows)


def _default_text(default: Any) -> str:
    return "" if default is None or default in ("", False, ()) else f" (default: {default})"


def usage_of(kind: type) -> str:
    """The options as they may stand on one line."""
    return " ".join(
        f"[{this.metavar}]" if this.is_positional else f"[{word} {this.metavar}".strip() + "]"
        for word, this, _ in options_of(kind).values()
    )
