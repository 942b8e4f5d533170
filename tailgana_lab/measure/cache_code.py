"""Whether a function defined again is the same one: then its cache keeps its entries, else it says what changed.

Compared are code, defaults, values it closes over, and the globals it names: the user's functions and classes by their
code, plain values by what they are, anything else by identity. What cannot be told counts as changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any
from weakref import ref

from tailgana_lab.measure.code_forms import MOST_OBJECTS, Forms
from tailgana_lab.measure.identities import Held, Unknown, are_same_object, let_go
from tailgana_lab.measure.plain_forms import closed_over, code_form, uses_first_argument


@dataclass(frozen=True)
class Definition:
    """A function, and what it did when it was defined."""

    function: Callable[..., Any]
    """The function."""
    parts: dict[str, Any]
    """What it was made of: what to say if that changed, and a comparable form. Empty where it cannot return."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Definition":
        """What stands now."""
        let_go()
        plain = _plain_function(function)
        return cls(function, dict(_parts(plain)) if plain is not None and _can_return(plain) else {})

    @property
    def can_return(self) -> bool:
        """Whether the same definition may come once more: no function made inside of another, none without name."""
        plain = _plain_function(self.function)
        return plain is not None and _can_return(plain)

    def is_rerun_of(self, other: "Definition") -> bool:
        """Whether both stand in the same place, and the code was compiled anew: a loop makes many of one code."""
        mine, others = _plain_function(self.function), _plain_function(other.function)
        if mine is None or others is None or not self.can_return or not other.can_return:
            return False
        place = (mine.__module__, mine.__qualname__) == (others.__module__, others.__qualname__)
        return place and mine.__code__ is not others.__code__

    def why_another(self, old: "Definition") -> str | None:
        """What changed since the old one; None where nothing did."""
        for why in (*self.parts, *old.parts):
            if why not in self.parts or why not in old.parts or not _same(self.parts[why], old.parts[why]):
                return why
        return None


def _plain_function(function: object) -> FunctionType | None:
    """A function made by `def`; others, bound methods among them, may differ in more than their code."""
    return function if type(function) is FunctionType else None


def _can_return(function: FunctionType) -> bool:
    return "<" not in function.__qualname__


def _parts(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function is made of, each under what to say if it changed."""
    forms = Forms(function)
    yield "its code changed", code_form(function.__code__)
    yield "a default changed", [forms.defaults(function), forms.form()]
    for name, value in zip(function.__code__.co_freevars, closed_over(function), strict=True):
        yield f"`{name}`, which it closes over, changed", forms.form(value)
    for name, value in function.__dict__.items():
        yield f"its attribute `{name}` changed", forms.form(value)
    for name, form in forms.used(function.__code__, function.__globals__):
        yield f"`{name}`, which it uses, changed", form
    if "." in function.__qualname__ and uses_first_argument(function.__code__):
        yield "its class, of which nothing is known yet, was made again", Unknown()
    if not forms.is_whole:
        yield f"it uses more than {MOST_OBJECTS:,} objects, too many to compare", Unknown()


def _same(one: Any, other: Any) -> bool:
    """Whether two forms are alike; objects by identity, without asking their own comparison."""
    if type(one) is Unknown or type(other) is Unknown:
        return False
    if type(one) in (ref, Held):
        return are_same_object(one, other)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)
