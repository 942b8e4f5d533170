"""Replay: the same counts as plain Python and as the recorded reference, from every form that keys come in."""

import csv
import lzma
import random
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab import InvalidRequestError, lru_curve, replay
from tailgana_lab.measure.replay import REPLAYED, spread_capacities

TRACES = Path(__file__).resolve().parents[2] / "../shared/data/traces"
IN_REFERENCE = {
    "fifo": "FIFO",
    "lru": "LRU",
    "lfu": "LFU",
    "clock": "CLOCK",
    "sieve": "SIEVE",
    "s3fifo": "S3FIFO",
    "belady": "Belady",
    "twoq": "2Q",
    "arc": "ARC",
    "lirs": "LIRS",
}
SAME = ("fifo", "lru", "lfu", "clock", "sieve", "s3fifo", "belady")
REFERENCE_TRACES = ("py_sympy_core_mul_Mul_as_coeff_mul", "py_sympy_core_expr_Expr_expand", "lirs_sprite", "web07")

traces = st.lists(st.integers(0, 5) | st.integers(0, 30), max_size=150)


def lru_misses(keys: Any, capacity: int) -> int:
    inside: OrderedDict[Any, None] = OrderedDict()
    n_misses = 0
    for key in keys:
        n_misses += key not in inside
        inside[key] = None
        inside.move_to_end(key)
        if len(inside) > capacity:
            inside.popitem(last=False)
    return n_misses


def lfu_misses(keys: Any, capacity: int) -> int:
    inside: dict[Any, tuple[int, int]] = {}
    n_misses = 0
    for at, key in enumerate(keys):
        if key not in inside:
            n_misses += 1
            if len(inside) == capacity:
                del inside[min(inside, key=inside.__getitem__)]
        inside[key] = (inside.get(key, (0, 0))[0] + 1, at)
    return n_misses


def belady_misses(keys: list[Any], capacity: int) -> int:
    inside: set[Any] = set()
    n_misses = 0
    for at, key in enumerate(keys):
        if key in inside:
            continue
        n_misses += 1
        if len(inside) == capacity:
            later = keys[at + 1 :]
            inside.remove(max(inside, key=lambda kept: later.index(kept) if kept in later else len(later)))
        inside.add(key)
    return n_misses


def counts(keys: Any, policies: Any, capacities: Any) -> dict[tuple[str, int], int]:
    table = replay(keys, policies, capacities)
    return dict(zip(zip(table.policy, table.capacity, strict=True), table.misses, strict=True))


@cache
def real_trace(name: str) -> Any:
    path = TRACES / f"{name}.u32.xz"
    if not path.exists():
        pytest.skip(f"no recorded traces in {TRACES}")
    return np.frombuffer(lzma.decompress(path.read_bytes()), dtype="<u4")


def reference_rows(name: str) -> Iterator[tuple[str, int, int]]:
    own = {theirs: ours for ours, theirs in IN_REFERENCE.items()}
    with (TRACES / "reference_miss_ratios.csv").open() as lines:
        for row in csv.DictReader(lines):
            if row["trace"] == name and row["policy"] in own and int(row["capacity"]) >= 20:
                yield own[row["policy"]], int(row["capacity"]), int(row["misses"])


@given(traces, st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True))
def test_misses_are_those_of_plain_python(keys: list[int], capacities: list[int]) -> None:
    found = counts(keys, ["lru", "lfu", "belady"], capacities)
    for capacity in capacities:
        assert found["lru", capacity] == lru_misses(keys, capacity)
        assert found["lfu", capacity] == lfu_misses(keys, capacity)
        assert found["belady", capacity] == belady_misses(keys, capacity)


@given(traces)
def test_the_curve_is_a_replay_of_lru_at_every_capacity(keys: list[int]) -> None:
    curve = lru_curve(keys)
    assert curve.capacity.tolist() == list(range(1, len(set(keys)) + 1))
    assert curve.hits.tolist() == [len(keys) - lru_misses(keys, capacity) for capacity in curve.capacity]


