"""The live cache as a mapping."""

import pytest

from tailgana_lab import Cache, InvalidRequestError


def filled(*keys, **options) -> Cache:
    cache = Cache(**options)
    for key in keys:
        cache[key] = f"value of {key}"
    return cache


def test_it_behaves_as_a_mapping() -> None:
    cache = filled("a", "b", capacity=10)
    assert (cache["a"], cache.get("b"), cache.get("c"), cache.get("c", 0)) == ("value of a", "value of b", None, 0)
    assert (len(cache), "a" in cache, "c" in cache) == (2, True, False)
    del cache["a"]
    assert list(cache) == ["b"]
    with pytest.raises(KeyError, match="a"):
        cache["a"]
    with pytest.raises(KeyError, match="a"):
        del cache["a"]


def test_the_mixed_in_methods_work() -> None:
    cache = filled("a", capacity=10)
    assert cache.setdefault("a", 1) == "value of a"
    assert cache.setdefault("b", 2) == 2
    cache.update(c=3)
    assert (cache.pop("c"), cache.pop("c", "gone")) == (3, "gone")
    with pytest.raises(KeyError):
        cache.pop("c")
    assert dict(cache.items()) == {"a": "value of a", "b": 2}
    assert list(cache.values()) == ["value of a", 2]
    assert list(cache.keys()) == ["a", "b"]
    cache.clear()
    assert len(cache) == 0


def test_the_least_recently_used_leaves_first() -> None:
    cache = filled("a", "b", capacity=2)
    cache.get("a")
    cache["c"] = 3
    assert sorted(cache) == ["a", "c"]


def test_look_ups_count_and_membership_does_not() -> None:
    cache = filled("a", capacity=2)
    cache.get("a"), cache.get("z"), "a" in cache, list(cache.items())
    assert cache.cache_info() == (1, 1, 2, 1)
    assert cache.metrics().hit_rate_pct == 50


def test_an_entry_may_have_a_time_to_live_of_its_own() -> None:
    cache = Cache(capacity=10)
    cache.set("short", 1, ttl_s=1e-9)
    cache.set("long", 2, ttl_s=1000)
    assert (cache.get("short"), cache.get("long"), list(cache)) == (None, 2, ["long"])
    assert cache.statistics().evictions["expired"] == 1


def test_writing_again_gives_a_new_value_and_keeps_one_entry() -> None:
    cache = filled("a", "a", capacity=10)
    cache["a"] = 5
    assert (cache["a"], len(cache)) == (5, 1)


def test_keys_of_different_types_are_apart() -> None:
    cache = filled(1, 1.0, True, capacity=10)
    assert sorted(map(repr, cache)) == ["1", "1.0", "True"]
    assert [repr(key) for key, _ in cache.items()] == ["1", "1.0", "True"]


def test_a_key_without_a_hash_is_refused() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        filled(capacity=2)[[1]] = 2


def test_wrong_options_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="`-5`"):
        Cache(capacity=-5)
    with pytest.raises(InvalidRequestError, match="`lur`"):
        Cache(10, "lur")
    with pytest.raises(TypeError, match="a key and a default"):
        Cache(10).get()  # type: ignore[call-arg]


def test_it_can_be_changed_as_it_runs() -> None:
    cache = filled(*range(10), capacity=10)
    cache.set_policy("sieve")
    cache.resize(20)
    assert (len(cache), cache.policy, cache.capacity) == (10, "sieve", 20)
    cache.resize(3)
    assert len(cache) == 3


def test_the_trace_keeps_the_number_of_a_key_over_miss_and_write() -> None:
    cache = Cache(capacity=2)
    for key in "abcab":
        if cache.get(key) is None:
            cache[key] = key
    assert cache.trace().tolist() == [0, 1, 2, 0, 1]


class Fussy:
    """A key whose comparison uses the cache that compares it."""

    def __init__(self, cache: Cache, number: int) -> None:
        self.cache, self.number = cache, number

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        self.cache.get("other")
        return isinstance(other, Fussy) and self.number == other.number


def test_a_comparison_may_use_the_cache() -> None:
    cache = Cache(capacity=10)
    for number in (1, 2, 1):
        cache[Fussy(cache, number)] = number
    assert cache[Fussy(cache, 2)] == 2
    assert len(cache) == 2


def test_a_comparison_that_raises_reaches_the_caller() -> None:
    class Raising:
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            raise OSError("no comparison")

    cache = filled(Raising(), capacity=10)
    with pytest.raises(OSError, match="no comparison"):
        cache.get(Raising())
    assert len(cache) == 1
