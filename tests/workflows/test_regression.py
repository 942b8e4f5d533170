"""The detector on real files: first run, slower, faster, strangers, events and what it stores."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.lab import Lab
from tailgana_lab.measure.payload import pack
from tailgana_lab.results.regression import RegressionReport, RegressionSeverity
from tailgana_lab.workflows.regression import RegressionDetectionConfig, RegressionDetector

MODULE = """
def clean(n):
    total = 0
    for i in range({units}):
        total = (total * 33 + i) & 0xFFFFFF
    return total + n
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write(tmp_path, 1000)
    yield tmp_path
    sys.modules.pop("detected_of_test", None)


@pytest.fixture
def lab(project: Path) -> Iterator[Lab]:
    lab = Lab(store=project / "lab.db")
    yield lab
    lab.store.close()


def write(folder: Path, units: int) -> None:
    (folder / "detected_of_test.py").write_text(MODULE.format(units=units))


def keep(lab: Lab) -> None:
    import importlib

    lab.baseline("clean", importlib.import_module("detected_of_test").clean, 7, budget_s=10)


def detect(lab: Lab, workload: str = "clean", **options: Any) -> RegressionReport:
    heard: list[str] = []
    detector = RegressionDetector(lab.store, emit=lambda name, _: heard.append(name), budget_s=20)
    try:
        return asyncio.run(detector.detect_regressions(workload, **options))
    finally:
        assert heard[0] == "regression_detection.started"
        assert len(heard) == 2


def test_twice_the_work_is_a_critical_regression_and_stored(lab: Lab, project: Path) -> None:
    keep(lab)
    write(project, 2000)
    report = detect(lab)
    assert (report.verdict, report.severity) == ("slower", RegressionSeverity.CRITICAL)
    assert report.comparison is not None
    assert report.comparison.ratio == pytest.approx(2, rel=0.1)
    record = lab.store.search("Regression check", type="regression_report")[0]
    assert record.metadata["severity"] == "critical"
    assert record.metadata["ops_change_pct"] == pytest.approx(report.ops_per_second_change_pct)
    assert lab.history("clean").columns("points")["verdict"] == ["", "slower"]
    assert lab.baselines()["last_verdict"].tolist() == ["slower"]


def test_the_same_code_is_no_regression(lab: Lab) -> None:
    keep(lab)
    report = detect(lab)
    assert report.verdict in ("same", "inconclusive")
    assert (report.has_regression, report.regressions) == (False, [])


def test_an_unknown_workload_is_refused_with_the_way_out(lab: Lab) -> None:
    with pytest.raises(InvalidRequestError, match="no baseline `nothing`"):
        detect(lab, "nothing")


def test_the_first_run_of_an_operation_says_that_there_is_nothing_to_compare_with(lab: Lab) -> None:
    report = detect(lab, "file_io")
    assert (report.verdict, report.has_regression) == ("inconclusive", False)
    assert "nothing to compare with" in report.reason
    assert len(lab.store.search("", type="performance_baseline", workload="file_io")) == 1


def test_a_strangers_baseline_is_not_run(lab: Lab, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(lab)
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "another"))
    with pytest.raises(LabError, match="another user"):
        detect(lab)


@pytest.mark.parametrize("config", [{"workload": ""}, {"budget_s": 0}])
def test_a_request_that_cannot_be_met_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        RegressionDetectionConfig(**config)


def holding_a_lock(units: int) -> Any:
    import threading

    lock = threading.Lock()

    def work() -> int:
        with lock:
            return sum(i * i for i in range(units))

    return work


def test_code_that_cannot_travel_is_compared_by_numbers(lab: Lab) -> None:
    lab.baseline("locked", holding_a_lock(2000), budget_s=5)
    report = lab.check("locked", holding_a_lock(8000), budget_s=5)
    assert "by numbers alone" in report.reason
    assert report.verdict == "slower"
    assert report.has_regression


def test_numbers_of_another_machine_are_refused_unless_forced(lab: Lab) -> None:
    lab.baseline("locked", holding_a_lock(2000), budget_s=5)
    detector = RegressionDetector(lab.store, environment=lambda: {"machine": "another"}, budget_s=5)
    today = pack(holding_a_lock(2000), name="locked")
    with pytest.raises(LabError, match=r"measured elsewhere \(machine differ\)"):
        detector.check(RegressionDetectionConfig("locked", budget_s=5), today)
    forced = detector.check(RegressionDetectionConfig("locked", budget_s=5, force=True), today)
    assert "compared by force" in forced.reason


def test_without_its_code_a_function_needs_todays(lab: Lab) -> None:
    lab.baseline("locked", holding_a_lock(2000), budget_s=5)
    with pytest.raises(LabError, match="give today's function"):
        lab.check("locked", budget_s=5)
