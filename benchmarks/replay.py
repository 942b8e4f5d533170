"""Replay of cache traces: requests per second of CPU, and the hit rates that come out, beside libcachesim.

The traces are recorded ones where their folder is there, else one that is drawn here. libcachesim reads its own binary
format; here the keys are an array. Each pair of times is taken one right after the other.
"""

import lzma
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.step import Failure, Step
from benchmarks.table import Cell, Table, figure_of
from tailgana_lab._engine import Trace

TRACES = Path(__file__).parents[2] / "shared" / "data" / "traces"
PEER = "libcachesim"
THEIRS = {
    "fifo": "FIFO",
    "lru": "LRU",
    "lfu": "LFU",
    "clock": "Clock",
    "sieve": "Sieve",
    "s3fifo": "S3FIFO",
    "twoq": "TwoQ",
    "arc": "ARC",
    "lirs": "LIRS",
    "wtinylfu": "WTinyLFU",
    "belady": "Belady",
}
SPEED_TRACE, SPEED_SHARE = "arc_OLTP", 0.1  # capacity, of the different keys
HIT_TRACES = (
    "arc_OLTP",
    "orm_busy",
    "scarab_recs",
    "w106",
    "web07",
    "lirs_sprite",
    "py_sympy_core_mul_Mul_as_coeff_mul",
)
HIT_SHARE = 0.05
OWN = ("predictive",)
DRAWN = "drawn"  # where no recorded trace is there


def read_keys(name: str) -> Any:
    """Keys of a recorded trace, or drawn ones of a few popular among many rare keys."""
    if name == DRAWN:
        return (np.random.default_rng(1).zipf(1.1, 500_000) % 100_000).astype("u4")
    return np.frombuffer(lzma.decompress((TRACES / f"{name}.u32.xz").read_bytes()), dtype="<u4")


