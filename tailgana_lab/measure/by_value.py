"""Pickling by value: code of the user's own modules is kept as it is now, with all that it uses of them.

What unpickling calls (`PrivateImport`, `make_module`, `same`, `finish_function`, `cached_again`) stands by its name in
kept payloads: it may gain parameters with defaults, and must not be renamed.
"""

import builtins
import functools
import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle

from tailgana_lab.measure.cached import CachedFunction
from tailgana_lab.measure.cached_tasks import CachedCoroutineFunction
from tailgana_lab.measure.carried import MAIN, by_value
from tailgana_lab.measure.user_code import UserModules, codes_in, imports_of, words_of

_Cached = type(functools.lru_cache(len))
_MAX_PASSES = 20  # each pass but the last has found names that the one before had not known
_MAX_SUSPECTS = 100  # functions looked through for what failed
_registry = threading.RLock()  # cloudpickle's list of modules by value is one for the process


class PrivateImport:
    """`__import__` of unpickled code: project modules that came with it first, so no project folder is needed.

    They are not entered in `sys.modules`: two versions of one module can live in a process side by side.
    """

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}
        self.namespace: dict[str, Any] = {**vars(builtins), "__import__": self}

    def __reduce__(self) -> Any:
        return PrivateImport, ()

    def __call__(
        self,
        name: str,
        globals: Any = None,  # noqa: A002  # the names of `__import__`'s own parameters
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        """Import as the statement does."""
        package = (globals or {}).get("__package__") or ""
        whole = ".".join([*package.split(".")[: len(package.split(".")) - level + 1], name]).strip(".")
        found = self.modules.get(whole if level else name)
        if found is None:
            return __import__(name, globals, locals, fromlist or (), level)
        if not fromlist:
            return self.modules.get(name.partition(".")[0], found)
        for each in fromlist:
            inner = self.modules.get(f"{whole if level else name}.{each}")
            if inner is not None and each not in vars(found):
                setattr(found, each, inner)
        return found


def make_module(name: str, facts: dict[str, Any], builtin_names: dict[str, Any] | None = None) -> ModuleType:
    """A module of the payload alone."""
    module = ModuleType(name)
    vars(module).update(facts, __builtins__=vars(builtins) if builtin_names is None else builtin_names)
    return module


def same(module: ModuleType) -> ModuleType:
    """The module itself: what is known of it as an object comes after what its functions know of it."""
    return module


def finish_function(function: FunctionType, parcel: Any) -> None:
    """Give a function its state, and leave it the builtins that it was made with."""
    set_state, state = parcel
    kept = function.__globals__.get("__builtins__")
    set_state(function, state)
    if kept is not None:
        function.__globals__["__builtins__"] = kept


def cached_again(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    """A function under an empty `functools.lru_cache`."""
    return functools.lru_cache(maxsize, typed)(function)


class Plan:
    """What one dump has found that the next pass must know: the words of all code, and modules imported later."""

    def __init__(self, modules: UserModules) -> None:
        self.modules = modules
        self.words: set[str] = set()
        self.imported: dict[str, ModuleType] = {}
        self.whole: set[str] = set()
        """Modules of which a star import takes everything."""
        self.files: set[str] = set()
        """Names of the files that the code comes from."""
        self._seen: dict[int, CodeType] = {}

    def note(self, code: CodeType, namespace: dict[str, Any]) -> None:
        """Note what code uses; again is cheap."""
        if id(code) in self._seen:
            return
        self._seen[id(code)] = code
        self.words |= words_of(code)
        self.files.update(each.co_filename for each in codes_in(code))
        for name, taken in imports_of(code, namespace):
            parents = [name[:at] for at, sign in enumerate(name) if sign == "."]
            for each in (*parents, name, *(f"{name}.{inner}" for inner in taken if inner != "*")):
                module = self.modules.find(each)
                if module is not None:
                    self.imported[each] = module
            if "*" in taken:
                self.whole.add(name)

    def names_of(self, module: ModuleType) -> set[str]:
        """Names of a module that the code could ask for."""
        names = vars(module)
        wanted = {name for name in names if name in self.words or name == "__getattr__"}
        if module.__name__ in self.whole:
            wanted |= set(names.get("__all__", [name for name in names if not name.startswith("_")]))
        return {name for name in wanted if name in names and name not in _FACTS}


_FACTS = ("__name__", "__file__", "__package__", "__path__", "__builtins__", "__spec__", "__loader__", "__cached__")


class _Shell:
    """Stands for a module in which nothing but its own facts is set."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module


class _Names:
    """Stands for the namespace of a module."""

    def __init__(self, shell: _Shell) -> None:
        self.shell = shell


class _Builtins:
    """Stands for the builtins with the payload's own import."""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """One pass; names that code asks for are noted on the way and complete only afterwards."""

    def __init__(self, file: io.BytesIO, plan: Plan) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.plan = plan
        self.importer = PrivateImport()
        self.is_importing = bool(plan.imported)
        self.met: list[FunctionType] = []
        """Functions kept by value, for the reason should something in one fail."""
        self.sent: dict[str, tuple[ModuleType, set[str]]] = {}
        self._homes: dict[str, _Names] = {}
        self._builtins = _Builtins()

    def reducer_override(self, obj: Any) -> Any:
        """How to take an object apart; not called for plain data."""
        kind = type(obj)
        if kind is FunctionType:
            return self._function(obj)
        if kind in (_Shell, _Names, _Builtins):
            return self._stand_in(obj)
        if issubclass(kind, ModuleType) and self.plan.modules.holds(obj):
            return self._module(obj)
        if kind is _Cached:
            return self._cached(obj)
        if kind in (CachedFunction, CachedCoroutineFunction):
            return self._live(obj)
        if kind is functools.cached_property:  # up to Python 3.11 it holds a lock
            return kind, (obj.func,), {"attrname": obj.attrname, "__doc__": obj.__doc__}
        in_memory = (io.StringIO, io.BytesIO)
        if issubclass(kind, io.IOBase) and kind not in in_memory and obj not in (sys.stdout, sys.stderr):
            raise pickle.PicklingError(f"cannot pickle an open file ({getattr(obj, 'name', kind.__name__)})")
        return super().reducer_override(obj)

    def _function(self, function: FunctionType) -> Any:
        """A function as cloudpickle takes it apart, in a namespace that it shares with its module."""
        reduced = super().reducer_override(function)
        if reduced is NotImplemented:
            return reduced
        self.met.append(function)
        self.plan.note(function.__code__, function.__globals__)
        _, (code, names, *rest), state, items, pairs, set_state = reduced
        home = self._home_of(function)
        if home is None and self.is_importing:
            names["__builtins__"] = self._builtins
        made = (code, names if home is None else home, *rest)
        return FunctionType, made, (set_state, state), items, pairs, finish_function

    def _home_of(self, function: FunctionType) -> _Names | None:
        """The namespace of a function's module, if that is the user's."""
        module = sys.modules.get(function.__module__ or "")
        if module is None or vars(module) is not function.__globals__ or not self.plan.modules.holds(module):
            return None
        return self._home(module)

    def _home(self, module: ModuleType) -> _Names:
        return self._homes.setdefault(module.__name__, _Names(_Shell(module)))

    def _stand_in(self, obj: Any) -> Any:
        if isinstance(obj, _Names):
            return getattr, (obj.shell, "__dict__")
        if isinstance(obj, _Builtins):
            return getattr, (self.importer, "namespace")
        names = vars(obj.module)
        facts = {name: names[name] for name in ("__file__", "__package__") if name in names}
        if "__path__" in names:
            facts["__path__"] = list(names["__path__"])
        made = (obj.module.__name__, facts, self._builtins) if self.is_importing else (obj.module.__name__, facts)
        return make_module, made

    def _module(self, module: ModuleType) -> Any:
        wanted = self.plan.names_of(module)
        self.sent[module.__name__] = (module, wanted)
        return same, (self._home(module).shell,), {name: vars(module)[name] for name in sorted(wanted)}

    def _cached(self, cached: Any) -> Any:
        """`functools.lru_cache` around a function that is kept by value; its entries stay here."""
        if super().reducer_override(cached.__wrapped__) is NotImplemented:
            return NotImplemented
        facts = cached.cache_parameters()
        names = {name: value for name, value in vars(cached).items() if name not in ("cache_parameters", "__wrapped__")}
        return cached_again, (cached.__wrapped__, facts["maxsize"], facts["typed"]), names

    def _live(self, cached: Any) -> Any:
        """A cached function of the user; its entries stay here."""
        module = sys.modules.get(cached.__module__)
        is_users = module is None or cached.__module__ in MAIN or self.plan.modules.holds(module)
        return by_value(cached) if is_users else NotImplemented


def dumps_by_value(value: Any, code: CodeType | None = None) -> tuple[bytes, set[str]]:
    """Pickle a value with all code of the project that it uses.

    Parameters
    ----------
    value : object
        Comes back from `loads_by_value`.
    code : code object, optional
        Code that will run against the value's names without being part of it.

    Returns
    -------
    bytes
        For `loads_by_value`.
    set of str
        Files that the code comes from.

    Raises
    ------
    CannotTravelError
        If something in it can't be pickled; the message says what, and where.
    """
    plan = Plan(UserModules())
    if code is not None:
        plan.note(code, {})
    for _ in range(_MAX_PASSES):
        imported, file = dict(plan.imported), io.BytesIO()
        pickler = _Pickler(file, plan)
        with _by_value(plan.modules):  # anew in each pass: it may have imported more
            try:
                pickler.dump((value, pickler.importer if imported else None, imported))
            except Exception as error:  # noqa: BLE001  # whatever the user's objects raise when taken apart
                raise CannotTravelError(_reason(error, pickler)) from None
        grown = any(plan.names_of(module) - sent for module, sent in pickler.sent.values())
        if not grown and plan.imported.keys() == imported.keys():
            break
    return file.getvalue(), plan.files


def loads_by_value(file: io.BufferedIOBase) -> tuple[Any, PrivateImport | None]:
    """The value, and the import of its own code if it brings modules for that; of trusted bytes only."""
    value, importer, imported = pickle.load(file)
    if importer is not None:
        importer.modules.update(imported)
    return value, importer


class CannotTravelError(Exception):
    """Something can't be copied to another process; the message says what and where, on one line."""


@contextmanager
def _by_value(modules: UserModules) -> Iterator[None]:
    """Have cloudpickle take the user's modules by value for a while; what others registered stays."""
    with _registry:
        before = cloudpickle.list_registry_pickle_by_value()
        added = [module for module in modules.loaded() if module.__name__ not in before]
        for module in added:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in added:
                cloudpickle.unregister_pickle_by_value(module)


def _reason(error: Exception, pickler: _Pickler) -> str:
    """What can't be pickled, and the name under which code of the project knows it."""
    text = " ".join(str(error).split()) or type(error).__name__
    for function in reversed(pickler.met[-_MAX_SUSPECTS:]):
        guilty = next((name for name, value in _values_of(function) if _fails(value)), None)
        if guilty is not None:
            return f"`{function.__qualname__}` uses `{guilty}`: {text}"
    for module, names in pickler.sent.values():
        guilty = next((name for name in sorted(names) if _fails(vars(module)[name])), None)
        if guilty is not None:
            return f"`{module.__name__}.{guilty}` is used: {text}"
    return text


def _values_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Globals and variables of enclosing functions that a function uses."""
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def _fails(value: Any) -> bool:
    """Whether a value is one that can't be pickled by itself."""
    if isinstance(value, FunctionType | ModuleType | type):
        return False
    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001  # whatever it raises
        return True
    return isinstance(value, io.IOBase) and not isinstance(value, io.StringIO | io.BytesIO)
