"""Frozen records that more than one part of the package shares; no behaviour."""

from dataclasses import dataclass
from typing import Any

Columns = dict[str, list[Any]]
"""A table as plain lists of equal length; the keys are its columns, in order."""


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What is known about one profile as a whole."""

    name: str
    """Name given by the user; may be empty."""
    created: str
    """Start of the profile, ISO 8601, UTC."""
    duration_s: float
    """Wall-clock time from start to stop, seconds."""
    n_samples: int
    """Ticks of the sampler."""
    interval_ms: float
    """Mean time between ticks, weighted by time, milliseconds."""
    torn_fraction: float
    """Share of the samples whose stack was cut short or could not be read, 0 to 1."""
    sampler_cpu_s: float
    """CPU time that the sampler itself used, seconds."""
    method: str
    """How stacks and states were read."""
    method_reason: str
    """Why a weaker method was used, one line; empty when it was not."""
    sampled_s: float
    """Time of the threads that ran code of the cell, seconds: the sum all fractions are of."""
    python: str
    """Version of the interpreter."""
    n_stacks: int
    """Stacks that were read."""
    memory_overhead_s: float
    """Time that memory tracking added, seconds; NaN without it."""
