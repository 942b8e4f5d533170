"""Synthetic profiles for tests: deterministic, consistent within themselves, of any size.

`make_profile()` is what most tests want; `make_facts` and `make_tables` give its parts. The call
tree is random, everything else is added up from it, so the tables agree as measured ones do.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tailgana_lab.records import Columns, ProfileFacts
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import FRAME_STATES, STATES, TABLES, empty_columns

METHOD = "memory reads from the holder's core, schedstat"
CELL_FILE = "/tmp/cells/12.py"
LIBRARY_FILE = "/usr/lib/python3.11/json/decoder.py"
INTERVAL_S = 0.001
MAX_DEPTH = 60
VERDICTS = {"on_cpu": "cpu_bound", "disk": "io_bound", "pipe": "io_bound", "socket": "network_latency"}
VERDICTS |= {"lock": "lock_contention", "gil_wait": "lock_contention", "fault": "memory_bound"}
FIXES = ["Use an algorithm that does less work", "Move the loop into compiled code"]


def make_facts(**changes: Any) -> ProfileFacts:
    """Facts of a calm profile of 10 s; any field can be changed."""
    facts: dict[str, Any] = {
        "name": "clean",
        "created": "2026-11-23T12:00:00+00:00",
        "duration_s": 10.0,
        "n_samples": 10_000,
        "interval_ms": 1.0,
        "torn_fraction": 0.001,
        "sampler_cpu_s": 0.21,
        "method": METHOD,
        "method_reason": "",
        "sampled_s": 10.0,
        "python": "3.11.7",
        "n_stacks": 9_900,
        "memory_overhead_s": float("nan"),
    }
    return ProfileFacts(**{**facts, **changes})


def make_profile(
    n_frames: int = 200,
    *,
    n_threads: int = 3,
    n_functions: int = 40,
    names: Sequence[str] = (),
    seed: int = 0,
    slower: float = 1.0,
    lane_runs: int = 40,
    **facts: Any,
) -> Profile:
    """A complete synthetic profile.

    Parameters
    ----------
    n_frames : int, default 200
        Rows of `frames`; a million takes some seconds.
    n_threads, n_functions : int
        Threads that ran code of the cell, and different functions.
    names : sequence of str
        Names of the first functions and of their files and lines, hostile ones for instance.
    seed : int, default 0
        The same seed gives the same profile.
    slower : float, default 1
        Factor on all times.
    lane_runs : int, default 40
        Runs of each thread's lane.
    **facts
        Fields of `ProfileFacts` to change.
    """
    draw = random.Random(seed)
    frames = make_frames(draw, n_frames, n_threads, _functions(n_functions, names), 10.0 * slower)
    sampled_s = sum(t for t, parent in zip(frames["total_s"], frames["parent"], strict=True) if parent < 0)
    tables, lanes = make_tables(draw, frames, sampled_s, lane_runs)
    duration_s = max(lanes["end_s"], default=0.0)
    known = {"sampled_s": sampled_s, "duration_s": duration_s, "n_samples": round(duration_s / INTERVAL_S)}
    return Profile(make_facts(**{**known, **facts}), tables, lanes)


def _functions(n: int, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Name, file and first line of each function; every third one is the library's."""
    given = [(name, f"{name}.py", k + 1) for k, name in enumerate(names)]
    rest = range(len(given), max(n, len(given) + 1))
    files = (CELL_FILE, "/src/shop/orders.py", LIBRARY_FILE)
    return given + [(f"Step{k % 7}.step_{k}", files[k % 3], 10 * k + 1) for k in rest]


