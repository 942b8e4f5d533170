"""`%%tailgana_baseline` and its words: what reaches the lab, what comes back, and what is refused."""

from typing import Any

import pytest

from tailgana_lab import lab
from tailgana_lab.errors import LabError
from tailgana_lab.magics.baseline import ACTIONS
from tests.specimens import make_baseline, make_comparison, make_history, make_performance, make_report

MAGIC = "tailgana_baseline"


class AskedLab(lab.Lab):
    """Gives specimens, and remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []
        self.refusal = ""

    def _answer(self, result: Any, *asked: Any) -> Any:
        if self.refusal:
            raise LabError(self.refusal)
        self.asked.append(asked)
        return result

    def baseline_cell(self, name: str, source: str, namespace: Any, **how: Any) -> Any:
        return self._answer(make_baseline(name=name), "baseline_cell", name, source.strip(), "x" in namespace, how)

    def check(self, name: str, func: Any = None, *args: Any, **how: Any) -> Any:
        return self._answer(make_report(), "check", name, how)

    def check_cell(self, name: str, source: str, namespace: Any, **how: Any) -> Any:
        return self._answer(make_report(), "check_cell", name, source, "x" in namespace, how)

    def compare_baselines(self, a: str, b: str, budget_s: float | None = None) -> Any:
        return self._answer(make_comparison(), "compare_baselines", a, b, budget_s)

    def baselines(self) -> Any:
        import pandas as pd

        return self._answer(pd.DataFrame({"name": ["tidy", "again"]}), "baselines")

    def history(self, name: str) -> Any:
        return self._answer(make_history(), "history", name)

    def remove_baseline(self, name: str) -> int:
        return int(self._answer(1, "remove_baseline", name))

    def establish_baseline(self, *scope: Any, **how: Any) -> Any:
        return self._answer(make_performance(), "establish_baseline")


@pytest.fixture
def asked(book: Any, monkeypatch: pytest.MonkeyPatch) -> AskedLab:
    stand_in = AskedLab()
    monkeypatch.setattr(lab, "_default", stand_in)
    return stand_in


def test_a_cell_is_kept_under_its_name_with_the_notebooks_names(book, asked: AskedLab) -> None:
    book.must("x = 1")
    ran = book.must(f"%%{MAGIC} tidy --setup 'y = 2' --budget-s 3 --in-kernel\nx + y")
    how = {"setup": "y = 2", "budget_s": 3.0, "isolate": False}
    assert asked.asked == [("baseline_cell", "tidy", "x + y", True, how)]
    assert ran.result.result.name == "tidy"


@pytest.mark.parametrize(("switch", "isolate"), [("", None), ("--isolate", True), ("--in-kernel", False)])
def test_where_it_runs_is_left_to_the_lab_unless_told(book, asked: AskedLab, switch: str, isolate: Any) -> None:
    book.must(f"%{MAGIC} save tidy f(7) {switch}")
    assert asked.asked[0][-1]["isolate"] is isolate


def test_an_expression_reaches_the_lab_as_it_is_written(book, asked: AskedLab) -> None:
    book.must("x = 1")
    book.must(f"%{MAGIC} save tidy clean({{'k': 'a  b'}}, $x)".replace("$x", "x"))
    assert asked.asked[0][:4] == ("baseline_cell", "tidy", "clean({'k': 'a  b'}, x)", True)


def test_a_check_without_an_expression_is_of_the_code_as_it_is_now(book, asked: AskedLab) -> None:
    ran = book.must(f"%{MAGIC} check tidy --commit HEAD~1")
    assert asked.asked == [("check", "tidy", {"commit": "HEAD~1", "force": False, "budget_s": None})]
    assert type(ran.result.result).__name__ == "RegressionReport"


def test_a_check_with_an_expression_is_of_that(book, asked: AskedLab) -> None:
    book.must("x = 1")
    book.must(f"%{MAGIC} check tidy clean(x)")
    assert asked.asked == [("check_cell", "tidy", "clean(x)", True, {"commit": None, "force": False, "budget_s": None})]


@pytest.mark.parametrize(
    ("line", "call", "kind"),
    [
        ("", ("establish_baseline",), "PerformanceBaseline"),
        ("list", ("baselines",), "DataFrame"),
        ("history tidy", ("history", "tidy"), "History"),
        ("compare a b --budget-s 4", ("compare_baselines", "a", "b", 4.0), "Comparison"),
        ("remove 'two words'", ("remove_baseline", "two words"), "NoneType"),
    ],
)
def test_each_word_asks_the_lab_and_gives_its_answer(book, asked: AskedLab, line: str, call: Any, kind: str) -> None:
    ran = book.must(f"%{MAGIC} {line}")
    assert asked.asked == [call]
    assert type(ran.result.result).__name__ == kind


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (f"%{MAGIC} frobnicate", "frobnicate"),
        (f"%{MAGIC} chekc tidy", "`check`"),
        (f"%{MAGIC} check tidy --comit x", "--comit"),
        (f"%{MAGIC} check tidy clean(7", "clean(7"),
        (f"%{MAGIC} check tidy clean(7) or", "clean(7) or"),
        (f"%{MAGIC} save tidy", "EXPR"),
        (f"%{MAGIC} history", "NAME"),
        (f"%{MAGIC} list all", "all"),
        (f"%{MAGIC} save tidy f() --isolate --in-kernel", "--in-kernel"),
        (f"%%{MAGIC} tidy --budget-s never\nx", "never"),
        (f"%%{MAGIC}\nx = 1", "NAME"),
        (f"%%{MAGIC} tidy\n   \n", "no cell"),
    ],
)
def test_a_wrong_word_fails_the_cell_in_one_line_that_names_it(book, asked: AskedLab, code: str, word: str) -> None:
    ran = book.run(code)
    assert not ran.result.success
    assert word in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert asked.asked == []


def test_a_refusal_of_the_lab_is_one_line(book, asked: AskedLab) -> None:
    asked.refusal = "no baseline is called `nosuchname`:\nthere are `tidy`"
    ran = book.run(f"%{MAGIC} check nosuchname")
    assert not ran.result.success
    assert ran.stderr.strip() == "UsageError: no baseline is called `nosuchname`: there are `tidy`"


def test_results_are_shown_in_every_form_and_without_a_script(book, asked: AskedLab) -> None:
    for line, kind in (("check tidy", "regression"), ("history tidy", "history"), ("", "performance-baseline")):
        shown = book.must(f"%{MAGIC} {line}").result.result
        bundle, _ = book.shell.display_formatter.format(shown)
        assert {f"application/vnd.tailgana.{kind}+json", "text/html", "text/plain"} <= set(bundle)
        assert "<script" not in bundle["text/html"]


def test_words_options_and_kept_names_complete(book, asked: AskedLab) -> None:
    assert set(ACTIONS) <= book.complete(f"%{MAGIC} ")
    assert {"tidy", "again", "--commit"} <= book.complete(f"%{MAGIC} check ")
    assert "--in-kernel" in book.complete(f"%%{MAGIC} --in")


def test_help_names_every_word_and_option(book) -> None:
    text = book.shell.magics_manager.magics["line"][MAGIC].__doc__
    assert [word for word in ACTIONS if f"%{MAGIC} {word}" not in text] == []
    for option in ("--setup CODE", "--budget-s S", "--isolate", "--in-kernel", "--commit REV"):
        assert option in text


def test_unloading_takes_the_magics_out(book) -> None:
    book.shell.run_line_magic("unload_ext", "tailgana_lab")
    assert MAGIC not in book.shell.magics_manager.magics["line"]
    assert "tailgana_race" not in book.shell.magics_manager.magics["cell"]
    book.shell.run_line_magic("load_ext", "tailgana_lab")
