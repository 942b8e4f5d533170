"""A cached function: what it keeps, for whom, and how it is changed while it runs."""

import gc
import inspect
import pickle
import sys
import weakref
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tailgana_lab import Cache, InvalidRequestError, cached
from tailgana_lab.measure.cached import CachedFunction
from tailgana_lab.measure.live_cache import CacheOptions, live_caches
from tailgana_lab.results.caching import LIVE_POLICIES, CacheType

Point = namedtuple("Point", "x y")
DEMAND = [policy for policy in LIVE_POLICIES if policy != "predictive"]


def counted(**options):
    """A cached function that lists what it was really called with."""
    ran: list[object] = []

    @cached(**options)
    def function(*args, **kwargs):
        ran.append((args, tuple(kwargs.items())))
        return ran[-1]

    return function, ran


def test_a_value_is_computed_once() -> None:
    function, ran = counted(capacity=10)
    assert [function(1, k=2) for _ in range(3)] == [((1,), (("k", 2),))] * 3
    assert len(ran) == 1
    assert function.cache_info() == (2, 1, 10, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), (1.0,)),
        ((1,), (True,)),
        (("1",), (b"1",)),
        ((1, 2), ((1, 2),)),
        ((), (None,)),
        ((-1,), (-2,)),
        ((2**61 - 1,), (0,)),
        ((2**70,), (2**70 + 1,)),
    ],
)
def test_arguments_that_look_alike_are_apart(one: tuple, other: tuple) -> None:
    function, _ = counted(capacity=10)
    assert repr(function(*one)[0]) == repr(one)
    assert repr(function(*other)[0]) == repr(other)


@pytest.mark.parametrize("value", [7, 10**30, "text" * 50, b"bytes", 2.5, None, (1, "a"), frozenset([3]), 3 + 4j])
def test_equal_arguments_share_an_entry(value: object) -> None:
    function, ran = counted(capacity=10)
    copy = pickle.loads(pickle.dumps(value))
    assert function(value) == function(copy)
    assert len(ran) == 1


def test_keywords_count_in_the_order_given() -> None:
    function, ran = counted(capacity=10)
    function(a=1, b=2), function(b=2, a=1), function(1, 2), function(1, b=2)
    assert len(ran) == 4


def test_a_function_decorated_without_options_is_cached() -> None:
    calls = []

    @cached
    def function(x):
        calls.append(x)
        return x

    assert (function(1), function(1), calls) == (1, 1, [1])


def test_each_object_has_its_own_entries_of_a_method() -> None:
    class Thing:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        @cached(capacity=10)
        def times(self, x: int) -> int:
            return self.factor * x

    two, three = Thing(2), Thing(3)
    assert [two.times(5), three.times(5), two.times(5)] == [10, 15, 10]
    assert Thing.times.cache_info().hits == 1


def test_it_looks_like_the_function() -> None:
    @cached(capacity=10)
    def function(x: int, *, k: int = 0) -> int:
        """Its text."""
        return x + k

    assert (function.__name__, function.__doc__) == ("function", "Its text.")
    assert str(inspect.signature(function)) == "(x: int, *, k: int = 0) -> int"
    assert function.__wrapped__(1, k=2) == 3


def test_an_exception_is_raised_and_not_kept() -> None:
    @cached(capacity=10)
    def fails(x):
        raise KeyError(x)

    for _ in range(2):
        with pytest.raises(KeyError, match="1"):
            fails(1)
    assert (fails.cache_info().currsize, fails.statistics().failed) == (0, 2)


def test_an_unhashable_argument_is_refused_as_functools_does() -> None:
    function, _ = counted(capacity=10)
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        function([1])


@pytest.mark.parametrize("capacity", [-1, 1.5, "many", True, None])
def test_a_bad_capacity_is_refused_and_named(capacity: object) -> None:
    with pytest.raises(InvalidRequestError, match=f"`{capacity}`"):
        cached(capacity=capacity)  # type: ignore[call-overload]


def test_an_unknown_policy_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidRequestError, match=r"`lur` is no policy, did you mean `lru`\? There are fifo,"):
        cached(policy="lur")


@pytest.mark.parametrize("ttl_s", [0, -1, float("nan"), "long"])
def test_a_bad_time_to_live_is_refused(ttl_s: object) -> None:
    with pytest.raises(InvalidRequestError, match="`ttl_s`"):
        cached(ttl_s=ttl_s)  # type: ignore[call-overload]


def test_a_cache_for_nothing_keeps_nothing() -> None:
    function, ran = counted(capacity=0)
    function(1), function(1)
    assert (len(ran), function.cache_info().currsize, function.trace().tolist()) == (2, 0, [0, 0])


