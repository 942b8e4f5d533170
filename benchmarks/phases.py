"""Accuracy on waiting: C code that keeps the GIL, a pipe, a lock, a socket and the disk, with 0 to 2 spinning threads.

Truth is `perf_counter` around each phase of the same run; for the wait classes, the moment at which the other thread
let the phase go, and for the disk the kernel's accounts around each fsync.
"""

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.external import EXTERNAL_PEERS, Run, program_functions
from benchmarks.peers import IN_PROCESS_PEERS, OURS, OURS_AUTO, Tailgana, make_profiler
from benchmarks.programs import PHASES, prepared
from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Figure, Table

ROUNDS, RUN_S = 15, 3.0
N_SPINNERS = (0, 1, 2)
LABELS = (OURS, OURS_AUTO, *IN_PROCESS_PEERS, *EXTERNAL_PEERS)
SHOWN = {"hold_gil": "C code", "read_pipe": "pipe", "take_lock": "lock", "receive": "socket", "sync_disk": "disk"}
CLASS = {"read_pipe": "pipe_s", "take_lock": "lock_s", "receive": "socket_s", "sync_disk": "disk_s"}


def measure(label: str, n_spinners: int, n_runs: int) -> list[dict[str, dict[str, float]]]:
    """For each run: errors of the shares and of the wait classes, percentage points, and time told over time true."""
    arguments = {"n_spinners": n_spinners, "seconds": RUN_S, "rounds": ROUNDS}
    run = _outside if label in EXTERNAL_PEERS else _inside
    return [run(label, arguments) for _ in range(n_runs)]


def _inside(label: str, arguments: dict[str, Any]) -> dict[str, dict[str, float]]:
    profiler = make_profiler(label)
    with prepared("phases", arguments) as run:
        profiler.start()
        truth = run()
        profiler.stop()
    found = _compare(truth["wall"], profiler.seconds(tuple(PHASES)))
    if isinstance(profiler, Tailgana):
        found["classes"] = _class_errors(profiler, truth)
    return found


def _outside(label: str, arguments: dict[str, Any]) -> dict[str, dict[str, float]]:
    run = Run("phases", arguments, label)
    return _compare(run.result["wall"], run.seconds(program_functions(tuple(PHASES)), {}))


def _compare(true: Mapping[str, float], told: Mapping[str, float]) -> dict[str, dict[str, float]]:
    all_true, all_told = sum(true.values()), sum(told.values()) or float("nan")
    shares = {name: 100 * (told[name] / all_told - true[name] / all_true) for name in PHASES}
    return {"shares": shares, "captured": {"all": sum(told.values()) / all_true}}


def _class_errors(profiler: Tailgana, truth: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Of all the time in the phases: blocked as told, less blocked as it was."""
    whole = sum(truth["wall"].values())
    errors = {}
    for name, column in CLASS.items():
        errors[name] = 100 * (profiler.column((name,), column)[name] - truth["blocked"][name]) / whole
    return errors


def steps(is_quick: bool) -> list[Step]:
    n_runs = 1 if is_quick else 5
    return [
        Step(f"{label}: {n}", __name__, "measure", {"label": label, "n_spinners": n, "n_runs": n_runs})
        for label in LABELS
        for n in N_SPINNERS
    ]


def tables(results: Mapping[str, Any]) -> list[Table]:
    shares: list[list[Cell]] = []
    classes: list[list[Cell]] = []
    notes: dict[str, None] = {}
    for label in LABELS:
        for n_spinners in N_SPINNERS:
            found = results.get(f"{label}: {n_spinners}", Failure("not measured"))
            if isinstance(found, Failure):
                notes[f"{label} is missing: {found.reason}"] = None
                shares.append([label, str(n_spinners), *[None] * (len(PHASES) + 2)])
                continue
            shares.append([label, str(n_spinners), *_share_cells(found)])
            if "classes" in found[0]:
                classes.append([label, str(n_spinners), *_class_cells(found)])
    beside = ("profiler", "spinning beside")
    note = (
        "Median error of the share of time in each function, percentage points, against the same run's `perf_counter`."
    )
    class_note = "Median error of the time blocked, of all time in the phases. No peer tells the reason of a wait."
    return [
        Table(
            "phases",
            "Phases of one thread, percentage points",
            (*beside, *SHOWN.values(), "worst", "time told / true"),
            shares,
            [note, *notes],
        ),
        Table(
            "waits",
            "Wait classes, percentage points",
            (*beside, *(SHOWN[name] for name in CLASS), "worst"),
            classes,
            [class_note],
        ),
    ]


def _share_cells(found: list[Any]) -> list[Cell]:
    errors = [median(run["shares"][name] for run in found) for name in PHASES]
    worst = max(abs(error) for run in found for error in run["shares"].values())
    return [Figure(value) for value in (*errors, worst, median(run["captured"]["all"] for run in found))]


def _class_cells(found: list[Any]) -> list[Cell]:
    errors = [median(run["classes"][name] for run in found) for name in CLASS]
    return [Figure(value) for value in (*errors, max(abs(error) for run in found for error in run["classes"].values()))]
