"""Verdicts on code that changed and code that did not: false alarms and power, quiet and beside neighbours that burst.

The rules beside ours judge stored numbers: each side is timed in a process of its own, one after the other.
"""

import math
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.step import Step
from benchmarks.table import Cell, Figure, Table
from tailgana_lab import _engine

OURS = "tailgana_lab"
CHAPTER = "the chapter: ops/s -10 % or p95 +10 %"
MEAN_10 = "pytest-benchmark: mean +10 %"
T_TEST = "pyperf: t test of 15 values a side, p < .05"
MANN_WHITNEY = "asv: Mann-Whitney p < .002 and median +10 %"
RULES = (CHAPTER, MEAN_10, T_TEST, MANN_WHITNEY)
N_VALUES = 15  # of pyperf with five processes of three values
CHANGES = (0.0, 0.03, 0.05, 0.10)  # more work of the same kind, fractions
STORED_S = 0.35  # seconds of timing for each side of a stored rule
BUDGET_S = 15.0
ON_S, OFF_S = 0.3, 0.9  # seconds, means: a neighbour computes a quarter of the time


def loop(change: float) -> Callable[[], int]:
    n = round(2000 * (1 + change))

    def work() -> int:
        total = 0
        for k in range(n):
            total = (total * 31 + k) & 0xFFFF
        return total

    return work


def arrays(change: float) -> Callable[[], float]:
    import numpy as np

    n, values = round(100 * (1 + change)), np.linspace(0.0, 1.0, 2000)

    def work() -> float:
        return float(sum(np.sqrt(values * values + 1.0).sum() for _ in range(n)))

    return work


def allocation(change: float) -> Callable[[], int]:
    import json

    n = round(200 * (1 + change))

    def work() -> int:
        return len(json.dumps([{"id": k, "name": f"row{k}", "v": [k * 0.5, k * 0.25]} for k in range(n)]))

    return work


WORKLOADS = {"pure Python": loop, "small numpy calls": arrays, "json with allocation": allocation}


def _burst(seed: int) -> None:
    draw, block, parent = random.Random(seed), bytearray(8 << 20), os.getppid()
    while os.getppid() == parent:
        until = time.monotonic() + draw.expovariate(1 / ON_S)
        while time.monotonic() < until:
            bytes(block)
        time.sleep(min(draw.expovariate(1 / OFF_S), 5))


@contextmanager
def neighbours(n: int) -> Iterator[None]:
    """Processes that burst at random."""
    running = [multiprocessing.Process(target=_burst, args=(k,), daemon=True) for k in range(n)]
    for each in running:
        each.start()
    try:
        yield
    finally:
        for each in running:
            each.terminate()
            each.join()


def measure_ours(workload: str, change: float, n_neighbours: int, n_decisions: int) -> list[dict[str, Any]]:
    """Verdict, ratio and time of each decision."""
    import tailgana_lab as tgl

    make, found = WORKLOADS[workload], []
    with neighbours(n_neighbours):
        for _ in range(n_decisions):
            began = time.monotonic()
            made = tgl.compare(make(0.0), make(change), budget_s=BUDGET_S)
            found.append({"verdict": made.verdict, "ratio": made.ratio, "took_s": time.monotonic() - began})
    return found


