"""What is called and under which name it is found again: the function inside partials and methods, its text, its place.

Calls nothing; `find_function` imports.
"""

import functools
import importlib
import inspect
import linecache
from collections.abc import Callable
from types import CodeType, MethodType
from typing import Any

from tailgana_lab.errors import LabError

Shape = list[tuple[Any, ...]]


def shape_of(call: Any) -> tuple[Shape, Any]:
    """What is wrapped around the function that has a name, outermost first, and that function."""
    shape: Shape = []
    while True:
        if isinstance(call, functools.partial):
            shape.append(("partial", call.args, call.keywords))
            call = call.func
        elif isinstance(call, MethodType) and not isinstance(call.__self__, type):
            shape.append(("method", call.__self__))
            call = call.__func__
        elif hasattr(call, "__qualname__") or inspect.isroutine(call) or not inspect.isfunction(type(call).__call__):
            return shape, call
        else:
            shape.append(("method", call))
            call = type(call).__call__


def is_async(call: Any) -> bool:
    """Whether a call gives a coroutine."""
    return inspect.iscoroutinefunction(shape_of(call)[1])


def code_of(core: Any) -> CodeType | None:
    """The code of a function, without what decorators put around it; None where there is none in Python."""
    code = getattr(inspect.unwrap(core), "__code__", None)
    return code if isinstance(code, CodeType) else None


def source_of(core: Any) -> str:
    """Text of a function as its file has it; empty where there is none."""
    code = code_of(core)
    if code is not None:
        linecache.checkcache(code.co_filename)
    try:
        return inspect.getsource(inspect.unwrap(core))
    except (OSError, TypeError, IndentationError, SyntaxError):
        return ""


def find_function(module: str, qualname: str) -> Any:
    """The function that has this name now.

    Raises
    ------
    LabError
        If the module can't be imported or has no such name.
    """
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise LabError(f"`{module}` can't be imported any more: {error}") from error
        raise LabError(f"there is no module `{module}` any more: `{qualname}` was kept from it") from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        text = " ".join(str(error).split())
        raise LabError(f"`{module}` can't be imported any more: {type(error).__name__}: {text}") from error
    try:
        return functools.reduce(getattr, qualname.split("."), found)
    except AttributeError:
        raise LabError(f"`{module}` has no `{qualname}` any more: give the function to compare with") from None


def reshaped(shape: Shape, core: Callable[..., Any]) -> Callable[..., Any]:
    """A function inside the same partials and methods."""
    call = core
    for kind, *parts in reversed(shape):
        call = MethodType(call, *parts) if kind == "method" else functools.partial(call, *parts[0], **parts[1])
    return call