@pytest.mark.parametrize("policy", DEMAND)
def test_no_entry_is_lost_by_a_change(policy: str) -> None:
    function, ran = counted(capacity=500)
    for x in range(500):
        function(x)
    function.set_policy(policy)
    function.resize(1000)
    function.set_ttl(3600)
    function.resize(500)
    ran.clear()
    for x in range(500):
        function(x)
    assert (ran, function.policy) == ([], policy)


def test_a_change_opens_a_new_window() -> None:
    function, _ = counted(capacity=2)
    for x in range(10):
        function(x)
    function.resize(5)
    function(9)
    assert function.metrics().hit_rate_pct == 100
    assert function.cache_info().misses == 10
    assert function.statistics(since_start=True).evictions["capacity"] == 8


def test_metrics_are_unknown_before_the_first_call() -> None:
    function, _ = counted(capacity=4, policy="lfu")
    metrics = function.metrics()
    assert metrics.cache_type is CacheType.LFU
    assert metrics.hit_rate_pct != metrics.hit_rate_pct
    assert (metrics.size_current, metrics.size_max, metrics.utilization_pct) == (0, 4, 0)


def test_warming_calls_what_is_not_there_and_counts_what_was_loaded() -> None:
    ran, seen = [], []

    @cached(capacity=10)
    def function(x, y=0):
        ran.append((x, y))
        if x == "bad":
            raise ValueError
        return x

    function(1)
    n_loaded = function.warm([1, (2, 3), "bad"], progress=lambda done, total: seen.append((done, total)))
    assert (n_loaded, ran, seen) == (1, [(1, 0), (2, 3), ("bad", 0)], [(1, 3), (2, 3), (3, 3)])
    assert function.cache_info()[:2] == (0, 1)


def test_the_trace_has_one_number_for_each_key() -> None:
    function, _ = counted(capacity=2)
    for key in "abcabdda":
        function(key)
    assert function.trace().tolist() == [0, 1, 2, 0, 1, 3, 3, 0]
    assert function.trace().dtype == "uint32"


def test_without_recording_there_is_no_trace() -> None:
    function, _ = counted(capacity=2, record=False)
    function(1)
    assert function.trace().size == 0


def test_a_key_that_needs_itself_raises() -> None:
    @cached(capacity=10)
    def endless(x):
        return endless(x)

    with pytest.raises(RecursionError, match="needs its own result"):
        endless(1)


def test_recursion_over_other_keys_works() -> None:
    @cached(capacity=10)
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert fibonacci(150) == 9969216677189303386214405760200


def test_clearing_while_computing_keeps_nothing_old() -> None:
    @cached(capacity=10)
    def wipes(x):
        wipes.clear()
        return x

    assert [wipes(1), wipes(1)] == [1, 1]
    assert wipes.cache_info() == (0, 2, 10, 0)


def test_a_finaliser_may_call_the_cache_that_evicts() -> None:
    seen = []

    class Loud:
        def __init__(self, x: int) -> None:
            self.x = x

        def __del__(self) -> None:
            seen.append(keep(self.x % 4) is not None)

    @cached(capacity=4)
    def keep(x):
        return Loud(x)

    for x in range(100):
        keep(x)
    assert len(seen) >= 90


def test_a_cache_in_a_circle_is_collected() -> None:
    class Node:
        pass

    def make() -> "weakref.ref[Node]":
        node = Node()

        @cached(capacity=10)
        def function(x):
            return node

        node.function = function  # type: ignore[attr-defined]
        function(1)
        return weakref.ref(node)

    seen = make()
    gc.collect()
    assert seen() is None


def test_live_caches_are_listed_while_they_live() -> None:
    function, _ = counted(capacity=10, name="listed")
    assert [cache.name for cache in live_caches()].count("listed") == 1
    del function, _
    gc.collect()
    assert "listed" not in [cache.name for cache in live_caches()]


def test_values_are_limited_by_bytes() -> None:
    @cached(capacity=100, max_bytes=1000)
    def text(n):
        return bytes(n)

    for n in range(200, 210):
        text(n)
    seen = text.statistics()
    assert seen.value_bytes <= 1000
    assert seen.evictions["bytes"] == 10 - seen.size
    text(5000)
    assert text.statistics().size == seen.size


