"""`%%tailgana_race`: two blocks of a cell reach the lab, anything else is refused on one line."""

from typing import Any

import pytest

from tailgana_lab import lab
from tests.specimens import make_comparison

MAGIC = "%%tailgana_race"


class RacingLab(lab.Lab):
    """Gives a specimen, and remembers the two blocks."""

    def race_cells(self, old: str, new: str, namespace: Any, *, budget_s: float | None = None) -> Any:
        self.raced = (old.strip(), new.strip(), "x" in namespace, budget_s)
        return make_comparison()


@pytest.fixture
def raced(book: Any, monkeypatch: pytest.MonkeyPatch) -> RacingLab:
    stand_in = RacingLab()
    monkeypatch.setattr(lab, "_default", stand_in)
    return stand_in


@pytest.mark.parametrize("separator", ["# vs", "#vs", "  # VS  "])
def test_both_blocks_are_raced_with_the_notebooks_names(book, raced: RacingLab, separator: str) -> None:
    book.must("x = range(9)")
    ran = book.must(f"{MAGIC} --budget-s 6\nsum(x)\n{separator}\ny = 0\nfor v in x:\n    y += v")
    assert raced.raced == ("sum(x)", "y = 0\nfor v in x:\n    y += v", True, 6.0)
    assert ran.result.result.verdict == "slower"


def test_a_remark_with_more_words_does_not_part_the_cell(book, raced: RacingLab) -> None:
    book.must(f"{MAGIC}\nsum([1])  # vs\n# vs\nmax([1])  # vs all")
    assert raced.raced[:2] == ("sum([1])  # vs", "max([1])  # vs all")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("sum([1])", "no line"),
        ("a\n# vs\nb\n# vs\nc", "2 lines"),
        ("# vs\nsum([1])", "above"),
        ("sum([1])\n# vs\n# nothing yet\n", "below"),
    ],
)
def test_anything_but_two_blocks_is_refused_on_one_line(book, raced: RacingLab, body: str, word: str) -> None:
    ran = book.run(f"{MAGIC}\n{body}")
    assert not ran.result.success
    assert word in ran.stderr
    assert "`# vs`" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_an_unknown_option_is_named(book, raced: RacingLab) -> None:
    ran = book.run(f"{MAGIC} --bugdet-s 3\na\n# vs\nb")
    assert "did you mean `--budget-s`?" in ran.stderr
