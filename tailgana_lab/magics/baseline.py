"""`%%tailgana_baseline` and `%tailgana_baseline`: code that is kept with its figures, and raced against today's."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from tailgana_lab.errors import LabError
from tailgana_lab.magics.options import read_line
from tailgana_lab.magics.words import read_expression_line
from tailgana_lab.settings import describe_options, option, positive_seconds, usage_of

if TYPE_CHECKING:
    import pandas as pd

    from tailgana_lab.lab import Lab
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.history import History
    from tailgana_lab.results.regression import RegressionReport

Answer = TypeVar("Answer")
MAGIC = "tailgana_baseline"
BUDGET_HELP = "seconds that the whole call may take; `TAILGANA_BUDGET_S` sets the default, else 15"


def _budget() -> Any:
    return option(None, BUDGET_HELP, metavar="S", read=positive_seconds)


def _name(text: str = "name of a baseline that is kept") -> Any:
    return option(None, text, metavar="NAME", is_positional=True)


@dataclass(frozen=True)
class CellOptions:
    """What may stand after `%%tailgana_baseline`."""

    name: str = _name("name under which it is kept")
    setup: str = option("", "code that makes fresh names before each call", metavar="CODE")
    budget_s: float | None = _budget()
    isolate: bool = option(False, "run it in fresh processes, or fail where it cannot travel")
    in_kernel: bool = option(False, "run it in this kernel only")


@dataclass(frozen=True)
class SaveOptions:
    """What may stand after `%tailgana_baseline save`."""

    name: str = _name("name under which it is kept")
    expression: str = option(None, "what is measured, such as `clean(7)`", metavar="EXPR", is_positional=True)
    setup: str = option("", "code that makes fresh names before each call", metavar="CODE")
    budget_s: float | None = _budget()
    isolate: bool = option(False, "run it in fresh processes, or fail where it cannot travel")
    in_kernel: bool = option(False, "run it in this kernel only")


@dataclass(frozen=True)
class CheckOptions:
    """What may stand after `%tailgana_baseline check`."""

    name: str = _name()
    expression: str = option(
        "", "today's side; without it the same code, as it is now", metavar="EXPR", is_positional=True
    )
    commit: str | None = option(None, "race against the code of that commit instead", metavar="REV")
    force: bool = option(False, "compare figures of unlike machines too, where the code cannot run again")
    budget_s: float | None = _budget()


@dataclass(frozen=True)
class ListOptions:
    """What may stand after `%tailgana_baseline list`: nothing."""


@dataclass(frozen=True)
class NameOptions:
    """What may stand after `history` and `remove`."""

    name: str = _name()


@dataclass(frozen=True)
class CompareOptions:
    """What may stand after `%tailgana_baseline compare`."""

    old: str = option(None, "a baseline that is kept", metavar="A", is_positional=True)
    new: str = option(None, "the one that is raced against it", metavar="B", is_positional=True)
    budget_s: float | None = _budget()


@magics_class
class BaselineMagics(Magics):
    """The magics of baselines, for one shell."""

    shell: Any  # IPython's own annotation allows for none

    @no_var_expand  # braces and dollars of an expression are its own
    @line_cell_magic
    def tailgana_baseline(self, line: str, cell: str | None = None) -> Any:
        """Keep code with its figures, and race it against today's."""
        if cell is not None:
            return self._keep_cell(line, cell)
        if not line.strip():
            return ask(lambda lab: lab.establish_baseline())
        word, _, rest = line.strip().partition(" ")
        if word not in ACTIONS:
            raise UsageError(_unknown_action(word))
        action = ACTIONS[word]
        read = read_expression_line if action.has_expression else read_line
        return action.run(self, read(action.options, rest, f"%{MAGIC} {word}"))

    def _keep_cell(self, line: str, cell: str) -> "Baseline":
        options = read_line(CellOptions, line, f"%%{MAGIC}")
        if not cell.strip():
            raise UsageError(f"`%%{MAGIC}` has no cell to measure: write code below it")
        return self._keep(options, self.shell.transform_cell(cell))

    def save(self, options: SaveOptions) -> "Baseline":
        """Measure an expression and keep it."""
        return self._keep(options, checked_expression(options.expression))

    def _keep(self, options: CellOptions | SaveOptions, source: str) -> "Baseline":
        if options.isolate and options.in_kernel:
            raise UsageError("`--isolate` and `--in-kernel` exclude each other: leave one out")
        isolate = True if options.isolate else False if options.in_kernel else None
        how: dict[str, Any] = {"setup": options.setup, "budget_s": options.budget_s, "isolate": isolate}
        return ask(lambda lab: lab.baseline_cell(options.name, source, self.shell.user_ns, **how))

    def check(self, options: CheckOptions) -> "RegressionReport":
        """Race a baseline against today's code."""
        how: dict[str, Any] = {"commit": options.commit, "force": options.force, "budget_s": options.budget_s}
        if not options.expression:
            return ask(lambda lab: lab.check(options.name, **how))
        source = checked_expression(options.expression)
        return ask(lambda lab: lab.check_cell(options.name, source, self.shell.user_ns, **how))

    def table(self, _options: ListOptions) -> "pd.DataFrame":
        """All baselines that are kept."""
        return ask(lambda lab: lab.baselines())

    def history(self, options: NameOptions) -> "History":
        """What was measured under a name, over time."""
        return ask(lambda lab: lab.history(options.name))

    def compare(self, options: CompareOptions) -> "Comparison":
        """Race two baselines."""
        return ask(lambda lab: lab.compare_baselines(options.old, options.new, budget_s=options.budget_s))

    def remove(self, options: NameOptions) -> None:
        """Forget a baseline."""
        ask(lambda lab: lab.remove_baseline(options.name))