def test_the_clock_is_noted_every_1024_requests_hit_or_miss() -> None:
    function, _ = counted(capacity=10)
    for x in range(3000):
        function(x)
    for _ in range(3000):
        function(2999)
    marks = function.store.time_marks()
    assert [n // 1024 for n, _ in marks] == [0, 1, 2, 3, 4, 5]
    assert sorted(marks) == marks


def test_references_are_given_back() -> None:
    value, key = object(), ("a", "key", 1.5)
    before = sys.getrefcount(value), sys.getrefcount(key)

    @cached(capacity=10)
    def function(asked, *, more=None):
        return value

    for n in range(200):
        function(key), function(key, more=n), function((n, n)), function(n)
    for policy in DEMAND:
        function.set_policy(policy)
        function(policy), function(key)
    function.clear()
    assert (sys.getrefcount(value), sys.getrefcount(key)) == before


@pytest.mark.parametrize("value", [5, None, "text"])
def test_what_is_no_function_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"`cached` needs a function, got `{value!r}`"):
        cached(10)(value)


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
@pytest.mark.parametrize("decorate", [cached, cached(10)])
def test_a_wrapper_of_a_method_is_refused_and_told_where_to_stand(kind: type, decorate: Callable) -> None:
    with pytest.raises(InvalidRequestError, match=f"put `@{kind.__name__}` on top, and `@cached` below it"):
        decorate(kind(lambda x: x))


def test_a_class_method_is_cached_below_its_wrapper() -> None:
    class Thing:
        @classmethod
        @cached(10)
        def of(cls, x: int) -> int:
            return x + 1

        @staticmethod
        @cached(10)
        def plain(x: int) -> int:
            return x + 2

    assert (Thing.of(1), Thing().of(1), Thing.plain(1), Thing().plain(1)) == (2, 2, 3, 3)


def test_a_generator_function_is_refused() -> None:
    def numbers():
        yield 1

    async def later():
        yield 1

    for function in (numbers, later):
        with pytest.raises(InvalidRequestError, match="a generator can be used once: return a list"):
            cached(10)(function)


def test_warming_with_something_else_than_calls_is_refused() -> None:
    function, ran = counted(capacity=10)
    with pytest.raises(InvalidRequestError, match="`arguments` must be a list of calls, got `3`") as refused:
        function.warm(3)
    assert ("\n" in str(refused.value), ran) == (False, [])


def test_an_unknown_policy_like_no_other_is_refused_with_the_usual_one() -> None:
    with pytest.raises(InvalidRequestError, match="is no policy, the usual one is `lru`, and there are fifo, lru"):
        cached(policy="zzzz")


@pytest.mark.parametrize(
    "many", [[-1.0, -2.0], [(a, b, c, d) for a in (-1, -2) for b in (-1, -2) for c in (-1, -2) for d in (-1, -2)]]
)
def test_keys_with_equal_hashes_of_python_have_numbers_of_their_own(many) -> None:
    function, _ = counted(capacity=1)
    for _round in range(3):
        for key in many:
            function(key)
    trace = function.trace().tolist()
    assert trace == [*range(len(many))] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.0, -0.0),
        ((1,), (1.0,)),
        ((True, -1), (1.0, -1.0)),
        ((-1,), (Fraction(-1),)),
        (((-1,), -2), ((Decimal(-1),), -2)),
        ((Point(-1, 2),), ((-1, 2),)),
    ],
)
def test_what_python_calls_equal_inside_of_a_tuple_shares_an_entry(one, other) -> None:
    function, ran = counted(capacity=10)
    assert function(one) == function(other)
    assert len(ran) == 1


@pytest.mark.parametrize(("args", "kwargs"), [((7, 1), {}), (((7, 1),), {}), ((7,), {"k": 1})])
def test_hits_of_any_kind_of_key_are_timed_and_the_time_is_marked(args, kwargs) -> None:
    function, ran = counted(capacity=10)
    for _ in range(5000):
        function(*pickle.loads(pickle.dumps(args)), **kwargs)
    seen = function.statistics()
    assert (len(ran), seen.hits, len(function.time_marks())) == (1, 4999, 5)
    assert 0 < seen.hit_latency_ms < 1000


class Interrupting:
    """A value whose weighing is interrupted."""

    def __sizeof__(self) -> int:
        raise KeyboardInterrupt


def test_an_interrupt_while_a_value_is_weighed_is_not_lost() -> None:
    @cached(capacity=10, max_bytes=1000)
    def function(x):
        return Interrupting() if x == 1 else x

    with pytest.raises(KeyboardInterrupt):
        function(1)
    with pytest.raises(KeyboardInterrupt):
        function(1)
    assert (function(2), function.cache_info().currsize) == (2, 1)


def test_an_interrupt_while_the_loader_is_woken_is_not_lost() -> None:
    def wake() -> None:
        raise KeyboardInterrupt

    function = CachedFunction(
        lambda x: x, CacheOptions(64, "predictive", None, None, True, True).make_store(wake=wake), "f"
    )
    with pytest.raises(KeyboardInterrupt):
        [function(x) for x in range(0, 800, 8)]


def test_a_value_larger_than_all_room_takes_out_only_its_own_entry() -> None:
    store = Cache(capacity=10, max_bytes=10_000)
    for key in range(5):
        store[key] = bytes(100)
    store[0] = bytes(20_000)
    assert sorted(store) == [1, 2, 3, 4]
