"""Findings: what stands out and what does not; no limit speaks by itself."""

from math import nan

import pytest

from tailgana_lab.measure.findings import FindingLimits, find


def row(p95_ms: float = 1.0, cpu_pct: float = 50.0, memory_mb: float = 1.0, **more: object) -> dict[str, object]:
    six = {"latency_p50_ms": p95_ms * 0.9, "latency_p95_ms": p95_ms, "cpu_usage_pct": cpu_pct}
    return {**six, "memory_usage_mb": memory_mb, **more}


def test_a_computing_operation_that_fills_its_core_is_no_finding() -> None:
    found = find({"spinner": row(cpu_pct=100.0)}, n_cores=1)
    assert (found.bottlenecks, found.recommendations) == ([], [])


def test_alike_operations_do_not_all_stand_out() -> None:
    found = find({f"op{k}": row(p95_ms=150.0, cpu_pct=85.0) for k in range(6)}, n_cores=4)
    assert (found.bottlenecks, found.recommendations) == ([], [])


def test_the_one_that_holds_up_the_rest_stands_out() -> None:
    found = find({"load": row(p95_ms=900.0), "parse": row(), "clean": row()}, n_cores=2)
    assert found.bottlenecks == ["load: High latency (900.0 ms p95)"]


def test_a_slow_operation_alone_stands_out() -> None:
    assert find({"load": row(p95_ms=900.0)}, n_cores=2).bottlenecks == ["load: High latency (900.0 ms p95)"]


def test_calls_too_slow_to_be_many_stand_out_by_their_median() -> None:
    assert find({"load": {"latency_p50_ms": 2e3, "latency_p95_ms": nan}}, n_cores=2).bottlenecks == [
        "load: High latency (2000.0 ms median)"
    ]


def test_what_is_fast_does_not_stand_out_by_its_share() -> None:
    assert find({"load": row(p95_ms=50.0), "parse": row()}, n_cores=2).bottlenecks == []


def test_what_waits_is_told_to_wait_beside_others() -> None:
    (advice,) = find({"load": row(p95_ms=900.0, cpu_pct=3.0)}, n_cores=8).recommendations
    assert advice == "Optimize load - consider async execution: it waits for 97 % of its time"


def test_what_computes_is_told_to_use_idle_cores_if_there_are_any() -> None:
    busy = {"load": row(p95_ms=900.0, cpu_pct=99.0)}
    assert any("parallelization" in text for text in find(busy, n_cores=2).recommendations)
    assert not any("parallelization" in text for text in find(busy, n_cores=1).recommendations)


def test_the_advice_does_not_follow_the_name() -> None:
    def advice(name: str) -> list[str]:
        return [text.replace(name, "") for text in find({name: row(p95_ms=900.0)}, n_cores=2).recommendations]

    assert advice("similarity_search") == advice("plain")


def test_using_nearly_all_cores_is_a_finding() -> None:
    found = find({"train": row(cpu_pct=390.0)}, n_cores=4)
    assert found.bottlenecks == ["train: High CPU usage (390.0 % of 400 %)"]
    assert found.recommendations == ["Do not run train beside other work: it needs 3.9 of 4 cores"]


def test_large_memory_is_told_to_stream() -> None:
    (advice,) = find({"load": row(memory_mb=800.0)}, n_cores=2).recommendations
    assert advice.startswith("Optimize memory usage in load - consider streaming")


def test_a_disturbed_measurement_is_told_to_be_repeated() -> None:
    assert find({"load": row(is_disturbed=True)}, n_cores=2).recommendations == [
        "Measure load again: other programs took time from it"
    ]


@pytest.mark.parametrize("missing", [nan, None])
def test_a_missing_figure_says_nothing(missing: float | None) -> None:
    names = ("latency_p50_ms", "latency_p95_ms", "cpu_usage_pct", "memory_usage_mb")
    found = find({"load": dict.fromkeys(names, missing), "parse": {}}, n_cores=2)
    assert (found.bottlenecks, found.recommendations) == ([], [])


def test_the_limits_can_be_set() -> None:
    assert find({"load": row(p95_ms=2.0)}, 2, FindingLimits(latency_p95_ms=1.0)).bottlenecks
