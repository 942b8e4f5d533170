"""Performance baselines: scopes, what is announced and stored, and what a failure leaves whole."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from math import isnan
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError, LabError, WorkloadError
from tailgana_lab.measure.calls import CallFigures
from tailgana_lab.measure.operations import OperationBook
from tailgana_lab.measure.payload import Recipe
from tailgana_lab.measure.surroundings import Usage
from tailgana_lab.results.performance import METRICS, BenchmarkScope
from tailgana_lab.results.profile import Profile
from tailgana_lab.workflows.baseline import THOROUGHNESS, PerformanceProfiler, run_benchmarks
from tests.races import FakeRace, FakeStore

STARTED, ESTABLISHED, FAILED = (f"performance.{end}" for end in ("profiling_started", "baseline_established", "failed"))
ENVIRONMENT = {"commit_hash": "a" * 40, "n_cores": 2, "cpu_model": "one"}


class Told(list[tuple[str, dict[str, Any]]]):
    """What was announced."""

    def __call__(self, name: str, payload: Any) -> None:
        self.append((name, dict(payload)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self]


async def fake_measure(recipe: Recipe, n: int, *, budget_s: float) -> CallFigures:
    """Calls once; each of the others would have taken a millisecond."""
    recipe.call()
    return CallFigures([1_000_000] * n, Usage(n * 1_000_000, n * 900_000, 0), 1.0, is_disturbed=False)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def book() -> OperationBook:
    book = OperationBook()
    book.add("mine", lambda: 41 + 1)
    book.add("other", lambda: 42 + 1)

    def broken() -> None:
        raise ValueError("no rows left")

    book.add("broken", broken)
    return book


@pytest.fixture
def profiler(book: OperationBook, store: FakeStore, told: Told) -> Callable[..., PerformanceProfiler]:
    def make(**parts: Any) -> PerformanceProfiler:
        usual = {"store": store, "emit": told, "environment": lambda: dict(ENVIRONMENT), "measure": fake_measure}
        return PerformanceProfiler(book, **{"compare": FakeRace(), **usual, **parts})

    return make


async def test_every_operation_has_its_figures(profiler) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine", "other"])
    assert list(found.operation_metrics) == ["mine", "other"]
    assert all(set(METRICS) <= set(metrics) for metrics in found.operation_metrics.values())
    assert (found.ops_per_second, found.latency_p50_ms, found.cpu_usage_pct, found.memory_usage_mb) == (1000, 1, 90, 1)


async def test_the_six_standard_operations_are_measured_without_names(profiler) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK)
    six = "memory_store memory_search pattern_match file_io cache_lookup event_emission".split()
    assert list(found.operation_metrics) == list(found.implementations) == six
    assert found.workload == "standard"


async def test_a_wider_scope_makes_more_calls(profiler) -> None:
    scopes = [BenchmarkScope.QUICK, BenchmarkScope.STANDARD, BenchmarkScope.DEEP]
    found = [await profiler().establish_baseline(scope, ["mine"]) for scope in scopes]
    n_calls = [each.operation_metrics["mine"]["n_calls"] for each in found]
    assert n_calls == [THOROUGHNESS[scope].n_calls for scope in scopes] == sorted(set(n_calls))
    assert n_calls[0] >= 100


async def test_the_moment_has_a_zone(profiler) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    assert datetime.fromisoformat(found.timestamp).tzinfo is not None


async def test_commit_environment_and_implementation_are_in_it(profiler) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    assert found.commit_hash == ENVIRONMENT["commit_hash"]
    assert found.environment == ENVIRONMENT
    assert found.implementations["mine"].endswith("<lambda>")


async def test_a_run_announces_its_start_and_its_end(profiler, told: Told) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    assert told == [
        (STARTED, {"scope": "quick", "operations": ["mine"]}),
        (
            ESTABLISHED,
            {
                "ops_per_second": found.ops_per_second,
                "bottlenecks": len(found.bottlenecks),
                "recommendations": len(found.recommendations),
            },
        ),
    ]


async def test_without_names_all_operations_are_announced(profiler, told: Told) -> None:
    await profiler().establish_baseline(BenchmarkScope.QUICK)
    assert told[0][1]["operations"] == "all"


async def test_a_raising_operation_is_named_and_announced(profiler, store: FakeStore, told: Told) -> None:
    with pytest.raises(WorkloadError, match=r"^operation `broken` raised ValueError: no rows left$") as raised:
        await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine", "broken"])
    assert isinstance(raised.value.__cause__, ValueError)
    assert told.names == [STARTED, FAILED]
    assert "no rows left" in told[1][1]["error"]
    assert store.kept == []


async def test_a_cancelled_run_is_announced(profiler, told: Told) -> None:
    began = asyncio.Event()

    async def forever(*_: Any, **__: Any) -> CallFigures:
        began.set()
        return await asyncio.get_running_loop().create_future()

    task = asyncio.ensure_future(profiler(measure=forever).establish_baseline(BenchmarkScope.QUICK, ["mine"]))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.names == [STARTED, FAILED]


@pytest.mark.parametrize(
    ("scope", "operations", "word"),
    [
        (BenchmarkScope.QUICK, [], "empty"),
        (BenchmarkScope.QUICK, ["levitation"], "`levitation`"),
        ("thorough", ["mine"], "`thorough`"),
    ],
)
async def test_what_cannot_be_met_is_refused_before_it_starts(profiler, told: Told, scope, operations, word) -> None:
    with pytest.raises(InvalidRequestError, match=word):
        await profiler().establish_baseline(scope, operations)
    assert told == []


async def test_the_word_of_a_scope_will_do(profiler) -> None:
    assert (await profiler().establish_baseline("quick", ["mine"])).scope is BenchmarkScope.QUICK


async def test_the_record_has_the_chapters_text_tier_and_keys(profiler, store: FakeStore) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    ((record, payload),) = store.kept
    assert record.content.startswith("Performance baseline: 1000 ops/sec")
    assert record.tier == "short_term"
    assert record.metadata == found.to_metadata()
    assert record.id == found.record_id
    assert payload is not None


async def test_a_store_that_fails_does_not_end_the_work(profiler, store: FakeStore, told: Told) -> None:
    store.refuses = LabError("the disk is full")
    found = await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    assert found.record_id is None
    assert "This baseline was not kept: the disk is full" in found.recommendations
    assert told.names == [STARTED, ESTABLISHED]


async def test_a_regression_scope_without_an_earlier_baseline_says_so(profiler) -> None:
    found = await profiler().establish_baseline(BenchmarkScope.REGRESSION, ["mine"])
    assert found.comparison is None
    assert any("no earlier baseline of mine" in text for text in found.recommendations)


async def test_a_regression_scope_races_against_the_last_baseline(profiler) -> None:
    await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine", "other"])
    compare = FakeRace("slower")
    found = await profiler(compare=compare).establish_baseline(BenchmarkScope.REGRESSION, ["mine", "other"])
    assert {name: each.verdict for name, each in found.comparisons.items()} == {"mine": "slower", "other": "slower"}
    assert found.comparison in found.comparisons.values()
    assert len(compare.sides) == 2
    assert [text.split(" in ")[0] for text in found.bottlenecks] == ["mine: Slower than", "other: Slower than"]


async def test_a_baseline_of_other_operations_is_not_compared(profiler) -> None:
    await profiler().establish_baseline(BenchmarkScope.QUICK, ["other"])
    assert (await profiler().establish_baseline(BenchmarkScope.REGRESSION, ["mine"])).comparison is None


async def test_a_code_that_cannot_be_raced_is_said_and_the_rest_is_raced(profiler, book: OperationBook) -> None:
    import threading

    lock = threading.Lock()
    book.add("mine", lambda: lock.locked())
    await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine", "other"])
    found = await profiler().establish_baseline(BenchmarkScope.REGRESSION, ["mine", "other"])
    assert list(found.comparisons) == ["other"]
    assert any(text.startswith("mine was not compared") for text in found.recommendations)


async def test_a_foreign_baseline_is_not_run(profiler, store: FakeStore) -> None:
    await profiler().establish_baseline(BenchmarkScope.QUICK, ["mine"])
    store.refuses = LabError("`mine` was made by another user")
    found = await profiler().establish_baseline(BenchmarkScope.REGRESSION, ["mine"])
    assert found.comparison is None
    assert "Nothing was compared: `mine` was made by another user" in found.recommendations


async def test_the_standard_operations_are_compared_too(profiler) -> None:
    await profiler().establish_baseline(BenchmarkScope.QUICK)
    found = await profiler().establish_baseline(BenchmarkScope.REGRESSION)
    assert len(found.comparisons) == 6


async def test_operations_are_really_timed(book: OperationBook, store: FakeStore, told: Told) -> None:
    calls: list[int] = []
    book.add("counted", lambda: calls.append(1))
    profiler = PerformanceProfiler(book, store=store, emit=told, environment=dict)
    found = await profiler.establish_baseline(BenchmarkScope.QUICK, ["counted"])
    assert len(calls) >= 100
    assert found.operation_metrics["counted"]["ops_per_second"] > 0


def test_run_benchmarks_obeys_type_and_iterations(book: OperationBook) -> None:
    calls: list[int] = []
    book.add("counted", lambda: calls.append(1))
    few = run_benchmarks(benchmark_type="counted", iterations=20, operations=book)
    n_few = len(calls)
    many = run_benchmarks(benchmark_type="counted", iterations=320, operations=book)
    assert n_few >= 20
    assert 300 <= len(calls) - 2 * n_few <= 360
    assert set(METRICS) <= set(few)
    assert isnan(few["latency_p99_ms"])
    assert many["latency_p99_ms"] >= many["latency_p50_ms"] > 0


def test_run_benchmarks_gives_a_group_as_a_whole(book: OperationBook) -> None:
    found = run_benchmarks(benchmark_type="memory", iterations=10, operations=book)
    assert list(found["operation_metrics"]) == ["memory_store", "memory_search"]
    rates = [metrics["ops_per_second"] for metrics in found["operation_metrics"].values()]
    assert min(rates) <= found["ops_per_second"] <= max(rates)


def test_run_benchmarks_can_profile(book: OperationBook) -> None:
    found = run_benchmarks(mode="profile", benchmark_type="mine", iterations=10, operations=book)
    assert isinstance(found["profile"], Profile)
    assert found["profile"].is_complete


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"mode": "dream"}, "`dream`"),
        ({"benchmark_type": "levitation"}, "`levitation`"),
        ({"benchmark_type": "mine", "iterations": 0}, "`0`"),
        ({"benchmark_type": "mine", "iterations": 1.5}, "`1.5`"),
    ],
)
def test_run_benchmarks_refuses_what_it_cannot_do(book: OperationBook, arguments, word) -> None:
    with pytest.raises(InvalidRequestError, match=word):
        run_benchmarks(**arguments, operations=book)


def test_run_benchmarks_names_the_operation_that_raised(book: OperationBook) -> None:
    with pytest.raises(WorkloadError, match="`broken` raised ValueError: no rows left"):
        run_benchmarks(benchmark_type="broken", iterations=10, operations=book)
