"""Profilers that run inside the process, behind one face: start, stop, seconds by function."""

import cProfile
import pstats
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Literal, Protocol

from benchmarks.native import load_native
from benchmarks.step import StepFailedError

PROGRAMS = "programs.py"  # the file whose functions are asked for
VIZTRACER_ENTRIES = 2_000_000  # events kept; with its default of 1 million it forgets the start of a run


class Profiler(Protocol):
    """What each of them can do."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        """Inclusive seconds of functions of the benchmark programs; those it never saw are 0."""


class Tailgana:
    """Our own."""

    def __init__(self, interval_ms: float | Literal["auto"] = 1.0) -> None:
        self._interval_ms = interval_ms

    def start(self) -> None:
        import tailgana_lab as tgl

        self._context = tgl.profile("benchmark", interval_ms=self._interval_ms)
        self.profile = self._context.__enter__()

    def stop(self) -> None:
        self._context.__exit__(None, None, None)

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        return self.column(names, "total_s")

    def column(self, names: Sequence[str], column: str) -> dict[str, float]:
        table = self.profile.columns("functions")
        found = dict.fromkeys(names, 0.0)
        for function, file, value in zip(table["function"], table["file"], table[column], strict=True):
            name = function.rpartition(".")[2]
            if name in found and file.endswith(PROGRAMS):
                found[name] += value
        return found


class CProfile:
    def start(self) -> None:
        self._profile = cProfile.Profile()
        self._profile.enable()

    def stop(self) -> None:
        self._profile.disable()

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        found = dict.fromkeys(names, 0.0)
        stats: dict[tuple[str, int, str], Any] = pstats.Stats(self._profile).stats  # type: ignore[attr-defined]
        for (file, _, name), (_, _, _, cumulative, _) in stats.items():
            if name in found and file.endswith(PROGRAMS):
                found[name] += cumulative
        return found


class Pyinstrument:
    def __init__(self) -> None:
        from pyinstrument import Profiler as Pyinstrument

        self._make = Pyinstrument

    def start(self) -> None:
        self._profiler: Any = self._make(interval=0.001, async_mode="disabled")
        self._profiler.start()

    def stop(self) -> None:
        self._profiler.stop()

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        found = dict.fromkeys(names, 0.0)
        frames = [self._profiler.last_session.root_frame()]
        while frames:
            frame = frames.pop()
            if frame is None:
                continue
            if frame.function in found:  # outermost only: what is below it is part of it
                found[frame.function] += frame.time
            else:
                frames.extend(frame.children)
        return found


class Viztracer:
    def __init__(self) -> None:
        from viztracer import VizTracer

        self._make = VizTracer
        self._tracer: Any = None

    def start(self) -> None:
        if self._tracer is not None:
            self._tracer.clear()
        else:
            self._tracer = self._make(verbose=0, tracer_entries=VIZTRACER_ENTRIES)
        self._tracer.start()

    def stop(self) -> None:
        self._tracer.stop()

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        found = dict.fromkeys(names, 0.0)
        self._tracer.parse()
        for event in self._tracer.data["traceEvents"]:
            name = event.get("name", "").partition(" ")[0].rpartition(".")[2]
            if name in found and event.get("ph") == "X":
                found[name] += event["dur"] / 1e6
        return found


class EmptyTick:
    """No profiler: a native thread that only wakes at 1 kHz. The floor beneath every sampler."""

    def __init__(self, follows: bool) -> None:
        self._follows = follows
        self._native = load_native()

    def start(self) -> None:
        if self._native.tick_start(self._follows):
            raise StepFailedError("the tick's thread could not be started, or cannot tell the program's core")

    def stop(self) -> None:
        self._native.tick_stop()

    def seconds(self, names: Sequence[str]) -> dict[str, float]:
        raise NotImplementedError


OURS, OURS_AUTO = "tailgana_lab (1 kHz)", "tailgana_lab (auto)"
TICK, TICK_ON_CORE = "empty 1 kHz tick", "empty 1 kHz tick on the program's core"
IN_PROCESS_PEERS = {"pyinstrument (1 ms)": "pyinstrument", "cProfile": "cProfile", "VizTracer": "viztracer"}
"""Label, and the module that must be there."""


def make_profiler(label: str) -> Profiler:
    """The profiler of that label.

    Raises
    ------
    StepFailedError
        If it is not installed.
    """
    module = IN_PROCESS_PEERS.get(label)
    if module is not None and find_spec(module) is None:
        raise StepFailedError(f"`{module}` is not installed")
    makers: dict[str, Any] = {
        OURS: Tailgana,
        OURS_AUTO: lambda: Tailgana("auto"),
        TICK: lambda: EmptyTick(follows=False),
        TICK_ON_CORE: lambda: EmptyTick(follows=True),
        "pyinstrument (1 ms)": Pyinstrument,
        "cProfile": CProfile,
        "VizTracer": Viztracer,
    }
    made: Profiler = makers[label]()
    return made
