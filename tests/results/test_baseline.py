"""Baseline: what its record holds, and what comes back from it."""

import json
from math import isnan, nan

import pytest

from tailgana_lab.results.baseline import Baseline, without_nan


@pytest.fixture
def baseline() -> Baseline:
    return Baseline(
        name="clean",
        created="2026-01-02T03:04:05+00:00",
        commit_hash="a" * 40,
        n_rounds=3,
        median_ns=2e6,
        p95_ns=3e6,
        peak_bytes=64e6,
        low_ns=1.9e6,
        high_ns=2.1e6,
        round_medians_ns=[2e6, 1.9e6, 2.1e6],
        sketch=b"\x00\xffsketch",
        source="def clean(): ...",
        module="pipeline",
        qualname="clean",
        environment={"cpu_model": "one", "steal_fraction": nan},
    )


def test_a_baseline_comes_back_from_its_metadata(baseline: Baseline) -> None:
    kept = json.loads(json.dumps(baseline.to_metadata(), allow_nan=False))
    again = Baseline.from_metadata(kept, record_id=7)
    baseline.record_id, baseline.environment = 7, {"cpu_model": "one", "steal_fraction": None}
    assert vars(again) == vars(baseline)


def test_missing_figures_are_null_in_the_record_and_nan_again_when_read() -> None:
    kept = Baseline("clean", "now", None, 3, 2e6).to_metadata()
    assert kept["p95_ns"] is kept["memory_usage_mb"] is kept["latency_p95_ms"] is None
    assert isnan(Baseline.from_metadata(kept).p95_ns)


def test_the_record_has_the_chapters_keys_in_its_units(baseline: Baseline) -> None:
    kept = baseline.to_metadata()
    assert kept["type"] == "performance_baseline"
    assert (kept["workload"], kept["timestamp"]) == ("clean", baseline.created)
    assert (kept["ops_per_second"], kept["latency_p95_ms"], kept["memory_usage_mb"]) == (500, 3, 64)


def test_a_record_of_another_program_gives_what_it_has() -> None:
    found = Baseline.from_metadata({"workload": "test_sort", "timestamp": "then", "unknown": 1, "median_ns": 5})
    assert (found.name, found.created, found.median_ns, found.n_rounds) == ("test_sort", "then", 5.0, 0)
    assert isnan(found.p95_ns)


def test_a_baseline_without_a_time_has_no_throughput() -> None:
    assert isnan(Baseline("clean", "now", None, 0, nan).ops_per_second)
    assert isnan(Baseline("clean", "now", None, 0, 0.0).ops_per_second)


def test_the_frame_is_one_row_with_the_contracts_columns(baseline: Baseline) -> None:
    frame = baseline.to_frame()
    wanted = ["name", "created", "commit_hash", "n_rounds", "median_ns", "p95_ns", "peak_bytes", "isolated"]
    assert list(frame.columns[:8]) == wanted
    assert len(frame) == 1


def test_the_rounds_are_a_table_also_when_there_are_none(baseline: Baseline) -> None:
    assert list(baseline.rounds["median_ns"]) == baseline.round_medians_ns
    empty = Baseline("clean", "now", None, 0, 1.0).rounds
    assert [str(kind) for kind in empty.dtypes] == ["int64", "float64"]
    with pytest.raises(KeyError):
        baseline.columns("functions")


def test_the_text_names_what_is_known_only(baseline: Baseline) -> None:
    assert str(baseline) == "clean: 2.00 ms a call, 3 rounds, 95 % within 3.00 ms, peak 61.0 MiB, commit aaaaaaaaaa"
    assert str(Baseline("clean", "now", None, 1, 2e6)) == "clean: 2.00 ms a call, 1 rounds"


def test_missing_numbers_are_replaced_at_any_depth() -> None:
    assert without_nan({"a": (1, nan, [float("inf")]), 2: {"b": nan}}) == {"a": [1, None, [None]], "2": {"b": None}}
