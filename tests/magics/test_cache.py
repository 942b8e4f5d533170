"""`%tailgana_cache`: the lab is asked for a cache by name or for all; anything else is refused on one line."""

from typing import Any

import pytest

from tailgana_lab import lab
from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.cache_overview import CacheOverview
from tests.specimens import FakeCache, make_live_advice

MAGIC = "%tailgana_cache"
OWN = "application/vnd.tailgana.cache_advice+json"


class CachingLab(lab.Lab):
    """Has one cache, and remembers what it was asked."""

    asked: tuple[Any, ...] = ()

    def cache_names(self) -> list[str]:
        return ["simplify", "price list"]

    def cache_overview(self) -> CacheOverview:
        return CacheOverview(lambda: {"simplify": FakeCache()}, self.advise)

    def advise(self, name: str, target_hit_fraction: float = 0.9, capacity: int | None = None) -> Any:
        self.asked = (name, target_hit_fraction, capacity)
        if name != "simplify":
            raise InvalidRequestError(f"no live cache is called `{name}`: there is `simplify`")
        return make_live_advice()


@pytest.fixture
def caching(book: Any, monkeypatch: pytest.MonkeyPatch) -> CachingLab:
    stand_in = CachingLab()
    monkeypatch.setattr(lab, "_default", stand_in)
    return stand_in


def test_a_name_gives_that_caches_advice(book, caching: CachingLab) -> None:
    ran = book.must(f"shown = {MAGIC} simplify\ndisplay(shown)")
    assert caching.asked == ("simplify", 0.9, None)
    assert book["shown"].policy == "fifo"
    assert [bundle[OWN]["name"] for bundle in ran.bundles] == ["simplify"]
    assert "<svg" in ran.bundles[0]["text/html"]


def test_without_a_name_all_caches_are_listed(book, caching: CachingLab) -> None:
    ran = book.must(f"shown = {MAGIC}\ndisplay(shown)")
    assert list(book["shown"].table["name"]) == ["simplify"]
    assert "application/vnd.tailgana.caches+json" in ran.bundles[0]


def test_target_and_capacity_are_handed_on(book, caching: CachingLab) -> None:
    book.must(f"{MAGIC} simplify --target 0.75 --capacity 300")
    assert caching.asked == ("simplify", 0.75, 300)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("gone", "`simplify`"),
        ("simplify --target 90", "between 0 and 1"),
        ("simplify --target many", "`many`"),
        ("simplify --capacity 0", "from 1"),
        ("simplify --capacity -3", "from 1"),
        ("simplify --taget 0.9", "did you mean `--target`?"),
        ("simplify price", "price"),
        ("'simplify", "quotation"),
    ],
)
def test_what_cannot_be_met_is_refused_on_one_line(book, caching: CachingLab, line: str, word: str) -> None:
    ran = book.run(f"{MAGIC} {line}")
    assert not ran.result.success
    assert word in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ran.stderr


def test_completion_knows_the_caches_and_the_options(book, caching: CachingLab) -> None:
    assert {"simplify", "--target", "--capacity"} <= book.complete(f"{MAGIC} ")


def test_help_tells_what_may_follow(book) -> None:
    text = book.shell.find_line_magic("tailgana_cache").__doc__
    for part in ("[NAME]", "--target", "--capacity", "0 to 1"):
        assert part in text


def test_unloading_takes_it_out(book) -> None:
    book.shell.run_line_magic("unload_ext", "tailgana_lab")
    assert book.shell.find_line_magic("tailgana_cache") is None
    book.shell.run_line_magic("load_ext", "tailgana_lab")
