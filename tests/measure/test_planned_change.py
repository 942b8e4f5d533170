"""Plans on live caches: whom they concern, what they set, and that all change or none."""

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.planned_change import change, is_of_type, planned
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.caching import CacheOptimizationPlan, CacheType
from tests.live import PlainCache

DOUBLE = CacheOptimizationPlan(increase_size=True, size_multiplier=2.0)


def test_a_cache_belongs_to_the_type_of_its_policy_and_to_ttl_by_its_time() -> None:
    cache = PlainCache(policy="lru", ttl_s=3.0)
    assert [kind for kind in CacheType if is_of_type(cache, kind)] == [CacheType.LRU, CacheType.TTL, CacheType.ALL]
    assert [kind for kind in CacheType if is_of_type(PlainCache(policy="arc"), kind)] == [CacheType.ALL]


def test_a_plan_changes_what_it_names_and_leaves_the_rest() -> None:
    now = CacheSetting("lru", 10, 5.0)
    assert planned(now, CacheOptimizationPlan()) == now
    assert planned(now, DOUBLE) == CacheSetting("lru", 20, 5.0)
    whole = CacheOptimizationPlan(
        adjust_ttl=True,
        ttl_seconds=9,
        change_eviction_policy=True,
        new_policy="sieve",
        increase_size=True,
        size_multiplier=1.01,
    )
    assert planned(now, whole) == CacheSetting("sieve", 11, 9)


def test_where_one_cache_refuses_none_is_changed() -> None:
    caches = [PlainCache(capacity=10), PlainCache(capacity=10, most=15)]
    with pytest.raises(InvalidRequestError):
        change(caches, DOUBLE)
    assert [cache.capacity for cache in caches] == [10, 10]
