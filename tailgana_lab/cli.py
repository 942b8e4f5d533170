"""The command line: `tailgana tour | check | report | bench | store`. Text in, a call of the lab, text out."""

import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import move
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.reporting.gate import GATES, UNTOLD, Checked, exit_code, render_json, render_markdown, render_text
from tailgana_lab.settings import (
    add_options,
    from_values,
    option,
    page_to_write,
    positive_seconds,
    whole_number,
)

if TYPE_CHECKING:
    from tailgana_lab.lab import Lab

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 3, 130
"""Exit codes; 2 says that a check cannot tell, so a usage error is not the parser's usual 2."""

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
class CheckOptions:
    """Options of `tailgana check`."""

    names: tuple[str, ...] = option(
        (), "baselines to check; without one all that are kept", metavar="NAME", is_positional=True, is_many=True
    )
    fail_on: str = option("moderate", f"severity that fails: {', '.join(GATES)}", metavar="SEVERITY", choices=GATES)
    commit: str | None = option(None, "race against the code of that commit instead", metavar="REV")
    budget_s: float | None = option(
        None, "seconds that each may take; `TAILGANA_BUDGET_S`, else 15", metavar="S", read=positive_seconds
    )
    json: bool = option(False, "print one JSON object")
    markdown: bool = option(False, "print a table for the summary of a build")


@dataclass(frozen=True)
class StoreListOptions:
    """Options of `tailgana store list`."""

    query: str = option("", "words that all must occur", metavar="TEXT")
    limit: int = option(20, "records at most", metavar="N", read=whole_number)


@dataclass(frozen=True)
class StoreFileOptions:
    """Options of `tailgana store export` and `import`."""

    path: str = option(None, "the file", metavar="PATH", is_positional=True)


@dataclass(frozen=True)
class StoreVacuumOptions:
    """Options of `tailgana store vacuum`."""

    days: int = option(90, "age from which short-term records are dropped", metavar="N", read=whole_number)


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
    """Write one page from profiles that were saved, or of the baselines that are kept."""
    from tailgana_lab.lab import Lab
    from tailgana_lab.results.profile import Profile

    lab = Lab()
    for saved in options.profiles:
        lab.keep(Profile.load(saved))
    if not options.profiles:
        _remember_kept(lab)
    print(f"wrote {lab.report(options.path)}")
    return OK


def _remember_kept(lab: "Lab") -> None:
    """Take each baseline of the store with its history into the report."""
    kept = lab.book.newest()
    if not kept:
        raise InvalidRequestError(
            f"no baseline is kept in `{lab.store.place}`, so name profiles: `%%tailgana_profile --save` writes them"
        )
    for name, each in kept.items():
        lab.remember(each.baseline)
        lab.history(name)


def run_check(options: CheckOptions) -> int:
    """Race kept baselines against today's code."""
    if options.json and options.markdown:
        raise InvalidRequestError("`--json` and `--markdown` exclude each other: leave one out")
    from tailgana_lab.lab import Lab

    lab = Lab()
    try:
        names = _names_to_check(lab, options.names)
    except InvalidRequestError:
        raise
    except LabError as error:  # a store that cannot be read: nothing regressed, nothing is fine
        return _say(error, UNTOLD)
    checked = [_check(lab, name, options) for name in names]
    if options.json:
        print(render_json(checked, options.fail_on))
    elif checked:
        print(render_markdown(checked, options.fail_on) if options.markdown else render_text(checked))
    if not checked:
        _say(f"no baseline is kept in `{lab.store.place}`: keep one with `%tailgana_baseline save`", UNTOLD)
    return exit_code(checked, options.fail_on)


def _names_to_check(lab: "Lab", wanted: Sequence[str]) -> list[str]:
    """The names, all of which are there, or none where the store is empty."""
    kept = list(lab.book.newest())
    for name in wanted if kept else ():
        if name not in kept:
            raise InvalidRequestError(f"no baseline `{name}`: there are {', '.join(f'`{each}`' for each in kept)}")
    return list(wanted or kept) if kept else []


def _check(lab: "Lab", name: str, options: CheckOptions) -> Checked:
    """One check; what keeps it from running is its answer."""
    try:
        return Checked(name, lab.check(name, commit=options.commit, budget_s=options.budget_s))
    except LabError as error:
        return Checked(name, problem=" ".join(str(error).split()))


def run_store_list(options: StoreListOptions) -> int:
    """Show records, the newest first."""
    from tailgana_lab.storage.commands import list_records
    from tailgana_lab.storage.store import Store

    print(list_records(Store(), options.query, limit=options.limit))
    return OK


def run_store_export(options: StoreFileOptions) -> int:
    """Write all records to a file."""
    from tailgana_lab.storage.commands import export_records
    from tailgana_lab.storage.store import Store

    print(export_records(Store(), options.path))
    return OK


