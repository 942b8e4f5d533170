"""Walks over the call tree of a profile, shared by the formats and the comparison.

Plain loops over `frames` in pre-order: every parent stands before its children.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tailgana_lab.records import Columns


class Place(NamedTuple):
    """A function: where it is defined, and its qualified name."""

    file: str
    line: int
    function: str


Edge = tuple[Place, Place]
"""Caller and callee."""


def places(frames: Columns) -> list[Place]:
    """The function of each frame; equal functions are one object."""
    known: dict[tuple[str, int, str], Place] = {}
    rows = zip(frames["file"], frames["line"], frames["function"], strict=True)
    return [known.setdefault(row, Place(*row)) for row in rows]


def stacks(frames: Columns) -> Iterator[list[int]]:
    """Indices from the root to each frame, in order; the list is reused, so copy it to keep it."""
    path: list[int] = []
    for index, parent in enumerate(frames["parent"]):
        while path and path[-1] != parent:
            path.pop()
        path.append(index)
        yield path


class FunctionTimes:
    """Self and inclusive seconds of functions, and of who called whom.

    Inclusive time counts a recursion once: only the outermost frame of a function, and only the
    outermost call along an edge, add to it.
    """

    def __init__(self, frames: Columns) -> None:
        self.self_s: defaultdict[Place, float] = defaultdict(float)
        self.total_s: defaultdict[Place, float] = defaultdict(float)
        self.edge_self_s: defaultdict[Edge, float] = defaultdict(float)
        self.edge_total_s: defaultdict[Edge, float] = defaultdict(float)
        self.roots: defaultdict[tuple[str, Place], tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        self._walk(frames)

    def _walk(self, frames: Columns) -> None:
        of = places(frames)
        parents, self_s, total_s = frames["parent"], frames["self_s"], frames["total_s"]
        open_places: Counter[Place] = Counter()
        open_edges: Counter[Edge] = Counter()
        path: list[int] = []
        for index, parent in enumerate(parents):
            while path and path[-1] != parent:
                left = path.pop()
                open_places[of[left]] -= 1
                if path:
                    open_edges[of[path[-1]], of[left]] -= 1
            self._count(index, parent, of, (self_s[index], total_s[index]), open_places, open_edges)
            if parent < 0:
                self._count_root(frames["thread"][index], of[index], self_s[index], total_s[index])
            path.append(index)

    def _count(
        self,
        index: int,
        parent: int,
        of: list[Place],
        seconds: tuple[float, float],
        open_places: Counter[Place],
        open_edges: Counter[Edge],
    ) -> None:
        place = of[index]
        self.self_s[place] += seconds[0]
        self.total_s[place] += 0.0 if open_places[place] else seconds[1]
        open_places[place] += 1
        if parent >= 0:
            edge = (of[parent], place)
            self.edge_self_s[edge] += seconds[0]
            self.edge_total_s[edge] += 0.0 if open_edges[edge] else seconds[1]
            open_edges[edge] += 1

    def _count_root(self, thread: str, place: Place, self_s: float, total_s: float) -> None:
        before = self.roots[thread, place]
        self.roots[thread, place] = (before[0] + self_s, before[1] + total_s)
