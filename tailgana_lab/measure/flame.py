"""Reduces a call tree to the frames that can be seen, and tells what each of those holds.

The engine folds; what else is here is plain sums over a tree in pre-order.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from tailgana_lab import _engine


class Fold(NamedTuple):
    """The frames that are kept of a call tree."""

    kept: list[int]
    """Indices of the frames, in pre-order."""
    folded_s: list[float]
    """For each of them the inclusive seconds of its children that are not kept."""


def fold_frames(
    parent: list[int],
    total_s: list[float],
    self_s: list[float],
    root: int = -1,
    min_fraction: float = 0.001,
    max_frames: int = 50_000,
) -> Fold:
    """Keep the frames that are wide enough to be seen, the widest first.

    Parameters
    ----------
    parent : list of int, length n
        Index of each frame's parent, -1 for roots; pre-order.
    total_s, self_s : list of float, length n
        Inclusive and own seconds.
    root : int, default -1
        Only this frame and what is below it; -1 for the whole tree.
    min_fraction : float, default 0.001
        A frame is kept if it and all above it have this share of the root's time.
    max_frames : int, default 50,000
        At most so many frames; the ancestors of a kept frame are always kept.

    Returns
    -------
    Fold
        Kept frames, and the seconds folded away right below each.

    Raises
    ------
    ValueError
        If the columns are no tree, or there is no frame `root`.
    """
    return Fold(*_engine.fold_frames(parent, total_s, self_s, root, min_fraction, max_frames))


def subtree_ends(parent: Sequence[int]) -> list[int]:
    """For each frame of a tree in pre-order, the index behind its last descendant.

    Examples
    --------
    >>> subtree_ends([-1, 0, 1, 0, -1])
    [4, 3, 3, 4, 5]
    """
    ends = list(range(1, len(parent) + 1))
    for index in range(len(parent) - 1, 0, -1):
        above = parent[index]
        if above >= 0 and ends[above] < ends[index]:
            ends[above] = ends[index]
    return ends


def sums_below(values: Sequence[float], starts: Iterable[int], ends: Iterable[int]) -> list[float]:
    """Sum of the values from each start up to, not including, its end."""
    running = [0.0, *accumulate(values)]
    return [running[end] - running[start] for start, end in zip(starts, ends, strict=True)]