def run_store_import(options: StoreFileOptions) -> int:
    """Take in what a file holds."""
    from tailgana_lab.storage.commands import import_records
    from tailgana_lab.storage.store import Store

    print(import_records(Store(), options.path))
    return OK


def run_store_vacuum(options: StoreVacuumOptions) -> int:
    """Drop old short-term records and give their space back."""
    from tailgana_lab.storage.commands import vacuum_records
    from tailgana_lab.storage.store import Store

    print(vacuum_records(Store(), days=options.days))
    return OK


def run_bench(options: BenchOptions) -> int:
    """Run the benchmarks against peers."""
    if not (SOURCE_TREE / "benchmarks" / "__main__.py").exists():
        raise LabError("the benchmarks come with the source tree, not with the package: clone it and say `make bench`")
    return subprocess.run([sys.executable, "-m", "benchmarks", *options.arguments], cwd=SOURCE_TREE).returncode


@dataclass(frozen=True)
class Command:
    """One word after `tailgana`, or after one of its commands."""

    help: str
    """What it does, one line."""
    options: type | None = None
    """The dataclass that declares what may follow; None where one of `actions` must."""
    run: Callable[[Any], int] | None = None
    """Does it, and gives the exit code."""
    takes_all: bool = False
    """Whether options that are not its own are handed on."""
    actions: Mapping[str, "Command"] = field(default_factory=dict)
    """Words of which one must follow."""


STORE_ACTIONS = {
    "list": Command("show records, the newest first", StoreListOptions, run_store_list),
    "export": Command("write all records to one file, a bundle", StoreFileOptions, run_store_export),
    "import": Command("take in a bundle, or JSON of pytest-benchmark or asv", StoreFileOptions, run_store_import),
    "vacuum": Command("drop old short-term records and give the space back", StoreVacuumOptions, run_store_vacuum),
}
COMMANDS = {
    "tour": Command("run the tour notebook on real input and write its report", TourOptions, run_tour),
    "check": Command("race kept baselines against today's code: did something regress?", CheckOptions, run_check),
    "report": Command("write one offline HTML page of saved profiles or kept baselines", ReportOptions, run_report),
    "bench": Command("run the benchmarks against peers", BenchOptions, run_bench, takes_all=True),
    "store": Command("look into the store, carry it elsewhere, or tidy it", actions=STORE_ACTIONS),
}
_CODES = f"exit codes: {OK} done, {FAILED} failed, {USAGE} wrong usage"
_CHECK_CODES = "exit codes: 0 nothing regressed, 1 something did, 2 it cannot be told, 3 wrong usage"


class _Parser(ArgumentParser):
    """Says what is wrong on one line and leaves with our own exit code."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {' '.join(message.split())}; `{self.prog} --help` tells more\n")


def build_parser() -> ArgumentParser:
    """The parser of all commands, made from their declared options."""
    parser = _Parser("tailgana", description="A performance lab for notebooks.", epilog=_CODES, allow_abbrev=False)
    parser.formatter_class = RawDescriptionHelpFormatter
    _add_commands(parser, COMMANDS, "command")
    return parser


def _add_commands(parser: ArgumentParser, commands: Mapping[str, Command], word: str) -> None:
    those = parser.add_subparsers(dest=word, metavar=word, required=True)
    for name, command in commands.items():
        its = those.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        its.epilog = _CHECK_CODES if command.run is run_check else None
        if command.options is not None:
            add_options(its, command.options)
        if command.actions:
            _add_commands(its, command.actions, "action")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after `tailgana`; those of the process by default.
    """
    parser = build_parser()
    chosen, extra = parser.parse_known_args(arguments)
    words, command = chosen.command, COMMANDS[chosen.command]
    if command.actions:
        words, command = f"{words} {chosen.action}", command.actions[chosen.action]
    if extra and not command.takes_all:
        parser.error(f"`{extra[0]}` means nothing to `tailgana {words}`")
    values = vars(chosen)
    if extra:  # with options among them, only the words as given keep their order
        given = list(sys.argv[1:] if arguments is None else arguments)
        values["arguments"] = given[given.index(chosen.command) + 1 :]
    return _run(command, values)


def _run(command: Command, values: Mapping[str, Any]) -> int:
    """Do it; what was refused or went wrong is said on one line."""
    if command.run is None or command.options is None:
        raise LabError("a command without a body")  # none is declared so
    try:
        return command.run(from_values(command.options, values))
    except InvalidRequestError as error:
        return _say(error, USAGE)
    except LabError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)


def _say(what: object, code: int) -> int:
    print(f"tailgana: {' '.join(str(what).split())}", file=sys.stderr)
    return code
