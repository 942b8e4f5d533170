"""Cells of the notebook: rewrites those that carry our magic, and knows which ones are running.

A cell magic would run its body itself, with its own frames in every traceback and without top-level `await`.
So the cell is rewritten instead: its first line begins the profile, the rest is the body as IPython makes it,
and the profile ends when IPython says that the cell has ended.
"""

import ast
import linecache
import sys
from dataclasses import dataclass
from threading import get_ident
from types import FrameType
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")


class ProfiledCells:
    """An input transformer: a cell under the magic becomes one that begins a profile and goes on as usual.

    Parameters
    ----------
    shell : InteractiveShell
        Transforms the body.
    magic : str
        Name of the cell magic.
    begin : str
        Expression of the function that takes the magic's line and begins the profile.
    """

    def __init__(self, shell: Any, magic: str, begin: str) -> None:
        self._shell, self._magic, self._begin = shell, magic, begin

    def __call__(self, lines: list[str]) -> list[str]:
        """Lines of the cell as they are to be run."""
        call = self._call_in(lines)
        if call is None:
            return lines
        line, body = call
        try:
            text: str = self._shell.transform_cell(body)
        except Exception:  # any transformer's complaint: the magic itself meets it again, when called
            return lines
        return self._joined(line, _leading_blank(body) + text).splitlines(keepends=True)

    def _call_in(self, lines: list[str]) -> tuple[str, str] | None:
        """Line and body of the magic, if the cell is nothing but its call."""
        if len(lines) != 1 or not lines[0].startswith(f"get_ipython().run_cell_magic({self._magic!r}, "):
            return None
        statement = ast.parse(lines[0]).body[0]
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            return None
        _, line, body = (ast.literal_eval(argument) for argument in statement.value.args)
        return (line, body) if body.strip() else None

    def _joined(self, line: str, text: str) -> str:
        """Begin and body, so that the body's lines keep the numbers that the user sees."""
        begin, at = f"{self._begin}({line!r})", _end_of_future_imports(text)
        if at is None:
            return f"{begin}\n{text}"
        lines = text.splitlines(keepends=True)
        before = lines[at[0] - 1].encode()
        lines[at[0] - 1] = (before[: at[1]] + f"; {begin}".encode() + before[at[1] :]).decode()
        return "\n" + "".join(lines)

    def hide(self, file: str, line: str) -> None:
        """Show the magic's own line, as a comment, where a traceback would show the call of `begin`."""
        entry = linecache.cache.get(file)
        if entry is not None and len(entry) == 4:
            size, changed, lines, name = entry
            shown = f"# %%{self._magic} {line}".rstrip() + "\n"
            call = f"{self._begin}({line!r})"
            clean = [shown if each == f"{call}\n" else each.replace(f"; {call}", "") for each in lines]
            linecache.cache[file] = (size, changed, clean, name)


def _leading_blank(body: str) -> str:
    """The newlines of the blank lines at the top, which IPython takes away."""
    return "\n" * body[: len(body) - len(body.lstrip())].count("\n")


def _end_of_future_imports(text: str) -> tuple[int, int] | None:
    """Line (from 1) and column (bytes) after the last `from __future__` import; nothing may stand before those."""
    if "__future__" not in text:
        return None
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return None
    imports = [each for each in body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    if not imports:
        return None
    return imports[-1].end_lineno or 1, imports[-1].end_col_offset or 0


@dataclass(eq=False)
class RunningCell(Generic[Work]):
    """A cell between its start and its end."""

    info: Any
    """IPython's `ExecutionInfo`."""
    work: Work | None = None
    """What is to be ended with the cell."""


class RunningCells(Generic[Work]):
    """The cells that each thread is running, innermost last: a cell may run another one."""

    def __init__(self) -> None:
        self._of_thread: dict[int, list[RunningCell[Work]]] = {}

    @property
    def innermost(self) -> RunningCell[Work] | None:
        """The cell that this thread is running, if IPython has announced one."""
        return next(reversed(self._of_thread.get(get_ident(), [])), None)

    @property
    def depth(self) -> int:
        """Cells within cells, in this thread."""
        return len(self._of_thread.get(get_ident(), []))

    @property
    def at_work(self) -> list[RunningCell[Work]]:
        """Cells of all threads that have work to be ended."""
        return [cell for cells in self._of_thread.values() for cell in cells if cell.work is not None]

    def start(self, info: Any) -> list[RunningCell[Work]]:
        """IPython has announced the start of a cell: those that never will end, an interrupt having hit IPython."""
        cells = self._of_thread.setdefault(get_ident(), [])
        n_gone = max(0, len(cells) - max(0, _cells_on_stack() - 1))
        gone = cells[:n_gone]
        cells[:n_gone] = []
        cells.append(RunningCell(info))
        return gone

    def end(self, result: Any) -> list[RunningCell[Work]]:
        """IPython has announced the end of a cell: that cell, after any inside it whose end was never told.

        An empty cell ends without having started; then there is none.
        """
        cells = self._of_thread.get(get_ident(), [])
        at = next((i for i in range(len(cells) - 1, -1, -1) if result is None or _is_of(result, cells[i])), None)
        if at is None:
            return []
        ended = cells[at:][::-1]
        del cells[at:]
        if not cells:
            self._of_thread.pop(get_ident(), None)
        return ended


def _cells_on_stack() -> int:
    """Cells that IPython is running in this thread, the one that just starts included."""
    n_cells = 0
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        n_cells += frame.f_code.co_name == "run_cell_async"
        frame = frame.f_back
    return n_cells


def _is_of(result: Any, cell: RunningCell[Work]) -> bool:
    """Whether the result is that of the cell; an interrupted cell is described anew, so its text counts too."""
    return result.info is cell.info or (result.info is not None and result.info.raw_cell == cell.info.raw_cell)