@pytest.mark.parametrize("name", REFERENCE_TRACES)
def test_real_traces_miss_as_often_as_the_reference(name: str) -> None:
    keys = real_trace(name)
    expected = {(policy, capacity): misses for policy, capacity, misses in reference_rows(name)}
    policies, capacities = zip(*expected, strict=True)
    found = counts(keys, sorted(set(policies)), sorted(set(capacities)))
    exact = {case: misses for case, misses in expected.items() if case[0] in SAME}
    assert {case: found[case] for case in exact} == exact
    apart = [abs(found[case] - misses) for case, misses in expected.items() if case[1] >= 100]
    assert max(apart) <= 0.005 * len(keys)


@pytest.mark.parametrize("policy", REPLAYED)
def test_nothing_leaves_before_the_cache_is_full(policy: str) -> None:
    draw = random.Random(1)
    keys = [draw.randrange(40) for _ in range(3000)]
    assert counts(keys, policy, [40, 2**40]) == {(policy, 40): 40, (policy, 2**40): 40}


def test_predictive_learns_what_follows_and_says_what_it_loaded() -> None:
    table = replay(np.tile(np.arange(100), 50), ["predictive", "lru"], [50]).set_index("policy")
    assert table.hit_fraction["lru"] == 0
    assert table.hit_fraction["predictive"] > 0.9
    assert table.loads["predictive"] > table.misses["predictive"]
    assert table.loads["predictive"] <= 1.05 * table.loads["lru"]


def test_predictive_loads_little_where_nothing_follows() -> None:
    draw = random.Random(2)
    table = replay([draw.randrange(500) for _ in range(20_000)], ["predictive", "lru"], [50]).set_index("policy")
    assert table.loads["predictive"] <= 1.05 * table.loads["lru"]
    assert table.hit_fraction["predictive"] >= table.hit_fraction["lru"] - 0.01


def test_rows_stand_in_the_order_asked_for() -> None:
    table = replay(["a", "b", "a"], ["sieve", "lru"], [3, 1, 3])
    assert list(table.columns[:6]) == ["policy", "capacity", "requests", "misses", "loads", "hit_fraction"]
    assert list(zip(table.policy, table.capacity, strict=True)) == [("sieve", 3), ("sieve", 1), ("lru", 3), ("lru", 1)]
    assert table.requests.tolist() == [3] * 4
    assert table.hit_fraction.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 0])


def test_without_options_all_policies_stand_at_capacities_up_to_all_keys() -> None:
    table = replay(np.arange(2000) % 300)
    assert list(dict.fromkeys(table.policy)) == list(REPLAYED)
    assert sorted(set(table.capacity)) == spread_capacities(300)
    assert table.capacity.max() == 300


def test_a_cache_of_no_entries_misses_all() -> None:
    assert counts([1, 1, 1], "all", 0) == {(policy, 0): 3 for policy in REPLAYED}


@pytest.mark.parametrize(
    "keys", [[], np.array([], dtype="i8"), pd.Series([], dtype="int64"), ()], ids=["list", "array", "series", "tuple"]
)
def test_an_empty_trace_has_rows_of_zero(keys: Any) -> None:
    table = replay(keys, ["lru", "belady", "predictive"], [1, 5])
    assert table.requests.tolist() == table.misses.tolist() == table.loads.tolist() == [0] * 6
    assert table.hit_fraction.isna().all()
    assert len(lru_curve(keys)) == 0
    assert set(replay(keys).misses) == {0}


def drawn_keys() -> Any:
    return (np.random.default_rng(3).zipf(1.3, 4000) % 500).astype("u4")


