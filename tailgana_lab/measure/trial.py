"""The memory of one call, measured in fresh processes: peak of the process above its floor, and peak of allocations.

Both passes are apart from all timing: tracing is slow, and resident memory depends on what ran before.
"""

import asyncio
import gc
import math
import os
import tempfile
import time
import tracemalloc
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from tailgana_lab.errors import LabError
from tailgana_lab.measure.fresh import fresh_process, last_words, read_answer, read_request, write_answer
from tailgana_lab.measure.payload import Recipe, unpack

_LOOK_S = 0.01  # between two looks at the processes that a call starts
_PASSES = ("resident", "traced")


@dataclass(frozen=True)
class MemoryFigures:
    """Memory of one call; NaN where it could not be measured."""

    peak_bytes: float
    """Resident memory at its highest during the first call of a process, above the floor; with child processes."""
    traced_peak_bytes: float
    """Python's and numpy's allocations at their highest during a later call; the same from run to run."""
    floor_bytes: float
    """Resident memory before that call, everything imported and all arguments made."""
    reason: str = ""
    """Why a figure is missing; empty if none is."""


def measure_memory(payload: bytes, *, budget_s: float) -> MemoryFigures:
    """Measure the memory of a packed call.

    Parameters
    ----------
    payload : bytes
        From `payload.pack`; trusted.
    budget_s : float
        Wall-clock time of everything, seconds; what is not done by then is missing.
    """
    end = time.monotonic() + budget_s
    answers: dict[str, Any] = {}
    children_peak = 0.0
    with tempfile.TemporaryDirectory(prefix="tailgana-memory-", ignore_cleanup_errors=True) as base:
        folders = {name: Path(base) / name for name in _PASSES}
        with ExitStack() as stack:
            processes = {}
            for name, folder in folders.items():
                folder.mkdir()
                request = {"pass": name, "payload": payload, "path": _import_path()}
                processes[name] = stack.enter_context(
                    fresh_process(__name__, folder, request, {"PYTHONHASHSEED": "0", "PYTHONTRACEMALLOC": "0"})
                )
            children_peak = _wait(processes, end)
        for name, folder in folders.items():
            answers[name] = read_answer(folder) or last_words(folder) or f"it was not done within {budget_s:g} s"
    return _figures(answers["resident"], answers["traced"], children_peak)


def _import_path() -> list[str]:
    import sys

    return [os.path.abspath(each) for each in sys.path]


def _figures(resident: Any, traced: Any, children_peak: float) -> MemoryFigures:
    """What both passes gave; a text is why one did not."""
    reasons = [each for each in (resident, traced) if isinstance(each, str)]
    floor, peak, why = (math.nan, math.nan, "") if isinstance(resident, str) else resident
    return MemoryFigures(
        peak_bytes=peak + children_peak,
        traced_peak_bytes=math.nan if isinstance(traced, str) else float(traced),
        floor_bytes=floor,
        reason=reasons[0] if reasons else why,
    )


def _wait(processes: "dict[str, Popen[bytes]]", end: float) -> float:
    """Wait for both passes; the highest sum of what the first one's own processes held, bytes."""
    peak = 0.0
    resident = processes["resident"]
    while time.monotonic() < end:
        peak = max(peak, sum(_share_of(pid) for pid in _descendants(resident.pid)))
        try:
            resident.wait(min(_LOOK_S, max(0.0, end - time.monotonic())))
            break
        except TimeoutExpired:
            continue
    try:
        processes["traced"].wait(max(0.0, end - time.monotonic()))
    except TimeoutExpired:
        pass
    return peak


def _descendants(pid: int) -> list[int]:
    """Processes that a process started, and those that these started."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    own = [int(word) for thread in threads for word in _read(Path(f"/proc/{pid}/task/{thread}/children")).split()]
    return own + [deeper for child in own for deeper in _descendants(child)]


def _share_of(pid: int) -> float:
    """Memory of a process, what it shares divided by those who share it, bytes."""
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1]) * 1024
    return 0.0


def _read(path: Path) -> str:
    """A file of the kernel; empty when the process is gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def main(folder: str) -> None:
    """In the fresh process: one of the passes."""
    import sys

    request = read_request(folder)
    sys.path[:] = request["path"]
    try:
        recipe = unpack(request["payload"])
        measure = _traced_pass if request["pass"] == "traced" else _resident_pass
        write_answer(folder, measure(recipe))
    except Exception as error:  # noqa: BLE001  # of the measured code: becomes the reason
        text = " ".join(str(error).split())
        named = f"the workload raised {type(error).__name__}: {text}"
        write_answer(folder, text if isinstance(error, LabError) else named)


def _arguments(recipe: Recipe) -> tuple[Any, ...]:
    """Arguments of the next call."""
    if recipe.setup is None:
        return recipe.args
    fresh = recipe.setup()
    return fresh if isinstance(fresh, tuple) else () if fresh is None else (fresh,)


def _run(recipe: Recipe, arguments: tuple[Any, ...]) -> None:
    """One call, its result dropped at its end."""
    if recipe.is_async:
        asyncio.run(recipe.call(*arguments, **recipe.kwargs))
    else:
        recipe.call(*arguments, **recipe.kwargs)


def _resident_pass(recipe: Recipe) -> tuple[float, float, str]:
    """Floor and peak of the first call, bytes, and why one is missing."""
    arguments = _arguments(recipe)
    gc.collect()
    is_reset = _reset_peak()
    floor, before = _status("VmRSS"), _status("VmHWM")
    _run(recipe, arguments)
    peak = _status("VmHWM")
    if math.isnan(peak) or (not is_reset and peak <= before):
        return floor, math.nan, "this system does not tell the peak of resident memory"
    return floor, max(0.0, peak - floor), ""


def _traced_pass(recipe: Recipe) -> int:
    """Peak of the allocations of a call that is not the first, bytes."""
    _run(recipe, _arguments(recipe))  # imports and caches that only a first call fills
    arguments = _arguments(recipe)
    gc.collect()
    tracemalloc.start()
    try:
        _run(recipe, arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _reset_peak() -> bool:
    """Have the kernel forget how much memory was resident at most."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _status(field: str) -> float:
    """A figure of this process, bytes; NaN where the kernel does not give it."""
    for line in _read(Path("/proc/self/status")).splitlines():
        if line.startswith(f"{field}:"):
            return float(line.split()[1]) * 1024
    return math.nan
