"""`.prof`: what cProfile would write, so that pstats and snakeviz open it.

A sampler counts no calls, so every call count is 1. Each thread stands as a function of its own
under one for the whole profile; both have no self time and are told by their file, `~`.
"""

import marshal
from typing import TYPE_CHECKING, BinaryIO

from tailgana_lab.results.calltree import FunctionTimes, Place

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

CALLS = 1
"""Call count of every function and edge: calls are not counted, and readers divide by it."""

Row = tuple[int, int, float, float]
Callers = dict[Place, Row]
Stats = dict[Place, tuple[int, int, float, float, Callers]]


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write the statistics of all threads."""
    plain = {
        tuple(place): (*row[:4], {tuple(caller): edge for caller, edge in row[4].items()})
        for place, row in pstats_of(profile).items()
    }
    marshal.dump(plain, stream)


def pstats_of(profile: "Profile") -> Stats:
    """Self and inclusive seconds of each function, with its callers, as pstats keeps them."""
    times = FunctionTimes(profile.columns("frames"))
    stats: Stats = {place: (CALLS, CALLS, times.self_s[place], total_s, {}) for place, total_s in times.total_s.items()}
    for (caller, place), total_s in times.edge_total_s.items():
        stats[place][4][caller] = (CALLS, CALLS, times.edge_self_s[caller, place], total_s)
    _add_threads(stats, times, profile.name)
    return stats


def _add_threads(stats: Stats, times: FunctionTimes, name: str) -> None:
    """Let every root be called by its thread, and every thread by the profile."""
    whole = Place("~", 0, f"<profile {name}>" if name else "<profile>")
    total_s: dict[Place, float] = {}
    for (thread, place), (root_self_s, root_total_s) in times.roots.items():
        caller = Place("~", 0, f"<thread {thread}>")
        stats[place][4][caller] = (CALLS, CALLS, root_self_s, root_total_s)
        total_s[caller] = total_s.get(caller, 0.0) + root_total_s
    for caller, seconds in total_s.items():
        stats[caller] = (CALLS, CALLS, 0.0, seconds, {whole: (CALLS, CALLS, 0.0, seconds)})
    stats[whole] = (CALLS, CALLS, 0.0, sum(total_s.values()), {})
