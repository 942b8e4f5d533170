"""Brings a call tree from elsewhere into the order that a profile keeps: parents, then children."""

from itertools import pairwise
from operator import itemgetter

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.records import Columns


def in_preorder(frames: Columns) -> Columns:
    """The frames with `id` 0 to n - 1 in pre-order; children keep their order.

    Raises
    ------
    InvalidRequestError
        If an id stands twice, a parent is not there, or frames form a ring.
    """
    ids, parents = frames["id"], frames["parent"]
    if ids == list(range(len(ids))) and _is_preorder(parents):
        return frames
    rows = {identity: row for row, identity in enumerate(ids)}
    if len(rows) < len(ids):
        raise InvalidRequestError("the file's frames do not have unique ids")
    parent_rows = [_row_of(parent, rows) for parent in parents]
    order = _preorder(parent_rows)
    return _reordered(frames, parent_rows, order)


def _is_preorder(parents: list[int]) -> bool:
    """Whether each frame's parent is the frame before it, or an ancestor of that frame."""
    path: list[int] = []
    for index, parent in enumerate(parents):
        while path and path[-1] != parent:
            path.pop()
        if not path and parent != -1:
            return False
        path.append(index)
    return True


def _row_of(parent: int, rows: dict[int, int]) -> int:
    if parent == -1:
        return -1
    row = rows.get(parent)
    if row is None:
        raise InvalidRequestError(f"the file has no frame {parent}, which another one calls its parent")
    return row


def _preorder(parent_rows: list[int]) -> list[int]:
    """Rows in pre-order, by an explicit stack; children are found by one stable sort."""
    n = len(parent_rows)
    by_parent = sorted(range(n), key=parent_rows.__getitem__)
    starts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(by_parent)) if parent_rows[a] != parent_rows[b]), n]
    children = {parent_rows[by_parent[a]]: by_parent[a:b][::-1] for a, b in pairwise(starts) if a < b}
    order: list[int] = []
    waiting = children.pop(-1, [])
    while waiting:
        row = waiting.pop()
        order.append(row)
        waiting += children.get(row, ())
    if len(order) < n:
        raise InvalidRequestError("the file's frames are their own ancestors")
    return order


def _reordered(frames: Columns, parent_rows: list[int], order: list[int]) -> Columns:
    place = [0] * len(order)
    for index, row in enumerate(order):
        place[row] = index
    pick = itemgetter(*order) if len(order) > 1 else lambda values: (values[order[0]],)
    moved: Columns = {name: list(pick(values)) for name, values in frames.items()}
    moved["id"] = list(range(len(order)))
    moved["parent"] = [-1 if parent_rows[row] < 0 else place[parent_rows[row]] for row in order]
    return moved
