"""What is said about a cache: the four rules, and when a replay forbids them."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from tailgana_lab.measure.cache_findings import recommend
from tailgana_lab.results.cache_advice import CacheSetting
from tests.live import PlainCache

GROW, SHRINK = re.compile("increas|larger|2-3x"), re.compile("reduc|shrink")


def said(keys: Iterable[Any], *, target: float | None = None, **options: Any) -> str:
    cache = PlainCache(**options)
    cache.ask(keys)
    return " | ".join(recommend(cache.metrics(), cache.trace(), CacheSetting.of(cache), target))


def test_a_cache_without_look_ups_gets_no_advice_about_size() -> None:
    text = said([], capacity=10)
    assert "nothing to advise" in text
    assert not GROW.search(text)
    assert not SHRINK.search(text)


@pytest.mark.parametrize("hits", [10, 14, 28, 55, 56])
def test_a_target_that_is_just_reached_names_its_size_however_it_rounds(hits: int) -> None:
    keys = [*range(100 - hits), *(k % (100 - hits) for k in range(hits))]
    assert re.search("lru reaches it with [0-9]+ entries", said(keys, capacity=1, target=hits / 100))


def test_few_look_ups_are_too_few() -> None:
    assert said([1, 2, 1], capacity=1_000) == "3 look-ups since the last change: too few to advise on size"


def test_a_loop_that_a_larger_cache_would_hold_is_advised_to_grow_to_that_size() -> None:
    text = said(list(range(150)) * 20, capacity=100)
    assert "consider increasing cache size: 150 entries" in text
    assert "cache too small for working set" in text


def test_twice_or_three_times_is_named_only_where_it_would_help() -> None:
    assert "2-3x" in said(list(range(150)) * 20, capacity=100)
    text = said(list(range(1_000)) * 8, capacity=100)
    assert "2-3x" not in text
    assert "1,000 entries would hit" in text


def test_a_scan_is_told_that_no_size_helps() -> None:
    text = said(range(5_000), capacity=100)
    assert "no size helps" in text
    assert not GROW.search(text)


def test_an_empty_looking_cache_is_advised_to_shrink_and_not_to_grow() -> None:
    text = said([1, 2, 3] * 100, capacity=1_000)
    assert "consider reducing size" in text
    assert not GROW.search(text)


def test_a_full_cache_that_hits_is_to_be_watched() -> None:
    assert "monitor for growth" in said(list(range(90)) * 20, capacity=100)


def test_a_policy_that_would_hit_more_is_named() -> None:
    assert "Policy lirs would have hit" in said(list(range(150)) * 20, capacity=100)


def test_a_time_to_live_that_costs_hits_is_named() -> None:
    cache = PlainCache(capacity=10, ttl_s=0.5)
    cache.ask(list(range(5)) * 100)
    metrics = cache.metrics()
    metrics.hit_rate_pct = 40.0
    text = " ".join(recommend(metrics, cache.trace(), CacheSetting.of(cache)))
    assert "Consider adjusting TTL" in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (range(500), "cannot be reached by any size of any policy"),
        ([1, 2, 3] * 100, "this size is enough"),
        (list(range(150)) * 20, "reaches it with 150 entries"),
    ],
)
def test_a_target_is_spoken_about(keys: Any, words: str) -> None:
    assert words in said(keys, capacity=100, target=0.9)


def test_what_was_not_recorded_cannot_be_judged() -> None:
    cache = PlainCache()
    cache.ask([1, 2] * 200)
    found = recommend(cache.metrics(), np.array([], dtype=np.uint32), CacheSetting.of(cache))
    assert "Nothing recorded" in found[0]
