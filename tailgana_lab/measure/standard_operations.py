"""The six standard operations: true measurements of the lab's own parts and of those it stands on.

Each is opened with all it needs and takes it away again; the user's own store and files are never touched.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailgana_lab.storage.store import Store

Step = Callable[[], Any]
Opened = AbstractContextManager[Step]

_STORED_BEFORE = 1_000  # records that a search has to look through
_WORDS_A_TEXT = 40
_TEXT_BYTES = 16 << 10
_FILE_BYTES = 64 << 10
_CACHED = 256  # entries


@contextmanager
def _memory_store() -> Iterator[Step]:
    """Distinct texts, one record each, into a store of its own."""
    from itertools import count

    texts, numbers = _texts(500), count()
    with _own_store() as store:

        def step() -> Any:
            n = next(numbers)
            return store.add(f"{n} {texts[n % len(texts)]}", {"type": "probe", "number": n})

        yield step


@contextmanager
def _memory_search() -> Iterator[Step]:
    """Distinct queries of two words, over a store of its own."""
    from itertools import cycle, permutations

    words = sorted(set(_WORDS))
    queries = cycle(f"{first} {second}" for first, second in permutations(words, 2))
    with _own_store() as store:
        for n, text in enumerate(_texts(_STORED_BEFORE)):
            store.add(f"{n} {text}", {"type": "probe", "number": n})
        yield lambda: store.search(next(queries), limit=10)


@contextmanager
def _pattern_match() -> Iterator[Step]:
    """Every match of five patterns in one text."""
    import re

    text = " ".join(_texts(_TEXT_BYTES // 100))[:_TEXT_BYTES]
    patterns = [re.compile(pattern) for pattern in (r"\b\w+er\b", r"ce\w+", r"[aeiou]{2,}", r"\bo\w* p\w*", r"z|x|q")]
    yield lambda: sum(len(pattern.findall(text)) for pattern in patterns)


@contextmanager
def _file_io() -> Iterator[Step]:
    """A file written and read back."""
    import tempfile
    from pathlib import Path

    block = bytes(range(256)) * (_FILE_BYTES // 256)
    with tempfile.TemporaryDirectory(prefix="tailgana-") as folder:
        path = Path(folder) / "probe.bin"

        def step() -> int:
            path.write_bytes(block)
            return len(path.read_bytes())

        yield step


@contextmanager
def _cache_lookup() -> Iterator[Step]:
    """Hits only: every key is there before."""
    from itertools import cycle

    from tailgana_lab.measure.cached import cached

    lookup = cached(capacity=_CACHED, policy="lru", name="cache_lookup")(lambda key: key * key)
    for key in range(_CACHED):
        lookup(key)
    keys = cycle(range(_CACHED))
    yield lambda: lookup(next(keys))


@contextmanager
def _event_emission() -> Iterator[Step]:
    """One event to one subscriber, on a bus of its own."""
    from tailgana_lab.events import EventBus

    bus, heard = EventBus(), [0]

    def hear(name: str, payload: Any) -> None:
        heard[0] += 1

    bus.subscribe("probe.*", hear)
    payload = {"number": 1}
    yield lambda: bus.emit("probe.tick", payload)


@contextmanager
def _own_store() -> "Iterator[Store]":
    """A store that is thrown away."""
    import tempfile
    from pathlib import Path

    from tailgana_lab.storage.store import Store

    with tempfile.TemporaryDirectory(prefix="tailgana-") as folder:
        store = Store(Path(folder) / "lab.db")
        try:
            yield store
        finally:
            store.close()


def _texts(n: int) -> list[str]:
    """Texts of words, always the same ones."""
    from random import Random

    draw = Random(6)
    return [" ".join(draw.choices(_WORDS, k=_WORDS_A_TEXT)) for _ in range(n)]


def _of_lab(what: str) -> Callable[[], str]:
    """A part of this package: another version is another implementation."""

    def describe() -> str:
        from importlib.metadata import version

        return f"tailgana_lab {version('tailgana-lab')}: {what}"

    return describe


def _of_python(what: str) -> Callable[[], str]:
    """A part of the standard library: another Python is another implementation."""

    def describe() -> str:
        import sys

        return f"Python {sys.version_info.major}.{sys.version_info.minor}: {what}"

    return describe


_WORDS = (
    "amber basin cedar delta ember fjord glade harbor islet jetty kelp lagoon meadow nectar ocean pepper quarry "
    "river shale thicket upland valley willow xylem yonder zephyr anchor beacon canyon drifter estuary forest "
    "glacier heather inlet juniper kindle lantern marble nomad orchid prairie quartz ripple summit timber umber "
    "vessel winter yarrow"
).split()

STANDARD_OPERATIONS: dict[str, tuple[Callable[[], Opened], Callable[[], str]]] = {
    "memory_store": (_memory_store, _of_lab("Store.add on SQLite, committed one by one")),
    "memory_search": (_memory_search, _of_lab(f"Store.search on SQLite, {_STORED_BEFORE} records")),
    "pattern_match": (_pattern_match, _of_python(f"re, 5 patterns in {_TEXT_BYTES >> 10} KiB")),
    "file_io": (_file_io, _of_python(f"a file of {_FILE_BYTES >> 10} KiB written and read in the temporary folder")),
    "cache_lookup": (_cache_lookup, _of_lab("cached, lru, recording, hits only")),
    "event_emission": (_event_emission, _of_lab("EventBus, one subscriber")),
}
"""The lab's own operations in their order: how each is opened, and what it runs."""
