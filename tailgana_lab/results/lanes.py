"""The states of threads over time, made coarse enough to be drawn."""

from collections import defaultdict

from tailgana_lab.records import Columns
from tailgana_lab.results.tables import TABLES

MIN_SLICES = 20  # of a lane: fewer would say nothing
JOINED_S = 1e-9  # runs no further apart follow each other
MAX_SLICES = 2_000  # of a lane: as many as a screen has pixels


def coarse_lanes(lanes: Columns, duration_s: float, max_runs: int) -> Columns:
    """The lanes as they are, or in equal slices of time with the state that held longest in each.

    Parameters
    ----------
    lanes : Columns
        `thread`, `start_s`, `end_s`, `state`, by thread, then start.
    duration_s : float
        Length of the profile, seconds.
    max_runs : int
        Runs wanted at most, of all threads together; `MIN_SLICES` a thread are always granted.

    Returns
    -------
    Columns
        The same columns, neighbours of one state joined.
    """
    n_threads = len(set(lanes["thread"]))
    if len(lanes["thread"]) <= max_runs or duration_s <= 0:
        return {name: list(lanes[name]) for name in TABLES["lanes"]}
    n_slices = min(MAX_SLICES, max(MIN_SLICES, max_runs // n_threads))
    held = _held(lanes, duration_s / n_slices, n_slices)
    coarse: Columns = {name: [] for name in TABLES["lanes"]}
    for (thread, at), states in held.items():
        start_s, end_s = at * duration_s / n_slices, (at + 1) * duration_s / n_slices
        _append(coarse, thread, start_s, end_s, max(states, key=states.__getitem__))
    return coarse


def _held(lanes: Columns, slice_s: float, n_slices: int) -> dict[tuple[int, int], dict[str, float]]:
    """Seconds of each state in each slice of each thread, in the order of the lanes."""
    held: defaultdict[tuple[int, int], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    rows = zip(lanes["thread"], lanes["start_s"], lanes["end_s"], lanes["state"], strict=True)
    for thread, start_s, end_s, state in rows:
        first = min(int(start_s / slice_s), n_slices - 1)
        last = min(int(end_s / slice_s), n_slices - 1)
        if first == last:
            held[thread, first][state] += end_s - start_s
            continue
        held[thread, first][state] += (first + 1) * slice_s - start_s
        for middle in range(first + 1, last):
            held[thread, middle][state] += slice_s
        held[thread, last][state] += end_s - last * slice_s
    return held  # type: ignore[return-value]  # a defaultdict of defaultdicts is a dict of dicts


def _append(lanes: Columns, thread: int, start_s: float, end_s: float, state: str) -> None:
    """Add a run, or let the last one go on."""
    last = (lanes["thread"][-1], lanes["state"][-1]) if lanes["thread"] else None
    if last == (thread, state) and abs(lanes["end_s"][-1] - start_s) < JOINED_S:
        lanes["end_s"][-1] = end_s
        return
    for name, value in zip(TABLES["lanes"], (thread, start_s, end_s, state), strict=True):
        lanes[name].append(value)