def make_frames(
    draw: random.Random, n: int, n_threads: int, functions: list[tuple[str, str, int]], whole_s: float
) -> Columns:
    """A random call tree in pre-order: deep chains with branches, times that add up."""
    frames = empty_columns("frames")
    n_threads = min(n_threads, n)
    parents, threads = _shape(draw, n, n_threads)
    weights = [draw.paretovariate(1.2) for _ in range(n)]
    scale = whole_s / sum(weights) if n else 0.0
    self_s = [weight * scale for weight in weights]
    total_s = list(self_s)
    for index in range(n - 1, -1, -1):
        if parents[index] >= 0:
            total_s[parents[index]] += total_s[index]
    chosen = _callees(draw, parents, functions)
    main_states = [draw.choices(range(10), (12, 1, 2, 2, 2, 1, 2, 2, 1, 1))[0] for _ in functions]
    state_of = dict(zip(functions, main_states, strict=True))
    frames |= {
        "id": list(range(n)),
        "parent": parents,
        "thread": [f"worker-{t}" if t else "MainThread" for t in threads],
    }
    frames |= {"self_s": self_s, "total_s": total_s}
    for at, name in enumerate(("function", "file", "line")):
        frames[name] = [function[at] for function in chosen]
    for state, column in enumerate(FRAME_STATES):
        share = [0.8 if state_of[f] == state else 0.2 if state == 0 else 0.0 for f in chosen]
        share = [1.0 if state_of[f] == state == 0 else s for f, s in zip(chosen, share, strict=True)]
        frames[column] = [part * seconds for part, seconds in zip(share, self_s, strict=True)]
    frames["gc_s"] = [0.01 * seconds for seconds in self_s]
    frames["in_library"] = [function[1] == LIBRARY_FILE for function in chosen]
    frames["total_low"], frames["total_high"] = intervals(total_s, whole_s)
    return frames


def _callees(
    draw: random.Random, parents: list[int], functions: list[tuple[str, str, int]]
) -> list[tuple[str, str, int]]:
    """The function of each frame: roots are any, and each function calls only three others."""
    numbers: list[int] = []
    for parent in parents:
        number = draw.randrange(len(functions)) if parent < 0 else 3 * numbers[parent] + 1 + draw.randrange(3)
        numbers.append(number % len(functions))
    return [functions[number] for number in numbers]


def _shape(draw: random.Random, n: int, n_threads: int) -> tuple[list[int], list[int]]:
    """Parent and thread of each frame; a thread's frames stand together."""
    parents, threads = [], []
    for thread in range(n_threads):
        path: list[int] = []
        for _ in range(n * thread // n_threads, n * (thread + 1) // n_threads):
            if path and (len(path) >= MAX_DEPTH or draw.random() < 0.4):
                del path[max(1, len(path) - int(draw.expovariate(0.4)) - 1) :]
            parents.append(path[-1] if path else -1)
            path.append(len(parents) - 1)
            threads.append(thread)
    return parents, threads


def intervals(seconds: Sequence[float], whole_s: float) -> tuple[list[float], list[float]]:
    """Both ends of each share's 95 % interval, as sampling at 1 kHz gives them."""
    low, high = [], []
    for value in seconds:
        share = min(value / whole_s, 1.0)
        half = 1.96 * (share * (1 - share) * INTERVAL_S / whole_s) ** 0.5
        low.append(max(0.0, share - half))
        high.append(min(1.0, share + half))
    return low, high


def make_tables(
    draw: random.Random, frames: Columns, sampled_s: float, lane_runs: int
) -> tuple[dict[str, Columns], Columns]:
    """All tables of the call tree, and the lanes of its threads."""
    functions = _function_table(frames, sampled_s)
    threads = _thread_table(frames)
    tables = {"frames": frames, "functions": functions, "threads": threads}
    tables["lines"] = _line_table(functions, sampled_s)
    tables["bottlenecks"] = _bottleneck_table(functions)
    tables["process"] = _one_row("process", (5e7, 9e7, 6e7, 1200, 3, 0.02))
    tables["children"] = _one_row("children", (4242, "convert", 0.5, 3e7, 0.25))
    return tables, _lanes(draw, threads, lane_runs)


def _function_table(frames: Columns, sampled_s: float) -> Columns:
    sums: defaultdict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * (len(STATES) + 2))
    path: list[tuple[int, tuple[Any, ...]]] = []
    for index, parent in enumerate(frames["parent"]):
        while path and path[-1][0] != parent:
            path.pop()
        key = tuple(frames[name][index] for name in ("function", "file", "line", "in_library"))
        values = sums[key]
        values[0] += frames["self_s"][index]
        values[1] += 0.0 if any(key == above for _, above in path) else frames["total_s"][index]
        for at, column in enumerate(FRAME_STATES, 2):
            values[at] += frames[column][index]
        path.append((index, key))
    rows = sorted(sums.items(), key=lambda item: -item[1][0])
    table: Columns = {name: [key[at] for key, _ in rows] for at, name in enumerate(("function", "file", "line"))}
    table["in_library"] = [key[3] for key, _ in rows]
    table["self_s"], table["total_s"] = [v[0] for _, v in rows], [v[1] for _, v in rows]
    table["self_fraction"] = [v[0] / sampled_s for _, v in rows]
    table["total_fraction"] = [min(1.0, v[1] / sampled_s) for _, v in rows]
    table["self_low"], table["self_high"] = intervals(table["self_s"], sampled_s)
    table["total_low"], table["total_high"] = intervals(table["total_s"], sampled_s)
    classes = {column: [v[at] for _, v in rows] for at, column in enumerate(FRAME_STATES, 2)}
    table["gil_wait_s"] = classes.pop("gil_wait_s")
    table["cpu_s"] = [
        own * total / (own_all or 1.0)
        for own, total, own_all in zip(classes["on_cpu_s"], table["total_s"], table["self_s"], strict=True)
    ]
    table["wait_s"] = [t - c - g for t, c, g in zip(table["total_s"], table["cpu_s"], table["gil_wait_s"], strict=True)]
    table["verdict"] = [VERDICTS.get(_main_state(v), "mixed") for _, v in rows]
    table["evidence"] = [f"{100 * max(v[2:]) / (v[0] or 1.0):.0f} % of its time {_main_state(v)}" for _, v in rows]
    return {**empty_columns("functions"), **table, **classes, "gc_s": [0.01 * v[0] for _, v in rows]}


