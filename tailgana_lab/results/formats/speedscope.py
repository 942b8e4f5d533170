"""`.speedscope.json`: one sampled profile a thread, for the speedscope viewer.

Each frame with self time is one sample, its stack from the root, its weight in seconds.
"""

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from tailgana_lab.records import Columns
from tailgana_lab.results.calltree import places, stacks
from tailgana_lab.units import format_seconds

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
"""Name of the file format; nothing is fetched from it."""


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write the document as JSON."""
    stream.write(json.dumps(speedscope_of(profile), separators=(",", ":")).encode())


def speedscope_of(profile: "Profile") -> dict[str, Any]:
    """The whole document."""
    frames = profile.columns("frames")
    of = places(frames)
    number = {place: index for index, place in enumerate(dict.fromkeys(of))}
    shared = [{"name": place.function, "file": place.file, "line": place.line} for place in number]
    return {
        "$schema": SCHEMA,
        "name": profile.name or "profile",
        "exporter": f"tailgana_lab, {profile.method}, {format_seconds(profile.duration_s)}",
        "activeProfileIndex": 0,
        "shared": {"frames": shared},
        "profiles": list(_profiles(frames, [number[place] for place in of]).values()),
    }


def _profiles(frames: Columns, number: list[int]) -> dict[str, dict[str, Any]]:
    """One profile for each thread, in the order in which they first appear."""
    found: dict[str, dict[str, Any]] = {}
    rows = zip(stacks(frames), frames["thread"], frames["self_s"], strict=True)
    for stack, thread, self_s in rows:
        profile = found.setdefault(thread, _empty(thread))
        if self_s > 0:
            profile["samples"].append([number[index] for index in stack])
            profile["weights"].append(self_s)
    for profile in found.values():
        profile["endValue"] = sum(profile["weights"])
    return found


def _empty(thread: str) -> dict[str, Any]:
    return {"type": "sampled", "name": thread, "unit": "seconds", "startValue": 0, "samples": [], "weights": []}
