"""Which threads are worth a lane, and their states over time made coarse enough to be drawn."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tailgana_lab.records import Columns
from tailgana_lab.results.tables import TABLES

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

MIN_SLICES = 20  # of a lane: fewer would say nothing
LEAST_BUSY = 0.01  # of the profile's duration on a core: below, a thread that ran nothing of the cell is idle
JOINED_S = 1e-9  # runs no further apart follow each other
MAX_SLICES = 2_000  # of a lane: as many as a screen has pixels


def busy_threads(profile: "Profile") -> list[int]:
    """Rows of the threads that ran code of the cell or computed; helpers that only waited are left out.

    The first are those that ran the cell's code longest.
    """
    frames, threads = profile.columns("frames"), profile.columns("threads")
    ran_s: dict[str, float] = {}
    for parent, thread, total_s in zip(frames["parent"], frames["thread"], frames["total_s"], strict=True):
        if parent < 0:
            ran_s[thread] = ran_s.get(thread, 0.0) + total_s
    least_s = LEAST_BUSY * profile.duration_s
    rows = zip(threads["thread"], threads["on_cpu_s"], strict=True)
    chosen = [(-ran_s.get(name, 0.0), -cpu_s, row) for row, (name, cpu_s) in enumerate(rows)]
    return [row for ran, cpu, row in sorted(chosen) if ran < 0 or -cpu > least_s]


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
    slice_s = duration_s / n_slices
    coarse: Columns = {name: [] for name in TABLES["lanes"]}
    held: dict[str, float] = {}
    place = (-1, -1)  # thread and slice that `held` is of
    for thread, at, state, seconds in _pieces(lanes, slice_s, n_slices - 1):
        if place != (thread, at):
            _append(coarse, place, slice_s, held)
            held, place = {}, (thread, at)
        held[state] = held.get(state, 0.0) + seconds
    _append(coarse, place, slice_s, held)
    return coarse


def _pieces(lanes: Columns, slice_s: float, last: int) -> Iterator[tuple[int, int, str, float]]:
    """The runs cut at the edges of slices: thread, slice, state, seconds."""
    rows = zip(lanes["thread"], lanes["start_s"], lanes["end_s"], lanes["state"], strict=True)
    for thread, start_s, end_s, state in rows:
        at, end = int(start_s / slice_s), int(end_s / slice_s)
        while at < end and at < last:
            edge_s = (at + 1) * slice_s
            yield thread, at, state, edge_s - start_s
            at, start_s = at + 1, edge_s
        yield thread, min(at, last), state, end_s - start_s


def _append(lanes: Columns, place: tuple[int, int], slice_s: float, held: dict[str, float]) -> None:
    """Add a slice with the state that held longest in it, or let the last run go on."""
    if not held:
        return
    thread, at = place
    state = max(held, key=held.__getitem__)
    last = (lanes["thread"][-1], lanes["state"][-1]) if lanes["thread"] else None
    if last == (thread, state) and abs(lanes["end_s"][-1] - at * slice_s) < JOINED_S:
        lanes["end_s"][-1] = (at + 1) * slice_s
        return
    for name, value in zip(TABLES["lanes"], (thread, at * slice_s, (at + 1) * slice_s, state), strict=True):
        lanes[name].append(value)
