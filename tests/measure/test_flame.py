"""Folding a call tree: the engine against a slow, plain reference, and sums over subtrees."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.measure.flame import Fold, fold_frames, subtree_ends, sums_below

Tree = tuple[list[int], list[float], list[float]]


@st.composite
def trees(draw: Any) -> Tree:
    """Parents in pre-order, inclusive and own seconds (whole numbers, so that sums are exact)."""
    parent: list[int] = []
    path: list[int] = []
    for own in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40)):
        del path[max(0, len(path) - own[0]) :]
        parent.append(path[-1] if path else -1)
        path.append(len(parent) - 1)
    self_s = [float(draw(st.integers(0, 9))) for _ in parent]
    total_s = list(self_s)
    for index in range(len(parent) - 1, -1, -1):
        if parent[index] >= 0:
            total_s[parent[index]] += total_s[index]
    return parent, total_s, self_s


def fold_plainly(tree: Tree, root: int, min_fraction: float, max_frames: int) -> Fold:
    """The meaning of `fold_frames`, frame by frame."""
    parent, total_s, self_s = tree

    def is_inside(frame: int) -> bool:
        return root < 0 or frame == root or (parent[frame] >= 0 and is_inside(parent[frame]))

    inside = [frame for frame in range(len(parent)) if is_inside(frame)]
    tops = [frame for frame in inside if frame == root or parent[frame] < 0]
    limit = min_fraction * sum(total_s[top] for top in tops)
    wide: list[int] = []
    for frame in inside:
        if total_s[frame] >= limit and (frame in tops or parent[frame] in wide):
            wide.append(frame)
    kept = sorted(sorted(wide, key=lambda frame: (-total_s[frame], frame))[:max_frames])
    children = [[k for k in kept if parent[k] == frame and k not in tops] for frame in kept]
    folded = [
        total_s[frame] - self_s[frame] - sum(total_s[child] for child in below)
        for frame, below in zip(kept, children, strict=True)
    ]
    return Fold(kept, folded)


@given(trees(), st.integers(-1, 39), st.sampled_from((0.0, 0.01, 0.1, 0.5)), st.integers(1, 40))
def test_the_engine_folds_as_the_reference_does(tree: Tree, root: int, min_fraction: float, max_frames: int) -> None:
    root = min(root, len(tree[0]) - 1)
    assert fold_frames(*tree, root, min_fraction, max_frames) == fold_plainly(tree, root, min_fraction, max_frames)


@given(trees(), st.integers(1, 40))
def test_no_time_is_lost_by_folding(tree: Tree, max_frames: int) -> None:
    parent, total_s, self_s = tree
    kept, folded_s = fold_frames(*tree, -1, 0.1, max_frames)
    roots = sum(total_s[frame] for frame in kept if parent[frame] < 0)
    assert sum(self_s[frame] for frame in kept) + sum(folded_s) == roots


def test_a_frame_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no frame 3"):
        fold_frames([-1], [1.0], [1.0], 3)


@given(trees())
def test_subtrees_hold_what_their_parents_say(tree: Tree) -> None:
    parent, total_s, self_s = tree
    assert sums_below(self_s, range(len(parent)), subtree_ends(parent)) == total_s
