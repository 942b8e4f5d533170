import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tailgana_lab import cli
from tests.factories import make_profile


def run(*words: str) -> int:
    return cli.main(list(words))


@pytest.mark.parametrize(
    "words",
    [[], ["nope"], ["report"], ["report", "x.docx"], ["report", "x.html", "--foo"], ["tour", "--outpt", "x.html"]],
)
def test_wrong_usage_is_one_line_and_exit_code_3(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(*words)
    said = capsys.readouterr()
    assert left.value.code == 3
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


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
def test_report_without_a_profile_that_can_be_read_is_one_line(tmp_path, monkeypatch, capsys, saved: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", "page.html", *saved) == 3
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


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
