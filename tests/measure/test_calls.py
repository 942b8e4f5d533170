"""Calls: how many are made, what is made of their durations, and what their memory is."""

import asyncio
import time
import tracemalloc
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailgana_lab.errors import InvalidRequestError, WorkloadError
from tailgana_lab.measure.calls import CallFigures, compute_totals, measure_calls, measure_calls_awaiting, quantile
from tailgana_lab.measure.payload import Recipe
from tailgana_lab.measure.surroundings import Usage
from tailgana_lab.results.performance import METRICS

durations = st.lists(st.integers(1, 10**9), min_size=100, max_size=300)


def figures(durations_ns: list[int], memory_mb: float = 1.0) -> CallFigures:
    used = Usage(sum(durations_ns), sum(durations_ns) // 2, 3)
    return CallFigures(durations_ns, used, memory_mb, is_disturbed=False)


class Ticks:
    """A clock that moves by one second at every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_as_many_calls_are_timed_as_are_asked_for() -> None:
    calls: list[int] = []
    found = measure_calls(Recipe(lambda: calls.append(1)), 50)
    assert found.n_calls == 50
    assert len(calls) == 1 + 5 + 50 + 1  # a first one, a tenth to warm up, and one traced


def test_after_the_budget_no_further_call_is_timed() -> None:
    found = measure_calls(Recipe(time.sleep, (0.02,)), 1_000, budget_s=3.0, clock=Ticks())
    assert found.n_calls == 3  # the clock ticks once before, and once after each


def test_one_call_is_timed_whatever_the_budget() -> None:
    assert measure_calls(Recipe(time.sleep, (0.001,)), 5, budget_s=1e-9).n_calls >= 1


def test_what_is_too_slow_for_the_budget_is_not_traced() -> None:
    assert isnan(measure_calls(Recipe(time.sleep, (0.001,)), 5, budget_s=1e-9).memory_usage_mb)


def test_an_async_function_is_awaited_with_and_without_a_loop() -> None:
    n_calls = 0

    async def work() -> None:
        nonlocal n_calls
        n_calls += 1
        await asyncio.sleep(0)

    recipe = Recipe(work, is_async=True)
    assert measure_calls(recipe, 10).n_calls == 10

    async def inside() -> None:
        assert measure_calls(recipe, 10).n_calls == 10
        assert (await measure_calls_awaiting(recipe, 10)).n_calls == 10

    asyncio.run(inside())
    assert n_calls == 3 * (1 + 2 + 10 + 1)


def test_a_plain_function_may_run_a_loop_of_its_own() -> None:
    async def nothing() -> None:
        pass

    assert measure_calls(Recipe(lambda: asyncio.run(nothing())), 3).n_calls == 3


def test_each_call_has_fresh_arguments_where_there_is_a_set_up() -> None:
    rows = measure_calls(Recipe(lambda rows: rows.pop(), setup=lambda: ([1],)), 20)
    assert rows.n_calls == 20


def test_others_on_the_loop_have_their_turn() -> None:
    async def both() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.ensure_future(other())
        await measure_calls_awaiting(Recipe(time.sleep, (0.02,)), 3)
        beside.cancel()
        return turns

    assert asyncio.run(both()) >= 3


@pytest.mark.parametrize("error", [ValueError("no rows left"), SystemExit(3)])
def test_what_the_code_raises_has_one_name_and_its_cause(error: BaseException) -> None:
    def broken() -> None:
        raise error

    with pytest.raises(WorkloadError, match=type(error).__name__) as raised:
        measure_calls(Recipe(broken), 3)
    assert raised.value.__cause__ is error


def test_an_interrupt_stays_itself() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_calls(Recipe(interrupted), 3)


def test_no_calls_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="iterations"):
        measure_calls(Recipe(int), 0)


def test_memory_is_the_most_that_a_call_holds() -> None:
    found = measure_calls(Recipe(lambda: len(bytearray(64_000_000))), 3)
    assert found.memory_usage_mb == pytest.approx(64, rel=0.01)
    assert not tracemalloc.is_tracing()


def test_tracing_that_was_on_stays_on() -> None:
    tracemalloc.start()
    try:
        kept = bytearray(8_000_000)
        found = measure_calls(Recipe(lambda: len(bytearray(1_000_000))), 3)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    assert len(kept) == 8_000_000
    assert found.memory_usage_mb == pytest.approx(1, rel=0.05)


def test_tracing_ends_also_when_the_traced_call_raises() -> None:
    calls: list[int] = []

    def fails_later() -> None:
        calls.append(1)
        if tracemalloc.is_tracing():
            raise ValueError("late")

    with pytest.raises(WorkloadError, match="late"):
        measure_calls(Recipe(fails_later), 3)
    assert not tracemalloc.is_tracing()


def test_percentiles_need_enough_calls() -> None:
    few, enough = figures([1_000_000] * 99), figures([1_000_000] * 100)
    assert (few.latency_ms(0.5), isnan(few.latency_ms(0.95)), isnan(few.latency_ms(0.99))) == (1.0, True, True)
    assert (enough.latency_ms(0.95), enough.latency_ms(0.99)) == (1.0, 1.0)


def test_the_metrics_have_the_chapters_names_first() -> None:
    found = figures([2_000_000] * 100).metrics()
    assert tuple(found)[:6] == METRICS
    assert (found["ops_per_second"], found["latency_p50_ms"], found["cpu_usage_pct"]) == (500, 2, 50)
    assert (found["n_calls"], found["n_context_switches"], found["is_disturbed"]) == (100, 3, False)


def test_the_interval_holds_the_median_and_is_missing_for_few_calls() -> None:
    found = figures([1_000_000 + 1_000 * (k % 17) for k in range(500)])
    low, high = found.median_interval_ms()
    assert low <= found.latency_ms(0.5) <= high
    assert all(isnan(end) for end in figures([5, 6]).median_interval_ms())


@given(durations, durations)
def test_figures_of_the_whole_lie_between_those_of_its_parts(first: list[int], second: list[int]) -> None:
    parts = [figures(first, 5.0), figures(second, float("nan"))]
    totals = compute_totals(parts)
    for name in METRICS[:5]:
        is_cpu = name == "cpu_usage_pct"
        values = [part.metrics()[name] if is_cpu else _of(part, name) for part in parts]
        assert min(values) * 0.999999 <= totals[name] <= max(values) * 1.000001
    assert totals["memory_usage_mb"] == 5.0


def _of(part: CallFigures, name: str) -> float:
    fractions = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}
    return part.latency_ms(fractions[name]) if name in fractions else part.ops_per_second


def test_an_operation_with_few_calls_leaves_the_tail_of_the_whole_unknown() -> None:
    totals = compute_totals([figures([1_000] * 100), figures([1_000] * 20)])
    assert isnan(totals["latency_p95_ms"])
    assert totals["latency_p50_ms"] == pytest.approx(0.001)


def test_memory_of_the_whole_is_no_sum() -> None:
    assert compute_totals([figures([1] * 100, 300.0) for _ in range(6)])["memory_usage_mb"] == 300


@given(st.lists(st.integers(), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_one_of_the_values(values: list[int], fraction: float) -> None:
    ordered = sorted(values)
    found = quantile(ordered, fraction)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= fraction * len(ordered) - 1e-9
