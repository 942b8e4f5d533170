"""What is sent to the browser: the payload of a profile and the binary of its flame graph.

The same content goes into the MIME bundle, the live widget and the report; `js/src/contract.ts`
is its other side, with the same names. Nothing here imports numpy, pandas or a widget library.
"""

import gzip
import sys
from array import array
from base64 import b64encode
from collections.abc import Iterable, MutableSequence
from dataclasses import asdict, dataclass
from math import nan
from struct import pack
from typing import TYPE_CHECKING, Any

from tailgana_lab.measure.flame import Fold, fold_frames, subtree_ends, sums_below
from tailgana_lab.records import Columns
from tailgana_lab.results.lanes import coarse_lanes
from tailgana_lab.results.tables import FRAME_STATES, STATES
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

MIME_TYPE = "application/vnd.tailgana.profile+json"
PAYLOAD_VERSION = 1
MAX_FRAMES = 50_000  # frames; more can't be told apart, and 2 MB is enough for a notebook
MIN_FRACTION = 0.001  # of the whole: about one pixel
MAX_ROWS = 50  # rows of the tables that show the costliest only
MAX_RUNS = 6_000  # runs of all lanes together: more than a screen has pixels, less than a saved notebook minds
OTHER = "other"
"""Name of the frame that stands for those too narrow to be shown."""

_MAGIC = 0x4D4C4754
_BINARY_VERSION = 1
_SECTION_BYTES = 8
_IN_LIBRARY, _IS_OTHER = 1, 2
_UNKNOWN_STATE = STATES.index("other")
_GZIP_LEVEL = 6
_NOISE = 1e-9  # of the whole: what adding up floats may leave
_TOP = {"lines": "self_s", "functions": "self_s", "memory": "peak_bytes"}
_WHOLE = ("threads", "bottlenecks", "children", "process")


@dataclass(frozen=True)
class Flame:
    """The part of a call tree that can be seen, ready to be sent."""

    n: int
    """Frames in the blob, those that stand for others included."""
    total_s: float
    """Inclusive seconds of the whole shown: all roots, or the frame asked for."""
    folded_fraction: float
    """Share of `total_s` that is shown as `other`."""
    strings: list[str]
    """Names that the blob refers to by index, safe to show."""
    blob: bytes
    """The binary, not compressed."""

    @property
    def head(self) -> dict[str, Any]:
        """What the payload tells of the blob."""
        return {"n": self.n, "total_s": self.total_s, "folded_fraction": self.folded_fraction}


class _Strings:
    """Each text once; the blob holds indices."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def indices(self, texts: Iterable[str]) -> list[int]:
        known = self.known
        return [known.setdefault(text, len(known)) for text in texts]

    def shown(self) -> list[str]:
        return [visible(text) for text in self.known]


def profile_payload(
    profile: "Profile", *, max_frames: int = MAX_FRAMES, min_fraction: float = MIN_FRACTION
) -> dict[str, Any]:
    """Everything that a panel or report needs, as one JSON object.

    Parameters
    ----------
    profile : Profile
        A complete one.
    max_frames : int, default 50,000
        Frames of the flame graph at most; the widest are kept.
    min_fraction : float, default 0.001
        Frames below this share of the whole are folded into their parent's `other`.

    Returns
    -------
    dict
        No NaN in it: missing figures are None.
    """
    flame = flame_of(profile, max_frames=max_frames, min_fraction=min_fraction)
    payload = bare_payload(profile, flame)
    packed = b64encode(gzip.compress(flame.blob, _GZIP_LEVEL, mtime=0)).decode()
    payload["flame"] |= {"encoding": "gzip+base64", "data": packed}
    return payload


def bare_payload(profile: "Profile", flame: Flame) -> dict[str, Any]:
    """The payload with the flame graph's head only, for where its blob travels beside it."""
    facts = {name: _plain(value) for name, value in asdict(profile.facts).items()}
    tables = {table: _rows(profile.columns(table)) for table in _WHOLE}
    tables |= {table: _top_rows(profile.columns(table), key) for table, key in _TOP.items()}
    return {
        "v": PAYLOAD_VERSION,
        "kind": "profile",
        "facts": facts,
        **tables,
        "lanes": shown_lanes(profile),
        "strings": flame.strings,
        "flame": flame.head,
        "cell": profile.cell,
    }


def shown_lanes(profile: "Profile") -> Columns:
    """The lanes in as much detail as can be seen; not to be changed."""
    return profile.derived(("lanes",), lambda: coarse_lanes(profile.columns("lanes"), profile.duration_s, MAX_RUNS))


