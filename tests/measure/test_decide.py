"""What rounds mean: made rounds with a known change, quiet, noisy and disturbed."""

import math
import random

import pytest

from tailgana_lab.measure import decide
from tailgana_lab.measure.race import ProcessRounds

CALLS = 10


def process(change: float, seed: int, *, n: int = 100, noise: float = 0.02, cpu: float = 1.0) -> ProcessRounds:
    """Rounds of blocks of about 2 ms, the new side longer by a fraction; both share a drift that no pair sees."""
    draw = random.Random(seed)
    rounds: list[tuple[int, ...]] = []
    for k in range(n):
        drift = 2e6 * (1 + 0.3 * math.sin(k / 7))
        old, new = (drift * side * math.exp(draw.gauss(0, noise)) for side in (1.0, 1 + change))
        rounds.append((int(old), int(new), int(cpu * old), int(cpu * new)))
    return ProcessRounds(CALLS, rounds)


def found(change: float, *, n_processes: int = 5, **made: float) -> decide.Estimate:
    processes = [process(change, seed, **made) for seed in range(n_processes)]  # type: ignore[arg-type]
    return decide.estimate(processes, uses_cpu=False, confidence=0.995, between_sd=decide.BETWEEN_SD)


@pytest.mark.parametrize(
    ("change", "verdict"), [(0.0, "same"), (0.05, "slower"), (0.03, "slower"), (-0.05, "faster"), (1.0, "slower")]
)
def test_a_change_gives_its_verdict(change: float, verdict: str) -> None:
    assert found(change).verdict() == verdict


@pytest.mark.parametrize("change", [0.0, 0.05, -0.2])
def test_the_interval_holds_the_change_and_its_middle_is_near(change: float) -> None:
    estimate = found(change)
    assert estimate.low < math.log1p(change) < estimate.high
    assert estimate.shift == pytest.approx(math.log1p(change), abs=0.005)


def test_noise_makes_the_interval_wider_and_the_verdict_a_doubt() -> None:
    noisy = found(0.03, n_processes=3, noise=0.5, n=60)
    assert noisy.half > 2 * found(0.03).half
    assert noisy.verdict() == "inconclusive"
    assert noisy.detectable > 0.03


def test_processes_that_differ_make_the_interval_wider() -> None:
    alike = [process(0.05, seed) for seed in range(3)]
    apart = [process(change, seed) for seed, change in enumerate((0.01, 0.05, 0.09))]
    halves = [
        decide.estimate(each, uses_cpu=False, confidence=0.99, between_sd=decide.BETWEEN_SD).half
        for each in (alike, apart)
    ]
    assert halves[1] > 5 * halves[0]


def test_few_processes_that_agree_are_not_believed_beyond_the_least_spread() -> None:
    quiet = found(0.0, n_processes=3, noise=0.0)
    assert quiet.half > 3 * decide.BETWEEN_SD / math.sqrt(3)


def test_the_first_tenth_of_the_rounds_is_dropped() -> None:
    assert len(decide.kept(process(0.0, 1, n=95))) == 85


def test_a_race_that_computes_undisturbed_is_judged_by_the_wall_clock() -> None:
    assert decide.judge_clocks([process(0.0, 1)]) == decide.Clocks(is_disturbed=False, uses_cpu=False)


def test_a_race_that_mostly_waits_is_not_called_disturbed() -> None:
    assert decide.judge_clocks([process(0.0, 1, cpu=0.2)]) == decide.Clocks(is_disturbed=False, uses_cpu=False)


def test_a_race_whose_core_was_taken_is_judged_by_cpu_time() -> None:
    quiet = process(0.05, 1, n=100)
    taken: list[tuple[int, ...]] = []
    for k, (old, new, old_cpu, new_cpu) in enumerate(quiet.rounds):
        taken.append((2 * old, int(2.5 * new), old_cpu, new_cpu) if k % 4 == 0 else (old, new, old_cpu, new_cpu))
    disturbed = ProcessRounds(CALLS, taken)
    clocks = decide.judge_clocks([disturbed])
    assert clocks == decide.Clocks(is_disturbed=True, uses_cpu=True)
    by_cpu = decide.log_ratios(disturbed, uses_cpu=True)
    assert sum(by_cpu) / len(by_cpu) == pytest.approx(math.log(1.05), abs=0.01)


def test_tails_of_too_few_calls_are_missing() -> None:
    few = [ProcessRounds(1, [(1, 1, 1, 1)], [[5] * 10, [6] * 10]) for _ in range(3)]
    assert all(math.isnan(each) for each in decide.tail_ratio(few, 0.95, 100))


def test_tails_of_enough_calls_have_a_ratio_with_bounds() -> None:
    draw = random.Random(5)

    def calls(scale: float) -> list[int]:
        return [int(scale * draw.lognormvariate(0, 0.1)) for _ in range(400)]

    many = [ProcessRounds(1, [(1, 1, 1, 1)], [calls(1e6), calls(1.5e6)]) for _ in range(4)]
    old, new, low, high = decide.tail_ratio(many, 0.95, 100)
    assert low < new / old < high
    assert low < 1.5 < high
