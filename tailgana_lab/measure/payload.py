"""Payloads: code with all that is needed to run it again, packed for another process or another day.

`unpack` runs what is in a payload: it is for trusted bytes only.
"""

import inspect
import io
import linecache
import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any, Literal

import cloudpickle

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.measure.by_value import CannotTravelError, dumps_by_value, loads_by_value
from tailgana_lab.measure.callables import code_of, is_async, reshaped, shape_of, source_of
from tailgana_lab.measure.cell import CellText, cell_call, names_needed, show_source
from tailgana_lab.measure.user_code import UserModules

FORMAT = 1
"""Of packed bytes; a higher one is refused."""
_IMPORT_LIMIT_S = 60.0  # for importing today's module; what takes longer is taken for hanging


@dataclass
class Recipe:
    """Code that can be called again."""

    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    setup: Callable[[], Any] | None = None
    """Gives fresh arguments for each call: a tuple, None for none, anything else as the only one."""
    is_async: bool = False
    """Whether the call gives a coroutine."""


@dataclass(frozen=True)
class Payload:
    """Code, where it comes from, and what of it can travel."""

    name: str
    kind: Literal["function", "cell"]
    module: str
    """Where the function is found again; empty for a cell."""
    qualname: str
    file: str
    source: str
    """Text of the function or cell; empty where it is not available."""
    data: bytes | None
    """For `unpack`; None where it can't travel."""
    why_not: str
    """The reason for that, one line; else empty."""
    recipe: Recipe = field(repr=False, compare=False)
    setup: str = ""
    """Text of a cell's set-up code."""


def pack(
    call: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    setup: Callable[[], Any] | None = None,
    name: str = "",
) -> Payload:
    """Take a function with its arguments, and with all code of the project that it uses.

    Parameters
    ----------
    call : callable
        Plain or async; also a method, a partial or an object with `__call__`.
    args, kwargs : tuple and mapping
        Its arguments.
    setup : callable, optional
        Gives fresh arguments for each call instead.
    name : str
        Of the payload; the function's own by default.

    Returns
    -------
    Payload
        Without `data`, and with the reason, where something in it can't travel.

    Raises
    ------
    InvalidRequestError
        If `call` or `setup` can't be called.
    """
    for what, value in (("the code to measure", call), ("`setup`", setup)):
        if value is not None and not callable(value):
            raise InvalidRequestError(f"{what} must be a function, got `{value!r:.60}`")
    if call is None:
        raise InvalidRequestError("the code to measure must be a function, got `None`")
    _, core = shape_of(call)
    recipe = Recipe(call, tuple(args), dict(kwargs or {}), setup, is_async(call))
    data, why_not = _packed({"kind": "function"}, recipe, _by_reference(recipe))
    code = code_of(core)
    qualname = getattr(core, "__qualname__", type(core).__qualname__)
    return Payload(
        name=name or getattr(core, "__name__", qualname),
        kind="function",
        module=getattr(core, "__module__", None) or "",
        qualname=qualname,
        file=code.co_filename if code is not None else "",
        source=source_of(core),
        data=data,
        why_not=why_not,
        recipe=recipe,
    )


def pack_cell(source: str, namespace: Mapping[str, Any], *, setup: str = "", name: str = "") -> Payload:
    """Take the text of a cell with the names of the kernel that it uses.

    Parameters
    ----------
    source : str
        Python; magics are transformed already.
    namespace : mapping of str to object
        The kernel's names; left as they are.
    setup : str
        Code that runs before each call in the cell's own names.
    name : str
        Of the payload.

    Returns
    -------
    Payload

    Raises
    ------
    InvalidRequestError
        If the text is no Python, or uses a name that is nowhere to be found.
    """
    text = CellText(source, setup)
    names = names_needed(text, namespace)
    run = cell_call(text, names)
    header = {"kind": "cell", "source": source, "setup": setup}
    data, why_not = _packed(header, names, None, text.compiled()[0])
    recipe = Recipe(run.call, setup=run.setup, is_async=run.is_async)
    return Payload(name or "cell", "cell", "", "", text.file, source, data, why_not, recipe, setup)


def unpack(data: bytes) -> Recipe:
    """Bring packed code to life; runs what is in it, so only for trusted bytes.

    Raises
    ------
    LabError
        If it was packed by another Python or a newer lab, or needs what is not installed here.
    """
    file = io.BytesIO(data)
    header = _header(file)
    value, importer = _loaded(lambda: loads_by_value(file))
    if header["kind"] == "function":
        call, args, kwargs, setup, is_async = value
        return Recipe(call, args, kwargs, setup, is_async)
    run = cell_call(
        CellText(header["source"], header["setup"]), value, importer.namespace if importer is not None else None
    )
    return Recipe(run.call, setup=run.setup, is_async=run.is_async)


def unpack_for(core: Callable[..., Any], data: bytes) -> Recipe:
    """A packed call with another function in the place of its own; trusted bytes only.

    Arguments of the project's own classes become those of the classes as they can be imported now.
    """
    file = io.BytesIO(data)
    header = _header(file)
    if header["n_reference"]:
        file.seek(header["n_value"], io.SEEK_CUR)
        try:
            shape, args, kwargs, setup = pickle.load(file)
        except Exception:  # noqa: BLE001  # a class is gone or changed: the kept one will do
            return unpack_for(core, _without_reference(data))
    else:
        recipe = unpack(data)
        shape, _ = shape_of(recipe.call)
        args, kwargs, setup = recipe.args, recipe.kwargs, recipe.setup
    call = reshaped(shape, core)
    return Recipe(call, args, kwargs, setup, is_async(call))


