import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from tailgana_lab import cli, lab
from tailgana_lab.errors import LabError
from tailgana_lab.storage.store import Store
from tests.factories import make_profile
from tests.specimens import make_baseline, make_comparison, make_report


def run(*words: str) -> int:
    return cli.main(list(words))


@pytest.mark.parametrize(
    "words",
    [
        *([], ["nope"], ["report"], ["report", "x.docx"], ["report", "x.html", "--foo"], ["tour", "--outpt", "x.html"]),
        *(["check", "--fail-on", "banana"], ["check", "--nonsense"], ["check", "--budget-s", "0"]),
        *(["store"], ["store", "frobnicate"], ["store", "export"], ["store", "import"], ["store", "vacuum", "x"]),
        *(["store", "list", "--limit", "-1"], ["store", "list", "x"]),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_3(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(*words)
    said = capsys.readouterr()
    assert left.value.code == 3
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


@pytest.mark.parametrize(
    "words", [["nope"], ["check", "--fail-on", "banana"], ["check", "--nonsense"], ["store", "frobnicate"]]
)
def test_a_wrong_word_is_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(*words)
    assert words[-1] in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_names_the_options_and_their_defaults(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(command, "--help")
    text = capsys.readouterr().out
    assert left.value.code == 0
    assert cli.COMMANDS[command].help in text
    assert "tour.html" in text or command != "tour"


def test_help_lists_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert [command for command in cli.COMMANDS if command not in text] == []
    assert "exit codes" in text


def test_report_makes_one_page_of_saved_profiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = [make_profile(name=name).save(tmp_path / f"{name}.json") for name in ("early", "late")]
    assert run("report", str(tmp_path / "page.html"), *saved) == 0
    text = (tmp_path / "page.html").read_text()
    assert "early" in text
    assert "late" in text
    assert capsys.readouterr().out == f"wrote {tmp_path}/page.html\n"


@pytest.mark.parametrize("saved", [[], ["missing.json"], ["page.prof"]])
def test_report_of_nothing_that_can_be_read_is_one_line(tmp_path, monkeypatch, capsys, saved: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", "page.html", *saved) == 3
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


class CheckedLab(lab.Lab):
    """Has baselines of these names; checks of them find this severity, or cannot be run."""

    def __init__(self, **severities: str) -> None:
        super().__init__()
        self.severities = severities

    def check(self, name: str, func: Any = None, *args: Any, **how: Any) -> Any:
        if self.severities[name] == "gone":
            raise LabError(f"`{name}`\nis gone")
        verdict = "same" if self.severities[name] == "none" else "slower"
        comparison = make_comparison(1.0 if verdict == "same" else 1.4)
        return make_report(self.severities[name], workload=name, verdict=verdict, comparison=comparison)

    @property
    def book(self) -> Any:
        return SimpleNamespace(newest=lambda: dict.fromkeys(self.severities))


@pytest.mark.parametrize(
    ("severities", "words", "code"),
    [
        ({}, [], 2),
        ({"calm": "none"}, [], 0),
        ({"calm": "none", "clean": "major"}, [], 1),
        ({"calm": "none", "clean": "major"}, ["calm"], 0),
        ({"clean": "minor"}, [], 0),
        ({"clean": "minor"}, ["--fail-on", "minor"], 1),
        ({"clean": "gone"}, [], 2),
        ({"clean": "none"}, ["other"], 3),
        ({"clean": "none"}, ["--json", "--markdown"], 3),
    ],
)
def test_a_check_exits_as_a_build_needs_it(monkeypatch, capsys, severities: dict[str, str], words, code: int) -> None:
    monkeypatch.setattr(lab, "Lab", lambda: CheckedLab(**severities))
    assert run("check", *words) == code
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == (1 if code == 3 or not severities else 0)


def test_a_check_is_a_table_json_or_markdown(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(lab, "Lab", lambda: CheckedLab(clean="major", lost="gone"))
    assert run("check") == 1
    assert "clean" in capsys.readouterr().out
    assert run("check", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert [result["reason"] for result in said["results"]][1] == "`lost` is gone"
    assert run("check", "--markdown") == 1
    assert "| clean | slower | 1.400 |" in capsys.readouterr().out


def test_an_empty_store_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("TAILGANA_STORE", str(tmp_path / "lab.db"))
    assert run("check", "--json", "clean") == 2
    said = capsys.readouterr()
    assert json.loads(said.out) == {"exit_code": 2, "results": []}
    assert str(tmp_path / "lab.db") in said.err


def test_a_store_that_cannot_be_read_is_no_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "lab.db").write_text("no database" * 1000)
    monkeypatch.setenv("TAILGANA_STORE", str(tmp_path / "lab.db"))
    assert run("check") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_store_is_listed_carried_away_and_tidied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("TAILGANA_STORE", str(tmp_path / "lab.db"))
    Store().add("Event one", {})
    assert run("store", "list", "--query", "event") == 0
    assert "Event one" in capsys.readouterr().out
    assert run("store", "export", str(tmp_path / "bundle")) == 0
    assert run("store", "import", str(tmp_path / "bundle")) == 0
    assert run("store", "vacuum", "--days", "1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert run("store", "import", str(tmp_path / "missing.json")) == 1
    assert "missing.json" in capsys.readouterr().err


def test_a_report_without_profiles_is_of_the_baselines_that_are_kept(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAILGANA_STORE", str(tmp_path / "lab.db"))
    baseline = make_baseline(name="tidy rows")
    Store().add("kept", baseline.to_metadata(), tier="long_term")
    assert run("report", str(tmp_path / "page.html")) == 0
    assert "tidy rows" in (tmp_path / "page.html").read_text()


@pytest.fixture
def tour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that puts a notebook of these cells in the tour's place."""

    def put(*cells: str) -> None:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbformat.write(notebook, tmp_path / "tour.ipynb")
        monkeypatch.setattr(cli, "TOUR", tmp_path / "tour.ipynb")

    return put


@pytest.mark.filterwarnings("default")  # those of the client
def test_tour_executes_the_notebook_and_keeps_its_report(tour, tmp_path: Path, capsys) -> None:
    tour("page = '<p>toured</p>'", "open('tour.html', 'w').write(page)")
    assert run("tour", "--output", str(tmp_path / "mine.html")) == 0
    said = capsys.readouterr()
    assert (tmp_path / "mine.html").read_text() == "<p>toured</p>"
    assert said.out == f"wrote {tmp_path}/mine.html\n"
    assert "2/2" in said.err


@pytest.mark.filterwarnings("default")  # those of the client
def test_a_failing_cell_of_the_tour_is_named_and_nothing_is_written(tour, tmp_path: Path, capsys) -> None:
    tour("1 / 0")
    assert run("tour", "--output", str(tmp_path / "mine.html")) == 1
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "mine.html").exists()


@pytest.mark.parametrize("command", ["tour", "bench"])
def test_what_only_the_source_tree_has_says_so(command: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cli, "SOURCE_TREE", tmp_path)
    monkeypatch.setattr(cli, "TOUR", tmp_path / "notebooks" / "00-tour.ipynb")
    monkeypatch.chdir(tmp_path)
    assert run(command) == 1
    assert f"`make {command}`" in capsys.readouterr().err


def test_bench_hands_its_words_on_and_gives_the_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(
        "import sys, pathlib\npathlib.Path('said').write_text(' '.join(sys.argv[1:]))\nsys.exit(5)"
    )
    monkeypatch.setattr(cli, "SOURCE_TREE", tmp_path)
    assert run("bench", "--rounds", "3", "fast") == 5
    assert (tmp_path / "said").read_text() == "--rounds 3 fast"


def test_an_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys) -> None:
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "execute_notebook", interrupted)
    assert run("tour", "--output", str(tmp_path / "x.html")) == 130
    assert capsys.readouterr().err == "tailgana: interrupted\n"


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = "import sys\nfrom tailgana_lab.cli import build_parser\nbuild_parser().format_help()\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) & {"IPython", "pandas", "numpy", "nbclient", "tailgana_lab.lab"} == set()
