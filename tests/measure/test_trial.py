"""Memory of a packed call: planted allocations are found, and what can't be measured is missing, not 0."""

import math
import subprocess
import sys
from typing import Any

import pytest

from tailgana_lab.measure import trial
from tailgana_lab.measure.payload import Recipe, pack
from tailgana_lab.measure.trial import MemoryFigures, measure_memory

MIB = 1 << 20
BUDGET_S = 60.0


def measure(call: Any, *args: Any, **options: Any) -> MemoryFigures:
    data = pack(call, args, **options).data
    assert data is not None
    return measure_memory(data, budget_s=BUDGET_S)


def allocate(n_bytes: int) -> int:
    block = bytearray(n_bytes)
    return len(block[:: 1 << 16])


async def allocate_async(n_bytes: int) -> int:
    return allocate(n_bytes)


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's own figures")


@linux
@pytest.mark.parametrize("call", [allocate, allocate_async])
def test_a_planted_allocation_is_the_peak(call: Any) -> None:
    figures = measure(call, 64 * MIB)
    assert figures.traced_peak_bytes == pytest.approx(64 * MIB, rel=0.02)
    assert figures.peak_bytes == pytest.approx(64 * MIB, rel=0.1)
    assert figures.floor_bytes > MIB
    assert figures.reason == ""


@linux
def test_arguments_belong_to_the_floor() -> None:
    figures = measure(lambda block: len(block), setup=lambda: bytearray(b"x") * (64 * MIB))
    assert figures.peak_bytes < 8 * MIB
    assert figures.traced_peak_bytes < MIB
    assert figures.floor_bytes > 64 * MIB


def test_traced_peaks_are_the_same_from_run_to_run() -> None:
    first, second = (measure(allocate, 3 * MIB).traced_peak_bytes for _ in range(2))
    assert first == pytest.approx(second, rel=0.001)


@linux
def test_memory_of_child_processes_counts() -> None:
    code = "block = bytearray(b'x') * (96 << 20); import time; time.sleep(0.3)"
    figures = measure(lambda: subprocess.run([sys.executable, "-c", code], check=True))
    assert figures.peak_bytes > 80 * MIB


def test_code_that_raises_leaves_the_figures_missing() -> None:
    prices: dict[str, int] = {}
    figures = measure(lambda: prices["row 7"])
    assert math.isnan(figures.peak_bytes)
    assert math.isnan(figures.traced_peak_bytes)
    assert figures.reason == "the workload raised KeyError: 'row 7'"


def test_code_that_never_ends_leaves_the_figures_missing() -> None:
    def endless() -> None:
        while True:
            pass

    figures = measure_memory(pack(endless).data or b"", budget_s=1.0)
    assert math.isnan(figures.peak_bytes)
    assert figures.reason == "it was not done within 1 s"


def test_what_the_kernel_does_not_tell_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_status", lambda field: math.nan)
    floor, peak, reason = trial._resident_pass(Recipe(len, ([],)))
    assert math.isnan(floor)
    assert math.isnan(peak)
    assert reason


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert trial._descendants(2**30) == []
    assert trial._share_of(2**30) == 0.0
