"""A race in real processes: what comes back, what stops it, and that nothing is left behind."""

import os
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tailgana_lab.errors import LabError, WorkloadError
from tailgana_lab.measure.payload import pack
from tailgana_lab.measure.race import BudgetError, Race
from tailgana_lab.measure.solo import measure_alone


def packed(call: Callable[..., Any], **options: Any) -> bytes:
    data = pack(call, **options).data
    assert data is not None
    return data


def short() -> int:
    return sum(range(1000))


def twice() -> int:
    return sum(range(1000)) + sum(range(1000))


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_rounds_of_fresh_processes_hold_the_true_ratio() -> None:
    race = Race((packed(short), packed(twice)), 30)
    pace = race.begin()
    race.run(20)
    race.run(20)
    assert pace.n_calls > 1
    assert [len(each.rounds) for each in race.processes] == [20, 20]
    ratios = sorted(new / old for each in race.processes for old, new, _, _ in each.rounds)
    assert ratios[20] == pytest.approx(2, rel=0.15)


def test_each_process_has_a_hash_seed_of_its_own() -> None:
    def note() -> None:
        with open(path, "a") as file:
            file.write(f"{os.environ['PYTHONHASHSEED']}\n")

    import tempfile

    with tempfile.NamedTemporaryFile("r") as noted:
        path = noted.name
        race = Race((packed(note), packed(note)), 30)
        race.begin()
        race.run(1)
        race.run(1)
        seeds = set(noted.read().split())
    assert len(seeds) == 2


def test_what_measured_code_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    race = Race((packed(lambda: print("loud")), packed(lambda: print("loud"))), 30)
    race.begin()
    race.run(2)
    assert capfd.readouterr().out == ""


def test_async_code_and_fresh_arguments_are_timed() -> None:
    async def slow(values: list[int]) -> int:
        return len([values.pop() for _ in range(100)])

    race = Race((packed(slow, setup=lambda: list(range(100))),) * 2, 30)
    race.begin()
    race.run(3)
    assert all(ns > 0 for row in race.processes[0].rounds for ns in row[:2])


def test_code_that_raises_is_named_and_its_process_ends() -> None:
    def broken() -> None:
        raise KeyError("row 7 has no price")

    before = children()
    race = Race((packed(short), packed(broken)), 30)
    with pytest.raises(WorkloadError, match="raised KeyError: 'row 7 has no price'"), race:
        race.begin()
    assert children() <= before


def test_code_that_never_ends_is_ended_with_the_budget() -> None:
    def endless() -> None:
        while True:
            time.sleep(0.01)

    before = children()
    race = Race((packed(short), packed(endless)), 1.0)
    with pytest.raises(BudgetError), race:
        race.begin()
    assert children() <= before


def test_code_that_kills_its_process_is_an_error_not_a_hang() -> None:
    race = Race((packed(short), packed(lambda: os._exit(3))), 30)
    with pytest.raises(LabError, match="ended with code 3"), race:
        race.begin()


def test_code_that_cannot_travel_runs_here() -> None:
    race = Race((pack(short).recipe, pack(twice).recipe), 10)
    race.begin()
    race.run(5)
    assert not race.is_isolated
    assert len(race.processes[0].rounds) == 5


def test_one_side_alone_has_its_figures() -> None:
    figures = measure_alone(packed(short), 20)
    assert figures.is_isolated
    assert figures.low_ns < figures.median_ns < figures.high_ns
    assert figures.p95_ns >= figures.median_ns / 2
    assert len(figures.round_ns) >= 30
    assert figures.sketch
