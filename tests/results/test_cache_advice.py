"""CacheAdvice: tables, and how it changes a live cache and back."""

from math import isnan, nan
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.cached import cached
from tailgana_lab.results.cache_advice import Achieved, CacheAdvice, CacheSetting
from tests.live import PlainCache

ROWS = {
    "policy": ["lru", "lru", "belady", "belady"],
    "capacity": [20, 10, 10, 20],
    "requests": [100] * 4,
    "misses": [40, 60, 50, 30],
    "loads": [40, 60, 50, 30],
    "hit_fraction": [0.6, 0.4, 0.5, 0.7],
}


def made(**changed: Any) -> CacheAdvice:
    figures: dict[str, Any] = {
        "policy": "lirs",
        "capacity": 20,
        "ttl_s": None,
        "predicted_hit_fraction": 0.65,
        "reachable": True,
        "limit_hit_fraction": 0.7,
        "reason": "fewest entries that reach 60 %",
        "rows": ROWS,
    }
    return CacheAdvice(**{**figures, **changed})


class Watcher:
    """Says what it was told."""

    def __init__(self) -> None:
        self.n_begun = 0

    def begin(self) -> None:
        self.n_begun += 1

    def achieved(self, predicted_hit_fraction: float) -> Achieved:
        return Achieved(predicted_hit_fraction, 0.6, -5.0, 100, False, "5 points below")


def test_tables_are_typed_and_empty_rather_than_missing() -> None:
    advice = made(rows={})
    assert list(advice.table) == ["policy", "capacity", "requests", "misses", "loads", "hit_fraction"]
    assert (len(advice.table), len(advice.lru_curve), len(advice.ttl_curve)) == (0, 0, 0)


def test_a_curve_runs_by_rising_capacity() -> None:
    assert made().curve("lru") == {"capacity": [10, 20], "hit_fraction": [0.4, 0.6]}


def test_another_choice_is_read_from_the_table_or_replayed() -> None:
    assert made().at("lru", 10).predicted_hit_fraction == 0.4
    assert made().at("lru", 10).limit_hit_fraction == 0.5
    assert isnan(made().at("lru", 15).predicted_hit_fraction)
    assert made(predict=lambda policy, capacity: 0.55).at("lru", 15).predicted_hit_fraction == 0.55


def test_applying_sets_the_cache_and_undoing_sets_it_back() -> None:
    cache = PlainCache(capacity=5, policy="fifo", ttl_s=3.0)
    advice = made(cache=cache, ttl_s=3.0)
    advice.apply()
    assert CacheSetting.of(cache) == CacheSetting("lirs", 20, 3.0)
    advice.apply()
    advice.undo()
    assert CacheSetting.of(cache) == CacheSetting("fifo", 5, 3.0)
    with pytest.raises(InvalidRequestError, match="nothing to undo"):
        advice.undo()


def test_only_what_differs_is_changed() -> None:
    cache = PlainCache(capacity=20, policy="lirs")
    cache.ask("aab")
    made(cache=cache).apply()
    assert cache.metrics().n_lookups == 3  # a change would have begun a new window


@pytest.mark.parametrize("refused", [{"capacity": -5}, {"ttl_s": -1.0}, {"policy": "best"}])
def test_a_setting_that_the_cache_refuses_leaves_it_as_it_was(refused: dict[str, Any]) -> None:
    cache = cached(capacity=50, policy="lru", ttl_s=60.0, name="refusing of test")(lambda x: x)
    for x in range(50):
        cache(x)
    advice = made(cache=cache, **{"policy": "sieve", "capacity": 20, "ttl_s": 30.0, **refused})
    with pytest.raises(InvalidRequestError):
        advice.apply()
    assert CacheSetting.of(cache) == CacheSetting("lru", 50, 60.0)
    assert cache.cache_info().currsize == 50
    with pytest.raises(InvalidRequestError, match="not applied"):
        advice.undo()


def test_an_advice_on_a_trace_changes_nothing() -> None:
    with pytest.raises(InvalidRequestError, match="no cache"):
        made().apply()


def test_what_was_achieved_is_told_after_applying_only() -> None:
    watcher = Watcher()
    advice = made(cache=PlainCache(), watch=watcher)
    with pytest.raises(InvalidRequestError, match=r"apply\(\)"):
        advice.achieved()
    advice.apply()
    assert watcher.n_begun == 1
    assert advice.achieved().predicted_hit_fraction == 0.65


def test_it_reads_as_setting_hits_and_reason() -> None:
    assert str(made()) == "lirs with 20 entries: 65.0 % hits, limit 70.0 %; fewest entries that reach 60 %"
    assert str(CacheSetting("lru", 1000, 30.0)) == "lru with 1,000 entries, which live 30 s"


def test_the_frame_is_one_row_of_figures() -> None:
    frame = made(old=CacheSetting("lru", 5), old_hit_fraction=0.5).to_frame()
    assert len(frame) == 1
    assert frame["old"][0] == "lru with 5 entries"
    assert "rows" not in frame
    assert made(old_hit_fraction=0.5).gain_points == pytest.approx(15)
    assert isnan(made(old_hit_fraction=nan).gain_points)
