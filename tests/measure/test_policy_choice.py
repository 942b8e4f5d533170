"""Choosing a policy for a capacity: by the later half, warm, also where nothing tells policies apart."""

import lzma
from pathlib import Path

import numpy as np
import pytest

from tailgana_lab.measure.policy_choice import KEEP_POINTS, choose_policy
from tailgana_lab.measure.workload import Workload

TRACES = Path(__file__).resolve().parents[3] / "shared/data/traces"


def choose(keys: object, capacity: int, **options: str) -> str:
    return choose_policy(Workload(keys).later_misses_pct, capacity, **options).policy


def test_a_loop_larger_than_the_cache_is_given_to_a_policy_that_resists_scans() -> None:
    assert choose(list(range(100)) * 40, 60) == "lirs"


def test_what_happened_lately_counts_more_than_what_happened_first() -> None:
    scans = list(range(1_000)) * 8
    recent = [x for start in range(0, 4_000, 20) for x in [*range(start, start + 40)] * 2]
    late = choose_policy(Workload(scans + recent).later_misses_pct, 200)
    assert late.points_behind["lru"] == pytest.approx(0, abs=0.05)


def test_where_everything_fits_a_robust_policy_is_taken() -> None:
    assert choose([1, 2, 3] * 100, 10_000) == "s3fifo"


def test_a_cache_keeps_its_policy_unless_another_is_better() -> None:
    assert choose([1, 2, 3] * 100, 10_000, current="fifo") == "fifo"
    assert choose(list(range(100)) * 40, 60, current="fifo") == "lirs"


def test_the_chosen_policy_is_behind_by_the_least() -> None:
    keys = np.random.default_rng(3).zipf(1.2, 20_000) % 3_000
    found = choose_policy(Workload(keys).later_misses_pct, 200)
    assert found.points_behind[found.policy] == min(found.points_behind.values())
    assert KEEP_POINTS < max(found.points_behind.values()) <= 2.0


def regret_points(name: str, capacity: int) -> float:
    """Hits lost in the second half of a trace by what was chosen on its first half."""
    keys = np.frombuffer(lzma.decompress((TRACES / f"{name}.u32.xz").read_bytes()), dtype="<u4")
    half = len(keys) // 2
    seen, whole = Workload(keys[:half]), Workload(keys)
    choice = choose_policy(seen.later_misses_pct, capacity)
    jobs = [(policy, capacity) for policy in choice.points_behind]
    later = [a - b for (a, _), (b, _) in zip(whole.exact(jobs), seen.exact(jobs), strict=True)]
    lost = dict(zip(choice.points_behind, later, strict=True))[choice.policy] - min(later)
    return 100 * lost / (len(keys) - half)


@pytest.mark.skipif(not TRACES.is_dir(), reason="the key traces are not here")
def test_on_real_traces_the_choice_loses_little_in_the_half_that_it_has_not_seen() -> None:
    cases = [("lirs_sprite", 708), ("lirs_cpp", 245), ("web07", 2048), ("adapt_size", 3682)]
    assert np.mean([regret_points(*case) for case in cases]) <= 0.8
