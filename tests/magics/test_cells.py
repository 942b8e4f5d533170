import ast
import linecache
from types import SimpleNamespace

import pytest

from tailgana_lab.magics.cells import ProfiledCells, RunningCells


@pytest.fixture
def cells(shell) -> ProfiledCells:
    return ProfiledCells(shell, "prof", "begin")


def rewritten(cells: ProfiledCells, shell, cell: str) -> str:
    return "".join(cells(shell.input_transformer_manager.transform_cell(cell).splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("cell", "becomes"),
    [
        ("%%prof\nx = 1", "begin('')\nx = 1\n"),
        ("%%prof a --quiet\nx = 1\nx", "begin('a --quiet')\nx = 1\nx\n"),
        ("%%prof\n\n\nx = 1", "begin('')\n\n\nx = 1\n"),
        ("%%prof\n%pwd", "begin('')\nget_ipython().run_line_magic('pwd', '')\n"),
        ("%%prof 'it''s'\n'\\n'", "begin(\"'it''s'\")\n'\\n'\n"),
        ("%%prof\n# nothing", "begin('')\n# nothing\n"),
    ],
)
def test_a_cell_under_the_magic_begins_and_goes_on_as_usual(cells, shell, cell: str, becomes: str) -> None:
    assert rewritten(cells, shell, cell) == becomes


@pytest.mark.parametrize(
    "cell", ["x = 1", "%%time\nx = 1", "%%prof2\nx", "get_ipython().run_cell_magic('prof', *a)\n1"]
)
def test_other_cells_stay_as_they_are(cells, shell, cell: str) -> None:
    plain = shell.input_transformer_manager.transform_cell(cell)
    assert "".join(cells(plain.splitlines(keepends=True))) == plain


@pytest.mark.parametrize("body", ["", " ", "\n\n"])
def test_a_cell_without_a_body_is_left_to_the_magic_itself(cells, shell, body: str) -> None:
    assert "run_cell_magic" in rewritten(cells, shell, f"%%prof\n{body}")


@pytest.mark.parametrize(
    "body",
    [
        "from __future__ import annotations\nx = 1",
        '"""Text."""\nfrom __future__ import annotations\nfrom __future__ import division\nx = 1',
        "from __future__ import annotations; x = 'ä'",
        "é = 1\nfrom __future__ import annotations",
    ],
)
def test_nothing_stands_before_imports_from_the_future(cells, shell, body: str) -> None:
    text = rewritten(cells, shell, f"%%prof\n{body}")
    assert len(text.splitlines()) == len(body.splitlines()) + 1
    assert text.count("begin('')") == 1
    if not body.startswith("é"):
        compile(text, "<cell>", "exec")
    ast.parse(text)


def test_a_body_that_cannot_be_transformed_is_left_to_the_magic_itself(cells, shell) -> None:
    def refuse(lines):
        if "refused" in "".join(lines) and "run_cell_magic" not in lines[0]:
            raise SyntaxError("refused")
        return lines

    shell.input_transformers_post.append(refuse)
    try:
        assert "run_cell_magic" in rewritten(cells, shell, "%%prof\nrefused = 1")
    finally:
        shell.input_transformers_post.remove(refuse)


def test_a_traceback_shows_the_line_of_the_magic_as_a_comment(cells, monkeypatch) -> None:
    lines = ["begin('--quiet')\n", "1 / 0\n"]
    monkeypatch.setitem(linecache.cache, "<cell 1>", (20, None, lines, "<cell 1>"))
    cells.hide("<cell 1>", "--quiet")
    assert linecache.getlines("<cell 1>") == ["# %%prof --quiet\n", "1 / 0\n"]
    cells.hide("<not there>", "--quiet")


def info(text: str) -> SimpleNamespace:
    return SimpleNamespace(raw_cell=text)


def run_cell_async(body):
    """Stands for IPython's own frame of that name."""
    return body()


def test_cells_end_innermost_first() -> None:
    cells: RunningCells[str] = RunningCells()
    outer, inner = info("outer"), info("inner")

    def nested():
        cells.start(inner)
        assert cells.depth == 2
        assert [cell.info for cell in cells.end(SimpleNamespace(info=inner))] == [inner]

    def whole():
        cells.start(outer)
        run_cell_async(nested)
        assert cells.innermost is not None
        assert cells.innermost.info is outer

    run_cell_async(whole)
    assert [cell.info for cell in cells.end(SimpleNamespace(info=outer))] == [outer]
    assert cells.innermost is None


def test_the_end_of_an_outer_cell_ends_inner_ones_whose_end_was_never_told() -> None:
    cells: RunningCells[str] = RunningCells()
    run_cell_async(lambda: cells.start(info("outer")))
    run_cell_async(lambda: run_cell_async(lambda: cells.start(info("inner"))))
    assert [cell.info.raw_cell for cell in cells.end(None)] == ["inner"]
    assert [cell.info.raw_cell for cell in cells.end(SimpleNamespace(info=info("outer")))] == ["outer"]


def test_an_empty_cell_ends_without_a_start() -> None:
    cells: RunningCells[str] = RunningCells()
    run_cell_async(lambda: cells.start(info("a")))
    assert cells.end(SimpleNamespace(info=info(""))) == []
    assert cells.depth == 1


def test_a_cell_that_an_interrupt_left_behind_is_given_up_at_the_next_start() -> None:
    cells: RunningCells[str] = RunningCells()
    run_cell_async(lambda: cells.start(info("lost")))
    gone = run_cell_async(lambda: cells.start(info("next")))
    assert [cell.info.raw_cell for cell in gone] == ["lost"]
    assert cells.depth == 1