def write_oracle_general(keys: Any, path: Path) -> None:
    """The binary format that libcachesim reads: time, id, size, next request from 1, or -1."""
    order = np.argsort(keys, kind="stable")
    following = np.full(len(keys), -1, dtype="<i8")
    again = keys[order][1:] == keys[order][:-1]
    following[order[:-1][again]] = order[1:][again] + 1
    rows = np.zeros(len(keys), dtype=[("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])
    rows["time"], rows["id"], rows["size"], rows["next"] = np.arange(len(keys)), keys.astype("<u8") + 1, 1, following
    rows.tofile(path)


def peer_replay(policy: str, capacity: int, path: Path) -> Callable[[], float]:
    """What replays a file with libcachesim and gives its share of misses; building the cache is part of it."""
    import libcachesim

    kind = getattr(libcachesim, THEIRS[policy])

    def run() -> float:
        reader = libcachesim.TraceReader(str(path), libcachesim.TraceType.ORACLE_GENERAL_TRACE)
        missed: float = kind(cache_size=capacity, hashpower=20).process_trace(reader)[0]
        return missed

    return run


def cpu_s(action: Callable[[], Any]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def measure_speed(policy: str, name: str, n_runs: int) -> dict[str, list[float]]:
    """Million requests per second of CPU, ours and theirs; keys were made into ids before."""
    keys = read_keys(name)
    trace = Trace(np.ascontiguousarray(keys))
    jobs = [(policy, round(SPEED_SHARE * trace.n_unique))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.oracleGeneral.bin"
        write_oracle_general(keys, path)
        theirs = peer_replay(policy, jobs[0][1], path)
        pairs = [(cpu_s(lambda: trace.replay(jobs, 1)), cpu_s(theirs)) for _ in range(n_runs)]
    return {
        side: [len(keys) / 1e6 / s for s in times]
        for side, times in zip(("ours", "theirs"), zip(*pairs, strict=True), strict=True)
    }


def measure_passes(name: str, n_runs: int) -> dict[str, list[float]]:
    """Million requests per second of CPU of what is done once a trace."""
    keys = np.ascontiguousarray(read_keys(name))
    trace, millions = Trace(keys), len(keys) / 1e6
    passes = {
        "keys to ids": lambda: Trace(keys),
        "LRU at every capacity": trace.lru_curve,
        "ages at re-use": trace.reuse_ages,
    }
    return {label: [millions / cpu_s(action) for _ in range(n_runs)] for label, action in passes.items()}


def measure_hits(name: str) -> dict[str, Any]:
    """Hit rates in percent of all policies, ours and theirs."""
    keys = read_keys(name)
    trace = Trace(np.ascontiguousarray(keys))
    capacity = round(HIT_SHARE * trace.n_unique)
    policies = [*THEIRS, *OWN]
    counts = dict(zip(policies, trace.replay([(policy, capacity) for policy in policies], 1), strict=True))
    ours = {policy: 100 - 100 * misses / len(keys) for policy, (misses, _) in counts.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.oracleGeneral.bin"
        write_oracle_general(keys, path)
        theirs = {policy: 100 - 100 * peer_replay(policy, capacity, path)() for policy in THEIRS}
    return {"capacity": capacity, "ours": ours, "theirs": theirs, "loads": counts["predictive"][1] / counts["lru"][1]}


def steps(is_quick: bool) -> list[Step]:
    speed, hits = (SPEED_TRACE, HIT_TRACES) if TRACES.is_dir() else (DRAWN, (DRAWN,))
    n_runs = 2 if is_quick else 9
    return [
        *(
            Step(f"speed: {policy}", __name__, "measure_speed", {"policy": policy, "name": speed, "n_runs": n_runs})
            for policy in THEIRS
        ),
        Step("passes", __name__, "measure_passes", {"name": speed, "n_runs": n_runs}),
        *(
            Step(f"hits: {name}", __name__, "measure_hits", {"name": name})
            for name in (hits[-1:] if is_quick else hits)
        ),
    ]


def tables(results: Mapping[str, Any]) -> list[Table]:
    failed = tuple(
        f"{label} is missing: {found.reason}" for label, found in results.items() if isinstance(found, Failure)
    )
    found = {label: result for label, result in results.items() if not isinstance(result, Failure)}
    return [_speed_table(found, failed), _hit_table(found, failed)]


def _speed_table(found: Mapping[str, Any], failed: tuple[str, ...]) -> Table:
    rows: list[list[Cell]] = []
    for policy in THEIRS:
        speed = found.get(f"speed: {policy}")
        if speed is None:
            rows.append([policy, None, None, None])
            continue
        ratios = [ours / theirs for ours, theirs in zip(speed["ours"], speed["theirs"], strict=True)]
        rows.append([policy, *(figure_of(speed[side], 1) for side in ("ours", "theirs")), figure_of(ratios, 1)])
    passes = found.get("passes", {})
    rows += [[label, figure_of(values, 1), "", ""] for label, values in passes.items()]
    name = SPEED_TRACE if TRACES.is_dir() else DRAWN
    note = f"One core; capacity {SPEED_SHARE:.0%} of the different keys of {name}; quartiles in brackets."
    return Table(
        "replay",
        "Replay of a trace, million requests per second of CPU",
        ("policy", "tailgana_lab", PEER, "times"),
        rows,
        (*failed, note),
    )


def _hit_table(found: Mapping[str, Any], failed: tuple[str, ...]) -> Table:
    rows: list[list[Cell]] = []
    for label, hits in found.items():
        if not label.startswith("hits: "):
            continue
        cells: list[Cell] = [_beside(hits["ours"][policy], hits["theirs"][policy]) for policy in THEIRS]
        own = f"{hits['ours']['predictive']:.2f} ({hits['loads']:.2f}x loads)"
        rows.append([f"{label.removeprefix('hits: ')} @{hits['capacity']:,}", *cells, own])
    note = (
        f"Capacity {HIT_SHARE:.0%} of the different keys. In brackets, {PEER}'s where it differs: its W-TinyLFU has a "
        "fixed window. Loads of predictive are beside LRU's."
    )
    return Table("hit_rates", "Hit rates, %", ("trace", *THEIRS, *OWN), rows, (*failed, note))


def _beside(ours: float, theirs: float) -> str:
    return f"{ours:.2f}" if f"{ours:.2f}" == f"{theirs:.2f}" else f"{ours:.2f} ({theirs:.2f})"
