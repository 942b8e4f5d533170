"""From measured time to a verdict: what kind of bottleneck, resting on which figures.

Names of functions and files play no part. `docs/how-it-works/profiling.md` lists the rules.
"""

from collections.abc import Mapping
from typing import Final

Classes = Mapping[str, float]
"""Seconds by class: `on_cpu queue gil_wait lock disk pipe socket sleep fault other gc`; `gc` is a part of `on_cpu`."""

NOT_ENOUGH: Final = "not enough samples"
MIXED: Final = "mixed"
ENOUGH_SAMPLES: Final = 10.0  # equal, independent samples; fewer give an interval wider than the share itself
MOST_OF: Final = 0.5  # a kind must make up this much of a function's own time to name it

KINDS: Final = {
    "cpu_bound": ("computing", "queue"),
    "io_bound": ("disk", "pipe"),
    "network_latency": ("socket",),
    "lock_contention": ("lock", "gil_wait"),
    "memory_bound": ("gc", "fault"),
}
"""Bottleneck types, and the classes of time that speak for each; `computing` is time on a core, not collecting."""

_WORDS: Final = {
    "computing": "on a core",
    "queue": "waiting for a core",
    "disk": "waiting for a disk",
    "pipe": "waiting for a pipe",
    "socket": "waiting for a socket",
    "lock": "waiting for a lock",
    "gil_wait": "waiting for the GIL",
    "gc": "in the garbage collector",
    "fault": "waiting for pages of memory",
    "sleep": "asleep",
    "other": "off the core for other reasons",
}

FIXES: Final = {
    "cpu_bound": "Do less in the hottest line: hoist what does not change out of its loop, or hand the loop "
    "to vectorised or compiled code; then measure again",
    "io_bound": "Read or write in fewer, larger pieces, and let the transfer run beside the computation",
    "network_latency": "Ask for more per round trip: batch the requests, keep connections open, "
    "or send them concurrently",
    "lock_contention": "Hold the lock for less: move work out of the guarded block, or give each thread its own data "
    "and join the results",
    "memory_bound": "Create fewer objects at once: stream with generators, reuse buffers, or keep large data in arrays",
    "cache_misses": "Give the cache more room or another policy: replay its key trace before deciding",
}
"""One general remedy a type; none of them promises a figure."""


def group_seconds(classes: Classes) -> dict[str, float]:
    """Seconds by bottleneck type.

    Parameters
    ----------
    classes : mapping of str to float
        Seconds by class.

    Returns
    -------
    dict of str to float
        Seconds for each key of `KINDS`.

    Examples
    --------
    >>> group_seconds({"on_cpu": 1.0, "gc": 0.25, "socket": 2.0})["network_latency"]
    2.0
    """
    split = _split(classes)
    return {kind: sum(split.get(name, 0.0) for name in names) for kind, names in KINDS.items()}


def judge(classes: Classes, n_samples: float) -> str:
    """Verdict on the own time of a function or line.

    Parameters
    ----------
    classes : mapping of str to float
        Own seconds by class.
    n_samples : float
        Equal, independent samples that its time rests on.

    Returns
    -------
    str
        A bottleneck type, `mixed`, or `not enough samples`.

    Examples
    --------
    >>> judge({"on_cpu": 0.9, "disk": 0.1}, 500.0)
    'cpu_bound'
    >>> judge({"sleep": 1.0}, 500.0)
    'mixed'
    """
    if n_samples < ENOUGH_SAMPLES:
        return NOT_ENOUGH
    total = sum(_split(classes).values())
    groups = group_seconds(classes)
    kind = max(groups, key=groups.__getitem__)
    return kind if total > 0 and groups[kind] >= MOST_OF * total else MIXED


def describe(classes: Classes, detail: str = "", kind: str = "") -> str:
    """The figures that a verdict rests on, in words.

    Parameters
    ----------
    classes : mapping of str to float
        Own seconds by class.
    detail : str
        What was waited for, such as "`recv` on 127.0.0.1:5432".
    kind : str
        Bottleneck type whose figures stand first; by default the largest figure does.

    Returns
    -------
    str
        At most three figures, in percent of the time in question.

    Examples
    --------
    >>> describe({"socket": 0.82, "on_cpu": 0.18}, "`recv` on 127.0.0.1:5432")
    '82 % of its 1.00 s blocked in `recv` on 127.0.0.1:5432, 18 % on a core'
    """
    split = _split(classes)
    total = sum(split.values())
    if total <= 0:
        return ""
    leading = KINDS.get(kind, ())
    shown = sorted(split, key=lambda name: (name not in leading, -split[name]))
    parts = [(name, 100 * split[name] / total) for name in shown if 100 * split[name] / total >= 0.5][:3]
    said = [f"{percent:.0f} % {_WORDS[name]}" for name, percent in parts]
    if parts:
        name, percent = parts[0]
        words = f"blocked in {detail}" if detail and name not in ("computing", "queue", "gc") else _WORDS[name]
        said[0] = (
            f"{percent:.0f} % of its {total:.3g} s {words}"
            if total < 1
            else f"{percent:.0f} % of its {total:.2f} s {words}"
        )
    return ", ".join(said)


def priority_of(percent: float) -> int:
    """Priority of a share of the time: 1 above 20 %, 2 above 10, 3 above 5, 4 above 2, else 5.

    Examples
    --------
    >>> [priority_of(p) for p in (20.1, 20.0, 5.1, 2.0)]
    [1, 2, 3, 5]
    """
    return 1 + sum(percent <= limit for limit in (20.0, 10.0, 5.0, 2.0))


def _split(classes: Classes) -> dict[str, float]:
    """Disjoint classes: time on a core without the collector, and the collector."""
    gc_s = min(classes.get("gc", 0.0), classes.get("on_cpu", 0.0))
    computing = {"computing": classes.get("on_cpu", 0.0) - gc_s, "gc": gc_s}
    return computing | {name: s for name, s in classes.items() if name not in ("on_cpu", "gc")}
