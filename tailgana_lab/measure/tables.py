"""From the engine's figures to the tables of a profile: names, source lines, verdicts, bottlenecks.

Adds no measurement; every number here comes from the engine or is a ratio of two that do.
"""

import linecache
from collections.abc import Iterator
from typing import Any

from tailgana_lab import _engine
from tailgana_lab.measure.verdicts import FIXES, KINDS, describe, group_seconds, judge, priority_of
from tailgana_lab.records import Columns

Raw = dict[str, Any]

CLASSES = ("on_cpu", "queue", "gil_wait", "lock", "disk", "pipe", "socket", "sleep", "fault", "other", "gc")
"""Classes of time, in the engine's order."""
LEAST_LISTED_PCT = 1.0  # percent of the time; below, a bottleneck is not worth a row


def tables_of(raw: Raw, thread_names: dict[int, str]) -> dict[str, Columns]:
    """All tables but `memory` and `process`.

    Parameters
    ----------
    raw : dict
        What the engine's `stop` gave.
    thread_names : dict of int to str
        Names by the kernel's thread id.

    Returns
    -------
    dict of str to Columns
        As `tailgana_lab.results.profile.Profile` takes them.
    """
    threads = _threads(raw, thread_names)
    return {
        "functions": _functions(raw),
        "lines": _lines(raw),
        "threads": threads,
        "frames": _frames(raw, threads["thread"]),
        "bottlenecks": _bottlenecks(raw),
        "children": raw["children"],
        "lanes": raw["lanes"],
    }


def _rows(table: Raw) -> Iterator[dict[str, float]]:
    """Seconds by class of each row."""
    columns = [table[f"{name}_s"] for name in CLASSES]
    for values in zip(*columns, strict=True):
        yield dict(zip(CLASSES, values, strict=True))


def _picked(columns: Columns, order: list[int]) -> Columns:
    return {name: [values[k] for k in order] for name, values in columns.items()}


def _by_self_time(columns: Columns) -> Columns:
    """Rows that took time, most self time first."""
    own, total = columns["self_s"], columns["total_s"]
    rows = [k for k in range(len(own)) if total[k] > 0]
    return _picked(columns, sorted(rows, key=lambda k: (-own[k], -total[k], k)))


def _details(raw: Raw) -> dict[tuple[int, int], str]:
    """What each function waited for most, by function and class; the engine gives the longest first."""
    found: dict[tuple[int, int], str] = {}
    for function, class_index, text, _ in raw["details"]:
        found.setdefault((function, class_index), text)
    return found


def _samples(raw: Raw, seconds: float) -> float:
    """Equal, independent samples that a stretch of time rests on."""
    return raw["n_effective"] * seconds / raw["sampled_s"] if raw["sampled_s"] > 0 else 0.0


def _leading_class(classes: dict[str, float]) -> int:
    waits = CLASSES[2:10]
    return CLASSES.index(max(waits, key=classes.__getitem__))


def _functions(raw: Raw) -> Columns:
    table, details = raw["functions"], _details(raw)
    verdicts, evidence = [], []
    for k, classes in enumerate(_rows(table)):
        verdicts.append(judge(classes, _samples(raw, table["self_s"][k])))
        detail = details.get((k, _leading_class(classes)), "") if table["self_s"][k] > 0 else ""
        evidence.append(describe(classes, detail))
    wait = [t - c - g for t, c, g in zip(table["total_s"], table["cpu_s"], table["gil_total_s"], strict=True)]
    first = (
        "function",
        "file",
        "line",
        "self_s",
        "total_s",
        "self_fraction",
        "total_fraction",
        "self_low",
        "self_high",
    )
    columns = {name: table[name] for name in first}
    columns |= {"cpu_s": table["cpu_s"], "wait_s": [max(0.0, w) for w in wait], "gil_wait_s": table["gil_total_s"]}
    columns["verdict"] = verdicts
    columns |= {f"{name}_s": table[f"{name}_s"] for name in CLASSES if name != "gil_wait"}
    columns |= {"total_low": table["total_low"], "total_high": table["total_high"], "evidence": evidence}
    return _by_self_time(columns | {"in_library": table["in_library"]})


