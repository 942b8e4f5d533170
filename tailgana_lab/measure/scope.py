"""What belongs to a profile and what does not: libraries, the lab's own frames, a notebook's machinery.

Places of files only; nothing is measured.
"""

import site
import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent
HELPER_PARTS = (
    "/ipykernel/",
    "/IPython/",
    "/jupyter_client/",
    "/zmq/",
    "/tornado/",
    "/debugpy/",
    "/matplotlib_inline/",
    "/traitlets/",
)
"""Parts of file names of a notebook's own machinery."""
_OWN = ("lab.py", "measure", "magics", "workflows")


def is_own(file: str) -> bool:
    """Whether a frame of this file is the lab's own work around the profiled code."""
    path = Path(file)
    if file.endswith("contextlib.py") or not path.is_relative_to(_PACKAGE):
        return False
    return path.relative_to(_PACKAGE).parts[0] in _OWN


def own_files() -> list[str]:
    """The lab's own files, whose innermost frames are charged to their caller."""
    found = [_PACKAGE / "lab.py"]
    for folder in _OWN[1:]:
        found += (_PACKAGE / folder).rglob("*.py")
    return [str(file) for file in found]


def library_prefixes() -> list[str]:
    """How names of library files begin: the standard library, installed packages, and frozen modules."""
    paths = sysconfig.get_paths()
    folders = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    base = {"base": sys.base_prefix, "platbase": sys.base_prefix}
    folders |= {sysconfig.get_path(key, vars=base) for key in ("stdlib", "platstdlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return ["<frozen ", *sorted(str(Path(folder)) + "/" for folder in folders if folder)]


def frames_of(frame: FrameType | None) -> list[FrameType]:
    """A frame and its callers, innermost first."""
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def n_outer(frames: list[FrameType]) -> int:
    """How many outermost frames are no part of what is profiled: all beyond the one that asked for the profile."""
    asking = next((k for k, f in enumerate(frames) if not is_own(f.f_code.co_filename)), len(frames) - 1)
    return len(frames) - 1 - asking


def setting(frames: list[FrameType], interval_ns: int, caller: int) -> dict[str, Any]:
    """What the engine is told; `frames` is the stack of the calling thread, innermost first."""
    return {
        "interval_ns": interval_ns,
        "caller": caller,
        "expected": [id(frame.f_code) for frame in frames],
        "n_outer": n_outer(frames),
        "library_prefixes": library_prefixes(),
        "user_prefixes": [],
        "own_files": own_files(),
        "helper_parts": list(HELPER_PARTS),
    }
