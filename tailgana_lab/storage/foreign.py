"""Results of pytest-benchmark and asv as records of this lab: figures and where they come from, in our units.

Their code does not come with them, so they can be shown and searched but not run again.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from tailgana_lab.errors import LabError
from tailgana_lab.storage.record import LONG_TERM, Entry, in_order, json_text, storable, utc_text

TYPE = "benchmark"
"""`metadata["type"]` of what was measured by another tool."""
NS_PER_S = 1e9
ASV_VERSION = 2
_ASV_UNITS = {"time": "seconds", "timeraw": "seconds", "mem": "bytes", "peakmem": "bytes"}
_ASV_TABLES = {"benchmarks.json", "machine.json"}  # beside asv's results, without any


def read_benchmarks(path: Path) -> tuple[str, list[Entry]]:
    """The results in a file, or in all files of a folder.

    Returns
    -------
    kind : str
        `pytest-benchmark`, `asv`, or both with a comma.
    entries : list of Entry
        Oldest first.

    Raises
    ------
    LabError
        If there are none.
    """
    if not path.is_dir():
        kind, entries = _read_file(path)
        return kind, in_order(entries)
    files = [file for file in sorted(path.rglob("*.json")) if file.name not in _ASV_TABLES]
    if not files:
        raise LabError(f"there is no result of pytest-benchmark or asv (`*.json`) under `{path}`")
    found = [_read_file(file) for file in files]
    kinds = sorted({kind for kind, _ in found})
    return ", ".join(kinds), in_order(entry for _, entries in found for entry in entries)


def _read_file(path: Path) -> tuple[str, list[Entry]]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise LabError(f"`{path}` is neither a bundle nor whole JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("benchmarks"), list):
        return "pytest-benchmark", _all_of(path, _pytest_benchmark(document, _modified(path)))
    if isinstance(document, dict) and isinstance(document.get("results"), dict) and "commit_hash" in document:
        if document.get("version") != ASV_VERSION:
            raise LabError(f"`{path}` is of asv's format {document.get('version')}, only {ASV_VERSION} can be read")
        return "asv", _all_of(path, _asv(document, _modified(path)))
    raise LabError(f"`{path}` is neither a bundle nor results of pytest-benchmark or asv")


def _all_of(path: Path, entries: Iterator[Entry]) -> list[Entry]:
    """The entries, or one line for whatever is not as its tool writes it."""
    try:
        return list(entries)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise LabError(f"`{path}` is not as its tool writes it: {type(error).__name__} at {error}") from error


def _pytest_benchmark(document: Mapping[str, Any], modified: datetime) -> Iterator[Entry]:
    stamp = document.get("datetime")
    created = datetime.fromisoformat(stamp) if stamp else modified
    shared = {"tool": "pytest-benchmark", "tool_version": document.get("version")}
    commit = document.get("commit_info") or {}
    shared |= {"commit_hash": commit.get("id"), "branch": commit.get("branch"), "is_dirty": commit.get("dirty")}
    shared["environment"] = _pytest_environment(document.get("machine_info") or {})
    for each in document["benchmarks"]:
        figures = each["stats"]
        name = each.get("fullname") or each["name"]
        own = {"group": each.get("group"), "params": each.get("params"), "n_rounds": figures.get("rounds")}
        own |= {f"{ours}_ns": _ns(figures.get(theirs)) for ours, theirs in _PYTEST_FIGURES.items()}
        own["ops_per_second"] = figures.get("ops")
        yield _entry(name, created, own["median_ns"], shared | own)


_PYTEST_FIGURES = {
    "median": "median",
    "mean": "mean",
    "low": "q1",
    "high": "q3",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
}


def _pytest_environment(machine: Mapping[str, Any]) -> dict[str, Any]:
    cpu = machine.get("cpu") or {}
    return {
        "cpu_model": cpu.get("brand_raw") or cpu.get("brand") or machine.get("processor") or None,
        "n_cores": cpu.get("count"),
        "machine": machine.get("machine"),
        "kernel": machine.get("release"),
        "python": {
            "version": machine.get("python_version"),
            "implementation": machine.get("python_implementation"),
        },
    }


def _asv(document: Mapping[str, Any], modified: datetime) -> Iterator[Entry]:
    columns = document.get("result_columns") or ["result", "params"]
    stamp = document.get("date")
    created = datetime.fromtimestamp(stamp / 1e3, UTC) if stamp else modified
    shared = {"tool": "asv", "commit_hash": document["commit_hash"], "environment": _asv_environment(document)}
    for name, row in document["results"].items():
        table = dict(zip(columns, row if isinstance(row, list) else [row], strict=False))
        yield from _asv_benchmark(name, table, created, shared)


def _asv_benchmark(
    name: str, table: Mapping[str, Any], created: datetime, shared: Mapping[str, Any]
) -> Iterator[Entry]:
    """One entry for each combination of parameters that has a result."""
    params = list(product(*(table.get("params") or [])))
    results = table.get("result")
    results = results if isinstance(results, list) else [results] * len(params)
    unit = _ASV_UNITS.get(re.split(r"_|(?=[A-Z])", name.rpartition(".")[2])[0].lower())
    for index, (chosen, value) in enumerate(zip(params, results, strict=True)):
        if value is None or value != value:  # failed, or skipped
            continue
        own: dict[str, Any] = {"params": list(chosen), "value": value, "unit": unit}
        if unit == "seconds":
            own |= {"median_ns": _ns(value)}
            own |= {ours: _ns(_at(table.get(theirs), index)) for ours, theirs in _ASV_BOUNDS.items()}
            own["n_rounds"] = _at(table.get("stats_repeat"), index)
        workload = f"{name}({', '.join(map(str, chosen))})" if chosen else name
        yield _entry(workload, created, own.get("median_ns"), {**shared, **own})


_ASV_BOUNDS = {"low_ns": "stats_q_25", "high_ns": "stats_q_75"}


def _asv_environment(document: Mapping[str, Any]) -> dict[str, Any]:
    machine = document.get("params") or {}
    n_cores = str(machine.get("num_cpu", ""))
    return {
        "cpu_model": machine.get("cpu") or None,
        "n_cores": int(n_cores) if n_cores.isdigit() else None,
        "machine": machine.get("arch"),
        "kernel": machine.get("os"),
        "python": {"version": document.get("python") or machine.get("python")},
        "packages": document.get("requirements") or {},
    }


def _entry(workload: str, created: datetime, median_ns: float | None, metadata: Mapping[str, Any]) -> Entry:
    figure = "" if median_ns is None else f": median {median_ns / NS_PER_S:.6g} s"
    content = f"Benchmark {workload}{figure} ({metadata['tool']})"
    kept = {"type": TYPE, "workload": workload, **metadata}
    return Entry(utc_text(created), LONG_TERM, storable(content), json_text(kept))


def _ns(seconds: Any) -> float | None:
    return None if seconds is None else float(seconds) * NS_PER_S


def _at(values: Sequence[Any] | None, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _modified(path: Path) -> datetime:
    """When the file was written: the best there is where its content has no date."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
