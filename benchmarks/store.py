"""The store and the events: operations per second and how long one takes, at few and at many records.

Beside the store stands what its parts cost bare: `sqlite3` without search, and the same with SQLite's own FTS5.
"""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table
from tailgana_lab.events import EventBus
from tailgana_lab.storage.store import Store

SEED = 20261
N_RECORDS, N_RECORDS_QUICK = (1_000, 10_000, 100_000), (1_000,)
N_SEARCHES = 200
N_EVENTS, N_SUBSCRIBERS = 100_000, (1, 10)
KEEPERS = ("tailgana", "sqlite3", "sqlite3 + FTS5")


def texts(n_records: int) -> list[str]:
    """Distinct texts of 12 words from a vocabulary of 5,000."""
    draw = random.Random(SEED)
    words = ["w" + "".join(draw.choices("abcdefghijklmnop", k=6)) for _ in range(5000)]
    return [" ".join(draw.choices(words, k=12)) for _ in range(n_records)]


def measure_store(keeper: str, n_records: int) -> dict[str, list[float]]:
    """Seconds of each add, committed one by one, and of each search for three words of one record."""
    draw, kept = random.Random(SEED), texts(n_records)
    with tempfile.TemporaryDirectory() as folder:
        add, search = _tailgana(folder) if keeper == "tailgana" else _bare(folder, has_search="FTS5" in keeper)
        add("warm up")
        adds = list(_times(add, kept))
        queries = [" ".join(draw.sample(draw.choice(kept).split(), 3)) for _ in range(N_SEARCHES)]
        searches = [] if search is None else list(_times(search, queries))
    return {"add": adds, "search": searches}


def measure_events(n_subscribers: int) -> float:
    """Events delivered per second, best of five runs; none may be lost."""
    bus, seen, best = EventBus(), [0], 0.0

    def count(name: str, payload: Mapping[str, Any]) -> None:
        seen[0] += 1

    for _ in range(n_subscribers):
        bus.subscribe("probe.*", count)
    for _ in range(5):
        seen[0] = 0
        begun = perf_counter()
        for n in range(N_EVENTS // n_subscribers):
            bus.emit("probe.tick", {"n": n})
        best = max(best, seen[0] / (perf_counter() - begun))
        assert seen[0] == N_EVENTS // n_subscribers * n_subscribers
    return best


def _times(call: Callable[[str], Any], arguments: list[str]) -> Iterator[float]:
    for argument in arguments:
        begun = perf_counter()
        call(argument)
        yield perf_counter() - begun


def _tailgana(folder: str) -> tuple[Callable[[str], Any], Callable[[str], Any] | None]:
    store = Store(Path(folder) / "lab.db")
    return lambda text: store.add(text, {"type": "speed", "n": 1}), store.search


def _bare(folder: str, *, has_search: bool) -> tuple[Callable[[str], Any], Callable[[str], Any] | None]:
    database = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    if not has_search:
        database.execute("CREATE TABLE records (content, metadata)")
        return lambda text: database.execute("INSERT INTO records VALUES (?, ?)", (text, '{"n": 1}')), None
    database.execute("CREATE VIRTUAL TABLE records USING fts5(content, metadata UNINDEXED)")
    found = "SELECT * FROM records WHERE records MATCH ? ORDER BY rowid DESC LIMIT 10"
    return (
        lambda text: database.execute("INSERT INTO records VALUES (?, ?)", (text, '{"n": 1}')),
        lambda query: database.execute(found, (query,)).fetchall(),
    )


def steps(is_quick: bool) -> list[Step]:
    sizes = N_RECORDS_QUICK if is_quick else N_RECORDS
    stores = [
        Step(f"{keeper}: {n}", __name__, "measure_store", {"keeper": keeper, "n_records": n})
        for n in sizes
        for keeper in KEEPERS
    ]
    events = [Step(f"events: {n}", __name__, "measure_events", {"n_subscribers": n}) for n in N_SUBSCRIBERS]
    return [*stores, *events]


def tables(results: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = []
    notes: dict[str, None] = {}
    for label, found in results.items():
        keeper, _, size = label.partition(": ")
        if isinstance(found, Failure):
            notes[f"{label} is missing: {found.reason}"] = None
        elif keeper != "events":
            adds, searches = found["add"], found["search"]
            per_second = Figure(len(adds) / sum(adds), digits=0)
            rows.append([keeper, f"{int(size):,}", per_second, *_latencies(adds), *_latencies(searches)])
    events: list[list[Cell]] = [
        [label.partition(": ")[2], Figure(found, digits=0)]
        for label, found in results.items()
        if label.startswith("events") and not isinstance(found, Failure)
    ]
    columns = ("add p50", "add p95", "add p99", "search p50", "search p95", "search p99")
    return [
        Table(
            "store",
            "Records stored one by one and searched, milliseconds",
            ("store", "records", "adds / s", *columns),
            rows,
            ["Each add is committed before the next; a search wants three words and at most 10 records.", *notes],
        ),
        Table("events", "Events delivered", ("subscribers", "events / s"), events, ["Best of five runs, none lost."]),
    ]


def _latencies(seconds: list[float]) -> list[Cell]:
    """Milliseconds at 50, 95 and 99 percent."""
    if not seconds:
        return [None, None, None]
    ordered = sorted(seconds)
    return [Figure(1e3 * ordered[int(share * len(ordered))], digits=3) for share in (0.5, 0.95, 0.99)]
