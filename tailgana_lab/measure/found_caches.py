"""Caches of other libraries in the user's names and modules, and what they tell of themselves.

Looks only: no library is imported, no property of an unknown object is asked for, no database is opened.
"""

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tailgana_lab.measure.user_code import UserModules

if TYPE_CHECKING:
    import pandas as pd

FUNCTOOLS, CACHETOOLS, JOBLIB, CACHEBOX, DISKCACHE, TAILGANA = (
    *("functools", "cachetools", "joblib"),
    *("cachebox", "diskcache", "tailgana"),
)
"""Kinds of caches: the library they come from."""

_LruCache: type = type(functools.lru_cache(len))
_CLASS_ATTRIBUTES = type.__dict__["__dict__"].__get__
_OF_THE_SHELL = re.compile(
    r"_+|_i*\d*|_i+|_[oid]h|In|Out"
)  # names under which a notebook keeps what cells were and gave
_CLASSES = {  # library: its classes whose objects are caches
    CACHETOOLS: ("Cache",),
    CACHEBOX: ("BaseCacheImpl",),
    JOBLIB: ("Memory", "memory.MemorizedFunc"),
    DISKCACHE: ("Cache", "FanoutCache"),
}


@dataclass(frozen=True)
class FoundCache:
    """A cache under the name by which it was found; a figure that the cache does not tell is NaN."""

    name: str
    """A plain name in the notebook or script, else with its module, and with its class."""
    kind: str
    """Library that it comes from."""
    capacity: float
    """Entries at most; infinite without a bound."""
    size: float
    """Entries now."""
    hits: float
    """Look-ups that found their key, since start."""
    misses: float
    """Look-ups that did not, since start."""
    cache: Any
    """The object itself."""


Figures = tuple[float, float, float, float]
_UNKNOWN: Figures = (nan, nan, nan, nan)


def found_caches() -> list[FoundCache]:
    """Every cache in the user's names and modules, once each, by name; no live cache of the lab is among them."""
    seen: set[int] = set()
    found = []
    for name, value in _named_objects():
        if id(value) not in seen and (kind := kind_of(value)):
            seen.add(id(value))
            found.append(FoundCache(name, kind, *_FIGURES[kind](value), value))
    return sorted(found, key=lambda each: each.name)


def caches() -> "pd.DataFrame":
    """The live caches of the lab, then those of other libraries in the user's names and modules.

    Nothing is imported or opened for it, and no cache notices.

    Returns
    -------
    pandas.DataFrame
        `name, kind, capacity, size, hits, misses`; what a cache does not tell is NaN, no bound is infinite. Kinds are
        `tailgana functools cachetools joblib cachebox diskcache`.
    """
    import pandas as pd

    columns = ("name", "kind", "capacity", "size", "hits", "misses")
    rows = [[getattr(each, column) for column in columns] for each in (*_own_caches(), *found_caches())]
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({"name": str, "kind": str, **dict.fromkeys(columns[2:], float)})


def _own_caches() -> Iterator[FoundCache]:
    """The live caches of the lab."""
    from tailgana_lab.measure.cached import live_caches

    for each in live_caches():
        info = each.cache_info()
        yield FoundCache(each.name, TAILGANA, info.maxsize, info.currsize, info.hits, info.misses, each)


def kind_of(value: Any) -> str:
    """The library whose cache this is; empty for anything else."""
    kind = type(value)
    if kind is _LruCache:
        return FUNCTOOLS
    for library in _CLASSES:
        if any(each in kind.__mro__ for each in _classes_of(library)):
            return library
    return _kind_of_function(value)


def _kind_of_function(value: Any) -> str:
    """The library of a function that keeps its cache as an attribute."""
    if not callable(value):
        return ""
    inner = _own_attributes(value).get("cache")
    if inner is None:
        return ""
    for library in (CACHETOOLS, CACHEBOX):
        if any(each in type(inner).__mro__ for each in _classes_of(library)):
            return library
    return ""


def _classes_of(library: str) -> Iterator[type]:
    """Classes of a library, as far as it is loaded."""
    module = sys.modules.get(library)
    for path in _CLASSES[library] if module is not None else ():
        value: Any = module
        for name in path.split("."):
            value = _own_attributes(value).get(name)
        if isinstance(value, type):
            yield value