def _plain(value: Any) -> Any:
    """A value as JSON can hold and a page can show it."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if value != value else value


def _rows(columns: Columns) -> Columns:
    plain = {name: [_plain(value) for value in values] for name, values in columns.items()}
    if "source" in columns:
        plain["source"] = [visible(source.expandtabs(4)) for source in columns["source"]]
    return plain


def _top_rows(columns: Columns, key: str) -> Columns:
    """The rows with the largest figures, largest first."""
    figures = columns[key]
    best = sorted(range(len(figures)), key=lambda row: -figures[row])[:MAX_ROWS]
    return _rows({name: [values[row] for row in best] for name, values in columns.items()})


def flame_of(
    profile: "Profile", root: int = -1, *, max_frames: int = MAX_FRAMES, min_fraction: float = MIN_FRACTION
) -> Flame:
    """The visible part of the call tree, or of what is below one of its frames.

    Parameters
    ----------
    profile : Profile
        A complete one.
    root : int, default -1
        `id` of the frame to show; -1 for all threads.
    max_frames, min_fraction
        As for `profile_payload`; the fraction is of the root's time.

    Returns
    -------
    Flame
        Kept until the profile goes, so that a second view costs nothing.
    """
    key = ("flame", root, max_frames, min_fraction)
    return profile.derived(key, lambda: _build_flame(profile, root, max_frames, min_fraction))


def _build_flame(profile: "Profile", root: int, max_frames: int, min_fraction: float) -> Flame:
    frames = profile.columns("frames")
    parent, total_s = frames["parent"], frames["total_s"]
    kept, folded_s = _folded(profile, root, min_fraction, max_frames)
    whole_s = total_s[root] if root >= 0 else sum(t for t, p in zip(total_s, parent, strict=True) if p < 0)
    shown_s = sum(total_s[k] for k in kept if parent[k] < 0 or k == root)
    noise = _NOISE * whole_s
    folded = {frame: seconds for frame, seconds in zip(kept, folded_s, strict=True) if seconds > noise}
    if whole_s - shown_s > noise:
        folded[-1] = whole_s - shown_s
    order, above = _with_folds(kept, parent, folded)
    states = dict(zip(kept, dominant_states(profile, kept), strict=True))
    strings = _Strings()
    blob = _binary(frames, order, above, folded, states, strings)
    share = sum(folded.values()) / whole_s if whole_s else 0.0
    return Flame(len(order), whole_s, share, strings.shown(), blob)


def _with_folds(kept: list[int], parent: list[int], folded: dict[int, float]) -> tuple[list[int], list[int]]:
    """Pre-order with each fold behind its frame's other children, and each entry's parent in it.

    An entry is the index of a frame; below zero it is the fold below frame `-2 - entry`, where
    frame -1 is the whole.
    """
    order: list[int] = []
    above: list[int] = []
    path: list[tuple[int, int]] = []  # frame, and where it stands in the order

    def leave() -> None:
        frame, place = path.pop()
        if frame in folded:
            order.append(-2 - frame)
            above.append(place)

    for frame in kept:
        while path and path[-1][0] != parent[frame]:
            leave()
        above.append(path[-1][1] if path else -1)
        path.append((frame, len(order)))
        order.append(frame)
    while path:
        leave()
    if -1 in folded:
        order.append(-1)
        above.append(-1)
    return order, above


def visible_frames(profile: "Profile") -> list[int]:
    """The frames of the whole tree that are wide enough to be drawn, in pre-order."""
    return _folded(profile, -1, MIN_FRACTION, MAX_FRAMES).kept


def _folded(profile: "Profile", root: int, min_fraction: float, max_frames: int) -> Fold:
    frames = profile.columns("frames")
    tree = frames["parent"], frames["total_s"], frames["self_s"]
    key = ("fold", root, min_fraction, max_frames)
    return profile.derived(key, lambda: fold_frames(*tree, root, min_fraction, max_frames))


def dominant_states(profile: "Profile", kept: list[int]) -> list[int]:
    """For each frame the index in `STATES` of the class with most time in it and below it."""
    frames = profile.columns("frames")
    ends_of_all = profile.derived(("ends",), lambda: subtree_ends(frames["parent"]))
    ends = [ends_of_all[frame] for frame in kept]
    found = [_UNKNOWN_STATE] * len(kept)
    most = [_NOISE * frames["total_s"][frame] for frame in kept]
    for state, column in enumerate(FRAME_STATES):
        values = [0.0 if value != value else value for value in frames[column]]
        if not any(values):
            continue
        for place, seconds in enumerate(sums_below(values, kept, ends)):
            if seconds > most[place]:
                most[place], found[place] = seconds, state
    return found


def _binary(
    frames: Columns,
    order: list[int],
    above: list[int],
    folded: dict[int, float],
    states: dict[int, int],
    strings: _Strings,
) -> bytes:
    """The arrays of the blob, in the order of `FlameData` in js/src/contract.ts."""
    library, threads = frames["in_library"], [*frames["thread"], ""]
    owner = [entry if entry >= 0 else -2 - entry for entry in order]  # -1, the whole, has the last thread: none

    def column(name: str, fold_value: Any) -> list[Any]:
        values = frames[name]
        return [values[entry] if entry >= 0 else fold_value for entry in order]

    def seconds(name: str) -> list[float]:
        values = frames[name]
        return [values[entry] if entry >= 0 else folded[-2 - entry] for entry in order]

    sections = (
        array("i", [max(entry, -1) for entry in order]),
        array("i", above),
        array("i", strings.indices(column("function", OTHER))),
        array("i", strings.indices(column("file", ""))),
        array("i", column("line", 0)),
        array("i", strings.indices(threads[frame] for frame in owner)),
        array("f", seconds("self_s")),
        array("f", seconds("total_s")),
        array("f", column("total_low", nan)),
        array("f", column("total_high", nan)),
        bytearray(states.get(frame, _UNKNOWN_STATE) for frame in owner),
        bytearray((_IN_LIBRARY if library[entry] else 0) if entry >= 0 else _IS_OTHER for entry in order),
    )
    head = pack("<4I", _MAGIC, _BINARY_VERSION, len(order), 0)
    return head + b"".join(_section(values) for values in sections)


def _section(values: MutableSequence[Any]) -> bytes:
    """Little-endian bytes, filled up to a whole number of sections."""
    if sys.byteorder == "big" and isinstance(values, array):
        values.byteswap()
    content = values.tobytes() if isinstance(values, array) else bytes(values)
    return content + bytes(-len(content) % _SECTION_BYTES)
