"""Bottlenecks and the plan against them, under the chapter's own names and fields."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class BottleneckType(Enum):
    """What keeps a function from being faster."""

    CPU_BOUND = "cpu_bound"
    """It computes."""
    IO_BOUND = "io_bound"
    """It waits for disks and pipes."""
    MEMORY_BOUND = "memory_bound"
    """It waits for page faults, or the garbage collector runs."""
    LOCK_CONTENTION = "lock_contention"
    """It waits for locks, or for the interpreter's own."""
    NETWORK_LATENCY = "network_latency"
    """It waits for sockets."""
    CACHE_MISSES = "cache_misses"
    """It computes again what a cache could have kept."""


@dataclass
class Bottleneck:
    """One place that costs time, why, and what usually helps."""

    bottleneck_type: BottleneckType
    """Which of the six kinds it is."""
    location: str
    """`function (file:line)` of the innermost frame in the user's own code."""
    time_spent_pct: float
    """Share of the profile's time, percent."""
    call_count: float
    """Calls; NaN unless they were counted."""
    avg_duration_ms: float
    """Mean time of a call, milliseconds; NaN unless calls were counted."""
    suggested_fixes: list[str] = field(default_factory=list)
    """What to try, best first."""
    priority: int = 1
    """1 (highest) to 5 (lowest), by the share of time alone."""


@dataclass
class OptimizationPlan:
    """Actions against the bottlenecks of one profile."""

    bottlenecks: list[Bottleneck]
    """The bottlenecks that the plan rests on, by impact."""
    actions: list[dict[str, Any]] = field(default_factory=list)
    """What to do, best first."""
    expected_improvement_pct: float = 0.0
    """Time that all actions together should save, percent of the workload's."""
    estimated_effort_hours: float = 0.0
    """Time that all actions together should take, hours."""