FORMS: dict[str, Any] = {
    "list": lambda keys: keys.tolist(),
    "texts": lambda keys: [f"key {key}" for key in keys],
    "tuples": lambda keys: [(int(key), "x") for key in keys],
    "generator": lambda keys: (int(key) for key in keys),
    "series": pd.Series,
    "text series": lambda keys: pd.Series([f"key {key}" for key in keys]),
    "category": lambda keys: pd.Series(keys).astype("category"),
    "strided": lambda keys: np.repeat(keys, 2)[::2],
    "negative": lambda keys: keys.astype("i8") - 250,
    "wide": lambda keys: keys.astype("u8") * 2**40,
    "big-endian": lambda keys: keys.astype(">u4"),
    "int16": lambda keys: keys.astype("i2"),
    "uint16": lambda keys: keys.astype("u2"),
    "float": lambda keys: keys / 4,
    "times": lambda keys: keys.astype("datetime64[s]"),
    "objects": lambda keys: keys.astype(object),
    "read-only": lambda keys: np.frombuffer(keys.tobytes(), dtype="u4"),
}


@pytest.mark.parametrize("form", FORMS)
def test_keys_come_in_any_form(form: str) -> None:
    keys = drawn_keys()
    assert counts(FORMS[form](keys), "lru", 50) == {("lru", 50): lru_misses(keys.tolist(), 50)}


def write_oracle_general(keys: Any, path: Path) -> None:
    rows = np.zeros(len(keys), dtype=[("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])
    rows["id"], rows["size"], rows["next"] = keys, 1, -1
    rows.tofile(path)


WRITERS: dict[str, Any] = {
    "keys.csv": lambda keys, path: pd.DataFrame({"other": 1, "key": keys}).to_csv(path, index=False),
    "keys.csv.gz": lambda keys, path: pd.DataFrame({"key": keys}).to_csv(path, index=False),
    "keys.parquet": lambda keys, path: pd.DataFrame({"key": keys, "other": 1}).to_parquet(path),
    "keys.npy": lambda keys, path: np.save(path, keys),
    "keys.oracleGeneral.bin": write_oracle_general,
    "keys.oracleGeneral": write_oracle_general,
}


@pytest.mark.parametrize("name", WRITERS)
def test_keys_come_from_files(name: str, tmp_path: Path) -> None:
    keys = drawn_keys()
    WRITERS[name](keys, tmp_path / name)
    expected = {("lru", 50): lru_misses(keys.tolist(), 50)}
    assert counts(tmp_path / name, "lru", 50) == expected
    assert counts(str(tmp_path / name), "lru", 50) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("other.csv", b"id\n1\n2\n"),
        ("empty.csv", b""),
        ("torn.parquet", b"PAR1 and then nothing"),
        ("torn.npy", b"\x93NUMPY"),
        ("torn.oracleGeneral.bin", b"0" * 25),
        ("unknown.json", b"{}"),
        ("binary.csv", b"\xff\xfe\x00key"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequestError, match=name) as refused:
        replay(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InvalidRequestError, match=r"nowhere\.parquet"):
        replay("nowhere.parquet")


@pytest.mark.parametrize("capacity", [-1, -3, 1.5, "many", None, True, float("nan")])
def test_a_capacity_that_is_no_count_is_refused_by_name(capacity: Any) -> None:
    with pytest.raises(InvalidRequestError, match="`capacities` must be whole numbers") as refused:
        replay([1, 2], "lru", [capacity])
    assert repr(capacity) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "hint"), [("lur", "`lru`"), ("S3FIFO", "lirs"), ("beladi", "`belady`"), ("xyz", "wtinylfu")]
)
def test_an_unknown_policy_is_refused_with_a_way_out(name: str, hint: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"no policy `{name}`") as refused:
        replay([1, 2], [name], [1])
    assert hint in str(refused.value)


@pytest.mark.parametrize("keys", [[[1], [2]], np.zeros((2, 2), dtype=int), 7, [{}]])
def test_what_are_no_keys_is_refused(keys: Any) -> None:
    with pytest.raises(InvalidRequestError, match="`keys` must be"):
        replay(keys, "lru", 1)
