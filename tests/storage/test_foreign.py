import json
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.storage.bundle import import_any
from tailgana_lab.storage.store import Store

COMMIT = "5f2e9c3a7d1b4e6f8091a2b3c4d5e6f708192a3b"


def pytest_document() -> dict[str, Any]:
    stats = {"min": 1e-6, "max": 4e-6, "mean": 2.5e-6, "stddev": 1e-7, "rounds": 50, "median": 2e-6, "ops": 4e5}
    return {
        "machine_info": {
            "machine": "x86_64",
            "release": "6.1",
            "python_version": "3.11.7",
            "cpu": {"brand_raw": "CPU", "count": 2},
        },
        "commit_info": {"id": COMMIT, "dirty": False, "branch": "main"},
        "benchmarks": [
            {"name": "test_sort[10]", "fullname": "test_rows.py::test_sort[10]", "params": {"n": 10}, "stats": stats}
        ],
        "datetime": "2026-11-23T22:34:21.224705+00:00",
        "version": "5.3.1",
    }


def asv_document() -> dict[str, Any]:
    times = [[1e-6, None, float("nan"), 4e-6], [["10", "100"], ["'a'", "'b'"]], "version", 0, 1.5]
    bounds = [[-float("inf")] * 4, [float("inf")] * 4, [0.9e-6] * 4, [1.1e-6] * 4, [1] * 4, [7] * 4]
    return {
        "commit_hash": COMMIT,
        "date": 1795473263000,
        "params": {"arch": "x86_64", "cpu": "CPU", "num_cpu": "2", "os": "Linux", "python": "3.11"},
        "python": "3.11",
        "result_columns": "result params version started_at duration stats_ci_99_a stats_ci_99_b stats_q_25 stats_q_75 "
        "stats_number stats_repeat".split(),
        "results": {
            "rows.TimeRows.time_sort": [*times, *bounds],
            "rows.peakmem_rows": [[1048576], []],
            "rows.track_length": [[42], []],
            "rows.time_failed": [None, []],
        },
        "version": 2,
    }


def write(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_results_of_pytest_benchmark_become_records(file_store: Store, tmp_path: Path) -> None:
    summary = import_any(file_store, write(tmp_path / "0001.json", pytest_document()))
    assert (summary.kind, summary.n_added) == ("pytest-benchmark", 1)
    (found,) = file_store.search("test_sort", commit=COMMIT[:7], type="benchmark")
    assert found.metadata["workload"] == "test_rows.py::test_sort[10]"
    assert found.metadata["median_ns"] == pytest.approx(2000)
    assert found.metadata["mean_ns"] == pytest.approx(2500)
    assert found.metadata["low_ns"] is None
    assert (found.metadata["n_rounds"], found.metadata["is_dirty"]) == (50, False)
    assert found.metadata["environment"]["cpu_model"] == "CPU"
    assert found.created == "2026-11-23T22:34:21.224705+00:00"
    assert (found.tier, found.has_payload) == ("long_term", False)


def test_results_of_asv_become_a_record_for_each_set_of_parameters(file_store: Store, tmp_path: Path) -> None:
    summary = import_any(file_store, write(tmp_path / "host.json", asv_document()))
    assert (summary.kind, summary.n_added) == ("asv", 4)
    found = {record.metadata["workload"]: record.metadata for record in file_store.search("", commit=COMMIT)}
    first = found["rows.TimeRows.time_sort(10, 'a')"]
    assert first["median_ns"] == pytest.approx(1000)
    assert (first["low_ns"], first["high_ns"]) == (pytest.approx(900), pytest.approx(1100))
    assert (first["unit"], first["params"], first["n_rounds"]) == ("seconds", ["10", "'a'"], 7)
    assert found["rows.TimeRows.time_sort(100, 'b')"]["median_ns"] == pytest.approx(4000)
    assert (found["rows.peakmem_rows"]["value"], found["rows.peakmem_rows"]["unit"]) == (1048576, "bytes")
    assert (found["rows.track_length"]["value"], found["rows.track_length"]["unit"]) == (42, None)
    assert first["environment"]["n_cores"] == 2


def test_a_folder_of_results_is_taken_in_whole_and_once(file_store: Store, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    write(tmp_path / "host" / "a.json", asv_document())
    write(tmp_path / "host" / "machine.json", {"version": 1})
    write(tmp_path / "benchmarks.json", {"version": 2})
    write(tmp_path / "0001.json", pytest_document())
    first, second = import_any(file_store, tmp_path), import_any(file_store, tmp_path)
    assert (first.kind, first.n_added, first.n_known) == ("asv, pytest-benchmark", 5, 0)
    assert (second.n_added, second.n_known) == (0, 5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"benchmarks": [{"name": ', "whole JSON"),
        ("\0\1\2", "whole JSON"),
        ("[" * 100_000, "whole JSON"),
        ("[]", "neither"),
        ('{"benchmarks": {}}', "neither"),
        ('{"benchmarks": [{"name": "x"}]}', "stats"),
        ('{"benchmarks": [{"name": "x", "stats": {"median": "fast"}}]}', "not as its tool"),
        ('{"results": {}, "commit_hash": "x", "version": 1}', "format 1"),
        ('{"results": {"a": [[1, 2], [], 0]}, "commit_hash": "x", "version": 2}', "not as its tool"),
    ],
)
def test_what_cannot_be_read_is_named_and_brings_nothing(file_store, tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(LabError, match=why) as failed:
        import_any(file_store, path)
    assert "broken.json" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert file_store.count() == 0


def test_a_folder_without_results_is_named(file_store: Store, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no result"):
        import_any(file_store, tmp_path)
