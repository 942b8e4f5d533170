"""What code does, in a form that can be compared later: the functions and classes it uses, and theirs in turn.

Followed is only what belongs to the user. Functions, classes and modules of libraries, and objects whose content cannot
be told, stand by identity. Objects are never asked anything: their own code may do anything.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cached_property, partial
from functools import lru_cache as _lru_cache
from types import CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from tailgana_lab.measure.identities import Unknown, identity_of
from tailgana_lab.measure.plain_forms import BY_TEXT, PLAIN, closed_over, code_form, names_in, plain_form
from tailgana_lab.measure.user_code import UserModules, imports_of, words_of

MOST_OBJECTS = 1000
"""Objects of one definition that are looked at."""
_MAIN = ("__main__", "__mp_main__")
_PACKAGE = __name__.partition(".")[0]
_LIVE = (f"{_PACKAGE}.measure.cached", f"{_PACKAGE}.measure.cached_tasks")
_Cached = type(_lru_cache(len))
_NO_CONTENT = {  # of a class: made anew with it, and told by its other parts
    *("__dict__", "__weakref__", "__module__", "__annotations__", "__annotate_func__", "__annotations_cache__"),
    *("__firstlineno__", "__static_attributes__", "__orig_bases__", "__parameters__", "__type_params__"),
    *("__dataclass_fields__", "__dataclass_params__", "_abc_impl"),
}


class Forms:
    """Looks at what a function uses; an object that comes again is a number.

    Parameters
    ----------
    own : function
        The function; its own name, and the class it is being defined in, are not what they will be.
    """

    def __init__(self, own: FunctionType) -> None:
        self._space = own.__globals__
        self._own, _, rest = own.__qualname__.partition(".")
        self._is_method = bool(rest)
        self._modules = UserModules()
        self._numbers: dict[int, int] = {}
        self._met: list[object] = []
        """All that have a number: an address is not given to another one meanwhile."""
        self._left: deque[object] = deque()
        self._words: dict[str, None] = {"__getattr__": None}
        self._of_user: dict[str, ModuleType] = {}
        self._asked: set[tuple[str, str]] = set()

    @property
    def is_whole(self) -> bool:
        """Whether everything was looked at."""
        return len(self._met) <= MOST_OBJECTS

    def form(self, *values: object) -> list[Any]:
        """A form of values, with all that comes with them for the first time."""
        forms = [self._see(value) for value in values]
        while self._left and self.is_whole:
            forms.append(self._take_apart(self._left.popleft()))
        return forms

    def used(self, code: CodeType, space: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
        """Names of the globals, and of things in the user's modules, that code uses in the end, with their forms."""
        self._note(code, space)
        for name in self._globals(code, space):
            yield name, self.form(Unknown() if self._is_being_made(name, space) else space[name])
        while found := [(name, word) for name in self._of_user for word in self._words if self._is_new(name, word)]:
            for name, word in found:
                self._asked.add((name, word))
                yield f"{name}.{word}", self.form(vars(self._of_user[name])[word])

    def _is_new(self, name: str, word: str) -> bool:
        names = vars(self._of_user[name])
        is_own = names is self._space and word == self._own
        return word in names and not is_own and (name, word) not in self._asked

    def _note(self, code: CodeType, space: dict[str, Any]) -> None:
        """Words by which code may ask a module, and the modules it imports as it runs."""
        self._words.update(dict.fromkeys(sorted(words_of(code))))
        for name, taken in imports_of(code, space):
            parents = [name[:at] for at, sign in enumerate(name) if sign == "."]
            for each in (*parents, name, *(f"{name}.{inner}" for inner in taken)):
                module = sys.modules.get(each)
                if type(module) is ModuleType:
                    self._module(module)

    def _globals(self, code: CodeType, space: dict[str, Any]) -> list[str]:
        """Global names that code may look up; a function's own is not among them."""
        is_own = space is self._space and not self._is_method
        names = (name for name in dict.fromkeys(names_in(code)) if name in space)
        return [name for name in names if not (is_own and name == self._own)]

    def _is_being_made(self, name: str, space: dict[str, Any]) -> bool:
        """Whether a name stands for the class that the function is part of: that of before, not the one to come."""
        return self._is_method and space is self._space and name == self._own

    def _see(self, value: object) -> Any:
        """A plain value itself, or the number of an object."""
        kind = type(value)
        if kind in PLAIN or kind in BY_TEXT:
            return plain_form(value)
        if kind is Unknown:
            return value
        number = self._numbers.setdefault(id(value), len(self._met))
        if number == len(self._met):
            self._met.append(value)
            self._left.append(value)
        return ("object", number)

    def _take_apart(self, value: object) -> Any:
        kind = type(value)
        for known, parts in _PARTS.items():
            if kind is known:
                return [known.__name__, *parts(self, value)]
        if issubclass(kind, type):
            return self._class(value)
        if issubclass(kind, ModuleType):
            return self._module(value)
        if issubclass(kind, Enum) and self._is_users_class(kind):
            names = object.__getattribute__(value, "__dict__")
            return ["member", self._see(kind), names.get("_name_"), self._see(names.get("_value_"))]
        if _module_of(kind) in _LIVE and "__wrapped__" in vars(value):
            return ["cached", self._see(vars(value)["__wrapped__"])]
        return ["itself", identity_of(value), self._see(kind) if self._is_users_class(kind) else None]

    def _function(self, function: FunctionType) -> Iterator[Any]:
        """Code, defaults, and what it uses in turn; a library's function that its module has is only itself."""
        space = function.__globals__
        is_users = self._is_users(space)
        if not is_users and _is_found(function):
            yield from (function.__module__, function.__qualname__, identity_of(function))
            return
        yield code_form(function.__code__)
        yield self.defaults(function)
        closed = closed_over(function)
        if not is_users:  # its own notes of what is under way, as `repr` of a dataclass has them, begin empty each time
            closed = [value for value in closed if type(value) is not set or value]
        yield [self._see(value) for value in closed]
        yield [(name, self._see(value)) for name, value in function.__dict__.items()]
        if is_users:
            self._note(function.__code__, space)
            for name in self._globals(function.__code__, space):
                yield name, Unknown() if self._is_being_made(name, space) else self._see(space[name])

    def defaults(self, function: FunctionType) -> Any:
        """Default values, those that go by keyword too."""
        keywords = function.__kwdefaults__ or {}
        named = [(name, self._see(value)) for name, value in keywords.items()]
        return [self._see(value) for value in function.__defaults__ or ()], named

    def _class(self, kind: Any) -> list[Any]:
        """What a class of the user is made of; a library's is only itself."""
        if not self._is_users_class(kind):
            return ["class", identity_of(kind)]
        above = [self._see(base) for base in (type(kind), *_fact(kind, "__bases__"))]
        names = _fact(kind, "__dict__")
        skipped = _NO_CONTENT if not issubclass(kind, Enum) else {*_NO_CONTENT, *_of_enum(names)}
        parts = [(name, self._see(part)) for name, part in list(names.items()) if name not in skipped]
        members = [(name, self._see(each)) for name, each in dict(names.get("_member_map_", {})).items()]
        return ["class", _fact(kind, "__qualname__"), above, parts, members]

    def _module(self, module: Any) -> list[Any]:
        """A module by name; things in it that code may ask for come later, if it is the user's."""
        names = ModuleType.__getattribute__(module, "__dict__")
        name = names.get("__name__")
        if type(module) is ModuleType and type(name) is str and (name in _MAIN or self._modules.holds(module)):
            self._of_user[name] = module
        return ["module", name]

    def _is_users(self, space: dict[str, Any]) -> bool:
        """Whether a namespace is the user's."""
        name = space.get("__name__")
        if type(name) is not str or name in _MAIN:
            return True
        module = sys.modules.get(name)
        if type(module) is not ModuleType or vars(module) is not space:
            module = ModuleType(name)  # made by hand, or imported anew meanwhile
            vars(module).update({fact: space[fact] for fact in ("__file__", "__spec__", "__path__") if fact in space})
        return self._modules.holds(module)

    def _is_users_class(self, kind: type) -> bool:
        name = _module_of(kind)
        module = sys.modules.get(name)
        return name in _MAIN or module is None or (type(module) is ModuleType and self._modules.holds(module))

    def _lru_cache(self, value: Any) -> Iterator[Any]:
        yield self._see(value.__dict__.get("__wrapped__"))

    def _property(self, value: property) -> Iterator[Any]:
        yield from map(self._see, (value.fget, value.fset, value.fdel))

    def _partial(self, value: "partial[Any]") -> Iterator[Any]:
        yield from map(self._see, (value.func, *value.args))
        yield [(name, self._see(each)) for name, each in value.keywords.items()]

    def _method(self, value: MethodType) -> Iterator[Any]:
        yield from map(self._see, (value.__func__, value.__self__))

    def _inner(self, value: Any) -> Iterator[Any]:
        yield self._see(value.__func__)

    def _cached_property(self, value: Any) -> Iterator[Any]:
        yield self._see(value.func)

    def _tuple(self, value: tuple[object, ...]) -> Iterator[Any]:
        yield from map(self._see, value)

    def _plain_set(self, value: frozenset[object]) -> Iterator[Any]:
        """Plain values by what they are; another one is not asked."""
        if all(type(each) in PLAIN for each in value):
            yield sorted(map(plain_form, value))
        else:
            yield identity_of(value)

    def _slot(self, value: Any) -> Iterator[Any]:
        yield value.__name__


