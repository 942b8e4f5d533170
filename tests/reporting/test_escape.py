"""Markup that texts cannot break out of."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.reporting.escape import Html, clipped, element, text
from tailgana_lab.results.visible import visible


class Reader(HTMLParser):
    """What a browser would make of it: tags with attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(), st.text())
def test_any_text_is_read_back_as_text(content: str, title: str) -> None:
    reader = read(element("td", content, title=title))
    assert reader.tags == [("td", {"title": visible(title)})]
    assert reader.words == visible(content)


def test_markup_goes_in_as_it_is() -> None:
    assert element("b", Html("<i>"), "<i>") == "<b><i>&lt;i&gt;</b>"


@given(st.text(max_size=60), st.integers(3, 30))
def test_long_text_loses_its_middle_and_keeps_the_whole_as_tooltip(content: str, width: int) -> None:
    reader = read(clipped(content, width))
    assert len(reader.words) <= width
    if len(visible(content)) > width:
        assert reader.tags == [("span", {"title": visible(content)})]


def test_attributes_that_are_none_are_left_out() -> None:
    assert element("td", text("x"), class_=None, aria_label="y") == '<td aria-label="y">x</td>'
