"""`.collapsed`: one line a stack, `thread;caller;callee N`, N in microseconds of self time.

What would break a line or a stack (`;`, line ends, control characters) is written as an escape.
"""

from os.path import basename
from typing import TYPE_CHECKING, BinaryIO

from tailgana_lab.results.calltree import Place, places, stacks
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write all stacks that have at least a microsecond of their own."""
    frames = profile.columns("frames")
    of = places(frames)
    labels = {place: label_of(place) for place in set(of)}
    threads = {thread: _word(thread) for thread in set(frames["thread"])}
    words = [labels[place] for place in of]
    for index, stack in enumerate(stacks(frames)):
        microseconds = round(frames["self_s"][index] * 1e6)
        if microseconds > 0:
            line = ";".join([threads[frames["thread"][index]], *(words[frame] for frame in stack)])
            stream.write(f"{line} {microseconds}\n".encode())


def label_of(place: Place) -> str:
    """`function (file:line)`, with the file's base name.

    Examples
    --------
    >>> label_of(Place("/src/a.py", 3, "work"))
    'work (a.py:3)'
    """
    return _word(f"{place.function} ({basename(place.file)}:{place.line})")


def _word(text: str) -> str:
    return visible(text).replace(";", "\\x3b") or "?"
