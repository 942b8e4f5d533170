"""Memory: planted allocations are found at their lines, and the process's own figures are the kernel's."""

import gc
import math
import mmap
import sys
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.memory import MemoryTracking, ProcessFigures

MIB = 1 << 20
Table = dict[str, list[Any]]


def track(work: Any) -> Table:
    pytest.importorskip("memray", reason="memray is not on this platform")
    tracking = MemoryTracking()
    tracking.start()
    try:
        work()
    finally:
        tracking.stop()
    return tracking.table()


def of_line(table: Table, function: Any, offset: int) -> dict[str, Any]:
    """The row of a line of a function, counted from its first."""
    code = function.__code__
    places = list(zip(table["file"], table["line"], strict=True))
    index = places.index((code.co_filename, code.co_firstlineno + offset))
    return {name: values[index] for name, values in table.items()}


def keep_and_drop() -> bytearray:
    kept = bytearray(32 * MIB)
    for _ in range(3):
        bytearray(8 * MIB)
    return kept


def test_a_planted_allocation_is_found_at_its_line() -> None:
    row = of_line(track(keep_and_drop), keep_and_drop, 1)
    assert row["source"] == "kept = bytearray(32 * MIB)"
    assert row["peak_bytes"] == pytest.approx(32 * MIB, rel=0.01)
    assert row["allocated_bytes"] == pytest.approx(32 * MIB, rel=0.01)


def test_memory_that_is_freed_and_taken_again_counts_each_time() -> None:
    row = of_line(track(keep_and_drop), keep_and_drop, 3)
    assert row["allocated_bytes"] == pytest.approx(3 * 8 * MIB, rel=0.01)
    assert row["peak_bytes"] <= 8 * MIB * 1.01
    assert row["n_allocations"] == 3


def test_the_largest_peak_stands_first() -> None:
    table = track(keep_and_drop)
    assert table["peak_bytes"] == sorted(table["peak_bytes"], reverse=True)
    assert table["source"][0] == "kept = bytearray(32 * MIB)"


def test_nothing_is_ever_larger_at_the_peak_than_in_all() -> None:
    table = track(keep_and_drop)
    assert all(peak <= size for peak, size in zip(table["peak_bytes"], table["allocated_bytes"], strict=True))


def test_the_files_of_tracking_are_gone_afterwards() -> None:
    pytest.importorskip("memray", reason="memray is not on this platform")
    tracking = MemoryTracking()
    tracking.start()
    tracking.stop()
    tracking.table()
    assert not Path(tracking._folder.name).exists()


def test_without_memray_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "memray", None)
    with pytest.raises(InvalidRequestError, match=r"memray.*not installed: `pip install tailgana_lab\[memory\]`"):
        MemoryTracking()


def test_page_faults_of_the_run_are_counted() -> None:
    figures = ProcessFigures()
    pages = 2000
    with mmap.mmap(-1, pages * mmap.PAGESIZE) as fresh:
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            fresh.madvise(mmap.MADV_NOHUGEPAGE)
        for page in range(pages):
            fresh[page * mmap.PAGESIZE] = 1
        (faults,) = figures.table((1, 1, 1), 0.0)["minor_faults"]
    assert faults >= pages


def test_what_was_not_measured_is_missing() -> None:
    gc.collect()
    table = ProcessFigures().table((None, None, None), math.nan)
    missing = ("rss_before_bytes", "rss_peak_bytes", "rss_after_bytes", "gc_s")
    assert all(math.isnan(table[name][0]) for name in missing)


def test_the_peak_as_sampled_stands_where_no_record_was_set() -> None:
    table = ProcessFigures().table((10, 20, 15), 0.5)
    assert [table[name] for name in ("rss_before_bytes", "rss_after_bytes", "gc_s")] == [[10], [15], [0.5]]
