"""Tables, lists and lines of facts without a script, and tables as plain text."""

from collections.abc import Sequence

from tailgana_lab.reporting.escape import Html, element, joined, unbroken
from tailgana_lab.results.visible import visible


def facts_line(facts: Sequence[str]) -> Html:
    """Short pieces on one line; quantities do not break."""
    return element("p", " · ".join(unbroken(fact) if len(fact) < 32 else fact for fact in facts), class_="tgls-facts")


def number_cell(text: str) -> Html:
    """A cell with a figure."""
    return element("td", text, class_="tgls-number")


def text_cell(text: str) -> Html:
    """A cell with words."""
    return element("td", text, class_="tgls-any")


def table(title: str, head: Sequence[tuple[str, str]], rows: Sequence[Sequence[Html]]) -> Html:
    """A table with caption, or nothing without rows; heads are (word, classes without their prefix)."""
    if not rows:
        return Html("")
    heads = [
        element("th", word, scope="col", class_=" ".join(f"tgls-{name}" for name in names.split()) or None)
        for word, names in head
    ]
    whole = element(
        "table",
        element("caption", title),
        element("thead", element("tr", *heads)),
        element("tbody", *(element("tr", *row) for row in rows)),
        class_="tgls-table",
    )
    return element("div", whole, class_="tgls-scroll")


def bullets(title: str, entries: Sequence[str]) -> Html:
    """A titled list, or nothing without entries."""
    if not entries:
        return Html("")
    items = [element("li", entry) for entry in entries]
    return joined(element("p", title, class_="tgls-name"), element("ul", *items, class_="tgls-list"))


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in shown)
