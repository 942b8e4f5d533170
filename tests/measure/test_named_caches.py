"""Live caches are found by name, and one that nobody asked says what to do."""

import gc
from collections.abc import Iterator
from math import isnan

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.cached import CachedFunction, cached
from tailgana_lab.measure.named_caches import by_name, find_cache, named_caches, unasked_advice


def doubled(name: str, *, record: bool = True) -> CachedFunction:
    return cached(capacity=4, policy="sieve", name=name, record=record)(lambda x: 2 * x)


@pytest.fixture
def caches() -> Iterator[list[CachedFunction]]:
    made = [doubled("price of test"), doubled("tax of test"), doubled("price of test")]
    yield made
    made.clear()
    gc.collect()


def test_the_newest_of_a_name_has_it(caches) -> None:
    named = by_name(caches)
    assert list(named) == ["price of test", "tax of test", "price of test (2)"]
    assert named["price of test"] is caches[2]
    assert named["price of test (2)"] is caches[0]
    assert find_cache("price of test") is caches[2]
    assert named_caches()["tax of test"] is caches[1]


def test_a_name_that_is_not_there_is_answered_with_those_that_are(caches) -> None:
    with pytest.raises(InvalidRequestError, match="did you mean `price of test`"):
        find_cache("price of tset")
    with pytest.raises(InvalidRequestError, match=r"there are .*`tax of test`"):
        find_cache("zzz")


def test_a_cache_that_nobody_asked_has_no_figures_but_a_way_out(caches) -> None:
    advice = unasked_advice(caches[0])
    assert isnan(advice.predicted_hit_fraction)
    assert advice.reachable is None
    assert (advice.policy, advice.capacity, advice.n_requests) == ("sieve", 4, 0)
    assert "no request has been recorded yet" in advice.reason


def test_a_cache_that_does_not_record_says_how_it_would() -> None:
    silent = doubled("silent", record=False)
    silent(1)
    assert "`record=True`" in unasked_advice(silent).reason
