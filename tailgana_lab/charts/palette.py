"""The colours and words of the wait classes, in light and dark; `js/src/palette.ts` has the same.

Work is green, waiting for one's own program warm, waiting for the outside cool, idling grey.
"""

from collections.abc import Mapping

STATE_LABELS: Mapping[str, str] = {
    "on_cpu": "on CPU",
    "queue": "run queue",
    "gil_wait": "GIL wait",
    "lock": "lock",
    "disk": "disk",
    "pipe": "pipe",
    "socket": "socket",
    "sleep": "sleep",
    "fault": "page fault",
    "other": "other",
}
"""Words for people."""

VERDICT_LABELS: Mapping[str, str] = {
    "cpu_bound": "CPU bound",
    "io_bound": "I/O bound",
    "memory_bound": "memory bound",
    "lock_contention": "lock contention",
    "network_latency": "network latency",
    "cache_misses": "cache misses",
}
"""Words for the verdicts that are not words already."""

LIGHT: Mapping[str, str] = {
    "on_cpu": "#9ed4a8",
    "queue": "#dcd898",
    "gil_wait": "#f0bc89",
    "lock": "#ec978c",
    "disk": "#beade1",
    "pipe": "#9fdadd",
    "socket": "#92bfee",
    "sleep": "#d5d8db",
    "fault": "#f8b3d3",
    "other": "#aaaeb4",
}
"""Fills on a light background; `LIGHT_INK` can be read on each."""

DARK: Mapping[str, str] = {
    "on_cpu": "#376743",
    "queue": "#706b31",
    "gil_wait": "#7f5222",
    "lock": "#78312a",
    "disk": "#564671",
    "pipe": "#376d70",
    "socket": "#2e557d",
    "sleep": "#696c6f",
    "fault": "#854b67",
    "other": "#44484c",
}
"""Fills on a dark background; `DARK_INK` can be read on each."""

LIGHT_INK = "#14181d"
DARK_INK = "#f4f6f8"
