"""Baselines in a real JupyterLab: two commits of a repository raced from a notebook, and a history that is searched."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visitor
from tests.browser.lab import LabServer, Notebook
from tests.browser.pages import overlaps, settle, wider_than

ROOT = Path(__file__).resolve().parents[2]
MODULE = """def clean(n):
    total = 0
    for i in range({units}):
        total = (total * 33 + i) & 0xFFFFFF
    return total + n
"""
LOAD = f"""%load_ext tailgana_lab
import sys
sys.path.insert(0, {str(ROOT)!r})
sys.path.insert(0, "")
import tailgana_lab as tgl
from tests.specimens import make_comparison, make_history, make_report, make_unknown
import pipeline_of_page"""
KEEP = 'kept = tgl.baseline("clean", pipeline_of_page.clean, 7, budget_s=8)'
CHECK = "%tailgana_baseline check clean --commit HEAD~1 --budget-s 15"
SHOW = "w = make_history().to_widget()\nw"
LONG = "clean_the_orders_of_every_shop_in_every_country_" * 4
LAST = 3  # the cell that shows a panel


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: the second does twice the work of the first."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text(".*\n*.ipynb\n__pycache__\n")
    for units in (2000, 4000):
        (folder / "pipeline_of_page.py").write_text(MODULE.format(units=units))
        git(folder, "add", "pipeline_of_page.py", "-f", ".gitignore")
        git(folder, "commit", "-q", "-m", f"{units} units")
    return folder


@pytest.fixture(scope="module")
def book(visitor: Visitor, repository: Path) -> Iterator[Notebook]:
    """A notebook in that repository, the code of today kept as a baseline."""
    with LabServer(repository) as server:
        book = Notebook(server, visitor.page(), [LOAD, KEEP, CHECK, SHOW])
        book.run(0)
        book.run(1)
        yield book
        book.page.close()


@pytest.fixture
def history(book: Notebook) -> Locator:
    """The panel of a history, freshly shown."""
    return book.show(LAST, SHOW)


def plot_of(panel: Locator) -> Locator:
    return panel.get_by_role("application").first


def test_two_commits_are_raced_from_a_notebook(book: Notebook, repository: Path, artefacts: Path) -> None:
    before = git(repository, "status", "--porcelain"), git(repository, "worktree", "list")
    panel = book.show(2, CHECK)
    expect(panel).to_contain_text("slower")
    expect(panel).to_contain_text("critical")
    expect(panel).to_contain_text(git(repository, "rev-parse", "HEAD~1")[:7])
    assert book.value("_.comparison.ratio") == pytest.approx(2, rel=0.15)
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / "regression-commits.png")
    assert (git(repository, "status", "--porcelain"), git(repository, "worktree", "list")) == before


def test_a_clicked_record_is_told_and_reaches_python(book: Notebook, history: Locator) -> None:
    history.locator("[data-tgl-point='20']").click()
    expect(history.get_by_role("region", name="Chosen record")).to_contain_text("2026-11-21")
    book.wait_until("w.selected and w.selected[0]['record_id'] == 21")


def test_a_brushed_range_is_shown_alone_and_reaches_python(book: Notebook, history: Locator) -> None:
    box = plot_of(history).bounding_box()
    assert box
    mouse, y = book.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 0.34 * box["width"], y)
    mouse.down()
    mouse.move(box["x"] + 0.65 * box["width"], y, steps=4)
    mouse.up()
    expect(history).to_contain_text("10 records of 30 shown")
    book.wait_until("w.brushed == [10, 19]")
    plot_of(history).press("Escape")
    expect(history.locator("[data-tgl-point]")).to_have_count(30)
    book.wait_until("w.brushed == []")


def test_keys_choose_a_record(book: Notebook, history: Locator) -> None:
    plot_of(history).focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        plot_of(history).press(key)
    book.wait_until("w.selected and w.selected[0]['record_id'] == 2")


@pytest.mark.parametrize("width", [1280, 330])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("what", ["history", "report", "comparison"])
def test_nothing_overlaps_or_sticks_out(book: Notebook, artefacts: Path, what: str, theme: str, width: int) -> None:
    book.use_theme(theme)
    book.resize(width)
    try:
        panel = book.show(LAST, f"w = make_{what}().to_widget()\nw")
        panel.evaluate("panel => panel.scrollIntoView()")
        settle(book.page)
        book.page.screenshot(path=artefacts / f"regression-{what}-{theme.lower()}-{width}.png")
        assert overlaps(panel) == []
        assert wider_than(panel) == []
    finally:
        book.resize(1280)
        book.use_theme("Light")


@pytest.mark.parametrize(
    ("name", "source", "text"),
    [
        ("long", f"make_history(name={LONG!r})", "clean_the_orders"),
        ("empty", "make_history(0)", "No record is kept"),
        ("unknown", "make_unknown()", "inconclusive"),
    ],
)
def test_long_names_and_no_data_have_their_place(
    book: Notebook, artefacts: Path, name: str, source: str, text: str
) -> None:
    panel = book.show(LAST, f"w = {source}.to_widget()\nw")
    expect(panel).to_contain_text(text)
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / f"regression-{name}.png")
    assert overlaps(panel) == []
    assert wider_than(panel) == []
