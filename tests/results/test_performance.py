"""PerformanceBaseline: its record, its table, and which comparison speaks for the whole."""

import json
from math import nan
from typing import Any

import pytest

from tailgana_lab.results.performance import METRICS, BenchmarkScope, PerformanceBaseline, gravest
from tests.races import race


@pytest.fixture
def baseline() -> PerformanceBaseline:
    metrics: dict[str, Any] = {name: float(k + 1) for k, name in enumerate(METRICS)}
    return PerformanceBaseline(
        timestamp="2026-01-02T03:04:05.678+00:00",
        scope=BenchmarkScope.QUICK,
        **metrics,
        operation_metrics={"load": {**metrics, "n_calls": 100}, "parse": {**metrics, "latency_p99_ms": nan}},
        bottlenecks=["load: High latency (900.0 ms p95)"],
        recommendations=["Optimize load"],
        workload="load+parse",
        implementations={"load": "app.load"},
    )


def test_the_record_has_the_chapters_keys_and_no_nan(baseline: PerformanceBaseline) -> None:
    kept = json.loads(json.dumps(baseline.to_metadata(), allow_nan=False))
    assert kept["type"] == "performance_baseline"
    assert kept["bottleneck_count"] == 1
    assert kept["commit_hash"] is None
    assert {"timestamp", "scope", "ops_per_second", "latency_p95_ms", "workload", "memory_usage_mb"} <= set(kept)
    assert kept["operation_metrics"]["parse"]["latency_p99_ms"] is None


def test_the_table_has_a_row_for_each_operation(baseline: PerformanceBaseline) -> None:
    frame = baseline.to_frame()
    assert list(frame["operation"]) == ["load", "parse"]
    assert list(frame.columns[1:7]) == list(METRICS)
    assert frame["n_calls"].iloc[0] == 100
    assert frame["n_calls"].isna().to_list() == [False, True]
    with pytest.raises(KeyError):
        baseline.columns("rounds")


def test_without_comparisons_there_is_no_verdict(baseline: PerformanceBaseline) -> None:
    assert baseline.comparison is None
    assert list(baseline.to_frame()["verdict"]) == ["", ""]


def test_the_gravest_comparison_speaks_for_the_whole(baseline: PerformanceBaseline) -> None:
    baseline.compared({"load": race("same"), "parse": race("slower", 1.2)})
    assert baseline.comparison is baseline.comparisons["parse"]
    assert list(baseline.to_frame()["verdict"]) == ["same", "slower"]
    assert baseline.to_metadata()["verdicts"] == {"load": "same", "parse": "slower"}


def test_of_two_slower_ones_the_slowest_is_gravest() -> None:
    slow, slower = race("slower", 1.1), race("slower", 1.3)
    assert gravest([slow, slower, race("inconclusive", 9.0)]) is slower
    assert gravest([race("inconclusive", nan), race("faster", 0.5)]).verdict == "inconclusive"  # type: ignore[union-attr]
    assert gravest([]) is None


def test_the_text_lists_what_was_found(baseline: PerformanceBaseline) -> None:
    text = str(baseline)
    assert "Latency p95: 3.00 ms" in text
    assert "    load: High latency (900.0 ms p95)" in text
    baseline.latency_p95_ms = baseline.memory_usage_mb = nan
    assert "Memory usage: –" in str(baseline)
