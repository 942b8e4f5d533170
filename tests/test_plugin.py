"""The fixture `tailgana`: keeps a workload at first, checks it from then on, and fails at the gate."""

from types import SimpleNamespace
from typing import Any

import pytest

from tailgana_lab import lab
from tailgana_lab.plugin import GATES, Workload
from tailgana_lab.reporting import gate
from tests.specimens import make_baseline, make_report


class KeptLab(lab.Lab):
    """Remembers what is kept and checked; what it answers can be set."""

    def __init__(self, *names: str, severity: str = "none") -> None:
        super().__init__()
        self.names, self.severity = list(names), severity
        self.asked: list[tuple[Any, ...]] = []

    def baselines(self) -> Any:
        import pandas as pd

        return pd.DataFrame({"name": self.names})

    def baseline(self, name: str, func: Any, *args: Any, budget_s: float | None = None, **how: Any) -> Any:
        self.asked.append(("baseline", name, func(*args, **how), budget_s))
        self.names.append(name)
        return make_baseline(name=name)

    def check(self, name: str, func: Any = None, *args: Any, budget_s: float | None = None, **how: Any) -> Any:
        self.asked.append(("check", name, func(*args, **how), budget_s))
        return make_report(self.severity, workload=name)


def workload(**options: Any) -> Workload:
    chosen = {"--tailgana-fail-on": "moderate", "--tailgana-update": False, "--tailgana-budget-s": None, **options}
    config: Any = SimpleNamespace(getoption=chosen.__getitem__)
    return Workload("tests/test_rows.py::test_clean", config)


def use(monkeypatch: pytest.MonkeyPatch, stand_in: KeptLab) -> KeptLab:
    monkeypatch.setattr(lab, "_default", stand_in)
    return stand_in


NAME = "tests/test_rows.py::test_clean"


def test_the_first_run_keeps_the_call_under_the_tests_name(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = use(monkeypatch, KeptLab())
    baseline: Any = workload(**{"--tailgana-budget-s": 3.0})(sorted, [2, 1], reverse=True)
    assert baseline.name == NAME
    assert kept.asked == [("baseline", NAME, [2, 1], 3.0)]


def test_later_runs_check_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = use(monkeypatch, KeptLab(NAME))
    report: Any = workload()(sorted, [2, 1])
    assert kept.asked == [("check", NAME, [1, 2], None)]
    assert report.workload == NAME


@pytest.mark.parametrize(("gate_at", "fails"), [("minor", True), ("moderate", True), ("major", False)])
def test_a_regression_fails_the_test_from_the_gate_on(monkeypatch: Any, gate_at: str, fails: bool) -> None:
    use(monkeypatch, KeptLab(NAME, severity="moderate"))
    measured = workload(**{"--tailgana-fail-on": gate_at})
    if not fails:
        measured(sorted, [2, 1])
        return
    with pytest.raises(pytest.fail.Exception, match=r"moderate regression of .*increased by 40 %"):
        measured(sorted, [2, 1])


def test_on_request_it_is_kept_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = use(monkeypatch, KeptLab(NAME))
    workload(**{"--tailgana-update": True})(len, "abc")
    assert kept.asked == [("baseline", NAME, 3, None)]


def test_several_calls_of_one_test_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = use(monkeypatch, KeptLab())
    measured = workload()
    measured(len, "abc")
    measured(len, "abcd")
    assert [asked[1] for asked in kept.asked] == [NAME, f"{NAME}#2"]


def test_the_gates_are_those_of_the_command_line() -> None:
    assert gate.GATES == GATES


def test_the_fixture_is_there_without_being_imported(tailgana: Workload) -> None:
    assert type(tailgana).__name__ == "Workload"
