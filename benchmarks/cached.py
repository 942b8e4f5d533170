"""The live cache beside other caches: a hit, a miss with its insertion, four threads, memory of an entry.

Times are CPU times of the calling thread, of four threads those of the process; each is a ratio to the reference of its
table, measured right before and after it. Memory is what the process grows by, in a process of its own.
"""

import functools
import gc
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.step import Failure, Step, StepFailedError
from benchmarks.table import Cell, Table, figure_of
from tailgana_lab import Cache, cached

CAPACITY, RESIDENT, N_KEYS = 10_000, 5_000, 4_000
ENTRIES = 500_000
THREADS = 4
PAGE_BYTES = 4096
OURS = "tailgana_lab"
DECORATORS = ("functools.lru_cache", OURS, f"{OURS}, not recording", "cachebox", "moka-py", "cachetools", "theine")
MAPPINGS = ("dict", OURS, f"{OURS}, not recording", "cachebox", "moka-py", "cachetools", "theine")
MODULES = {"cachebox": "cachebox", "moka-py": "moka_py", "cachetools": "cachetools", "theine": "theine"}
MEASURED = ("hit", "hit_text", "miss", "threads")


def _peer(label: str) -> Any:
    """The module of a peer.

    Raises
    ------
    StepFailedError
        If it is not installed.
    """
    try:
        return import_module(MODULES[label])
    except ImportError:
        raise StepFailedError(f"`{MODULES[label]}` is not installed") from None


def decorate(label: str, function: Callable[..., Any], capacity: int = CAPACITY) -> Any:
    """The function behind the cache of that label, least recently used where there is a choice."""
    if label == "functools.lru_cache":
        return functools.lru_cache(capacity)(function)
    if label.startswith(OURS):
        return cached(capacity, record="not" not in label)(function)
    peer = _peer(label)
    makers: dict[str, Callable[[], Any]] = {
        "cachebox": lambda: peer.cached(peer.LRUCache(capacity)),
        "moka-py": lambda: peer.cached(maxsize=capacity, policy="lru"),
        "cachetools": lambda: peer.cached(peer.LRUCache(capacity), lock=threading.Lock()),
        "theine": lambda: peer.Memoize(capacity, None),
    }
    return makers[label]()(function)


def mapping(label: str) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """What looks a key up in the cache of that label, and what writes one."""
    if label == "dict":
        plain: dict[Any, Any] = {}
        return plain.get, plain.__setitem__
    if label.startswith(OURS):
        own = Cache(CAPACITY, record="not" not in label)
        return own.get, own.__setitem__
    peer = _peer(label)
    makers: dict[str, Callable[[], Any]] = {
        "cachebox": lambda: peer.LRUCache(CAPACITY),
        "moka-py": lambda: peer.Moka(CAPACITY, policy="lru"),
        "cachetools": lambda: peer.LRUCache(CAPACITY),
        "theine": lambda: peer.Cache(CAPACITY),
    }
    made = makers[label]()
    return made.get, made.set if hasattr(made, "set") else made.__setitem__


def each(call: Callable[..., Any], *columns: Sequence[Any]) -> Callable[[], Any]:
    """Calls for one row after the other, without a loop in Python."""
    return lambda: deque(map(call, *columns), maxlen=0)


def spent_ns(action: Callable[[], Any], clock: Callable[[], int]) -> int:
    began = clock()
    action()
    return clock() - began


def ratios(sides: Sequence[Callable[[], Any]], n_rounds: int, clock: Callable[[], int]) -> list[float]:
    """Cost of the first over the second's, each pair in the order A B B A."""
    found, (ours, reference) = [], sides
    for _ in range(n_rounds):
        a, b, c, d = (spent_ns(action, clock) for action in (ours, reference, reference, ours))
        found.append((a + d) / (b + c))
    return found