def _own_attributes(value: Any) -> Mapping[str, Any]:
    """What stands in the object's own dictionary; empty where it has none."""
    try:
        own = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return own if type(own) in (dict, MappingProxyType) else {}


# ---- where to look


def namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    """The user's names: of the notebook, of `__main__`, and of the project's modules; a prefix with each."""
    seen: set[int] = set()
    for prefix, names in _spaces():
        if id(names) not in seen:
            seen.add(id(names))
            yield prefix, names


def _spaces() -> Iterator[tuple[str, dict[str, Any]]]:
    shell = _shell()
    if shell is not None:
        yield "", shell.user_ns
    yield "", vars(sys.modules["__main__"])
    for module in UserModules().loaded():
        yield f"{module.__name__}.", vars(module)


def _shell() -> Any:
    """The running notebook's shell; None outside of one."""
    ipython = sys.modules.get("IPython.core.getipython")
    return None if ipython is None else ipython.get_ipython()


def _named_objects() -> Iterator[tuple[str, Any]]:
    """Objects by name, those of the user's own classes included."""
    for prefix, names in namespaces():
        for name, value in list(names.items()):
            if type(name) is not str or _OF_THE_SHELL.fullmatch(name):
                continue
            yield prefix + name, value
            if issubclass(type(value), type):
                own = class_attributes(value)
                if own.get("__module__") in (names.get("__name__"), "__main__"):
                    yield from ((f"{prefix}{name}.{inner}", unbound(each)) for inner, each in list(own.items()))


def class_attributes(value: type) -> Mapping[str, Any]:
    """What stands in the class itself, whatever its metaclass does."""
    own: Mapping[str, Any] = _CLASS_ATTRIBUTES(value)
    return own


def unbound(value: Any) -> Any:
    """The function of a static or class method."""
    return value.__func__ if type(value) in (staticmethod, classmethod) else value


# ---- what each kind tells


def _of_functools(value: Any) -> Figures:
    return _of_info(value.cache_info())


def _of_info(info: Any) -> Figures:
    """The figures of a named tuple as functools and those who follow it give them."""
    most = getattr(info, "maxsize", nan)
    size = getattr(info, "currsize", getattr(info, "length", nan))
    return inf_for_none(most), float(size), float(getattr(info, "hits", nan)), float(getattr(info, "misses", nan))


def inf_for_none(capacity: float | None) -> float:
    """A capacity as a number; None is no bound."""
    return float("inf") if capacity is None else float(capacity)


def _of_cachetools(value: Any) -> Figures:
    own = _own_attributes(value)
    if "cache" not in own:
        return float(value.maxsize), float(len(value)), nan, nan
    inner = own["cache"]
    counted = [float(count) for count in (_ending(own, "__hits"), _ending(own, "__misses"))]
    return float(inner.maxsize), float(len(inner)), counted[0], counted[1]


def _ending(own: Mapping[str, Any], end: str) -> Any:
    """The value whose private name ends so; NaN where there is none."""
    return next((value for name, value in own.items() if name.endswith(end)), nan)


def _of_cachebox(value: Any) -> Figures:
    if "cache" in _own_attributes(value):
        return _of_info(value.cache_info())
    return float(value.maxsize), float(len(value)), nan, nan


def _of_joblib(value: Any) -> Figures:
    return _UNKNOWN


def _of_diskcache(value: Any) -> Figures:
    """Counts of the database, where this thread has it open already; its bound is in bytes, not in entries."""
    connection = getattr(_own_attributes(value).get("_local"), "con", None)
    if connection is None:
        return _UNKNOWN
    wanted = "'count', 'hits', 'misses', 'statistics'"
    told = dict(connection.execute(f"SELECT key, value FROM Settings WHERE key IN ({wanted})").fetchall())
    counts = told.get("statistics")
    return (
        nan,
        float(told.get("count", nan)),
        float(told.get("hits", nan)) if counts else nan,
        float(told.get("misses", nan)) if counts else nan,
    )


_FIGURES: dict[str, Callable[[Any], Figures]] = {
    FUNCTOOLS: _of_functools,
    CACHETOOLS: _of_cachetools,
    CACHEBOX: _of_cachebox,
    JOBLIB: _of_joblib,
    DISKCACHE: _of_diskcache,
}
