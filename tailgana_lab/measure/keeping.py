"""Measuring a payload for keeping: time in fresh processes, memory in another, and where and when that was."""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tailgana_lab.errors import LabError
from tailgana_lab.measure.payload import Payload
from tailgana_lab.measure.solo import measure_alone
from tailgana_lab.measure.trial import measure_memory
from tailgana_lab.results.baseline import Baseline

_TIME_SHARE = 0.7
_LEAST_MEMORY_S = 0.5


def measure_baseline(
    payload: Payload,
    environment: Mapping[str, Any],
    *,
    budget_s: float,
    isolate: bool | None = None,
    operation: str = "",
) -> Baseline:
    """Measure a payload; nothing is stored.

    Parameters
    ----------
    payload : Payload
        What to run; its name becomes the baseline's.
    environment : mapping
        As `capture_environment()` gives it.
    budget_s : float
        Wall-clock time of everything, seconds.
    isolate : bool, optional
        Whether fresh processes must, or must not, be used; by default where the code can travel.
    operation : str
        The operation that it stands for.

    Raises
    ------
    LabError
        If fresh processes must be used and the code cannot travel.
    """
    if isolate and payload.data is None:
        raise LabError(f"`{payload.name}` cannot run in a fresh process: {payload.why_not}; leave `--isolate` out")
    side = payload.recipe if isolate is False or payload.data is None else payload.data
    began = time.monotonic()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    figures = measure_alone(side, _TIME_SHARE * budget_s)
    left_s = budget_s - (time.monotonic() - began)
    peak_bytes = math.nan
    if figures.is_isolated and payload.data is not None and left_s > _LEAST_MEMORY_S:
        peak_bytes = measure_memory(payload.data, budget_s=left_s).traced_peak_bytes
    return Baseline(
        name=payload.name,
        created=created,
        commit_hash=environment.get("commit_hash"),
        n_rounds=len(figures.round_ns),
        median_ns=figures.median_ns,
        p95_ns=figures.p95_ns,
        peak_bytes=peak_bytes,
        isolated=figures.is_isolated,
        low_ns=figures.low_ns,
        high_ns=figures.high_ns,
        canary_ns=figures.canary_ns,
        round_medians_ns=figures.round_ns,
        sketch=figures.sketch,
        source=payload.source,
        module=payload.module,
        qualname=payload.qualname,
        operation=operation,
        environment=dict(environment),
    )
