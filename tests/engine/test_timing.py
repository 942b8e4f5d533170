"""Blocks of calls timed by the engine, and the sketch of durations against numpy on all of them."""

import signal
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab._engine import Sketch, time_block, time_block_fresh, time_calls

RELATIVE_ERROR = 0.005
durations = st.lists(st.one_of(st.integers(0, 10**12), st.floats(1e-3, 1e9)), min_size=1, max_size=60)


class Calls(list[Any]):
    """Remembers its calls."""

    def __call__(self, *args: Any, **kwargs: Any) -> list[int]:
        self.append((args, kwargs))
        return [1, 2, 3]


def test_a_block_makes_each_call_once_with_the_arguments_given() -> None:
    calls = Calls()
    wall_ns, cpu_ns = time_block(calls, (1, "two"), {"three": 3}, 4)
    assert calls == [((1, "two"), {"three": 3})] * 4
    assert wall_ns > 0
    assert cpu_ns > 0


@pytest.mark.parametrize("kwargs", [None, {}])
def test_no_keywords_are_no_keywords(kwargs: dict[str, Any] | None) -> None:
    calls = Calls()
    time_block(calls, (), kwargs, 2)
    assert calls == [((), {}), ((), {})]


def test_an_empty_block_calls_nothing() -> None:
    calls = Calls()
    time_block(calls, (), None, 0)
    time_block_fresh(calls, [], None)
    assert time_calls(calls, (), None, 0) == []
    assert calls == []


def test_every_kind_of_callable_can_be_timed() -> None:
    class Plain:
        def method(self, number: int) -> int:
            return number

    kinds: list[tuple[Any, tuple[Any, ...]]] = [(len, ("a",)), (str.upper, ("a",)), (dict, ()), (Plain, ())]
    for call, args in kinds:
        assert time_block(call, args, None, 3)[0] > 0
    assert time_block(Plain().method, (1,), None, 3)[0] > 0
    assert time_block(sorted, ([2, 1],), {"reverse": True}, 3)[0] > 0


def test_fresh_arguments_are_used_once_in_order() -> None:
    calls = Calls()
    time_block_fresh(calls, [(k,) for k in range(5)], {"by": 2})
    assert calls == [((k,), {"by": 2}) for k in range(5)]


def test_each_call_has_a_duration() -> None:
    calls = Calls()
    found = time_calls(calls, (1,), None, 50)
    assert len(found) == len(calls) == 50
    assert all(type(ns) is int and ns > 0 for ns in found)


@pytest.mark.parametrize("at", [0, 3])
def test_an_exception_ends_the_block_and_passes(at: int) -> None:
    numbers = iter(range(10))

    def fail() -> None:
        if next(numbers) == at:
            raise LookupError("as planned")

    with pytest.raises(LookupError, match="as planned"):
        time_block(fail, (), None, 8)
    assert next(numbers) == at + 1


def test_an_exception_of_a_fresh_call_passes() -> None:
    with pytest.raises(ZeroDivisionError):
        time_block_fresh(divmod, [(4, 2), (4, 0), (4, "never reached")], None)


def test_keywords_that_are_no_strings_are_refused() -> None:
    with pytest.raises(TypeError, match="keywords must be strings, got 1"):
        time_block(dict, (), {1: 2}, 1)  # type: ignore[dict-item]


def test_what_cannot_be_called_or_counted_is_refused() -> None:
    with pytest.raises(TypeError, match="not callable"):
        time_block(3, (), None, 1)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        time_block(len, ("",), None, -1)
    with pytest.raises(MemoryError, match="no room for"):
        time_calls(len, ("",), None, 2**60)


def test_results_and_arguments_are_let_go() -> None:
    argument, keyword = object(), object()
    before = sys.getrefcount(argument), sys.getrefcount(keyword)
    time_block(lambda a, k: a, (argument,), {"k": keyword}, 100)
    time_block_fresh(lambda a, k: a, [(argument,)] * 100, {"k": keyword})
    time_calls(lambda a, k: a, (argument,), {"k": keyword}, 100)
    assert (sys.getrefcount(argument), sys.getrefcount(keyword)) == before


def test_a_callee_may_change_its_own_keywords() -> None:
    kwargs: dict[str, Any] = {"a": [1]}

    def clear(a: list[int]) -> None:
        kwargs.clear()
        a.append(2)

    time_block(clear, (), kwargs, 3)
    assert kwargs == {}


@pytest.fixture
def interrupt_soon() -> Iterator[None]:
    """A signal in 50 ms whose handler raises, as Ctrl-C would."""
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)


@pytest.mark.usefixtures("interrupt_soon")
@pytest.mark.parametrize("measure", [time_block, time_calls])
def test_a_long_block_of_native_calls_can_be_interrupted(measure: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(len, ("",), None, 10**8)


@given(durations, st.floats(0, 1))
def test_a_quantile_is_off_by_no_more_than_the_error(values: list[float], q: float) -> None:
    sketch = Sketch(RELATIVE_ERROR)
    sketch.extend(values)
    true = float(np.quantile(values, q))
    assert abs(sketch.quantile(q) - true) <= true * (RELATIVE_ERROR + 1e-9) + 1e-12


@given(durations, durations)
def test_merging_is_counting_together(first: list[float], second: list[float]) -> None:
    merged, other, together = Sketch(), Sketch(), Sketch()
    merged.extend(first)
    for value in second:
        other.add(value)
    merged.merge(other)
    together.extend(first + second)
    assert merged.to_bytes() == together.to_bytes()
    assert merged.count == len(first) + len(second)


@given(durations)
def test_bytes_hold_the_whole_sketch(values: list[float]) -> None:
    sketch = Sketch(0.01)
    sketch.extend(values)
    copy = Sketch.from_bytes(sketch.to_bytes())
    assert copy.to_bytes() == sketch.to_bytes()
    assert (copy.count, copy.relative_error) == (len(values), 0.01)
    assert copy.quantile(0.5) == sketch.quantile(0.5)


@given(st.binary(max_size=60))
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="are no sketch of durations"):
        Sketch.from_bytes(b"tgs1" + data)


def test_a_million_durations_take_a_few_kilobytes() -> None:
    sketch = Sketch()
    values = np.random.default_rng(1).lognormal(12, 0.3, 1_000_000)
    sketch.extend(values.tolist())
    assert len(sketch.to_bytes()) < 4096
    assert sketch.quantile(0.99) == pytest.approx(np.quantile(values, 0.99), rel=RELATIVE_ERROR)


def test_a_sketch_can_be_merged_with_itself() -> None:
    sketch = Sketch()
    sketch.add(5)
    sketch.merge(sketch)
    assert sketch.count == 2


def test_an_empty_sketch_has_no_quantile() -> None:
    assert np.isnan(Sketch().quantile(0.5))


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_duration_that_makes_no_sense_is_refused(wrong: float) -> None:
    sketch = Sketch()
    with pytest.raises(ValueError, match="a duration must be finite and not negative"):
        sketch.extend([1.0, wrong])
    assert sketch.count == 0


def test_what_a_sketch_cannot_do_is_refused() -> None:
    with pytest.raises(ValueError, match="`relative_error` must be between"):
        Sketch(0)
    with pytest.raises(ValueError, match="a quantile must be between 0 and 1"):
        Sketch().quantile(1.5)
    with pytest.raises(ValueError, match="cannot be merged"):
        Sketch(0.01).merge(Sketch(0.02))
