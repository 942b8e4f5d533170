"""Lines that hold an expression: their words as they are written, and in the order a parser wants them."""

import re
import shlex
from typing import TypeVar

from IPython.core.error import UsageError

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.settings import options_of, read_options

Options = TypeVar("Options")
_OPTION = re.compile(r"--[A-Za-z]")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def raw_words(line: str) -> list[str]:
    """Words of a line; blanks within quotes and brackets do not end one, and nothing is taken away.

    Raises
    ------
    InvalidRequestError
        If a quote or bracket is not closed.

    Examples
    --------
    >>> raw_words("save tidy clean([1, 2], sep=' ')")
    ['save', 'tidy', "clean([1, 2], sep=' ')"]
    """
    words, word, quote, depth, is_escaped = [], "", "", 0, False
    for character in line:
        if character.isspace() and not quote and depth == 0:
            words += [word] if word else []
            word = ""
            continue
        word += character
        if quote:
            quote = quote if is_escaped or character != quote else ""
            is_escaped = character == "\\" and not is_escaped
        elif character in "'\"":
            quote = character
        else:
            depth += (character in _CLOSING) - (character in _CLOSING.values())
    if quote or depth > 0:
        what = f"closing `{quote}`" if quote else "closing bracket"
        raise InvalidRequestError(f"`{line.strip()}` has no {what}")
    return words + ([word] if word else [])


def read_expression_line(kind: type[Options], line: str, magic: str) -> Options:
    """The options on a line whose last positional is an expression, taken as it is written.

    Raises
    ------
    UsageError
        On one line: the wrong word, and the way out.
    """
    try:
        return read_options(kind, _arranged(kind, raw_words(line)), command=magic)
    except InvalidRequestError as error:
        raise UsageError(str(error)) from None


def _arranged(kind: type, words: list[str]) -> list[str]:
    """Options first, each with its value; then the name; all else is the expression."""
    takes = {word: default is not False for word, this, default in options_of(kind).values() if not this.is_positional}
    options: list[str] = []
    others: list[str] = []
    left = iter(words)
    for word in left:
        if not _OPTION.match(word):
            others.append(word)
        elif takes.get(word) and (value := next(left, None)) is not None:
            options.append(f"{word}={_unquoted(value)}")
        else:
            options.append(word)
    name, expression = [_unquoted(word) for word in others[:1]], " ".join(others[1:])
    return [*options, "--", *name, *([expression] if expression else [])]


def _unquoted(word: str) -> str:
    """A word without the quotes around it."""
    try:
        return " ".join(shlex.split(word))
    except ValueError as error:
        raise InvalidRequestError(f"`{word}`: {str(error).lower()}") from None
