"""What belongs to the user: modules of the project, and which names, imports and files their code uses.

Only looks; nothing is copied or changed, except that a project module which code imports later is imported now.
"""

import dis
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec, resolve_name
from types import CodeType, ModuleType
from typing import Any

from tailgana_lab.measure.scope import library_prefixes

_PACKAGE = __name__.partition(".")[0]
_MAIN = ("__main__", "__mp_main__")
_INSTALLED = ("/site-packages/", "/dist-packages/")
_IMPORT = dis.opmap["IMPORT_NAME"]


class UserModules:
    """Tells modules of the project from libraries.

    A module is the user's when it is Python source outside the standard library and outside installed packages; this
    package never is, also where it is installed in editable mode, nor is `__main__`, which is no importable module.
    """

    def __init__(self) -> None:
        self._libraries = tuple(library_prefixes())
        self._is_library: dict[str, bool] = {}

    def holds(self, module: ModuleType | None) -> bool:
        """Whether a module is the user's own."""
        if module is None:
            return False
        names = vars(module)
        name, file = names.get("__name__"), names.get("__file__")
        if not isinstance(name, str) or name.partition(".")[0] in (_PACKAGE, *_MAIN):
            return False
        if isinstance(file, str):
            is_package = os.path.basename(file) == "__init__.py"
            return file.endswith(".py") and self._is_own(file, name.count(".") + is_package)
        if names.get("__spec__") is None:
            return name not in sys.builtin_module_names and self._has_own_parent(name)
        return any(self._is_own(os.path.join(path, "x"), name.count(".") + 1) for path in names.get("__path__", ()))

    def find(self, name: str) -> ModuleType | None:
        """The user's module of this name, imported if need be; None for a library, or where there is none."""
        top = sys.modules.get(name.partition(".")[0])
        if top is not None and not self.holds(top):
            return None
        if name not in sys.modules:
            self._import(name)
        module = sys.modules.get(name)
        return module if isinstance(module, ModuleType) and self.holds(module) else None

    def loaded(self) -> list[ModuleType]:
        """The user's modules that are imported."""
        known: list[tuple[str, Any]] = list(sys.modules.copy().items())
        modules = [(name, each) for name, each in known if isinstance(each, ModuleType)]
        return [each for name, each in modules if vars(each).get("__name__") == name and self.holds(each)]

    def _import(self, name: str) -> None:
        """Import a module if it is the user's; what fails here fails again, and is shown, when the code runs."""
        try:
            spec = find_spec(name)
            origin = spec.origin if spec is not None else None
            depth = name.count(".") + (os.path.basename(origin or "") == "__init__.py")
            if origin is not None and origin.endswith(".py") and self._is_own(origin, depth):
                import_module(name)
        except Exception:  # noqa: BLE001  # whatever a module raises while it is imported
            return

    def _has_own_parent(self, name: str) -> bool:
        """Whether a module without a file, made by other code, was not made by a library's package."""
        parent = name.partition(".")[0]
        return parent == name or self.holds(sys.modules.get(parent))

    def _is_own(self, file: str, depth: int) -> bool:
        """Whether a source file is the user's; `depth` folders above it modules are found."""
        paths = {os.path.abspath(file), os.path.realpath(file)}
        if any(path.startswith(self._libraries) or part in path for path in paths for part in _INSTALLED):
            return False
        folder = os.path.abspath(file)
        for _ in range(depth + 1):
            folder = os.path.dirname(folder)
        if folder not in self._is_library:
            self._is_library[folder] = _has_installed(folder)
        return not self._is_library[folder]


def _has_installed(folder: str) -> bool:
    """Whether packages were installed into a folder, wherever it is (`pip install --target`)."""
    try:
        return any(name.endswith(".dist-info") for name in os.listdir(folder))
    except OSError:
        return False


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def words_of(code: CodeType) -> set[str]:
    """Every name and text that code holds, by which it could ask a module for something."""
    words: set[str] = set()
    for each in codes_in(code):
        for name in each.co_names:
            words.update(name.split("."))
        words.update(constant for constant in each.co_consts if isinstance(constant, str))
    return words


def imports_of(code: CodeType, namespace: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Modules that code imports while it runs: absolute name, and the names taken from it."""
    for each in codes_in(code):
        if _IMPORT not in each.co_code[::2]:
            continue
        steps = [step for step in dis.get_instructions(each) if step.opname != "EXTENDED_ARG"]
        for level, taken, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opcode == _IMPORT:
                name = _absolute(step.argval, level.argval, namespace)
                if name:
                    yield name, tuple(taken.argval or ())


def _absolute(name: str, level: Any, namespace: Mapping[str, Any]) -> str:
    """A module's whole name; empty for a relative import outside a package."""
    if not level:
        return name
    try:
        return resolve_name("." * int(level) + name, str(namespace.get("__package__") or ""))
    except ImportError:
        return ""
