"""Synthetic results of races, checks and histories: deterministic, consistent within themselves.

Each function gives a calm example; any field can be changed.
"""

import random
from collections.abc import Sequence
from math import nan
from typing import Any

from tailgana_lab.results.baseline import Baseline
from tailgana_lab.results.cache_advice import Achieved, CacheAdvice, CacheSetting
from tailgana_lab.results.cache_statistics import CacheStatistics
from tailgana_lab.results.caching import BELADY, LIVE_POLICIES, PREDICTIVE
from tailgana_lab.results.comparison import Comparison
from tailgana_lab.results.history import History
from tailgana_lab.results.performance import BenchmarkScope, PerformanceBaseline
from tailgana_lab.results.regression import PerformanceSnapshot, RegressionReport, RegressionSeverity

CREATED = "2026-11-24T12:00:00+00:00"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def make_comparison(ratio: float = 1.4, *, n_rounds: int = 60, seed: int = 0, **changes: Any) -> Comparison:
    """A race of three processes whose rounds scatter by one percent around the ratio."""
    draw = random.Random(seed)
    old = [1e6 * draw.gauss(1, 0.01) for _ in range(n_rounds)]
    new = [value * ratio * draw.gauss(1, 0.01) for value in old]
    table = {
        "process": [row * 3 // max(1, n_rounds) for row in range(n_rounds)],
        "round": list(range(n_rounds)),
        "old_ns": old,
        "new_ns": new,
        "old_other_ns": old,
        "new_other_ns": new,
    }
    verdict = "slower" if ratio > 1.02 else "faster" if ratio < 0.98 else "same"
    fields: dict[str, Any] = {
        "verdict": verdict,
        "reason": "all of the 99 % interval lies on one side",
        "ratio": ratio,
        "ratio_low": 0.994 * ratio,
        "ratio_high": 1.006 * ratio,
        "smallest_detectable_pct": 2.0,
        "n_rounds": n_rounds,
        "n_processes": 3,
        "isolated": True,
        "disturbed": False,
        "clock": "wall",
        "name": "clean",
        "created": CREATED,
        "table": table,
    }
    return Comparison(**{**fields, **changes})


def make_unknown(**changes: Any) -> Comparison:
    """A race of which nothing came."""
    missing: dict[str, Any] = dict.fromkeys(("ratio_low", "ratio_high", "smallest_detectable_pct"), nan)
    missing |= {"verdict": "inconclusive", "reason": "no time for a round"}
    return make_comparison(nan, n_rounds=0, **{**missing, **changes})


def make_baseline(**changes: Any) -> Baseline:
    """A baseline of 2.5 ms a call."""
    draw = random.Random(1)
    fields: dict[str, Any] = {
        "name": "clean",
        "created": CREATED,
        "commit_hash": COMMIT,
        "n_rounds": 150,
        "median_ns": 2.5e6,
        "p95_ns": 2.7e6,
        "peak_bytes": 1.5e6,
        "low_ns": 2.48e6,
        "high_ns": 2.52e6,
        "round_medians_ns": [2.5e6 * draw.gauss(1, 0.01) for _ in range(150)],
        "source": "def clean(n):\n    return sorted(range(n))\n",
        "module": "pipeline",
        "qualname": "clean",
        "environment": {"cpu_model": "some processor", "n_cores": 2, "python": {"version": "3.11.7"}, "is_dirty": True},
        "record_id": 7,
    }
    return Baseline(**{**fields, **changes})


def make_performance(**changes: Any) -> PerformanceBaseline:
    """Two operations, one of which was not called often enough for its p95."""
    metrics = {
        "file_io": {"ops_per_second": 1000.0, "latency_p50_ms": 0.9, "latency_p95_ms": 1.4, "latency_p99_ms": nan},
        "cache_lookup": {"ops_per_second": 2e6, "latency_p50_ms": 4e-4, "latency_p95_ms": nan, "latency_p99_ms": nan},
    }
    fields: dict[str, Any] = {
        "timestamp": CREATED,
        "scope": BenchmarkScope.STANDARD,
        "ops_per_second": 1999.0,
        "latency_p50_ms": 0.45,
        "latency_p95_ms": nan,
        "latency_p99_ms": nan,
        "cpu_usage_pct": 97.0,
        "memory_usage_mb": 12.0,
        "operation_metrics": metrics,
        "bottlenecks": ["file_io: p95 is far above the median"],
        "recommendations": ["Look at what file_io waits for"],
        "implementations": {"file_io": "a real file", "cache_lookup": "functools.lru_cache"},
    }
    return PerformanceBaseline(**{**fields, **changes})


def make_snapshot(**changes: Any) -> PerformanceSnapshot:
    """One side of a report."""
    fields: dict[str, Any] = {
        "timestamp": CREATED,
        "commit_hash": COMMIT,
        "ops_per_second": 400.0,
        "latency_p95_ms": 2.7,
        "memory_usage_mb": 1.5,
        "cpu_usage_pct": 99.0,
        "workload": "clean",
        "environment": {},
    }
    return PerformanceSnapshot(**{**fields, **changes})


def make_report(severity: str = "major", **changes: Any) -> RegressionReport:
    """A check that found its workload slower."""
    has_regression = severity != "none"
    fields: dict[str, Any] = {
        "has_regression": has_regression,
        "severity": RegressionSeverity(severity),
        "baseline_snapshot": make_snapshot(),
        "current_snapshot": make_snapshot(ops_per_second=285.7, commit_hash="fedcba9876543210"),
        "ops_per_second_change_pct": -28.6,
        "latency_p95_change_pct": nan,
        "memory_usage_change_pct": 0.5,
        "regressions": ["Time of a call increased by 40 %"] if has_regression else [],
        "warnings": [],
        "recommendations": ["Profile code to find throughput bottleneck"],
        "verdict": "slower",
        "reason": "40 % slower, and sure of it",
        "comparison": make_comparison(),
        "severity_at_least": RegressionSeverity(severity),
        "workload": "clean",
    }
    return RegressionReport(**{**fields, **changes})


def make_history(n: int = 30, **changes: Any) -> History:
    """A level of 1 ms that rises by 20 % in the middle, on two machines."""
    draw = random.Random(2)
    points = []
    for row in range(n):
        median = (1e6 if row < n // 2 else 1.2e6) * draw.gauss(1, 0.005)
        points.append(
            {
                "created": f"2026-11-{1 + row % 28:02}T12:00:00+00:00",
                "commit_hash": f"{row:040x}",
                "median_ns": median,
                "low_ns": 0.99 * median,
                "high_ns": 1.01 * median,
                "verdict": "" if row == 0 else "same",
                "ratio": None if row == 0 else 1.0,
                "environment": "old machine" if row < n // 3 else "new machine",
                "record_id": row + 1,
            }
        )
    found = {
        "index": [n // 2],
        "before": [1e6],
        "after": [1.2e6],
        "change_pct": [20.0],
        "confidence": [0.999],
        "suspect": [False],
    }
    return History(**{"name": "clean", "points": points, "change_points": found if n > 6 else None, **changes})


class FakeCache:
    """A live cache that does what it is told, and notes it; `refuses` is raised instead."""

    def __init__(self, policy: str = "lru", capacity: int = 128) -> None:
        self.policy, self.capacity, self.ttl_s = policy, capacity, None
        self.n_hits, self.n_misses, self.size = 30, 10, 10
        self.refuses: Exception | None = None
        self.told: list[str] = []

    def set_policy(self, name: str) -> None:
        self._hear(f"policy {name}")
        self.policy = name

    def resize(self, capacity: int) -> None:
        self._hear(f"capacity {capacity}")
        self.capacity = capacity

    def set_ttl(self, ttl_s: float | None) -> None:
        self._hear(f"ttl {ttl_s}")

    def _hear(self, what: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.told.append(what)

    def statistics(self) -> CacheStatistics:
        n = self.n_hits + self.n_misses
        unknown: dict[str, Any] = dict.fromkeys(("computed", "failed", "loaded_ahead", "loaded_ahead_used"), 0)
        return CacheStatistics(
            hits=self.n_hits,
            misses=self.n_misses,
            hit_fraction=self.n_hits / n if n else nan,
            evictions={"capacity": 4, "expired": 1, "cleared": 0},
            asked_again=1,
            age_at_eviction_s=0.25,
            age_at_eviction_median_s=nan,
            hit_latency_ms=2e-4,
            miss_latency_ms=1.5,
            time_saved_s=0.045,
            loads_per_request=self.n_misses / n if n else nan,
            size=self.size,
            capacity=self.capacity,
            value_bytes=0,
            **unknown,
        )


class FakeWatch:
    """Finds that a promise was kept."""

    def begin(self) -> None:
        """Nothing to note."""

    def achieved(self, predicted_hit_fraction: float) -> Achieved:
        said = f"promised {predicted_hit_fraction:.3f} and kept"
        return Achieved(predicted_hit_fraction, predicted_hit_fraction, 0.0, 1000, False, said)


CAPACITIES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


def replay_rows(capacities: Sequence[int] = CAPACITIES, n_requests: int = 50_000) -> dict[str, list[Any]]:
    """Curves that rise and level out, each policy's a little below the one before; Belady's above all."""
    rows: dict[str, list[Any]] = {
        name: [] for name in ("policy", "capacity", "requests", "misses", "loads", "hit_fraction")
    }
    for place, policy in enumerate((BELADY, *LIVE_POLICIES)):
        for capacity in capacities:
            hits = round(n_requests * (0.95 - 0.012 * place) * (1 - 2 ** (-capacity / (60 + 25 * place))))
            ahead = n_requests // 50 if policy == PREDICTIVE else 0
            misses = n_requests - hits
            row = (policy, capacity, n_requests, misses, misses + ahead, hits / n_requests)
            for column, value in zip(rows, row, strict=True):
                rows[column].append(value)
    return rows


def exact_lru() -> dict[str, list[Any]]:
    """LRU's curve at every eighth capacity, on which its replays lie."""
    capacity = list(range(8, 4097, 8))
    place = 1 + LIVE_POLICIES.index("lru")
    share = [(0.95 - 0.012 * place) * (1 - 2 ** (-each / (60 + 25 * place))) for each in capacity]
    return {"capacity": capacity, "hit_fraction": share}


def make_advice(**changes: Any) -> CacheAdvice:
    """An advice on a cache that is too small."""
    rows = replay_rows()
    found = dict(zip(zip(rows["policy"], rows["capacity"], strict=True), rows["hit_fraction"], strict=True))
    fields: dict[str, Any] = {
        "policy": "fifo",
        "capacity": 512,
        "ttl_s": None,
        "predicted_hit_fraction": found["fifo", 512],
        "reachable": True,
        "limit_hit_fraction": found[BELADY, 512],
        "reason": "the smallest capacity that reaches `0.9`",
        "target_hit_fraction": 0.9,
        "infinite_hit_fraction": 0.952,
        "n_requests": 50_000,
        "n_keys": 2_400,
        "name": "simplify",
        "created": CREATED,
        "old": CacheSetting("lru", 128),
        "old_hit_fraction": found["lru", 128],
        "notes": ["ties go to the simpler policy"],
        "rows": rows,
        "curves": {
            "lru_curve": exact_lru(),
            "ttl_curve": {"ttl_s": [1.0, 60.0, 3600.0], "hit_fraction": [0.4, 0.8, 0.95]},
        },
    }
    return CacheAdvice(**{**fields, **changes})


def make_live_advice(cache: FakeCache | None = None, **changes: Any) -> CacheAdvice:
    """The same on a cache that runs."""
    return make_advice(**{"cache": cache or FakeCache(), "watch": FakeWatch(), **changes})


def make_empty_advice(**changes: Any) -> CacheAdvice:
    """What is known of a cache that nobody asked yet."""
    missing: dict[str, Any] = dict.fromkeys(
        ("predicted_hit_fraction", "limit_hit_fraction", "target_hit_fraction"), nan
    )
    missing |= {"infinite_hit_fraction": nan, "old_hit_fraction": nan, "n_requests": 0, "n_keys": 0}
    missing |= {
        "rows": {},
        "curves": {},
        "reachable": None,
        "reason": "no request has been recorded yet: use it, then look again",
        "notes": [],
    }
    return make_live_advice(**{**missing, "policy": "lru", "capacity": 128, **changes})
