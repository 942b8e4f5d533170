"""Sizes, as a feel: the five longest are printed; only what no reader can hold in mind fails."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_AIM, FUNCTION_LIMIT = 40, 80  # lines; docs/decisions/0001-house.md
FILE_AIM, FILE_LIMIT = 300, 600  # lines; docs/decisions/0001-house.md
SOURCES = {"tailgana_lab": "*.py", "rust": "*.rs", "js/src": "*.ts"}


def function_lengths() -> list[tuple[int, str]]:
    lengths = []
    for path in sorted((ROOT / "tailgana_lab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                lengths.append(((node.end_lineno or node.lineno) - node.lineno + 1, place))
    return sorted(lengths, reverse=True)


def file_lengths() -> list[tuple[int, str]]:
    paths = [path for folder, pattern in SOURCES.items() for path in (ROOT / folder).rglob(pattern)]
    lengths = [(len(path.read_text().splitlines()), str(path.relative_to(ROOT))) for path in paths]
    return sorted(lengths, reverse=True)


def show(title: str, lengths: list[tuple[int, str]], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{title}")
        for length, place in lengths[:5]:
            print(f"  {length:4}  {place}")


def test_functions_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = function_lengths()
    show(f"longest Python functions, lines (aim: under {FUNCTION_AIM})", lengths, capsys)
    assert [entry for entry in lengths if entry[0] > FUNCTION_LIMIT] == []


def test_files_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = file_lengths()
    show(f"longest files, lines (aim: under {FILE_AIM})", lengths, capsys)
    assert [entry for entry in lengths if entry[0] > FILE_LIMIT] == []