def in_threads(action: Callable[[], Any]) -> Callable[[], Any]:
    """The action in four threads at once, from one barrier."""

    def run() -> None:
        barrier = threading.Barrier(THREADS)
        threads = [threading.Thread(target=lambda: (barrier.wait(), action())) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def fresh_keys() -> Callable[[], list[int]]:
    """Keys that were never asked for."""
    numbers = count(10**9)
    return lambda: [next(numbers) for _ in range(N_KEYS)]


def measure_decorator(label: str, n_rounds: int) -> dict[str, list[float]]:
    """Costs over those of functools.lru_cache."""
    draw, reference = random.Random(1), DECORATORS[0]
    keys = [draw.randrange(RESIDENT) for _ in range(N_KEYS)]
    texts = [f"key-{key:08d}" for key in keys]
    found: dict[str, list[float]] = {}
    for name, column in (("hit", keys), ("hit_text", texts)):
        sides = [each(decorate(side, lambda x: x), column) for side in (label, reference)]
        deque((side() for side in sides), maxlen=0)
        found[name] = ratios(sides, n_rounds, time.thread_time_ns)
    sides = [each(decorate(side, lambda x: x), keys) for side in (label, reference)]
    deque((side() for side in sides), maxlen=0)
    found["threads"] = ratios([in_threads(side) for side in sides], n_rounds, time.process_time_ns)
    functions = [decorate(side, lambda x: x) for side in (label, reference)]
    found["miss"] = _misses(lambda side, new: each(functions[side], new), n_rounds)
    return found


def measure_mapping(label: str, n_rounds: int) -> dict[str, list[float]]:
    """Costs over those of dict."""
    draw, sides = random.Random(1), [mapping(label), mapping(MAPPINGS[0])]
    keys = [draw.randrange(RESIDENT) for _ in range(N_KEYS)]
    texts = [f"key-{key:08d}" for key in keys]
    found: dict[str, list[float]] = {}
    for name, column in (("hit", keys), ("hit_text", texts)):
        for _, write in sides:
            deque(map(write, column, column), maxlen=0)
        found[name] = ratios([each(read, column) for read, _ in sides], n_rounds, time.thread_time_ns)
    found["threads"] = ratios([in_threads(each(read, keys)) for read, _ in sides], n_rounds, time.process_time_ns)
    found["miss"] = _misses(
        lambda side, new: lambda: (each(sides[side][0], new)(), each(sides[side][1], new, new)()), n_rounds
    )
    return found


def _misses(make: Callable[[int, list[int]], Callable[[], Any]], n_rounds: int) -> list[float]:
    """Costs of misses with insertion into a full cache over the reference's."""
    new = fresh_keys()
    for _ in range(CAPACITY // N_KEYS + 1):
        filling = new()
        make(0, filling)(), make(1, filling)()
    found = []
    for _ in range(n_rounds):
        first, second = new(), new()
        a = spent_ns(make(0, first), time.thread_time_ns)
        b = spent_ns(make(1, first), time.thread_time_ns) + spent_ns(make(1, second), time.thread_time_ns)
        found.append((a + spent_ns(make(0, second), time.thread_time_ns)) / b)
    return found


def measure_bytes(label: str, n: int) -> float:
    """Bytes the process grows by for an entry whose key and value are there already."""
    value = object()
    keys = [10**9 + i for i in range(n)]
    function = decorate(label, lambda key: value, n)
    gc.collect()
    before = _resident_bytes()
    deque(map(function, keys), maxlen=0)
    gc.collect()
    return (_resident_bytes() - before) / n


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def steps(is_quick: bool) -> list[Step]:
    n_rounds = 5 if is_quick else 30
    return [
        *(
            Step(f"decorator: {label}", __name__, "measure_decorator", {"label": label, "n_rounds": n_rounds})
            for label in DECORATORS[1:]
        ),
        *(
            Step(f"mapping: {label}", __name__, "measure_mapping", {"label": label, "n_rounds": n_rounds})
            for label in MAPPINGS[1:]
        ),
        *(Step(f"bytes: {label}", __name__, "measure_bytes", {"label": label, "n": ENTRIES}) for label in DECORATORS),
    ]


def tables(results: Mapping[str, Any]) -> list[Table]:
    failed = tuple(
        f"{label} is missing: {found.reason}" for label, found in results.items() if isinstance(found, Failure)
    )
    found = {label: result for label, result in results.items() if not isinstance(result, Failure)}
    note = (
        f"Capacity {CAPACITY:,}; hits over {RESIDENT:,} whole numbers, or texts; {THREADS} threads as CPU of the "
        "process. tailgana_lab counts, times and records; quartiles in brackets."
    )
    return [
        _cost_table("decorators", "A cached function, cost over functools.lru_cache", "decorator", found, failed),
        _cost_table("mappings", "A cache as a mapping, cost over dict", "mapping", found, (note,)),
    ]


def _cost_table(name: str, title: str, kind: str, found: Mapping[str, Any], notes: tuple[str, ...]) -> Table:
    labels = DECORATORS if kind == "decorator" else MAPPINGS
    rows: list[list[Cell]] = []
    for label in labels:
        costs = found.get(f"{kind}: {label}", {})
        cells: list[Cell] = ["1" if label == labels[0] else figure_of(costs.get(each, [])) for each in MEASURED]
        if kind == "decorator":
            grown = found.get(f"bytes: {label}")
            cells.append(None if grown is None else f"{median([grown]):.0f}")
        rows.append([label, *cells])
    columns = ("cache", "hit, number", "hit, text", "miss", f"hit, {THREADS} threads")
    return Table(name, title, (*columns, "bytes an entry") if kind == "decorator" else columns, rows, notes)
