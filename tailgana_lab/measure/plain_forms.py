"""Forms of plain values and of code, short and comparable: what has no form of its own is not asked here."""

import dis
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import blake2b
from inspect import CO_VARARGS
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from types import CodeType, FunctionType
from typing import Any

from tailgana_lab.measure.identities import Unknown

_LONGEST = 64  # characters kept of a plain value; beyond, a digest stands for it
PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
"""Types of plain values."""
BY_TEXT = (range, date, timedelta, PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)
"""Types whose values never change, and are told by their text."""
_FACTS = (
    "co_code co_names co_varnames co_freevars co_cellvars co_argcount co_posonlyargcount co_kwonlyargcount co_flags"
    " co_exceptiontable"
).split()


def names_in(code: CodeType) -> Iterator[str]:
    """Names a piece of code may look up, in the functions inside of it too."""
    yield from code.co_names
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from names_in(const)


def uses_first_argument(code: CodeType) -> bool:
    """Whether code does anything with the argument that a method gets its object by."""
    if not code.co_argcount:
        return code.co_flags & CO_VARARGS != 0
    first = code.co_varnames[0]
    named = (step.argval for step in dis.get_instructions(code))
    return any(first == each or (isinstance(each, tuple) and first in each) for each in named)


def closed_over(function: FunctionType) -> list[Any]:
    """Values of the variables a function closes over."""
    return [_content(cell) for cell in function.__closure__ or ()]


def code_form(code: CodeType) -> str:
    """A digest of code without its file and lines."""
    facts = [getattr(code, fact) for fact in _FACTS]
    consts = [code_form(const) if isinstance(const, CodeType) else plain_form(const) for const in code.co_consts]
    return _digest(repr((facts, consts)).encode("utf-8", "surrogatepass"))


def plain_form(value: object) -> Any:
    """A constant with its type: 1, 1.0, -0.0 and True are apart. A long one is a digest."""
    kind = type(value).__name__
    if isinstance(value, tuple):
        return kind, str([plain_form(each) for each in value])
    if isinstance(value, frozenset):
        return kind, str(sorted(map(plain_form, value)))
    if isinstance(value, bytes):
        return kind, value if len(value) <= _LONGEST else _digest(value)
    text = hex(value) if isinstance(value, int) else value if isinstance(value, str) else repr(value)
    return kind, text if len(text) <= _LONGEST else _digest(text.encode("utf-8", "surrogatepass"))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet: nobody knows to what it will be
        return Unknown()
