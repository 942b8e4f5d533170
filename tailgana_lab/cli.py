"""The command line: `tailgana tour | report | bench`. Text in, a call of the lab, text out."""

import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import move
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.settings import add_options, from_values, option, page_to_write

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 3, 130
"""Exit codes; 2 is kept for "cannot tell", so a usage error is not the parser's usual 2."""

SOURCE_TREE = Path(__file__).resolve().parents[1]
TOUR = SOURCE_TREE / "notebooks" / "00-tour.ipynb"
CELL_TIMEOUT_S = 300  # seconds that one cell may take; all of the tour takes some 30


@dataclass(frozen=True)
class TourOptions:
    """Options of `tailgana tour`."""

    output: str = option("tour.html", "page to write", metavar="PATH", read=page_to_write)


@dataclass(frozen=True)
class ReportOptions:
    """Options of `tailgana report`."""

    path: str = option(None, "page to write", metavar="PATH", read=page_to_write, is_positional=True)
    profiles: tuple[str, ...] = option(
        (), "profiles that were saved as .parquet or .json", metavar="PROFILE", is_positional=True, is_many=True
    )


@dataclass(frozen=True)
class BenchOptions:
    """Options of `tailgana bench`."""

    arguments: tuple[str, ...] = option((), "handed to the benchmarks", metavar="ARG", is_positional=True, is_many=True)


def run_tour(options: TourOptions) -> int:
    """Execute the tour notebook on this interpreter's own standard library, and keep its report."""
    if not TOUR.exists():
        raise LabError("the tour comes with the source tree, not with the package: clone it and say `make tour`")
    try:
        from nbclient.exceptions import CellExecutionError
    except ImportError as error:
        raise LabError(f"the tour needs the package `{error.name}`: `make install` brings it") from None
    with TemporaryDirectory(prefix="tailgana-tour-") as folder:
        try:
            execute_notebook(TOUR, Path(folder))
        except CellExecutionError as error:
            raise LabError(f"a cell of the tour raised {error.ename}: {error.evalue}") from None
        move(Path(folder) / "tour.html", options.output)
    print(f"wrote {options.output}")
    return OK


def execute_notebook(path: Path, folder: Path) -> Any:
    """Run a notebook's cells in a kernel of this interpreter, in that folder, with a bar that moves.

    Returns
    -------
    NotebookNode
        The notebook with its outputs.
    """
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from tqdm import tqdm

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    kernel = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))  # not one of the user's own
    with tqdm(total=sum(cell.cell_type == "code" for cell in notebook.cells), desc=path.stem, unit="cell") as bar:
        client = NotebookClient(
            notebook,
            km=kernel,
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=lambda **_: bar.update(),
        )
        return client.execute(cleanup_kc=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_report(options: ReportOptions) -> int:
    """Write one page from profiles that were saved."""
    from tailgana_lab.lab import Lab
    from tailgana_lab.results.profile import Profile

    if not options.profiles:
        raise InvalidRequestError("`tailgana report` wants saved profiles after the page: `%%tailgana_profile --save`")
    lab = Lab()
    for saved in options.profiles:
        lab.keep(Profile.load(saved))
    print(f"wrote {lab.report(options.path)}")
    return OK


def run_bench(options: BenchOptions) -> int:
    """Run the benchmarks against peers."""
    if not (SOURCE_TREE / "benchmarks" / "__main__.py").exists():
        raise LabError("the benchmarks come with the source tree, not with the package: clone it and say `make bench`")
    return subprocess.run([sys.executable, "-m", "benchmarks", *options.arguments], cwd=SOURCE_TREE).returncode


@dataclass(frozen=True)
class Command:
    """One word after `tailgana`."""

    options: type
    """The dataclass that declares what may follow."""
    run: Callable[[Any], int]
    """Does it, and gives the exit code."""
    help: str
    """What it does, one line."""
    takes_all: bool = False
    """Whether options that are not its own are handed on."""


COMMANDS = {
    "tour": Command(TourOptions, run_tour, "run the tour notebook on real input and write its report"),
    "report": Command(ReportOptions, run_report, "write one offline HTML page from saved profiles"),
    "bench": Command(BenchOptions, run_bench, "run the benchmarks against peers", takes_all=True),
}


class _Parser(ArgumentParser):
    """Says what is wrong on one line and leaves with our own exit code."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; `{self.prog} --help` tells more\n")


def build_parser() -> ArgumentParser:
    """The parser of all commands, made from their declared options."""
    codes = f"exit codes: {OK} done, {FAILED} failed, {USAGE} wrong usage"
    parser = _Parser("tailgana", description="A performance lab for notebooks.", epilog=codes, allow_abbrev=False)
    parser.formatter_class = RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        its = commands.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        add_options(its, command.options)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after `tailgana`; those of the process by default.
    """
    parser = build_parser()
    chosen, extra = parser.parse_known_args(arguments)
    command = COMMANDS[chosen.command]
    if extra and not command.takes_all:
        parser.error(f"`{extra[0]}` means nothing to `tailgana {chosen.command}`")
    values = vars(chosen)
    if extra:  # with options among them, only the words as given keep their order
        given = list(sys.argv[1:] if arguments is None else arguments)
        values["arguments"] = given[given.index(chosen.command) + 1 :]
    try:
        return command.run(from_values(command.options, values))
    except InvalidRequestError as error:
        return _say(error, USAGE)
    except LabError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)


def _say(what: object, code: int) -> int:
    print(f"tailgana: {what}", file=sys.stderr)
    return code
