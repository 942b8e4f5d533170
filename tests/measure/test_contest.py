"""A contest: the plan for a budget, and the four verdicts on real races and on stand-in rounds."""

import math

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure import contest as contest_module
from tailgana_lab.measure.contest import Contest, ContestConfig, make_plan
from tailgana_lab.measure.payload import pack
from tailgana_lab.measure.race import BudgetError, Pace, ProcessRounds
from tests.measure.test_decide import process


class FakeRace:
    """Gives made rounds instead of measuring; the changes of the processes are given in order."""

    def __init__(self, changes: list[float], *, is_isolated: bool = True, left_s: float = 15.0) -> None:
        self._changes, self._n = changes, 0
        self.is_isolated, self.left_s = is_isolated, left_s
        self.processes: list[ProcessRounds] = []
        self.first: ProcessRounds | None = None

    def __enter__(self) -> "FakeRace":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self) -> Pace:
        return Pace(0.2, 10, 0.004)

    def run(self, n_rounds: int, *, with_latencies: bool = False) -> None:
        change = self._changes[min(self._n, len(self._changes) - 1)]
        self._n += 1
        self.processes.append(process(change, self._n, n=n_rounds))


def contested(monkeypatch: pytest.MonkeyPatch, race: FakeRace) -> Contest:
    monkeypatch.setattr(contest_module, "Race", lambda *_: race)
    return Contest(b"", b"", ContestConfig(15))


def test_a_budget_that_ends_at_once_leaves_the_round_that_set_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    race = FakeRace([0.05], left_s=0.1)
    race.first = process(0.05, 1, n=1)
    monkeypatch.setattr(race, "run", lambda *_, **__: (_ for _ in ()).throw(BudgetError("the budget is over")))
    made = contested(monkeypatch, race).run()
    assert (made.verdict, made.n_rounds, len(made.rounds)) == ("inconclusive", 1, 1)
    assert "it needs about" in made.reason
    assert made.ratio_low <= made.ratio <= made.ratio_high
    assert math.isfinite(made.smallest_detectable_pct)


@pytest.mark.parametrize("change", [0.05, -0.05])
def test_a_change_is_named_when_two_batches_agree(monkeypatch: pytest.MonkeyPatch, change: float) -> None:
    made = contested(monkeypatch, FakeRace([change])).run()
    assert made.verdict == ("slower" if change > 0 else "faster")
    assert made.is_confirmed
    assert made.n_processes == 10
    assert made.ratio_low < 1 + change < made.ratio_high


def test_no_change_is_the_same_after_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contested(monkeypatch, FakeRace([0.0])).run()
    assert (made.verdict, made.n_processes) == ("same", 5)
    assert made.n_rounds >= 150


def test_a_change_that_a_second_batch_does_not_see_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contested(monkeypatch, FakeRace([0.05] * 5 + [-0.02] * 5)).run()
    assert made.verdict in ("same", "inconclusive")
    assert "did not confirm" in made.reason


def test_in_one_process_nothing_is_called_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contested(monkeypatch, FakeRace([0.3], is_isolated=False)).run()
    assert made.verdict == "inconclusive"
    assert "one process" in made.reason


def test_what_is_too_slow_for_its_budget_names_the_budget_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    race = FakeRace([0.05], left_s=1.0)
    made = contested(monkeypatch, race).run()
    assert made.verdict == "inconclusive"
    assert "it needs about" in made.reason
    assert made.smallest_detectable_pct > 0


def test_rounds_have_the_columns_of_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contested(monkeypatch, FakeRace([0.0])).run()
    assert list(made.rounds.columns) == ["process", "round", "old_ns", "new_ns", "old_other_ns", "new_other_ns"]
    assert len(made.rounds) == made.n_rounds
    assert made.old_ns == pytest.approx(2e5, rel=0.2)


@pytest.mark.parametrize("budget_s", [0, -1, math.inf, math.nan])
def test_a_budget_that_is_none_is_refused(budget_s: float) -> None:
    with pytest.raises(InvalidRequestError, match="budget_s"):
        ContestConfig(budget_s)


def test_a_plan_leaves_room_for_a_second_batch() -> None:
    for left_s in (3.0, 5.0, 15.0):
        plan = make_plan(Pace(0.2, 10, 0.004), left_s, is_isolated=True)
        if plan.is_enough:
            assert plan.n_processes * (0.2 + plan.n_rounds * 0.004) < 0.5 * left_s
    assert not make_plan(Pace(0.2, 1, 2.0), 15.0, is_isolated=True).is_enough


def test_twice_the_work_is_slower_in_a_real_race() -> None:
    old, new = (pack(lambda n=n: sum(range(n))).data for n in (2000, 4000))
    made = Contest(old, new, ContestConfig(20, with_latencies=True)).run()
    assert made.verdict == "slower"
    assert made.ratio == pytest.approx(2, rel=0.1)
    assert made.isolated