@dataclass(frozen=True)
class Action:
    """One word after `%tailgana_baseline`."""

    options: type
    """The dataclass that declares what may follow."""
    run: Callable[[BaselineMagics, Any], Any]
    """Does it."""
    help: str
    """What it does, one line."""
    has_expression: bool = False
    """Whether an expression follows, which is taken as it is written."""


ACTIONS = {
    "save": Action(SaveOptions, BaselineMagics.save, "measure an expression and keep it", has_expression=True),
    "check": Action(CheckOptions, BaselineMagics.check, "race a baseline against today's code", has_expression=True),
    "list": Action(ListOptions, BaselineMagics.table, "all baselines that are kept"),
    "history": Action(NameOptions, BaselineMagics.history, "what was measured under a name, over time"),
    "compare": Action(CompareOptions, BaselineMagics.compare, "race two baselines"),
    "remove": Action(NameOptions, BaselineMagics.remove, "forget a baseline"),
}
NAMED = frozenset({"check", "history", "compare", "remove"})
"""Actions that want the name of a baseline that is kept."""


def ask(call: "Callable[[Lab], Answer]") -> Answer:
    """What the lab answers; its refusal becomes the one line that fails the cell."""
    from tailgana_lab.lab import default_lab

    try:
        return call(default_lab())
    except LabError as error:
        raise UsageError(" ".join(str(error).split())) from None


def checked_expression(text: str) -> str:
    """The expression, if it is one.

    Raises
    ------
    UsageError
        If Python cannot read it.
    """
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError) as error:
        why = getattr(error, "msg", str(error))
        raise UsageError(f"`{text}` is no expression ({why}): write a call, such as `clean(7)`") from None
    return text


def _unknown_action(word: str) -> str:
    near = get_close_matches(word, ACTIONS, n=1)
    known = ", ".join(f"`{each}`" for each in ACTIONS)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {known}"
    return f"`%{MAGIC}` knows no `{word}`: {hint}"


def complete(text: str) -> list[str]:
    """Words that may follow what stands on a magic's line."""
    magic, *words = text.split()
    if magic.startswith("%%"):
        return _option_words(CellOptions)
    if not words or (len(words) == 1 and not text[-1].isspace()):
        return list(ACTIONS)
    action = ACTIONS.get(words[0])
    if action is None:
        return []
    return [*(_kept_names() if words[0] in NAMED else ()), *_option_words(action.options)]


def _option_words(kind: type) -> list[str]:
    from tailgana_lab.settings import options_of

    return [word for word, this, _ in options_of(kind).values() if not this.is_positional]


def _kept_names() -> list[str]:
    """Names of all baselines; none where the store cannot be read, which the magic itself will say."""
    from tailgana_lab.lab import default_lab

    try:
        return [str(name) for name in default_lab().baselines()["name"]]
    except LabError:
        return []


def _help_of_actions() -> str:
    lines = []
    for word, action in ACTIONS.items():
        usage = usage_of(action.options)
        lines.append(f"  %{MAGIC} {word} {usage}".rstrip() + f"\n      {action.help}")
    return "\n".join(lines)


BaselineMagics.tailgana_baseline.__doc__ = f"""Keep code with its figures, and race it against today's.

  %%{MAGIC} {usage_of(CellOptions)}
      measure the cell and keep it, with all that is needed to run it again
{_help_of_actions()}
  %{MAGIC}
      measure the standard operations of the lab itself

{describe_options(CellOptions)}

With `check`: {describe_options(CheckOptions).strip()}
"""
