"""Usage and surroundings: differences of clocks, and what counts as disturbed."""

from math import nan

import pytest

from tailgana_lab.measure.surroundings import Surroundings, Usage

BEFORE = Surroundings(wall_ns=0, queue_ns=0.0, stolen_ticks=0.0, all_ticks=0.0)


def after(queue: float = 0.0, stolen: float = 0.0, ticks: float = 100.0) -> Surroundings:
    return Surroundings(wall_ns=1_000, queue_ns=1_000 * queue, stolen_ticks=stolen * ticks, all_ticks=ticks)


def test_usage_adds_up_and_has_differences() -> None:
    assert Usage(5, 3, 1) + Usage(1, 1, 1) == Usage(6, 4, 2)
    assert Usage(5, 3, 1) - Usage(1, 1, 1) == Usage(4, 2, 0)


def test_the_clocks_only_grow() -> None:
    first, second = Usage.now(), Usage.now()
    taken = second - first
    assert min(taken.wall_ns, taken.cpu_ns, taken.n_switches) >= 0


@pytest.mark.parametrize(
    ("surroundings", "expected"),
    [
        (after(), False),
        (after(queue=0.04), False),
        (after(queue=0.06), True),
        (after(stolen=0.06), True),
        (after(stolen=0.5, ticks=10), False),  # too short for the machine's own clock
        (after(queue=nan, stolen=nan), False),
    ],
)
def test_time_in_the_queue_or_taken_by_the_host_disturbs(surroundings: Surroundings, expected: bool) -> None:
    assert surroundings.is_disturbed_since(BEFORE) is expected


def test_counts_that_the_kernel_does_not_keep_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", nothing)
    found = Surroundings.now()
    assert found.queue_ns != found.queue_ns
    assert found.is_disturbed_since(BEFORE) is False
