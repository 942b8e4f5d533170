"""The payload and the binary of the flame graph, read back as the browser reads them."""

import json
import re
import struct
from array import array
from base64 import b64decode
from gzip import decompress
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.records import Columns
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import STATES, TABLES, empty_columns
from tailgana_lab.widgets.contract import MAX_ROWS, MAX_RUNS, OTHER, Flame, flame_of, profile_payload
from tests.factories import make_facts, make_profile

ROOT = Path(__file__).resolve().parents[2]
NAMES = json.loads((ROOT / "tests/data/hostile_names.json").read_text())
SECTIONS = dict.fromkeys(("id", "parent", "name", "file", "line", "thread"), "i")
SECTIONS |= dict.fromkeys(("self_s", "total_s", "low", "high"), "f") | dict.fromkeys(("state", "flags"), "B")


def decoded(blob: bytes) -> dict[str, list[Any]]:
    """The arrays of a blob, by name."""
    magic, version, n, nothing = struct.unpack_from("<4I", blob)
    assert (magic, version, nothing) == (0x4D4C4754, 1, 0)
    found, at = {}, 16
    for name, code in SECTIONS.items():
        assert at % 8 == 0
        values = array(code)
        values.frombytes(blob[at : at + n * values.itemsize])
        found[name], at = values.tolist(), at + -(-n * values.itemsize // 8) * 8
    assert at == len(blob)
    return found


def tree_profile(parent: list[int], self_s: list[float], **columns: list[Any]) -> Profile:
    """A profile of this call tree, all of one thread."""
    n, total_s = len(parent), list(self_s)
    for index in range(n - 1, -1, -1):
        if parent[index] >= 0:
            total_s[parent[index]] += total_s[index]
    kinds = {"str": "", "bool": False, "float64": 0.0, "int64": 1}
    frames: Columns = {name: [kinds[kind]] * n for name, kind in TABLES["frames"].items()}
    frames |= {"id": list(range(n)), "parent": parent, "self_s": self_s, "total_s": total_s}
    frames |= {"function": [f"f{k}" for k in range(n)], "thread": ["MainThread"] * n, **columns}
    return Profile(make_facts(sampled_s=sum(self_s)), {"frames": frames}, empty_columns("lanes"))


def labels(flame: Flame) -> list[str]:
    return [flame.strings[index] for index in decoded(flame.blob)["name"]]


def test_the_blob_holds_the_frames_in_their_order() -> None:
    profile = make_profile(300)
    flame = flame_of(profile, min_fraction=0.0)
    frames, blob = profile.columns("frames"), decoded(flame.blob)
    assert blob["id"] == frames["id"]
    assert blob["parent"] == frames["parent"]
    assert blob["line"] == frames["line"]
    assert labels(flame) == frames["function"]
    assert [flame.strings[index] for index in blob["thread"]] == frames["thread"]
    assert blob["total_s"] == pytest.approx(frames["total_s"], rel=1e-6)
    assert blob["low"] == pytest.approx(frames["total_low"], rel=1e-6)
    assert [bool(flag & 1) for flag in blob["flags"]] == frames["in_library"]


def test_small_frames_become_one_other_behind_their_siblings() -> None:
    profile = tree_profile([-1, 0, 0, 2, 0], [0.0, 1.0, 50.0, 49.0, 2.0])
    flame = flame_of(profile, min_fraction=0.1)
    blob = decoded(flame.blob)
    assert labels(flame) == ["f0", "f2", "f3", OTHER]
    assert blob["parent"] == [-1, 0, 1, 0]
    assert blob["id"] == [0, 2, 3, -1]
    assert blob["total_s"][3] == blob["self_s"][3] == 3.0
    assert blob["flags"] == [0, 0, 0, 2]
    assert flame.folded_fraction == pytest.approx(3 / 102)


def test_small_roots_become_an_other_of_their_own() -> None:
    flame = flame_of(tree_profile([-1, -1, -1], [1.0, 98.0, 1.0]), min_fraction=0.1)
    blob = decoded(flame.blob)
    assert labels(flame) == ["f1", OTHER]
    assert blob["parent"] == [-1, -1]
    assert [flame.strings[index] for index in blob["thread"]] == ["MainThread", ""]
    assert flame.total_s == 100.0


@given(st.integers(0, 400), st.sampled_from((0.0, 0.001, 0.02, 0.3)), st.integers(1, 500), st.integers(0, 9))
def test_no_time_is_lost_whatever_is_folded(n: int, min_fraction: float, max_frames: int, seed: int) -> None:
    profile = make_profile(n, seed=seed)
    flame = flame_of(profile, max_frames=max_frames, min_fraction=min_fraction)
    blob = decoded(flame.blob)
    assert sum(blob["self_s"]) == pytest.approx(flame.total_s, rel=1e-4)
    below = [0.0] * flame.n
    for index, parent in enumerate(blob["parent"]):
        assert parent < index
        if parent >= 0:
            below[parent] += blob["total_s"][index]
    for own, inner, total in zip(blob["self_s"], below, blob["total_s"], strict=True):
        assert own + inner == pytest.approx(total, rel=1e-4, abs=1e-6)


def test_a_window_shows_the_frame_and_what_is_below_it() -> None:
    profile = tree_profile([-1, 0, 1, 0], [1.0, 2.0, 3.0, 4.0])
    flame = flame_of(profile, 1)
    assert labels(flame) == ["f1", "f2"]
    assert decoded(flame.blob)["parent"] == [-1, 0]
    assert flame.total_s == 5.0


def test_a_frame_has_the_state_that_its_subtree_spent_most_time_in() -> None:
    profile = tree_profile(
        [-1, 0, 0, -1], [1.0, 2.0, 4.0, 5.0], on_cpu_s=[1.0, 2.0, 0.0, 0.0], socket_s=[0.0, 0.0, 4.0, float("nan")]
    )
    states = [STATES[state] for state in decoded(flame_of(profile).blob)["state"]]
    assert states == ["socket", "on_cpu", "socket", "other"]


def test_missing_bounds_stay_missing() -> None:
    profile = tree_profile([-1], [1.0], total_low=[float("nan")])
    assert isnan(decoded(flame_of(profile).blob)["low"][0])


def test_a_second_view_is_not_computed_again() -> None:
    profile = make_profile()
    assert flame_of(profile) is flame_of(profile)


def test_the_payload_is_json_without_nan_and_carries_the_blob() -> None:
    profile = make_profile(memory_overhead_s=float("nan"))
    payload = json.loads(json.dumps(profile_payload(profile), allow_nan=False))
    assert payload["facts"]["memory_overhead_s"] is None
    assert decompress(b64decode(payload["flame"]["data"])) == flame_of(profile).blob
    assert payload["strings"] == flame_of(profile).strings


def test_the_payload_has_the_fields_that_the_browser_reads() -> None:
    contract = (ROOT / "js/src/contract.ts").read_text()
    for interface, keys in (
        ("ProfilePayload", set(profile_payload(make_profile()))),
        ("Facts", set(profile_payload(make_profile())["facts"])),
        ("FlameHead", set(profile_payload(make_profile())["flame"])),
    ):
        body = re.search(rf"interface {interface} \{{(.*?)\n\}}", contract, re.S)
        assert body, interface
        assert set(re.findall(r"^  (\w+)\??:", body[1], re.M)) == keys


def test_the_browser_knows_the_states_in_the_same_order() -> None:
    contract = (ROOT / "js/src/contract.ts").read_text()
    listed = re.search(r"STATES = \[(.*?)\] as const", contract, re.S)
    assert listed
    assert tuple(re.findall(r'"(\w+)"', listed[1])) == STATES


def test_long_tables_show_the_costliest_rows_first() -> None:
    lines = profile_payload(make_profile(2000, n_functions=200))["lines"]
    assert len(lines["self_s"]) == MAX_ROWS
    assert lines["self_s"] == sorted(lines["self_s"], reverse=True)


def test_names_in_the_payload_can_be_shown_and_sent() -> None:
    payload = profile_payload(make_profile(names=NAMES, name=NAMES[8]))
    sent = json.dumps(payload, ensure_ascii=False)
    sent.encode()  # what a kernel does with it; half a surrogate pair would fail
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", sent)


def test_lanes_of_many_runs_are_made_coarse() -> None:
    payload = profile_payload(make_profile(2000, n_threads=4, lane_runs=20_000))
    assert len(payload["lanes"]["thread"]) <= MAX_RUNS


def test_an_empty_profile_has_an_empty_flame_graph() -> None:
    flame = flame_of(make_profile(0))
    assert (flame.n, flame.total_s, flame.folded_fraction) == (0, 0.0, 0.0)
