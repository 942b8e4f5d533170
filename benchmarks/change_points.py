"""Change points: false alarms on noise, steps found in it, and time, beside peers that are installed.

The series are made here from seeds, where truth is where a step was put in; or they are published ones with labels,
where their folder is there. Otava wants an older numpy than the lab: `pip install --no-deps apache-otava` brings it.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table, figure_of

OURS = "tailgana_lab"
KERNEL = "ruptures, rbf kernel"
ASV = "asv, detect_steps"
OTAVA = "Otava"
LABELS = (OURS, KERNEL, ASV, OTAVA)
KINDS = ("white", "alike", "heavy-tailed")
MARGIN = 5  # points; each step is matched at most once
SIZES = (100, 400, 1000, 10_000)
LABELLED = Path(__file__).parents[2] / "shared" / "data" / "regression"
SETS = ("otava_synthetic", "mozilla_graphs", "otava_tigerbeetle")
MOST_FOR_PEERS = 1000  # points; beyond, they take minutes
Finder = Callable[[Sequence[float]], Sequence[int]]


def finder_of(label: str) -> Finder:
    """What gives the indices of the changes."""
    if label == KERNEL:
        import ruptures

        def by_kernel(values: Sequence[float]) -> Sequence[int]:
            series = np.array(values)
            scaled = (series - np.median(series)) / (np.std(np.diff(series)) / math.sqrt(2))
            model = ruptures.KernelCPD(kernel="rbf", min_size=2).fit(scaled.reshape(-1, 1))
            return list(model.predict(pen=math.log(len(values)))[:-1])

        return by_kernel
    if label == ASV:
        from asv.step_detect import detect_steps

        return lambda values: [step[0] for step in detect_steps(list(values))[1:]]
    if label == OTAVA:
        from otava.analysis import compute_change_points

        return lambda values: [found.index for found in compute_change_points(list(values))[0]]
    from tailgana_lab._engine import change_points

    return lambda values: [index for index, *_, suspect in change_points(values) if not suspect]


def noise_of(kind: str, n: int, rng: np.random.Generator) -> Any:
    """Noise of standard deviation 2."""
    noise = rng.normal(0, 2, n)
    if kind == "alike":
        for k in range(1, n):
            noise[k] = 0.5 * noise[k - 1] + math.sqrt(0.75) * noise[k]
    return rng.standard_t(3, n) * 1.2 if kind == "heavy-tailed" else noise


def stepped(kind: str, rng: np.random.Generator) -> tuple[list[float], list[int]]:
    """A series of one to three steps of 3 to 20 % with a spike every hundred points, and where the steps are."""
    n = int(rng.integers(100, 600))
    values = 100 + noise_of(kind, n, rng)
    places: list[int] = []
    for place in sorted(rng.integers(10, n - 10, int(rng.integers(1, 4))).tolist()):
        if not places or place - places[-1] > 3 * MARGIN:
            places.append(place)
            values[place:] *= 1 + rng.choice([-1, 1]) * rng.choice([0.03, 0.05, 0.1, 0.2])
    for spike in rng.integers(0, n, n // 100):
        values[spike] *= 1.3
    return values.tolist(), places


def n_matched(true: Sequence[int], found: Sequence[int]) -> int:
    left = set(found)
    for place in true:
        near = [(abs(place - index), index) for index in left if abs(place - index) <= MARGIN]
        if near:
            left.discard(min(near)[1])
    return len(found) - len(left)


def measure_quality(label: str, kind: str, n_series: int) -> dict[str, float]:
    """Share of unchanged series that are alarmed; precision and recall over those with steps."""
    find = finder_of(label)
    rng = np.random.default_rng(1)
    n_alarmed = sum(bool(len(find((100 + noise_of(kind, 400, rng)).tolist()))) for _ in range(n_series))
    n_hit = n_said = n_true = 0
    for _ in range(n_series):
        values, places = stepped(kind, rng)
        found = find(values)
        n_hit, n_said, n_true = n_hit + n_matched(places, found), n_said + len(found), n_true + len(places)
    return {"alarmed": n_alarmed / n_series, "precision": n_hit / max(n_said, 1), "recall": n_hit / n_true}


def measure_labelled(label: str, name: str) -> dict[str, float]:
    """F1 pooled over the published series, and the share of unchanged ones that are alarmed (NaN where all change)."""
    find = finder_of(label)
    n_hit = n_said = n_true = n_alarmed = n_unchanged = 0
    for series in json.loads((LABELLED / f"{name}.json").read_text()):
        places, found = series["change_points"], find(series["values"])
        n_hit, n_said, n_true = n_hit + n_matched(places, found), n_said + len(found), n_true + len(places)
        n_unchanged, n_alarmed = n_unchanged + (not places), n_alarmed + (not places and len(found) > 0)
    return {"f1": 2 * n_hit / max(n_said + n_true, 1), "alarmed": n_alarmed / n_unchanged if n_unchanged else math.nan}


def measure_time(label: str, n: int, n_runs: int) -> list[float]:
    """Milliseconds for a series of `n // 200 + 1` steps."""
    find = finder_of(label)
    rng = np.random.default_rng(2)
    n_levels = n // 200 + 2
    levels = np.repeat(rng.normal(100, 6, n_levels), -(-n // n_levels))[:n]
    values = (levels + rng.normal(0, 2, n)).tolist()
    took = []
    for _ in range(n_runs):
        began = time.perf_counter()
        find(values)
        took.append(1000 * (time.perf_counter() - began))
    return took


def steps(is_quick: bool) -> list[Step]:
    n_series, n_runs = (5, 2) if is_quick else (100, 9)
    quality = [
        Step(f"{label}: {kind}", __name__, "measure_quality", {"label": label, "kind": kind, "n_series": n_series})
        for label in LABELS
        for kind in KINDS
    ]
    labelled = [
        Step(f"{label}: {name}", __name__, "measure_labelled", {"label": label, "name": name})
        for label in LABELS
        for name in SETS
    ]
    return (
        quality
        + (labelled if LABELLED.is_dir() else [])
        + [
            Step(f"{label}: {n}", __name__, "measure_time", {"label": label, "n": n, "n_runs": n_runs})
            for label in LABELS
            for n in SIZES
            if label == OURS or n <= MOST_FOR_PEERS
        ]
    )


def tables(results: Mapping[str, Any]) -> list[Table]:
    notes: dict[str, None] = {}

    def result_of(label: str, part: object) -> Any:
        found = results.get(f"{label}: {part}")
        if isinstance(found, Failure):
            notes[f"{label} is missing: {found.reason}"] = None
        return None if isinstance(found, Failure) else found

    quality: list[list[Cell]] = []
    times: list[list[Cell]] = []
    scores: list[list[Cell]] = []
    for label in LABELS:
        for kind in KINDS:
            found = result_of(label, kind)
            shares = ("alarmed", "precision", "recall")
            quality.append([f"{label}, {kind}", *(Figure(100 * found[s], digits=0) if found else None for s in shares)])
        found = [result_of(label, name) for name in SETS]
        scores.append([label, *(Figure(each["f1"], digits=2) if each else None for each in found)])
        took = [result_of(label, n) for n in SIZES]
        times.append([label, *(figure_of(ms) if ms else "not measured" for ms in took)])
    missing = tuple(notes)
    return [
        Table(
            "change_points",
            "Change points in made series",
            ("method, noise", "unchanged series alarmed, %", "precision, %", "recall, %"),
            quality,
            (*missing, f"A change counts as found within {MARGIN} points; steps are 3, 5, 10 or 20 %, noise 2 %."),
        ),
        Table(
            "change_point_labels",
            "Change points in published series, F1",
            ("method", *SETS),
            scores,
            (*missing, f"Pooled over the series of a set; a change counts as found within {MARGIN} points."),
        ),
        Table(
            "change_point_time", "Time for a series, ms", ("method", *(f"{n} points" for n in SIZES)), times, missing
        ),
    ]
