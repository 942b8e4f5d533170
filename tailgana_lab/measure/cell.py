"""A notebook cell as code that can be called again: which of the kernel's names it needs, and its text, compiled.

Each call starts from the names as they were taken; what a call does inside an object (`rows.append`) stays, as it does
when a cell is run twice.
"""

import ast
import builtins
import dis
import hashlib
import inspect
import linecache
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.user_code import codes_in

_READS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_NAME")
_BINDS = ("STORE_NAME", "DELETE_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
_LEAPS = (ast.Break, ast.Continue, ast.Pass)


@dataclass(frozen=True)
class CellText:
    """A cell's text, already transformed by IPython, and code that prepares its names."""

    source: str
    setup: str = ""
    """Runs before each call, in the cell's own names; not measured."""

    @property
    def file(self) -> str:
        """The name under which tracebacks show it."""
        return _file_of(self.source)

    def compiled(self) -> tuple[CodeType, CodeType | None]:
        """Code of the cell and of its set-up.

        Raises
        ------
        InvalidRequestError
            If one of them is empty or no Python.
        """
        if not self.source.strip():
            raise InvalidRequestError("the cell is empty: write the code to measure")
        code = _compiled(self.source, "cell", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return code, _compiled(self.setup, "set-up code", 0) if self.setup.strip() else None


@dataclass(frozen=True)
class CellCall:
    """A cell that can be called, as a `Recipe` takes it."""

    call: Callable[..., Any]
    setup: Callable[[], Any] | None
    is_async: bool


def _file_of(source: str) -> str:
    return f"<cell {hashlib.sha256(source.encode()).hexdigest()[:12]}>"


def _compiled(source: str, what: str, flags: int) -> CodeType:
    file = _file_of(source)
    try:
        code: CodeType = compile(source, file, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InvalidRequestError(f"the {what} is no Python: {message}{line}") from None
    show_source(file, source)
    return code


def show_source(file: str, source: str) -> None:
    """Have tracebacks find a text that is in no file."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)


def names_needed(text: CellText, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a kernel that a cell reads before it has set them itself.

    Raises
    ------
    InvalidRequestError
        If one is nowhere to be found.
    """
    codes = [code for code in text.compiled() if code is not None]
    tree = ast.parse(text.setup + "\n" + text.source)
    reads = dict.fromkeys(_reads_of(tree.body, set()))
    found = {name: namespace[name] for name in reads if name in namespace}
    own = {name for code in codes for name in bound_names(code)}
    known = {*found, *own, *vars(builtins)}
    missing = [name for name in reads if name not in known and not name.startswith("__")]
    if missing and not _has_star_import(tree):
        raise InvalidRequestError(
            f"the cell uses `{missing[0]}`, which this kernel does not have: run the cell that makes it first"
        )
    return found


def cell_call(text: CellText, names: Mapping[str, Any], builtin_names: dict[str, Any] | None = None) -> CellCall:
    """A cell that runs against names of its own.

    Parameters
    ----------
    text : CellText
    names : mapping of str to object
        What it finds; never changed.
    builtin_names : dict, optional
        What stands behind them; Python's own by default.
    """
    code, setup = text.compiled()
    hidden = vars(builtins) if builtin_names is None else builtin_names
    space = {**names, "__name__": "__main__", "__builtins__": hidden}
    is_async = bool(code.co_flags & inspect.CO_COROUTINE)
    if setup is not None:
        return CellCall(_run_in(code), _preparing(setup, space), is_async)
    changed = {name: names[name] for name in bound_names(code) if name in names}
    return CellCall(_run_again(FunctionType(code, space), space, changed, is_async), None, is_async)


def _run_in(code: CodeType) -> Callable[[dict[str, Any]], Any]:
    """Runs a cell in a namespace; for `await` in a cell this gives a coroutine."""

    def run(space: dict[str, Any]) -> Any:
        return FunctionType(code, space)()

    return run


def _preparing(setup: CodeType, space: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    def prepare() -> dict[str, Any]:
        fresh = dict(space)
        exec(setup, fresh)  # noqa: S102  # the user's own set-up
        return fresh

    return prepare


def _run_again(
    body: Callable[[], Any], space: dict[str, Any], changed: dict[str, Any], is_async: bool
) -> Callable[[], Any]:
    """The cell's code itself where it sets no name that it was given, else with those names as they were."""
    if not changed:
        return body  # module code works as a function whose local names are its globals
    if is_async:

        async def run_async() -> None:
            await body()
            space.update(changed)

        return run_async

    def run() -> None:
        body()
        space.update(changed)

    return run


def bound_names(code: CodeType) -> set[str]:
    """Names that module code sets or deletes."""
    steps = [step for each in codes_in(code) for step in dis.get_instructions(each)]
    outer = {step.argval for step in dis.get_instructions(code) if step.opname in _BINDS}
    return outer | {step.argval for step in steps if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")}


def _has_star_import(tree: ast.Module) -> bool:
    return any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in ast.walk(tree))


def _reads_of(body: Collection[ast.stmt], bound: set[str]) -> Iterator[str]:
    """Names that statements read while nothing before has surely set them; adds to `bound` what they surely set."""
    for each in body:
        match each:
            case ast.For() | ast.AsyncFor():
                yield from _simple(ast.Expr(each.iter), bound)
                yield from _reads_of(each.body, inner := bound | _targets(each.target))
                yield from _reads_of(each.orelse, set(inner & bound))
            case ast.While():
                yield from _simple(ast.Expr(each.test), bound)
                yield from _reads_of(each.body, set(bound))
                yield from _reads_of(each.orelse, set(bound))
            case ast.If():
                yield from _simple(ast.Expr(each.test), bound)
                yield from _branches([each.body, each.orelse], bound)
            case ast.With() | ast.AsyncWith():
                for item in each.items:
                    yield from _simple(ast.Expr(item.context_expr), bound)
                    bound |= _targets(item.optional_vars)
                yield from _reads_of(each.body, bound)
            case ast.Try() | ast.TryStar():
                yield from _tried(each, bound)
            case ast.Match():
                yield from _simple(each, set(bound))  # which case runs is not known
            case _ if not isinstance(each, _LEAPS):
                yield from _simple(each, bound)


def _branches(bodies: list[list[ast.stmt]], bound: set[str]) -> Iterator[str]:
    """The same for branches of which one runs: what all of them set is set."""
    ends = []
    for body in bodies:
        end = set(bound)
        yield from _reads_of(body, end)
        ends.append(end)
    bound |= set.intersection(*ends)


def _tried(each: ast.Try | ast.TryStar, bound: set[str]) -> Iterator[str]:
    """The same for `try`: what the body and every handler set is set."""
    for handler in each.handlers:
        if handler.type is not None:
            yield from _simple(ast.Expr(handler.type), bound)
    names = {handler.name for handler in each.handlers if handler.name} - bound
    yield from (
        name
        for name in _branches([[*each.body, *each.orelse], *(handler.body for handler in each.handlers)], bound)
        if name not in names
    )
    yield from _reads_of(each.finalbody, bound)


def _targets(target: ast.expr | None) -> set[str]:
    """Names that an assignment to this sets."""
    if target is None:
        return set()
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _simple(statement: ast.stmt, bound: set[str]) -> Iterator[str]:
    """The same for one statement, as the compiler sees it; what it defines may use its own name."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return
    loop = ast.While(ast.Constant(True), [statement], [])  # in a loop `break` is allowed
    module = ast.fix_missing_locations(ast.Module([loop], []))
    code = compile(module, "<names>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    own = bound_names(code)
    is_definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    known = bound | own if is_definition else bound
    for each in codes_in(code):
        local = bound_names(each) if each is not code else set()  # of a class body
        for step in dis.get_instructions(each):
            if step.opname in _READS and step.argval not in known | local:
                yield step.argval
    if isinstance(statement, ast.Delete):
        bound -= own
    else:
        bound |= own
