"""Tables as text and as Markdown; `python -m benchmarks.table bench.json` prints saved ones as Markdown."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

MISSING = "missing"


@dataclass(frozen=True)
class Figure:
    """One measured figure; its quartiles where it was measured more than twice."""

    value: float
    low: float | None = None
    high: float | None = None
    digits: int = 2

    def __str__(self) -> str:
        text = self._text(self.value)
        if self.low is None or self.high is None:
            return text
        return f"{text} ({self._text(self.low)} to {self._text(self.high)})"

    def _text(self, value: float) -> str:
        return f"{round(value, self.digits) + 0.0:.{self.digits}f}"  # + 0.0: no "-0.00"


Cell = str | Figure | None  # None: not measured, shown as missing


@dataclass(frozen=True)
class Table:
    """One table: the first column names what was measured."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = field(default_factory=tuple)


def figure_of(values: Sequence[float], digits: int = 2) -> Figure | None:
    """Median and quartiles; None of nothing."""
    if not values:
        return None
    if len(values) < 3:
        return Figure(median(values), digits=digits)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Figure(median(values), low, high, digits)


def text_of(cell: Cell) -> str:
    return MISSING if cell is None else str(cell)


def render_text(table: Table) -> str:
    """Columns of equal width, for a terminal."""
    lines = [list(table.columns), *([text_of(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    body.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([table.title, *body, *table.notes])


def render_markdown(table: Table) -> str:
    """The same for a document."""

    def line_of(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    body = [line_of(table.columns), line_of(["---"] + ["---:"] * (len(table.columns) - 1))]
    body += [line_of([text_of(cell) for cell in row]) for row in table.rows]
    notes = [f"- {note}" for note in table.notes]
    return "\n".join([f"**{table.title}**", "", *body, *([""] if notes else []), *notes])


def render_all(tables: Sequence[Table], machine: Mapping[str, str], render: Callable[[Table], str]) -> str:
    """The machine in one line, then every table."""
    return "\n\n".join([", ".join(f"{key} {value}" for key, value in machine.items()), *map(render, tables)])


def table_to_json(table: Table) -> dict[str, Any]:
    return asdict(table)


def table_from_json(saved: Mapping[str, Any]) -> Table:
    rows = [[Figure(**cell) if isinstance(cell, dict) else cell for cell in row] for row in saved["rows"]]
    return Table(saved["name"], saved["title"], saved["columns"], rows, saved["notes"])


def main(path: str = "bench.json") -> int:
    saved = json.loads(Path(path).read_text())
    print(render_all([table_from_json(table) for table in saved["tables"]], saved["machine"], render_markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