def _main_state(values: list[float]) -> str:
    return STATES[max(range(len(STATES)), key=lambda state: values[2 + state])]


def _line_table(functions: Columns, sampled_s: float) -> Columns:
    """Two lines a function, which share its own time."""
    table = empty_columns("lines")
    parts = [(row, part, offset) for row in range(len(functions["line"])) for part, offset in ((0.7, 3), (0.3, 5))]
    parts.sort(key=lambda p: -p[1] * functions["self_s"][p[0]])
    for row, part, offset in parts:
        values = {
            "file": functions["file"][row],
            "line": functions["line"][row] + offset,
            "source": f"    total += {functions['function'][row]}(row[{offset}])",
            "self_s": part * functions["self_s"][row],
            "total_s": part * functions["total_s"][row],
            "self_fraction": part * functions["self_fraction"][row],
            "verdict": functions["verdict"][row],
            "function": functions["function"][row],
        }
        for name, value in values.items():
            table[name].append(value)
    table["self_low"], table["self_high"] = intervals(table["self_s"], sampled_s)
    return table


def _thread_table(frames: Columns) -> Columns:
    table = empty_columns("threads")
    for number, thread in enumerate(dict.fromkeys(frames["thread"])):
        mine = [index for index, name in enumerate(frames["thread"]) if name == thread]
        table["thread"].append(thread)
        table["native_id"].append(1000 + number)
        for column in FRAME_STATES:
            table[column].append(sum(frames[column][index] for index in mine))
    return table


def _bottleneck_table(functions: Columns) -> Columns:
    table = empty_columns("bottlenecks")
    for row in range(min(5, len(functions["line"]))):
        share = 100 * functions["self_fraction"][row]
        verdict = functions["verdict"][row]
        values = {
            "bottleneck_type": "cpu_bound" if verdict == "mixed" else verdict,
            "location": f"{functions['function'][row]} ({functions['file'][row]}:{functions['line'][row]})",
            "time_spent_pct": share,
            "low_pct": 100 * functions["self_low"][row],
            "high_pct": 100 * functions["self_high"][row],
            "evidence": functions["evidence"][row],
            "call_count": float("nan"),
            "avg_duration_ms": float("nan"),
            "priority": next(k for k, edge in enumerate((20, 10, 5, 2, -1), 1) if share > edge),
            "suggested_fixes": list(FIXES),
        }
        for name, value in values.items():
            table[name].append(value)
    return table


def _one_row(table: str, values: Sequence[Any]) -> Columns:
    whole = {
        name: int(v) if kind == "int64" else v for (name, kind), v in zip(TABLES[table].items(), values, strict=True)
    }
    return {name: [value] for name, value in whole.items()}


def _lanes(draw: random.Random, threads: Columns, n_runs: int) -> Columns:
    """Each thread's life in random order, its classes as long as the table says."""
    lanes = empty_columns("lanes")
    for row in range(len(threads["thread"])):
        shares = [threads[column][row] for column in FRAME_STATES]
        runs = [(STATES[s], seconds / max(1, n_runs // 4)) for s, seconds in enumerate(shares) if seconds > 0]
        runs = runs * max(1, n_runs // 4)
        draw.shuffle(runs)
        at = 0.0
        for state, seconds in runs:
            for name, value in zip(lanes, (row, at, at + seconds, state), strict=True):
                lanes[name].append(value)
            at += seconds
    return lanes
