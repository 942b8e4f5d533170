"""Accuracy on busy code: the same additions inline or through tiny calls, in shares from 0.1 to 0.9.

A profiler that pays for each call shows too much of the second. Truth is `perf_counter` around each function, in the
profiled run itself, and in a run without a profiler just before.
"""

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.external import EXTERNAL_PEERS, Run, program_functions
from benchmarks.peers import IN_PROCESS_PEERS, OURS, OURS_AUTO, make_profiler
from benchmarks.programs import BIAS, Truth, add, counts_for, run_bias
from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
ROUNDS = 12
SAMPLED_S = 1.5  # seconds unprofiled
TRACED_S = {"cProfile": 0.3, "VizTracer": 0.08}  # a tracer needs no samples, and VizTracer forgets what is too much
LABELS = (OURS, OURS_AUTO, *IN_PROCESS_PEERS, *EXTERNAL_PEERS)


def measure(label: str, n_runs: int) -> list[dict[str, float]]:
    """One row per share and run: error against both clocks (percentage points), time told over time true, slow-down."""
    run = _inside if label not in EXTERNAL_PEERS else _outside
    seconds = TRACED_S.get(label, SAMPLED_S)
    rows = []
    for share in SHARES:
        for _ in range(n_runs):
            plain, profiled, told = run(label, counts_for(share, seconds, ROUNDS))
            rows.append(
                {
                    "share": share,
                    "against_plain_pp": 100 * (_share(told) - _share(plain)),
                    "against_own_pp": 100 * (_share(told) - _share(profiled)),
                    "captured": sum(told.values()) / sum(profiled.values()),
                    "slow_down": sum(profiled.values()) / sum(plain.values()),
                }
            )
    return rows


def _share(seconds: Mapping[str, float]) -> float:
    return seconds["by_calls"] / (sum(seconds.values()) or float("nan"))


def _inside(label: str, counts: dict[str, int]) -> tuple[dict[str, float], ...]:
    profiler = make_profiler(label)
    plain = run_bias(counts, ROUNDS)
    profiler.start()
    profiled = run_bias(counts, ROUNDS)
    profiler.stop()
    return plain["wall"], profiled["wall"], profiler.seconds(tuple(BIAS))


def _outside(label: str, counts: dict[str, int]) -> tuple[dict[str, float], ...]:
    arguments = {"counts": counts, "rounds": ROUNDS}
    plain: Truth = Run("bias", arguments).result
    run = Run("bias", arguments, label)
    return plain["wall"], run.result["wall"], run.seconds(program_functions(tuple(BIAS)), {"by_calls": add})


def steps(is_quick: bool) -> list[Step]:
    return [Step(label, __name__, "measure", {"label": label, "n_runs": 1 if is_quick else 3}) for label in LABELS]


def tables(results: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = []
    notes = [
        "Share of `by_calls` as told, less its true share. By share: against a run without the profiler (median).",
        "“own clock”: against `perf_counter` inside the profiled run, so that the slow-down is not blamed.",
    ]
    for label in LABELS:
        found = results.get(label, Failure("not measured"))
        if isinstance(found, Failure):
            notes.append(f"{label} is missing: {found.reason}")
            rows.append([label, *[None] * (len(SHARES) + 4)])
            continue
        by_share = [median(row["against_plain_pp"] for row in found if row["share"] == share) for share in SHARES]
        own = [abs(row["against_own_pp"]) for row in found]
        last = (
            median(own),
            max(own),
            median(row["captured"] for row in found),
            median(row["slow_down"] for row in found),
        )
        rows.append([label, *(Figure(value) for value in (*by_share, *last))])
    columns = (
        "profiler",
        *(f"{share:g}" for share in SHARES),
        "own clock, median",
        "own clock, worst",
        "time told / true",
        "slow-down",
    )
    return [Table("bias", "Function bias, percentage points", columns, rows, notes)]