def _lines(raw: Raw) -> Columns:
    table, functions, source = raw["lines"], raw["functions"], Source()
    columns: Columns = {
        "file": [functions["file"][f] for f in table["function"]],
        "line": table["line"],
        "source": [source.line(functions["file"][f], n) for f, n in zip(table["function"], table["line"], strict=True)],
        **{name: table[name] for name in ("self_s", "total_s", "self_fraction")},
        "verdict": [judge(c, _samples(raw, s)) for c, s in zip(_rows(table), table["self_s"], strict=True)],
        **{name: table[name] for name in ("self_low", "self_high")},
        "function": [functions["function"][f] for f in table["function"]],
    }
    return _by_self_time(columns)


def _threads(raw: Raw, names: dict[int, str]) -> Columns:
    table = raw["threads"]
    shown = [
        names.get(native_id) or ("Python thread" if is_python else "native thread")
        for native_id, is_python in zip(table["native_id"], table["is_python"], strict=True)
    ]
    columns = {"thread": shown, "native_id": table["native_id"]}
    return columns | {f"{name}_s": table[f"{name}_s"] for name in CLASSES[:-1]}


def _frames(raw: Raw, threads: list[str]) -> Columns:
    table, functions = raw["frames"], raw["functions"]
    columns: Columns = {"id": list(range(len(table["parent"]))), "parent": table["parent"]}
    columns |= {name: [functions[name][f] for f in table["function"]] for name in ("function", "file", "line")}
    columns |= {"self_s": table["self_s"], "total_s": table["total_s"]}
    columns["thread"] = [threads[t] for t in table["thread"]]
    columns |= {f"{name}_s": table[f"{name}_s"] for name in CLASSES}
    columns |= {"total_low": table["total_low"], "total_high": table["total_high"]}
    return columns | {"in_library": [functions["in_library"][f] for f in table["function"]]}


def _bottlenecks(raw: Raw) -> Columns:
    """One row for each place in the user's code and type of bottleneck that takes a share worth a row."""
    table, functions, details = raw["locations"], raw["functions"], _details(raw)
    rows: list[tuple[Any, ...]] = []
    for k, classes in enumerate(_rows(table)):
        function = table["function"][k]
        file = functions["file"][function].rpartition("/")[2]
        place = f"{functions['function'][function]} ({file}:{table['line'][k]})"
        for kind, seconds in group_seconds(classes).items():
            percent = 100 * seconds / raw["sampled_s"] if raw["sampled_s"] > 0 else 0.0
            if percent < LEAST_LISTED_PCT or judge(classes, _samples(raw, seconds)) == "not enough samples":
                continue
            low, high = _engine.wilson_interval(percent / 100, raw["n_effective"])
            detail = _detail_of(kind, classes, table["via"][k], details)
            evidence = describe(classes, detail, kind)
            rows.append((kind, place, percent, 100 * low, 100 * high, evidence, priority_of(percent), [FIXES[kind]]))
    rows.sort(key=lambda row: (row[6], -row[2], row[1], row[0]))
    missing = [float("nan")] * len(rows)
    names = ("bottleneck_type", "location", "time_spent_pct", "low_pct", "high_pct", "evidence")
    columns: Columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    columns |= {"call_count": missing, "avg_duration_ms": list(missing)}
    return columns | {"priority": [row[6] for row in rows], "suggested_fixes": [row[7] for row in rows]}


def _detail_of(kind: str, classes: dict[str, float], via: list[int], details: dict[tuple[int, int], str]) -> str:
    """What was waited for, by the function at the end of the stack in which most of that wait passed."""
    waits = [name for name in KINDS[kind] if name in CLASSES[2:10]]
    if not waits:
        return ""
    leading = CLASSES.index(max(waits, key=classes.__getitem__))
    return details.get((via[leading], leading), "")


class Source:
    """Lines of source files, each file read once."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str:
        """Text of a line without the spaces around it; empty where the file cannot be read."""
        if file not in self._files:
            self._files[file] = self._read(file)
        lines = self._files[file]
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    @staticmethod
    def _read(file: str) -> list[str]:
        if file in linecache.cache:
            return linecache.getlines(file)
        try:
            with open(file, "rb") as stream:
                return stream.read().decode("utf-8", "replace").splitlines()
        except (OSError, ValueError):  # no file of that name, or no name of a file at all
            return []
