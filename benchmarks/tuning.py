"""The tuner: how long a whole answer takes, and what is lost by its choice of a policy beside fixed ones.

A policy is chosen on the first half of a trace and judged on the second, its cache warm from the first.
"""

import time
from collections.abc import Mapping
from statistics import mean, median
from typing import Any

from benchmarks.replay import DRAWN, SPEED_TRACE, TRACES, read_keys
from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Table, figure_of
from tailgana_lab.measure.policy_choice import choose_policy
from tailgana_lab.measure.tuning import tune
from tailgana_lab.measure.workload import Workload
from tailgana_lab.results.caching import POLICIES

SHARES = (0.01, 0.05, 0.1, 0.2, 0.4)
FEWEST_ENTRIES = 20
MOST_POINTS = 2.0
FIXED = ("s3fifo", "lirs", "lru")
REGRET_TRACES = (
    *("lirs_multi1", "lirs_multi2", "lirs_zigzag", "lirs_gli", "lirs_cpp", "lirs_cs", "lirs_ps", "lirs_sprite"),
    *("lirs_2_pools", "web07", "adapt_size", "cloudPhysicsIO", "py_sympy_core_basic_Basic_sort_key"),
    *("py_sympy_core_intfunc_igcd", "py_sympy_core_expr_Expr_expand", "py_sympy_core_mul_Mul_as_coeff_mul"),
    "py_sympy_core_power_Pow___new__",
)


def measure_answer(name: str, n_runs: int) -> dict[str, list[float]]:
    """Seconds of a whole answer: wall clock and CPU, all policies at about 20 sizes and the search."""
    keys = read_keys(name)
    spent = []
    for _ in range(n_runs):
        began, cpu = time.perf_counter(), time.process_time()
        tune(keys, 0.70)
        spent.append((time.perf_counter() - began, time.process_time() - cpu))
    return dict(zip(("wall", "cpu"), map(list, zip(*spent, strict=True)), strict=True))


def measure_regret(name: str) -> dict[str, list[float]]:
    """Points of hits lost in the second half, a figure for each size, by how the policy was chosen."""
    keys = read_keys(name)
    half, whole = len(keys) // 2, Workload(keys)
    seen = Workload(keys[:half])
    lost: dict[str, list[float]] = {label: [] for label in ("tuner", "best of the first half", *FIXED)}
    for capacity in sorted({max(FEWEST_ENTRIES, round(whole.n_keys * share)) for share in SHARES}):
        jobs = [(policy, capacity) for policy in POLICIES]
        first = dict(zip(POLICIES, (misses for misses, _ in seen.exact(jobs)), strict=True))
        both = dict(zip(POLICIES, (misses for misses, _ in whole.exact(jobs)), strict=True))
        later = {policy: both[policy] - first[policy] for policy in POLICIES}
        chosen = {
            "tuner": choose_policy(seen.later_misses_pct, capacity).policy,
            "best of the first half": min(POLICIES, key=lambda policy: first[policy]),
            **{policy: policy for policy in FIXED},
        }
        for label, policy in chosen.items():
            lost[label].append(100 * (later[policy] - min(later.values())) / (len(keys) - half))
    return lost


def steps(is_quick: bool) -> list[Step]:
    has_traces = TRACES.is_dir()
    names = REGRET_TRACES if has_traces else (DRAWN,)
    answer = {"name": SPEED_TRACE if has_traces else DRAWN, "n_runs": 1 if is_quick else 5}
    return [
        Step("answer", __name__, "measure_answer", answer),
        *(
            Step(f"regret: {name}", __name__, "measure_regret", {"name": name})
            for name in (names[-1:] if is_quick else names)
        ),
    ]


def tables(results: Mapping[str, Any]) -> list[Table]:
    failed = tuple(
        f"{label} is missing: {found.reason}" for label, found in results.items() if isinstance(found, Failure)
    )
    found = {label: result for label, result in results.items() if not isinstance(result, Failure)}
    return [_answer_table(found, failed), _regret_table(found, failed)]


def _answer_table(found: Mapping[str, Any], failed: tuple[str, ...]) -> Table:
    spent = found.get("answer", {})
    row: list[Cell] = [
        SPEED_TRACE if TRACES.is_dir() else DRAWN,
        *(figure_of(spent.get(kind, [])) for kind in ("wall", "cpu")),
    ]
    note = "Ten policies and Belady at 20 sizes, the LRU curve, and the search for the least size; from an array."
    return Table(
        "tuner_answer", "A whole answer of the tuner, seconds", ("trace", "wall", "CPU"), [row], (*failed, note)
    )


def _regret_table(found: Mapping[str, Any], failed: tuple[str, ...]) -> Table:
    regrets = [lost for label, lost in found.items() if label.startswith("regret: ")]
    rows: list[list[Cell]] = []
    for label in ("tuner", "best of the first half", *FIXED):
        points = [each for lost in regrets for each in lost[label]]
        capped = figure_of([mean(min(each, MOST_POINTS) for each in points)], 3) if points else None
        rows.append([label, capped, figure_of([median(points)], 3) if points else None])
    cases = sum(len(lost["tuner"]) for lost in regrets)
    note = f"{cases} cases; each counts as at most {MOST_POINTS:g} points in the mean."
    columns = ("chosen by", "mean", "median")
    return Table("tuner_regret", "Hits lost in the half of a trace not seen, points", columns, rows, (*failed, note))