def timed(make: Callable[[float], Callable[[], Any]], change: float, results: Any) -> None:
    """Durations of calls for a while, in a process of its own."""
    work, durations = make(change), []
    until = time.perf_counter() + STORED_S
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        durations.append(time.perf_counter() - began)
    results.put(durations[len(durations) // 10 :])


def measure_stored(workload: str, change: float, n_neighbours: int, n_decisions: int) -> list[dict[str, bool]]:
    """What each rule says of numbers that were taken one after the other."""
    results: Any = multiprocessing.Queue()
    found = []
    with neighbours(n_neighbours):
        for _ in range(n_decisions):
            sides = []
            for each in (0.0, change):
                process = multiprocessing.Process(target=timed, args=(WORKLOADS[workload], each, results))
                process.start()
                sides.append(results.get())
                process.join()
            found.append({rule: says_slower(rule, *sides) for rule in RULES})
    return found


def says_slower(rule: str, old: Sequence[float], new: Sequence[float]) -> bool:
    """Whether a rule alarms."""
    if rule == CHAPTER:
        tails = [sorted(side)[int(0.95 * (len(side) - 1))] for side in (old, new)]
        return statistics.fmean(old) / statistics.fmean(new) < 0.9 or tails[1] / tails[0] > 1.1
    if rule == MEAN_10:
        return statistics.fmean(new) / statistics.fmean(old) > 1.1
    if rule == T_TEST:
        return student_t(old, new) > _engine.student_t_quantile(0.975, 2 * N_VALUES - 2)
    return statistics.median(new) / statistics.median(old) > 1.1 and mann_whitney_p(old, new) < 0.002


def student_t(old: Sequence[float], new: Sequence[float]) -> float:
    """Student's t of the means of equal parts of the calls; positive is slower."""
    sides = []
    for calls in (old, new):
        length = max(1, len(calls) // N_VALUES)
        sides.append([statistics.fmean(calls[k * length : (k + 1) * length]) for k in range(N_VALUES)])
    variance = statistics.fmean([statistics.variance(side) for side in sides])
    shift = statistics.fmean(sides[1]) - statistics.fmean(sides[0])
    return shift / math.sqrt(2 * variance / N_VALUES)


def mann_whitney_p(old: Sequence[float], new: Sequence[float]) -> float:
    """Two-sided p of the Mann-Whitney U test by its normal approximation."""
    ranked = sorted([(value, 0) for value in old] + [(value, 1) for value in new])
    rank_sum = sum(rank for rank, (_, side) in enumerate(ranked, start=1) if side)
    n, m = len(old), len(new)
    z = (rank_sum - m * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def steps(is_quick: bool) -> list[Step]:
    n = 1 if is_quick else 8
    return [
        Step(
            _label(function, workload, change, n_neighbours),
            __name__,
            function,
            {"workload": workload, "change": change, "n_neighbours": n_neighbours, "n_decisions": n},
        )
        for function in ("measure_ours", "measure_stored")
        for workload in WORKLOADS
        for n_neighbours in (0, 2)
        for change in CHANGES
    ]


def _label(function: str, workload: str, change: float, n_neighbours: int) -> str:
    return f"{function}, {workload}, {change:g}, {n_neighbours}"


def tables(results: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = [
        [rule, beside, *(_alarmed(results, rule, change, n_neighbours) for change in CHANGES)]
        for beside, n_neighbours in (("as found", 0), ("2 bursting", 2))
        for rule in (OURS, *RULES)
    ]
    columns = ["rule", "beside it", *(f"{100 * change:g} % slower" for change in CHANGES)]
    notes = [
        "Percent of decisions that said slower, over three workloads; 0 % slower: every one is a false alarm.",
        f"Ours takes {_took(results)} s a decision (median); the others {2 * STORED_S} s of timing.",
    ]
    return [Table("verdicts", "Decisions that say slower, %", columns, rows, notes)]


def _alarmed(results: Mapping[str, Any], rule: str, change: float, n_neighbours: int) -> Cell:
    function = "measure_ours" if rule == OURS else "measure_stored"
    labels = [_label(function, workload, change, n_neighbours) for workload in WORKLOADS]
    found = [each for label in labels for each in _made(results.get(label))]
    said = [each["verdict"] == "slower" if rule == OURS else each[rule] for each in found]
    return Figure(100 * sum(said) / len(said), digits=0) if said else None


def _made(found: Any) -> list[dict[str, Any]]:
    """Decisions of one step; none of one that failed or was not run."""
    return found if isinstance(found, list) else []


def _took(results: Mapping[str, Any]) -> str:
    ours = [found for label, found in results.items() if label.startswith("measure_ours")]
    took = [each["took_s"] for found in ours for each in _made(found)]
    return f"{statistics.median(took):.1f}" if took else "?"
