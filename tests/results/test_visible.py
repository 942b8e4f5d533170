"""Names made safe to look at."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.results.visible import visible


def test_every_character_that_cannot_be_seen_is_escaped() -> None:
    unseen = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    loose = [
        hex(c)
        for c in range(sys.maxunicode + 1)
        if unicodedata.category(chr(c)) in unseen and visible(chr(c)) == chr(c)
    ]
    assert loose == []


@given(st.text())
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_letters_of_all_scripts_are_left_alone() -> None:
    assert visible("naïve 数据 العربية λ 🐍 \\n") == "naïve 数据 العربية λ 🐍 \\n"
