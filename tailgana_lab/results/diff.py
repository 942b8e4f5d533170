"""What changed between two profiles, function by function and along the call tree.

Intervals come from the sampling error of both sides; no threshold turns a change into a verdict.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from math import hypot
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import LabError
from tailgana_lab.records import Columns
from tailgana_lab.results.calltree import Place, places

if TYPE_CHECKING:
    import pandas as pd

    from tailgana_lab.results.profile import Profile

MISSED = 3.0
"""Samples that a function may have escaped: upper 95 % bound of a count of 0 (the rule of three)."""

_CELL_FILE = re.compile(r"<ipython-input-|[/\\]ipykernel_\d+[/\\]|^<cell\b")
_PLACE_COLUMNS = ("function", "file", "line")


@dataclass
class Estimate:
    """Seconds with the distances to both ends of their 95 % interval."""

    seconds: float = 0.0
    """The estimate."""
    below_s: float = 0.0
    """Distance to the lower end."""
    above_s: float = 0.0
    """Distance to the upper end."""

    def add(self, seconds: float, below_s: float, above_s: float) -> None:
        """Add an independent part: distances add in quadrature."""
        self.seconds += seconds
        self.below_s = hypot(self.below_s, below_s)
        self.above_s = hypot(self.above_s, above_s)


Change = tuple[float, float, float]
"""Change and both ends of its interval, seconds."""


def change_between(old: Estimate, new: Estimate) -> Change:
    """Difference of two independent estimates, from the interval of each.

    References
    ----------
    .. [1] Zou, Donner (2008), Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702.
    """
    change_s = new.seconds - old.seconds
    return change_s, change_s - hypot(new.below_s, old.above_s), change_s + hypot(new.above_s, old.below_s)


@dataclass
class DiffNode:
    """A function at one place of the differential call tree."""

    place: Place
    """Which function."""
    parent: int
    """Index of the caller; -1 for a root."""
    old_total: Estimate = field(default_factory=Estimate)
    """Inclusive time in the old profile."""
    new_total: Estimate = field(default_factory=Estimate)
    """Inclusive time in the new profile."""
    old_self_s: float = 0.0
    """Self time in the old profile, seconds."""
    new_self_s: float = 0.0
    """Self time in the new profile, seconds."""


class ProfileDiff:
    """Difference of two profiles of one method; positive changes mean that the new one is slower."""

    def __init__(self, old_name: str, new_name: str, functions: Columns, frames: Columns) -> None:
        self.old_name = old_name
        self.new_name = new_name
        self._functions = functions
        self._frames = frames

    @cached_property
    def functions(self) -> "pd.DataFrame":
        """Self seconds of each function in both, the change and its 95 % interval, largest first."""
        return _frame(self._functions)

    @cached_property
    def frames(self) -> "pd.DataFrame":
        """The differential call tree in pre-order, threads added up; intervals are of the inclusive change."""
        return _frame(self._frames)

    def columns(self, table: str) -> Columns:
        """`functions` or `frames` as plain lists, without pandas; not to be changed."""
        return {"functions": self._functions, "frames": self._frames}[table]

    def __repr__(self) -> str:
        n = len(self._functions["function"])
        return f"<ProfileDiff {self.old_name!r} -> {self.new_name!r}: {n} functions>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        from tailgana_lab.reporting.bundle import diff_bundle

        return diff_bundle(self, include=include, exclude=exclude)


def _frame(columns: Columns) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({name: pd.Series(values, dtype=_dtype(name)) for name, values in columns.items()})


def _dtype(column: str) -> str:
    if column in ("function", "file"):
        return "str"
    return "int64" if column in ("id", "parent", "line") else "float64"


def compare_profiles(old: "Profile", new: "Profile") -> ProfileDiff:
    """What changed from the old profile to the new one.

    Raises
    ------
    LabError
        If the two were measured by different methods: their times do not mean the same.
    """
    if old.method != new.method:
        raise LabError(
            f"profiles of different methods do not compare: `{old.method}` and `{new.method}`; "
            "measure both under the same conditions"
        )
    same = _matched(old.columns("functions"), new.columns("functions"))
    functions = _function_changes(old, new, same)
    frames = _tree_changes(old, new, same)
    return ProfileDiff(old.name, new.name, functions, frames)


def _matched(old: Columns, new: Columns) -> dict[Place, Place]:
    """The new profile's name of each old function that has moved within its file or cell."""
    old_left, new_left = set(places(old)), set(places(new))
    old_left, new_left = old_left - new_left, new_left - old_left
    return {a: b for key in (_file_key, _cell_key) for a, b in _pairs(old_left, new_left, key)}


def _file_key(place: Place) -> tuple[str, str]:
    return place.file, place.function


def _cell_key(place: Place) -> tuple[str, str]:
    """Cells have a new file name whenever they are edited; the function's name has to do."""
    return ("<cell>" if _CELL_FILE.search(place.file) else place.file), place.function


