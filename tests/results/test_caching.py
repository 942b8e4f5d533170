"""Cache figures and plans: what is refused when built, and how figures of several caches add up."""

from math import isnan, nan
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.caching import CacheMetrics, CacheOptimizationPlan, CacheType, compute_metrics


def metrics(hits: int, misses: int, *, size: int = 5, most: int = 10, hit_ms: float = 0.001) -> CacheMetrics:
    return CacheMetrics(
        CacheType.LRU, nan, nan, nan, hit_ms, 2.0, size, most, nan, n_hits=hits, n_misses=misses, n_evictions=misses
    )


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"increase_size": True}, "size_multiplier"),
        ({"increase_size": True, "size_multiplier": 0.5}, "0.5"),
        ({"size_multiplier": 2.0}, "increase_size"),
        ({"size_multiplier": nan}, "nan"),
        ({"adjust_ttl": True}, "ttl_seconds"),
        ({"ttl_seconds": 5}, "adjust_ttl"),
        ({"adjust_ttl": True, "ttl_seconds": 0}, "ttl_seconds"),
        ({"change_eviction_policy": True}, "new_policy"),
        ({"change_eviction_policy": True, "new_policy": "lur"}, "lur"),
        ({"change_eviction_policy": True, "new_policy": "belady"}, "belady"),
        ({"new_policy": "lru"}, "change_eviction_policy"),
        ({"enable_cache_warming": True}, "warming_queries"),
        ({"warming_queries": ["a"]}, "enable_cache_warming"),
        ({"enable_cache_warming": True, "warming_queries": "text"}, "list"),
        ({"target_hit_rate": 90}, "90"),
        ({"target_hit_rate": 0}, "target_hit_rate"),
        ({"target_hit_rate": True}, "target_hit_rate"),
    ],
)
def test_a_plan_that_would_do_nothing_or_nonsense_is_refused_by_name(options: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidRequestError, match=word):
        CacheOptimizationPlan(**options)


def test_a_plan_knows_whether_it_changes_anything() -> None:
    assert not CacheOptimizationPlan().changes_something
    assert CacheOptimizationPlan(increase_size=True, size_multiplier=2.0).changes_something


def test_counts_and_sizes_of_several_caches_add_up() -> None:
    both = compute_metrics(CacheType.ALL, [metrics(30, 10), metrics(10, 50)])
    assert (both.n_hits, both.n_misses, both.n_evictions, both.size_current, both.size_max) == (40, 60, 60, 10, 20)
    assert (both.hit_rate_pct, both.miss_rate_pct, both.utilization_pct) == (40, 60, 50)
    assert both.cache_type is CacheType.ALL


def test_a_latency_is_the_mean_over_look_ups_of_those_that_know_it() -> None:
    both = compute_metrics(
        CacheType.ALL, [metrics(10, 0, hit_ms=1.0), metrics(30, 0, hit_ms=2.0), metrics(5, 0, hit_ms=nan)]
    )
    assert both.avg_hit_latency_ms == pytest.approx(1.75)


def test_no_cache_at_all_has_unknown_rates_and_size_0() -> None:
    none = compute_metrics(CacheType.TTL, [])
    assert (none.size_current, none.size_max, none.n_lookups) == (0, 0, 0)
    assert all(isnan(each) for each in (none.hit_rate_pct, none.miss_rate_pct, none.utilization_pct))