def pack_today(
    module: str,
    qualname: str,
    *,
    root: Path,
    args_from: bytes | None,
    name: str = "",
    instead_of: Path | None = None,
    limit_s: float = _IMPORT_LIMIT_S,
) -> Payload:
    """Take a function as it is on disk now, with the arguments of a kept payload, by way of a fresh process.

    Parameters
    ----------
    module, qualname : str
        Where it is.
    root : Path
        Searched first for modules.
    args_from : bytes, optional
        A payload whose arguments it gets; trusted.
    name : str
        Of the payload.
    instead_of : Path, optional
        A folder for which `root` stands: import paths inside it lead to the same places in `root`.
    limit_s : float, default 60
        Until the process is ended, seconds.

    Raises
    ------
    LabError
        If there is no such function any more, or it can't travel.
    """
    from subprocess import TimeoutExpired

    from tailgana_lab.measure.fresh import fresh_process, last_words, read_answer

    _refuse_unfindable(module, qualname)
    request = {
        "path": _import_path(root.absolute(), instead_of),
        "target": (module, qualname),
        "args_from": args_from,
        "name": name,
    }
    with tempfile.TemporaryDirectory(prefix="tailgana-today-", ignore_cleanup_errors=True) as folder:
        with fresh_process("tailgana_lab.measure.today", Path(folder), request) as process:
            try:
                process.wait(limit_s)
            except TimeoutExpired:
                raise LabError(f"importing `{module}` took more than {limit_s:g} s: it must end") from None
        answer = read_answer(Path(folder))
        if answer is None:
            raise LabError(f"importing `{module}` ended its process: {last_words(Path(folder)) or 'it said nothing'}")
    if isinstance(answer, str):
        raise LabError(answer)
    return Payload(**answer, recipe=unpack(answer["data"]))


def _refuse_unfindable(module: str, qualname: str) -> None:
    """Say so where a name does not lead to the function."""
    if module in ("", "__main__", "__mp_main__"):
        raise LabError(f"`{qualname}` is in no module that could be imported: give the function to compare with")
    if "<" in qualname:
        raise LabError(f"`{qualname}` was made inside a function or has no name: give the function to compare with")


def _import_path(root: Path, instead_of: Path | None) -> list[str]:
    """Where modules are searched: `root`, then as in this process."""
    path = [str(Path(each).absolute()) for each in sys.path]
    if instead_of is not None:
        old = instead_of.absolute()
        path = [str(root / Path(each).relative_to(old)) if Path(each).is_relative_to(old) else each for each in path]
    return list(dict.fromkeys([str(root), *path]))


def _packed(
    header: dict[str, Any], value: Any, reference: bytes | None, code: CodeType | None = None
) -> tuple[bytes | None, str]:
    """Bytes for `unpack`, or None and the reason."""
    if isinstance(value, Recipe):
        value = (value.call, value.args, value.kwargs, value.setup, value.is_async)
    try:
        body, files = dumps_by_value(value, code)
    except CannotTravelError as error:
        return None, str(error)
    header |= {
        "format": FORMAT,
        "python": sys.version_info[:2],
        "implementation": sys.implementation.name,
        "sources": {file: "".join(linecache.getlines(file)) for file in sorted(files)},
        "n_value": len(body),
        "n_reference": len(reference or b""),
    }
    return b"".join([pickle.dumps(header), body, reference or b""]), ""


def _header(file: io.BytesIO) -> dict[str, Any]:
    """What stands before the code; makes its source known to tracebacks."""
    header: dict[str, Any] = _loaded(lambda: pickle.load(file))
    if header["format"] > FORMAT:
        raise LabError("this was packed by a newer tailgana_lab: upgrade to run it")
    here = (sys.implementation.name, *sys.version_info[:2])
    then = (header["implementation"], *header["python"])
    if then != here:
        old, new = ("{} {}.{}".format(*each) for each in (then, here))
        raise LabError(f"this was packed by {old} and can't be run by {new}: take the baseline again")
    for source_file, source in header["sources"].items():
        if source and "".join(linecache.getlines(source_file)) != source:
            show_source(source_file, source)
    return header


def _without_reference(data: bytes) -> bytes:
    """The same payload without the arguments by reference."""
    file = io.BytesIO(data)
    header = pickle.load(file)
    body = file.read(header["n_value"])
    return pickle.dumps({**header, "n_reference": 0}) + body


def _loaded(load: Callable[[], Any]) -> Any:
    """What unpickling gives, its failure as one line."""
    try:
        return load()
    except Exception as error:
        text = " ".join(str(error).split())
        raise LabError(f"the kept code can't be loaded here: {type(error).__name__}: {text}") from error


def _by_reference(recipe: Recipe) -> bytes | None:
    """Arguments with the project's classes and functions by name, where they use any: today's run gets today's."""
    arguments = (shape_of(recipe.call)[0], recipe.args, recipe.kwargs, recipe.setup)
    pickler = _Noticing(_Nowhere())
    try:
        pickler.dump(arguments)
        return cloudpickle.dumps(arguments) if pickler.has_met_user_code else None
    except Exception:  # noqa: BLE001  # the reason is found again when it is taken by value
        return None


class _Nowhere:
    """A file that keeps nothing: arguments may be large."""

    def write(self, data: bytes) -> int:
        return len(data)


class _Noticing(cloudpickle.Pickler):  # type: ignore[misc]
    """Notes whether anything of the project was pickled."""

    def __init__(self, file: "_Nowhere") -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._modules = UserModules()
        self.has_met_user_code = False

    def reducer_override(self, obj: Any) -> Any:
        module = sys.modules.get(getattr(obj, "__module__", None) or "") if isinstance(obj, type) else None
        if inspect.isfunction(obj):
            module = sys.modules.get(obj.__module__ or "")
        self.has_met_user_code = self.has_met_user_code or self._modules.holds(module)
        return super().reducer_override(obj)
