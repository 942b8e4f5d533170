"""`%%tailgana_profile`, `%tailgana_profile on|off|status` and `%tailgana_report`: options in, profiles shown."""

import ast
import sys
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from tailgana_lab.errors import LabError
from tailgana_lab.magics.cells import ProfiledCells, RunningCell, RunningCells
from tailgana_lab.magics.display import prepare, show
from tailgana_lab.magics.options import ModeOptions, ProfileOptions, ReportOptions, read_line
from tailgana_lab.settings import describe_options, usage_of

if TYPE_CHECKING:
    from tailgana_lab.lab import Session
    from tailgana_lab.results.profile import Profile

MAGIC = "tailgana_profile"
_BEGIN = "get_ipython().magics_manager.registry['ProfileMagics'].begin"

PROFILE_HELP = f"""Profile a cell: what every thread did, why it waited, and which lines cost the time.

  %%{MAGIC} {usage_of(ProfileOptions)}
  %{MAGIC} on | off | status

The cell runs once, as it would without the magic; its profile follows its own output.

{describe_options(ProfileOptions)}

With one `%`: `on` profiles every cell that follows, `off` ends that, `status` says which.
"""
REPORT_HELP = f"""Write one offline HTML file of what this notebook has measured.

  %tailgana_report PATH

{describe_options(ReportOptions)}
"""


@dataclass(eq=False)
class Running:
    """A profile that runs."""

    session: "Session"
    options: ProfileOptions
    line: str
    """The magic's line, as it stands in the cell."""
    file: str
    """Name of the compiled cell, as in its code objects; empty until it is known."""
    is_mode: bool
    """Whether `%tailgana_profile on` began it, not a magic in the cell."""


