"""What stands out in the figures of operations, and what fits it: sentences, from what was measured alone.

A limit never speaks by itself: what is slow must also hold up the rest, what computes must need more than its core.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

STANDS_OUT = 1.5
"""How many times its equal share of a round's time an operation takes when it holds up the rest."""
_ONE_CORE_PCT = 100.0
_COMPUTES_ABOVE_PCT = 50.0  # CPU time over wall-clock time: below, an operation mostly waits
_WORTH_A_TASK_MS = 100.0  # below, handing a task to another process costs about as much as it saves

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class FindingLimits:
    """What a figure must pass before it can stand out; the chapter's numbers."""

    latency_p95_ms: float = 100.0
    """95th percentile of a call, milliseconds."""
    cpu_usage_pct: float = 80.0
    """CPU time, percent of all the cores that may be used."""
    memory_usage_mb: float = 500.0
    """Most memory of a call, millions of bytes."""


@dataclass
class Findings:
    """What was found, one sentence each."""

    bottlenecks: list[str] = field(default_factory=list)
    """What stands out."""
    recommendations: list[str] = field(default_factory=list)
    """What to do about it, or to know before one believes the figures."""


def find(metrics: Metrics, n_cores: float, limits: FindingLimits | None = None) -> Findings:
    """What stands out among the figures of operations.

    Parameters
    ----------
    metrics : mapping of str to mapping
        Figures by operation; a missing one is NaN and says nothing.
    n_cores : float
        Cores that this process may use.
    limits : FindingLimits, optional
        What a figure must pass.

    Examples
    --------
    >>> rows = {"load": {"latency_p95_ms": 900.0}, "parse": {"latency_p95_ms": 2.0}}
    >>> find(rows, n_cores=2).bottlenecks
    ['load: High latency (900.0 ms p95)']
    """
    limits, found = limits or FindingLimits(), Findings()
    total_ms = sum(_known(each, "latency_p50_ms", 0.0) for each in metrics.values())
    for name, each in metrics.items():
        share = _known(each, "latency_p50_ms") / total_ms if total_ms else nan
        _judge_latency(found, name, each, share * len(metrics) if len(metrics) > 1 else STANDS_OUT, limits, n_cores)
        _judge_cores(found, name, each, limits, n_cores)
        memory_mb = _known(each, "memory_usage_mb")
        if memory_mb > limits.memory_usage_mb:
            found.recommendations.append(
                f"Optimize memory usage in {name} - consider streaming: one call holds {memory_mb:.0f} MB at once"
            )
        if each.get("is_disturbed"):
            found.recommendations.append(f"Measure {name} again: other programs took time from it")
    return found


def _judge_latency(
    found: Findings, name: str, each: Mapping[str, Any], times_fair: float, limits: FindingLimits, n_cores: float
) -> None:
    (latency_ms, word), cpu_pct = _tail(each), _known(each, "cpu_usage_pct")
    if not latency_ms > limits.latency_p95_ms or times_fair < STANDS_OUT:
        return
    found.bottlenecks.append(f"{name}: High latency ({latency_ms:.1f} ms {word})")
    if cpu_pct < _COMPUTES_ABOVE_PCT:
        found.recommendations.append(
            f"Optimize {name} - consider async execution: it waits for {100 - cpu_pct:.0f} % of its time"
        )
        return
    found.recommendations.append(f"Optimize {name} - consider caching; `%%tailgana_profile` shows where its time goes")
    busy_cores = cpu_pct / _ONE_CORE_PCT
    if n_cores - busy_cores >= 1 and _known(each, "latency_p50_ms") >= _WORTH_A_TASK_MS:
        found.recommendations.append(
            f"Consider parallelization for {name}: it keeps {busy_cores:.1f} of {n_cores:g} cores busy"
        )


def _tail(each: Mapping[str, Any]) -> tuple[float, str]:
    """The 95th percentile; of calls too slow to be many, the median, which it cannot be below."""
    p95_ms = _known(each, "latency_p95_ms")
    return (_known(each, "latency_p50_ms"), "median") if isnan(p95_ms) else (p95_ms, "p95")


def _judge_cores(found: Findings, name: str, each: Mapping[str, Any], limits: FindingLimits, n_cores: float) -> None:
    """Using one core whole is what code does that computes; using nearly all of several leaves none for others."""
    cpu_pct = _known(each, "cpu_usage_pct")
    if n_cores >= 2 and cpu_pct > limits.cpu_usage_pct / 100 * n_cores * _ONE_CORE_PCT:
        found.bottlenecks.append(f"{name}: High CPU usage ({cpu_pct:.1f} % of {n_cores * _ONE_CORE_PCT:.0f} %)")
        found.recommendations.append(
            f"Do not run {name} beside other work: it needs {cpu_pct / _ONE_CORE_PCT:.1f} of {n_cores:g} cores"
        )


def _known(each: Mapping[str, Any], name: str, otherwise: float = nan) -> float:
    """The figure, or what stands for a missing one: NaN, of which no comparison is true."""
    value = each.get(name)
    return otherwise if value is None or value != value else float(value)
