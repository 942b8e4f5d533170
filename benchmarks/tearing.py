"""Impossible stacks: towers of calls of a microsecond replace each other while they are read.

On one core nothing can move during a read, so what that run shows is what the others must show.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.external import SPY, SPY_NONBLOCKING, Run, Stack
from benchmarks.peers import Tailgana
from benchmarks.programs import CALLER, ROOFS, prepared
from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table

INTERVALS_MS = (1.0, 0.2)


def measure_ours(interval_ms: float, is_one_core: bool, seconds: float) -> dict[str, float]:
    if is_one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    profiler = Tailgana(interval_ms)
    with prepared("towers", {"seconds": seconds}) as run:
        profiler.start()
        wall = run()["wall"]["turn"]
        profiler.stop()
    profile = profiler.profile
    found = judge(stacks_of(profile.columns("frames")), wall)
    return {**found, "cut_fraction": profile.torn_fraction, "n_stacks": profile.n_stacks}


def measure_spy(label: str, seconds: float) -> dict[str, float]:
    run = Run("towers", {"seconds": seconds}, label)
    found = judge(run.stacks, 1000 * run.result["wall"]["turn"])
    return {**found, "n_stacks": sum(weight for _, weight in run.stacks)}


def stacks_of(frames: Mapping[str, Sequence[Any]]) -> list[Stack]:
    """Each frame's own path with its self time."""
    paths: dict[int, tuple[str, ...]] = {}
    stacks = []
    for number, parent, function, self_s in zip(
        frames["id"], frames["parent"], frames["function"], frames["self_s"], strict=True
    ):
        paths[number] = (*paths.get(parent, ()), function.rpartition(".")[2])
        stacks.append((paths[number], self_s))
    return stacks


def judge(stacks: Sequence[Stack], whole: float) -> dict[str, float]:
    """Fractions of the program's weight: below a caller that never calls it; down to a roof; and seen at all."""
    inside = [(names, weight) for names, weight in stacks if any(name in CALLER or name == "turn" for name in names)]
    total = sum(weight for _, weight in inside)
    if not total:
        return {"impossible": float("nan"), "roof": float("nan"), "seen": 0.0}
    wrong = sum(weight for names, weight in inside if is_impossible(names))
    roof = sum(weight for names, weight in inside if names[-1] in ROOFS)
    return {"impossible": wrong / total, "roof": roof / total, "seen": total / whole}


def is_impossible(names: Sequence[str]) -> bool:
    above = ("", *names)
    return any(name in CALLER and CALLER[name] != caller for caller, name in zip(above, names, strict=False))


def steps(is_quick: bool) -> list[Step]:
    seconds = 2.0 if is_quick else 10.0
    found = []
    for interval_ms in INTERVALS_MS:
        for is_one_core in (True, False):
            arguments = {"interval_ms": interval_ms, "is_one_core": is_one_core, "seconds": seconds}
            label = f"tailgana_lab ({interval_ms:g} ms), {'one core' if is_one_core else 'all cores'}"
            found.append(Step(label, __name__, "measure_ours", arguments))
    peers = (SPY, SPY_NONBLOCKING)
    return found + [
        Step(f"{peer}, all cores", __name__, "measure_spy", {"label": peer, "seconds": seconds}) for peer in peers
    ]


def tables(results: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = []
    notes = ["One core is the truth for the share down to a leaf: nothing moves there while a stack is read."]
    for label, found in results.items():
        if isinstance(found, Failure):
            notes.append(f"{label} is missing: {found.reason}")
            rows.append([label, *[None] * 5])
            continue
        cut = Figure(100 * found["cut_fraction"]) if "cut_fraction" in found else "not told"
        parts = [Figure(100 * found["impossible"], digits=3), cut, Figure(100 * found["roof"], digits=1)]
        rows.append([label, *parts, Figure(100 * found["seen"], digits=1), Figure(found["n_stacks"], digits=0)])
    columns = ("profiler", "impossible, %", "cut short or not read, %", "down to a leaf, %", "time seen, %", "stacks")
    return [Table("tearing", "Stacks of a program made to tear", columns, rows, notes)]