_PARTS: dict[type, Callable[[Forms, Any], Iterator[Any]]] = {
    FunctionType: Forms._function,
    tuple: Forms._tuple,
    frozenset: Forms._plain_set,
    MethodType: Forms._method,
    staticmethod: Forms._inner,
    classmethod: Forms._inner,
    property: Forms._property,
    cached_property: Forms._cached_property,
    partial: Forms._partial,
    _Cached: Forms._lru_cache,
    MemberDescriptorType: Forms._slot,
    GetSetDescriptorType: Forms._slot,
}


def _is_found(function: FunctionType) -> bool:
    """Whether a module has the function under its own name."""
    module = sys.modules.get(function.__module__) if type(function.__module__) is str else None
    found: object = module
    for name in function.__qualname__.split("."):
        if type(found) is ModuleType:
            found = vars(found).get(name)
        elif issubclass(type(found), type):
            found = _fact(found, "__dict__").get(name)
        else:
            return False
    return found is function


def _of_enum(names: Any) -> set[str]:
    """Parts of an enumeration that its members tell."""
    return {*names.get("_member_map_", ()), *(name for name, part in names.items() if type(part) in (list, dict, set))}


def _fact(kind: Any, name: str) -> Any:
    """What Python itself knows of a class, whatever its metaclass would answer."""
    return type.__dict__[name].__get__(kind)


def _module_of(kind: type) -> str:
    """Name of the module of a class."""
    name = _fact(kind, "__module__")
    return name if type(name) is str else "builtins"
