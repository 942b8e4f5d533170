"""Whether a function defined again is the same one: then its cache keeps its entries, else it says what changed.

Compared are code, defaults, values it closes over, and the globals it names: helper functions and classes by their
code, plain values by what they are, anything else by identity.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any
from weakref import ref

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_FACTS = (
    "co_code co_names co_varnames co_freevars co_cellvars co_argcount co_posonlyargcount co_kwonlyargcount co_flags"
    " co_exceptiontable"
).split()


@dataclass(frozen=True)
class Definition:
    """A function, and what its globals were when it was defined."""

    function: Callable[..., Any]
    """The function."""
    named: dict[str, Any]
    """What each global stood for: a comparable form of it."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Definition":
        """What stands now."""
        code = getattr(function, "__code__", None)
        space = getattr(function, "__globals__", {})
        names = [] if code is None else [name for name in dict.fromkeys(_names(code)) if name in space]
        own = getattr(function, "__name__", "")
        return cls(function, {name: _form(space[name], set()) for name in names if name != own})

    @property
    def can_return(self) -> bool:
        """Whether the same definition may come once more: no function made inside of another, none without name."""
        qualname = getattr(self.function, "__qualname__", "<lambda>")
        return hasattr(self.function, "__code__") and "<" not in qualname

    def is_rerun_of(self, other: "Definition") -> bool:
        """Whether both stand in the same place, and the code was compiled anew: a loop makes many of one code."""
        mine, others = self.function, other.function
        place = (mine.__module__, mine.__qualname__) == (others.__module__, others.__qualname__)
        return place and self.can_return and other.can_return and mine.__code__ is not others.__code__

    def why_another(self, old: "Definition") -> str | None:
        """What changed since the old one; None where nothing did."""
        mine: Any = self.function
        before: Any = old.function
        if not _same(_code_form(mine.__code__), _code_form(before.__code__)):
            return "its code changed"
        if not _same(_defaults(mine), _defaults(before)):
            return "a default changed"
        for name, now, then in zip(mine.__code__.co_freevars, _closed_over(mine), _closed_over(before), strict=True):
            if not _same(_form(now, set()), _form(then, set())):
                return f"`{name}`, which it closes over, changed"
        changed = [name for name in self.named if not _same(self.named[name], old.named.get(name))]
        return f"`{changed[0]}`, which it uses, changed" if changed else None


def _names(code: CodeType) -> Iterator[str]:
    """Names a piece of code may look up, in the functions inside of it too."""
    yield from code.co_names
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _names(const)


def _defaults(function: Any) -> Any:
    keywords = function.__kwdefaults__ or {}
    return [_form(value, set()) for value in (*(function.__defaults__ or ()), *keywords.values())], list(keywords)


def _closed_over(function: Any) -> list[Any]:
    return [_content(cell) for cell in function.__closure__ or ()]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _code_form(code: CodeType) -> Any:
    """Code without its file and lines."""
    facts = [getattr(code, fact) for fact in _FACTS]
    return [facts, [_code_form(const) if isinstance(const, CodeType) else _plain(const) for const in code.co_consts]]


def _plain(value: Any) -> Any:
    """A constant with its type: 1, 1.0, -0.0 and True are apart."""
    if isinstance(value, tuple | frozenset):
        return type(value), sorted(map(repr, value)) if isinstance(value, frozenset) else [_plain(v) for v in value]
    return type(value), repr(value)


def _form(value: Any, seen: set[int]) -> Any:
    """A form of a value that can be compared later, and holds nothing large."""
    value = getattr(value, "__wrapped__", value) if not isinstance(value, type) else value
    if isinstance(value, _PLAIN):
        return _plain(value)
    if id(value) in seen:
        return "again"
    if isinstance(value, tuple):
        return [_form(each, seen) for each in value]
    if isinstance(value, FunctionType):
        return _function_form(value, seen | {id(value)})
    if isinstance(value, type) and value.__module__ != "builtins":
        parts = {
            name: part for name, part in vars(value).items() if isinstance(part, (FunctionType, property, *_PLAIN))
        }
        return [value.__qualname__, {name: _form(_getter(part), seen | {id(value)}) for name, part in parts.items()}]
    if isinstance(value, ModuleType):
        return value.__name__
    return _identity(value)


def _getter(part: Any) -> Any:
    return part.fget if isinstance(part, property) else part


def _function_form(function: FunctionType, seen: set[int]) -> Any:
    """Code, defaults, and the functions and values it uses in turn."""
    space = function.__globals__
    used = {name: _form(space[name], seen) for name in dict.fromkeys(_names(function.__code__)) if name in space}
    closed = [_form(value, seen) for value in _closed_over(function)]
    return [_code_form(function.__code__), [_form(value, seen) for value in function.__defaults__ or ()], closed, used]


def _identity(value: Any) -> Any:
    """The object itself, weakly where that can be: it must not be kept alive by this."""
    try:
        return ref(value)
    except TypeError:
        return _Strongly(value)


class _Strongly:
    """A list or the like that knows no weak references."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Strongly) and self.value is other.value

    __hash__ = None  # type: ignore[assignment]


def _same(one: Any, other: Any) -> bool:
    """Whether two forms are alike; objects by identity, without asking their own comparison."""
    if isinstance(one, ref) or isinstance(other, ref):
        return isinstance(one, ref) and isinstance(other, ref) and one() is other() and one() is not None
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return type(one) is type(other) and bool(one == other)
