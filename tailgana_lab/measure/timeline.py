"""The points of a workload's history: its baselines, and the checks against them."""

import json
from typing import Any

from tailgana_lab.errors import LabError
from tailgana_lab.measure.baselines import BaselineBook, Kept
from tailgana_lab.storage.record import Record

_OF_MACHINE = ("cpu_model", "n_cores", "python")


def timeline(book: BaselineBook, name: str) -> list[dict[str, Any]]:
    """What was measured under a name, oldest first; keys as in `results.history.POINTS`.

    A check's time is its baseline's times the ratio of the race: both sides ran side by side, so that the
    machine's own ups and downs do not show.

    Raises
    ------
    LabError
        If there is nothing of that name.
    """
    baselines = {kept.record.id: kept for kept in book.all_of(name)}
    if not baselines:
        book.find(name)
    points = [_of_baseline(kept) for kept in baselines.values()]
    points += [point for record in book.checks_of(name) if (point := _of_check(record, list(baselines.values())))]
    if not points:
        raise LabError(f"nothing was measured under `{name}` yet")
    return sorted(points, key=lambda point: (point["created"], point["record_id"]))


def _of_baseline(kept: Kept) -> dict[str, Any]:
    baseline = kept.baseline
    known = {key: baseline.environment.get(key) for key in _OF_MACHINE}
    return {
        "created": kept.record.created,
        "commit_hash": baseline.commit_hash,
        "median_ns": baseline.median_ns,
        "low_ns": baseline.low_ns,
        "high_ns": baseline.high_ns,
        "p95_ns": baseline.p95_ns,
        "peak_bytes": baseline.peak_bytes,
        "verdict": "",
        "environment": json.dumps(known, sort_keys=True) if any(known.values()) else "",
        "record_id": kept.record.id,
    }


def _of_check(record: Record, newest_first: list[Kept]) -> dict[str, Any] | None:
    """The point of a check, from the baseline that was the newest then; None where it raced nothing."""
    found = record.metadata
    before = next((kept for kept in newest_first if kept.record.id < record.id), None)
    if before is None or found.get("ratio") is None:
        return None
    level = before.baseline.median_ns
    return {
        "created": record.created,
        "commit_hash": found.get("commit_hash"),
        "median_ns": level * found["ratio"],
        "low_ns": level * found["ratio_low"],
        "high_ns": level * found["ratio_high"],
        "verdict": found.get("verdict") or "",
        "ratio": found["ratio"],
        "ratio_low": found["ratio_low"],
        "ratio_high": found["ratio_high"],
        "environment": "",
        "record_id": record.id,
    }
