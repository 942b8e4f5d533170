"""What a profiler costs: CPU and wall time of a profiled run over an unprofiled one, in pairs that take turns."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.clocks import alternate, measure_run, repeats_for
from benchmarks.external import EXTERNAL_PEERS, SCALENE, SPY, SPY_NONBLOCKING, Run
from benchmarks.peers import IN_PROCESS_PEERS, OURS, OURS_AUTO, TICK, TICK_ON_CORE, make_profiler
from benchmarks.step import Failure, Step, StepFailedError
from benchmarks.table import Cell, Figure, Table, figure_of
from benchmarks.workloads import WORKLOADS

RUN_S = 0.5  # seconds of one unprofiled run, about
LIGHT = (OURS, OURS_AUTO, TICK, TICK_ON_CORE)  # measured in one process, in turn: they are compared with each other
Pair = dict[str, float]  # base_wall_s, wall, cpu (ratios), and for py-spy cpu_with_own


def measure_inside(workload: str, labels: Sequence[str], n_pairs: int) -> dict[str, list[Pair] | str]:
    """Pairs of runs in one process after a warm-up; a label whose profiler is missing gets the reason instead."""
    work = WORKLOADS[workload]
    repeats = repeats_for(work, RUN_S)

    def run() -> list[object]:
        return [work() for _ in range(repeats)]

    profilers: dict[str, Any] = {}
    found: dict[str, list[Pair] | str] = {}
    for label in labels:
        try:
            profilers[label], found[label] = make_profiler(label), []
        except StepFailedError as error:
            found[label] = str(error)
    for turn in range(n_pairs + 1):
        for label, profiler in profilers.items():
            pair = _one_pair(run, profiler, turn)
            pairs = found[label]
            if turn and isinstance(pairs, list):  # the first is the warm-up
                pairs.append(pair)
    return found


def _one_pair(run: Any, profiler: Any, turn: int) -> Pair:
    took: dict[str, tuple[float, float]] = {}

    def profiled() -> None:
        profiler.start()
        try:
            took["profiled"] = measure_run(run)
        finally:
            profiler.stop()

    def plain() -> None:
        took["plain"] = measure_run(run)

    alternate(plain, profiled, turn)
    return _pair_of(took["plain"], took["profiled"])


def _pair_of(plain: Sequence[float], profiled: Sequence[float], own_cpu_s: float = 0.0) -> Pair:
    (base_wall, base_cpu), (wall, cpu) = plain, profiled
    return {
        "base_wall_s": base_wall,
        "wall": wall / base_wall,
        "cpu": cpu / base_cpu,
        "cpu_with_own": (cpu + own_cpu_s) / base_cpu,
    }


def measure_outside(workload: str, label: str, n_pairs: int) -> dict[str, list[Pair]]:
    """Pairs of fresh processes, for what starts the program or attaches to it."""
    arguments = {"workload": workload, "repeats": repeats_for(WORKLOADS[workload], RUN_S)}
    pairs = []
    for turn in range(n_pairs):
        took: dict[str, Run] = {}

        def plain(took: dict[str, Run] = took) -> None:
            took["plain"] = Run("overhead", arguments)

        def profiled(took: dict[str, Run] = took) -> None:
            took["profiled"] = Run("overhead", arguments, label)

        alternate(plain, profiled, turn)
        pairs.append(_pair_of(took["plain"].result, took["profiled"].result, took["profiled"].spy_cpu_s))
    return {label: pairs}


def steps(is_quick: bool) -> list[Step]:
    inside, outside = (2, 1) if is_quick else (11, 7)
    found = []
    for workload in WORKLOADS:
        for labels in (LIGHT, *((label,) for label in IN_PROCESS_PEERS)):
            arguments = {"workload": workload, "labels": labels, "n_pairs": inside}
            found.append(Step(f"{workload}: {labels[0]}", __name__, "measure_inside", arguments))
        for label in EXTERNAL_PEERS:
            arguments = {"workload": workload, "label": label, "n_pairs": outside}
            found.append(Step(f"{workload}: {label}", __name__, "measure_outside", arguments))
    return found


def tables(results: Mapping[str, Any]) -> list[Table]:
    pairs: dict[tuple[str, str], list[Pair]] = {}
    notes: dict[str, None] = {}
    for step_label, result in results.items():
        workload, _, label = step_label.partition(": ")
        if isinstance(result, Failure):
            notes[f"{label} on {workload} is missing: {result.reason}"] = None
            continue
        for name, found in result.items():
            if isinstance(found, str):
                notes[f"{name} is missing: {found}"] = None
            else:
                pairs[workload, name] = found
    wall = [(label, label, "wall") for label in (*LIGHT, *IN_PROCESS_PEERS, *EXTERNAL_PEERS)]
    cpu = [(label, label, "cpu") for label in (*LIGHT, *IN_PROCESS_PEERS, SCALENE)]
    for label in (SPY, SPY_NONBLOCKING):
        cpu += [(label, label, "cpu"), (f"{label}, its own process counted", label, "cpu_with_own")]
    shared = ["Median of the ratios of pairs that took turns (quartiles); 1 is no cost."]
    return [
        Table(
            "overhead_cpu",
            "CPU time, profiled over unprofiled",
            ("profiler", *WORKLOADS),
            _rows(pairs, cpu),
            [*shared, *notes],
        ),
        Table(
            "overhead_wall",
            "Wall time, profiled over unprofiled",
            ("profiler", *WORKLOADS),
            _rows(pairs, wall),
            [*shared, _bases(pairs)],
        ),
    ]


def _rows(pairs: Mapping[tuple[str, str], list[Pair]], kinds: Sequence[tuple[str, str, str]]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for shown, label, key in kinds:
        rows.append([shown, *(figure_of([pair[key] for pair in pairs.get((w, label), [])], 3) for w in WORKLOADS)])
    return rows


def _bases(pairs: Mapping[tuple[str, str], list[Pair]]) -> str:
    each = []
    for workload in WORKLOADS:
        base = figure_of([pair["base_wall_s"] for pair in pairs.get((workload, OURS), [])])
        each.append(f"{workload} {Figure(base.value) if base else 'missing'} s")
    return f"An unprofiled run takes: {', '.join(each)}."
