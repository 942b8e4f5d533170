"""Every notebook runs in a fresh kernel, in an empty folder, and is stored without outputs."""

import json
from pathlib import Path

import pytest

from tailgana_lab.cli import execute_notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OWN = "application/vnd.tailgana.profile+json"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]
    assert [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # those of the client
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_a_profile_for_each_profiled_cell(path: Path, tmp_path: Path) -> None:
    notebook = execute_notebook(path, tmp_path)
    profiled = [cell for cell in notebook.cells if cell.source.startswith("%%tailgana_profile")]
    without = [cell.source for cell in profiled if not any(OWN in output.get("data", {}) for output in cell.outputs)]
    assert without == []
    if path.stem == "00-tour":
        assert len(profiled) >= 8
        assert (tmp_path / "tour.html").stat().st_size > 2000
