"""The charts of results in a real JupyterLab, drawn by its own Vega without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.lab import LabServer, Notebook

ROOT = Path(__file__).resolve().parents[2]
LOAD = f"""import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.factories import make_profile
from tests.specimens import *"""
MADE = (
    *("profile(300)", "comparison()", "report()", "history()", "history(2)", "baseline()", "performance()"),
    "advice()",
)


@pytest.fixture(scope="module")
def book(visitor: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        book = Notebook(server, visitor.page(), [LOAD, "None"])
        book.run(0)
        yield book
        book.page.close()


@pytest.mark.parametrize("made", MADE)
def test_a_chart_is_drawn_offline(book: Notebook, visitor: Visitor, made: str) -> None:
    book.run(1, "None")
    book.run(1, f"make_{made}.chart")
    output = book.page.locator(".jp-OutputArea-output").last
    expect(output.locator("canvas.marks, svg.marks")).to_have_count(1)
    expect(output).not_to_contain_text("Error")
    assert (visitor.outside, visitor.errors) == ([], [])
