"""The operations that a performance baseline is made of: six parts of the lab itself, and those that users add.

Each names its implementation, so that unlike ones are never compared.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter, iscoroutinefunction, signature
from typing import TYPE_CHECKING, Any, TypeVar

from tailgana_lab.errors import InvalidRequestError, LabError, WorkloadError
from tailgana_lab.measure.standard_operations import STANDARD_OPERATIONS, Opened

if TYPE_CHECKING:
    from tailgana_lab.measure.payload import Recipe

Function = TypeVar("Function", bound=Callable[..., Any])

STANDARD = "standard"
"""Name of the six operations taken together."""
_GROUPS: dict[str, tuple[str, ...]] = {
    STANDARD: tuple(STANDARD_OPERATIONS),
    "full": tuple(STANDARD_OPERATIONS),
    "memory": ("memory_store", "memory_search"),
}


@dataclass(frozen=True)
class Operation:
    """Something that can be called again and again to see what it takes."""

    name: str
    """Under which it is asked for."""
    opened: Callable[[], Opened]
    """Gives a `with` block that yields the function to call; what it needs lives as long as the block."""
    describe: Callable[[], str]
    """Gives what it runs, one line."""
    is_standard: bool = False
    """Whether it is one of the lab's own six."""

    @property
    def implementation(self) -> str:
        """What it runs, one line: unlike ones are never compared."""
        return self.describe()

    @contextmanager
    def running(self) -> "Iterator[Recipe]":
        """Open it for measuring; what it raises is raised as one error that names it.

        Raises
        ------
        WorkloadError
            If the block raised; the error is the cause.
        """
        try:
            with self.opened() as call:
                yield recipe_of(call)
        except WorkloadError as error:
            raise self._failed(error.__cause__ or error) from error.__cause__
        except LabError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(error) from error

    def _failed(self, cause: BaseException) -> WorkloadError:
        text = " ".join(str(cause).split())
        return WorkloadError(f"operation `{self.name}` raised {type(cause).__name__}" + (f": {text}" if text else ""))


class OperationBook:
    """The operations by name: the six standard ones, then those that were added."""

    def __init__(self) -> None:
        self._added: dict[str, Operation] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the standard ones first."""
        return (*STANDARD_OPERATIONS, *self._added)

    def add(self, name: str, call: Callable[[], Any]) -> Operation:
        """Take in a function without arguments, plain or `async`; the same name again replaces it.

        Raises
        ------
        InvalidRequestError
            If it cannot be called without arguments, or the name is taken by a standard operation or a group.
        """
        if name in STANDARD_OPERATIONS or name in _GROUPS:
            raise InvalidRequestError(f"`{name}` is one of the lab's own operations: choose another name")
        if not callable(call):
            raise InvalidRequestError(f"operation `{name}` must be a function, got `{type(call).__name__}`")
        wanted = _wanted_arguments(call)
        if wanted:
            raise InvalidRequestError(f"operation `{name}` wants `{wanted[0]}`: it is called without arguments")
        self._added[name] = Operation(name, lambda: nullcontext(call), lambda: described(call))
        return self._added[name]

    def decorate(self, named: "Function | str") -> Any:
        """Add a function by decorator, `@operation` or `@operation("name")`; the function stays as it is."""
        if isinstance(named, str):

            def decorator(function: Function) -> Function:
                self.add(named, function)
                return function

            return decorator
        self.add(getattr(named, "__name__", type(named).__name__), named)
        return named

    def get(self, name: str) -> Operation:
        """The operation of that name.

        Raises
        ------
        InvalidRequestError
            If there is none; the message lists those that there are.
        """
        if name in STANDARD_OPERATIONS:
            opened, describe = STANDARD_OPERATIONS[name]
            return Operation(name, opened, describe, is_standard=True)
        if name not in self._added:
            near = get_close_matches(str(name), self.names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(self.names)}"
            raise InvalidRequestError(f"`{name}` is no operation: {hint}")
        return self._added[name]

    def chosen(self, names: Sequence[str] | None) -> list[Operation]:
        """The operations of these names, each once; the six standard ones without names.

        Raises
        ------
        InvalidRequestError
            If the list is empty or a name is unknown.
        """
        if names is None:
            names = tuple(STANDARD_OPERATIONS)
        if isinstance(names, str):
            raise InvalidRequestError(f"`operations` is a list of names, got the text `{names}`: try [{names!r}]")
        if not names:
            raise InvalidRequestError("`operations` is empty, so there is nothing to measure: leave it out for all six")
        return [self.get(name) for name in dict.fromkeys(names)]

    def of_type(self, benchmark_type: str) -> list[Operation]:
        """The operations that a benchmark type stands for: one of them, or a group."""
        return self.chosen(_GROUPS.get(benchmark_type, (benchmark_type,)))


DEFAULT_OPERATIONS = OperationBook()
"""Where `@operation` adds to unless a lab has a book of its own."""


def described(call: Callable[..., Any]) -> str:
    """Module and qualified name of a function, or of an object's type."""
    named = call if hasattr(call, "__qualname__") else type(call)
    return f"{named.__module__}.{named.__qualname__}"


def recipe_of(call: Callable[[], Any]) -> "Recipe":
    """A function without arguments as what can be measured."""
    from tailgana_lab.measure.payload import Recipe

    is_async = iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
    return Recipe(call, is_async=is_async)


def _wanted_arguments(call: Callable[..., Any]) -> list[str]:
    """Names of the arguments that it cannot do without; none where it does not say."""
    try:
        parameters = signature(call).parameters.values()
    except (TypeError, ValueError):
        return []
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is Parameter.empty and each.kind not in variable]


def workload_of(operations: Sequence[Operation]) -> str:
    """Under what name the figures of these operations are kept together: `standard` for the six, else their names."""
    names = tuple(each.name for each in operations)
    return STANDARD if names == _GROUPS[STANDARD] else "+".join(names)