def _pairs(old: set[Place], new: set[Place], key: Any) -> list[tuple[Place, Place]]:
    """Functions that are alone with their key on both sides; they leave the sets."""
    n_old, n_new = Counter(map(key, old)), Counter(map(key, new))
    by_key = {key(place): place for place in new}
    found = [(place, by_key[key(place)]) for place in old if n_old[key(place)] == n_new[key(place)] == 1]
    old.difference_update(place for place, _ in found)
    new.difference_update(place for _, place in found)
    return found


def _function_changes(old: "Profile", new: "Profile", same: dict[Place, Place]) -> Columns:
    before = {same.get(place, place): estimate for place, estimate in _self_times(old).items()}
    after = _self_times(new)
    unseen_before, unseen_after = _unseen(old), _unseen(new)
    rows = []
    for place in {**after, **before}:
        a, b = before.get(place, unseen_before), after.get(place, unseen_after)
        rows.append((place.function, place.file, place.line, a.seconds, b.seconds, *change_between(a, b)))
    rows.sort(key=lambda row: (-abs(row[5]), -max(row[3:5]), row[:3]))
    names = (*_PLACE_COLUMNS, "old_self_s", "new_self_s", "change_s", "change_low_s", "change_high_s")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _self_times(profile: "Profile") -> dict[Place, Estimate]:
    functions, sampled_s = profile.columns("functions"), profile.sampled_s
    bounds = zip(functions["self_low"], functions["self_high"], strict=True)
    found: defaultdict[Place, Estimate] = defaultdict(Estimate)
    for place, self_s, (low, high) in zip(places(functions), functions["self_s"], bounds, strict=True):
        found[place].add(self_s, *_distances(self_s, low * sampled_s, high * sampled_s))
    return found


def _distances(seconds: float, low_s: float, high_s: float) -> tuple[float, float]:
    """From an estimate down and up to the ends of its interval; unknown (NaN) stays unknown."""
    return max(seconds - low_s, 0.0), max(high_s - seconds, 0.0)  # in this order: max(0.0, nan) is 0.0


def _unseen(profile: "Profile") -> Estimate:
    """Time of a function that no sample met."""
    n_samples = max(profile.n_samples, 1)
    return Estimate(0.0, 0.0, min(1.0, MISSED / n_samples) * profile.sampled_s)


def _tree_changes(old: "Profile", new: "Profile", same: dict[Place, Place]) -> Columns:
    nodes: list[DiffNode] = []
    index: dict[tuple[int, Place], int] = {}
    for profile, moved, is_old in ((new, {}, False), (old, same, True)):
        _merge(profile, moved, is_old, nodes, index)
    return _tree_columns(nodes, (_unseen(old), _unseen(new)))


def _merge(
    profile: "Profile",
    moved: dict[Place, Place],
    is_old: bool,
    nodes: list[DiffNode],
    index: dict[tuple[int, Place], int],
) -> None:
    """Add the profile's frames to the common tree, by their path of functions."""
    frames, sampled_s = profile.columns("frames"), profile.sampled_s
    node_of: list[int] = []
    rows = zip(frames["parent"], places(frames), frames["self_s"], frames["total_s"], strict=True)
    bounds = zip(frames["total_low"], frames["total_high"], strict=True)
    for (parent, place, self_s, total_s), (low, high) in zip(rows, bounds, strict=True):
        key = (node_of[parent] if parent >= 0 else -1, moved.get(place, place))
        at = index.setdefault(key, len(nodes))
        if at == len(nodes):
            nodes.append(DiffNode(key[1], key[0]))
        node_of.append(at)
        node = nodes[at]
        total = node.old_total if is_old else node.new_total
        total.add(total_s, *_distances(total_s, low * sampled_s, high * sampled_s))
        if is_old:
            node.old_self_s += self_s
        else:
            node.new_self_s += self_s


def _tree_columns(nodes: list[DiffNode], unseen: tuple[Estimate, Estimate]) -> Columns:
    """The tree in pre-order: frames that only the old profile has come after their siblings."""
    from tailgana_lab.results.preorder import in_preorder

    changes = [
        change_between(
            n.old_total if n.old_total.seconds else unseen[0], n.new_total if n.new_total.seconds else unseen[1]
        )
        for n in nodes
    ]
    return in_preorder(
        {
            "id": list(range(len(nodes))),
            "parent": [n.parent for n in nodes],
            "function": [n.place.function for n in nodes],
            "file": [n.place.file for n in nodes],
            "line": [n.place.line for n in nodes],
            "old_self_s": [n.old_self_s for n in nodes],
            "new_self_s": [n.new_self_s for n in nodes],
            "old_total_s": [n.old_total.seconds for n in nodes],
            "new_total_s": [n.new_total.seconds for n in nodes],
            "change_s": [change[0] for change in changes],
            "change_low_s": [change[1] for change in changes],
            "change_high_s": [change[2] for change in changes],
        }
    )