@magics_class
class ProfileMagics(Magics):
    """The magics of the profiler, for one shell."""

    shell: Any  # IPython's own annotation allows for none

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.is_on = False
        self.cells: RunningCells[Running] = RunningCells()
        self.rewrite = ProfiledCells(shell, MAGIC, _BEGIN)

    @line_cell_magic
    def tailgana_profile(self, line: str, cell: str | None = None) -> None:
        """Profile a cell, or every cell."""
        __tracebackhide__ = True  # an error of the body is shown without this frame
        if cell is None:
            self._switch(read_line(ModeOptions, line, f"%{MAGIC}").mode)
        elif not cell.strip():
            raise UsageError(f"`%%{MAGIC}` has no cell to profile: write code below it")
        else:
            self._run_here(line, cell)

    tailgana_profile.__doc__ = PROFILE_HELP

    @line_magic
    def tailgana_report(self, line: str) -> str:
        """Write the report."""
        from tailgana_lab.lab import report

        path = read_line(ReportOptions, line, "%tailgana_report").path
        try:
            return report(path)
        except LabError as error:
            raise UsageError(str(error)) from None

    tailgana_report.__doc__ = REPORT_HELP

    def begin(self, line: str) -> None:
        """Begin the profile of the cell that calls this: the first statement of a cell under the magic."""
        cell = self.cells.innermost
        if cell is None:
            return  # a silent cell: nobody would see the profile
        if cell.work is not None and not cell.work.is_mode:
            if cell.work.line == line:
                return  # the statement runs again, as under `%%timeit`
            raise UsageError(f"this cell is profiled already: one `%%{MAGIC}` is enough")
        file = sys._getframe(1).f_code.co_filename
        self.rewrite.hide(file, line)
        options = read_line(ProfileOptions, self.shell.var_expand(line, 1), f"%%{MAGIC}")
        cell.work = self._started(options, line, file)

    def cell_starts(self, info: Any) -> None:
        """IPython is about to run a cell."""
        for gone in self.cells.start(info):
            self._drop(gone)
        cell, is_own = self.cells.innermost, info.store_history and not info.silent and self.cells.depth == 1
        if cell is None or not (self.is_on and is_own) or info.raw_cell.lstrip().startswith(f"%{MAGIC} "):
            return
        try:
            cell.work = self._started(ProfileOptions(), "", "", is_mode=True)
        except UsageError as error:
            self._say(error)

    def cell_ends(self, result: Any) -> None:
        """IPython has run a cell."""
        for cell in self.cells.end(result):
            if cell.work is not None:
                running, cell.work = cell.work, None
                running.file = running.file or self._file_of(result)
                self._finish(running, cell.info.raw_cell)

    def stop_all(self) -> None:
        """End whatever still runs, and show nothing of it."""
        for cell in self.cells.at_work:
            self._drop(cell)

    def _started(self, options: ProfileOptions, line: str, file: str, *, is_mode: bool = False) -> Running:
        """A profile that has begun; all that showing it needs is imported before, nothing while the cell runs."""
        from tailgana_lab.lab import default_lab

        try:
            session = default_lab().session(options.name, interval_ms=options.interval_ms, memory=options.memory)
            if not options.quiet:
                prepare(self.shell)
            self._drop_modes()
            session.start()
        except LabError as error:
            raise UsageError(str(error)) from None
        return Running(session, options, line, file, is_mode)

    def _drop(self, cell: RunningCell[Running]) -> None:
        """End the profile of a cell and forget it."""
        if cell.work is not None:
            running, cell.work = cell.work, None
            running.session.stop()

    def _drop_modes(self) -> None:
        """The same for what `on` began in cells that still run."""
        for cell in self.cells.at_work:
            if cell.work is not None and cell.work.is_mode:
                self._drop(cell)

    def _finish(self, running: Running, source: str) -> None:
        """End the profile, keep it, show it and save it; what fails is said on one line, the cell is over."""
        try:
            profile = running.session.stop()
            if not profile.is_complete:
                return  # a forked child that came this far: the parent has the profile
            profile.attach_cell(source, running.file)
            self._hand_over(profile, running.options)
        except (Exception, KeyboardInterrupt) as error:  # becomes a shown message
            self._say(error)

    def _hand_over(self, profile: "Profile", options: ProfileOptions) -> None:
        from tailgana_lab.lab import default_lab

        default_lab().keep(profile)
        if options.into:
            self.shell.user_ns[options.into] = profile
        if not options.quiet:
            show(profile, self.shell, top=options.top, snakeviz=options.snakeviz)
        if options.save:
            profile.save(options.save)

    def _say(self, error: BaseException) -> None:
        """Show what went wrong beside the cell, on one line."""
        text = " ".join(str(error).split())
        said = text if isinstance(error, LabError | UsageError) else f"{type(error).__name__} {text}".strip()
        print(f"{MAGIC}: {said}", file=sys.stderr)  # noqa: T201  # where IPython shows usage errors too

    def _file_of(self, result: Any) -> str:
        """Name under which IPython compiled the cell."""
        if result is None or result.info is None:
            return ""
        raw = result.info.raw_cell
        name: str = self.shell.compile.get_code_name(raw, self.shell.transform_cell(raw), result.execution_count or 0)
        return name

    def _switch(self, mode: str) -> None:
        """Turn the profiling of every cell on or off, or tell."""
        if mode != "status":
            self.is_on = mode == "on"
        if mode == "off":
            self._drop_modes()
        what = "on: every cell that follows is profiled" if self.is_on else f"off: `%{MAGIC} on` profiles every cell"
        print(f"{MAGIC} is {what}")  # noqa: T201  # the answer of a magic

    def _run_here(self, line: str, cell: str) -> None:
        """Run a cell that another cell or a function gave to the magic, the way `%%time` runs one."""
        __tracebackhide__ = True
        options = read_line(ProfileOptions, line, f"%%{MAGIC}")
        body, last = self._compiled(cell)
        running = self._started(options, line, body.co_filename)
        try:
            exec(body, self.shell.user_ns)  # noqa: S102  # the user's own cell
            self.shell.displayhook(eval(last, self.shell.user_ns))  # noqa: S307
        finally:
            self._finish(running, cell)

    def _compiled(self, cell: str) -> tuple[CodeType, CodeType]:
        """The statements of a cell, and its last expression, or one that is None."""
        __tracebackhide__ = True
        shell = self.shell
        source = shell.transform_cell(cell)
        name = shell.compile.cache(source, shell.execution_count - 1, raw_code=cell)
        body = shell.transform_ast(shell.compile.ast_parse(source, filename=name)).body
        last = body.pop().value if body and isinstance(body[-1], ast.Expr) else ast.Constant(None)
        expression = ast.fix_missing_locations(ast.Expression(last))
        return shell.compile(ast.Module(body, []), name, "exec"), shell.compile(expression, name, "eval")
