"""The map of the house: a workflow's word stands in all its places, and documents name what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = "baseline acceleration caching parallelism regression bottleneck".split()
PLACES = (
    "tailgana_lab/workflows/{0}.py",
    "tailgana_lab/widgets/{0}.py",
    "js/src/views/{0}.ts",
    "notebooks/0[1-6]-{0}.ipynb",
    "tests/workflows/test_{0}.py",
)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGET = re.compile(r"^([a-z]+):", re.M)


@pytest.mark.parametrize("word", WORKFLOWS)
def test_a_workflow_stands_in_all_its_places_or_in_none(word: str) -> None:
    found = [place.format(word) for place in PLACES if list(ROOT.glob(place.format(word)))]
    assert len(found) in (0, len(PLACES)), f"only {found}"


def test_test_folders_mirror_the_package() -> None:
    own = {"architecture", "browser", "engine", "faults", "notebooks"}
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/*/**/test_*.py")}
    assert {name for name in folders - own if not (ROOT / "tailgana_lab" / name).is_dir()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_make_commands_that_exist(document: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = set(re.findall(r"`make ([a-z]+)", document.read_text()))
    named |= set(re.findall(r"^make ([a-z]+)", document.read_text(), re.M))
    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_link_only_to_what_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    notes = [path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    assert [name for name in notes if f"({name})" not in index] == []


def test_help_lists_every_command_of_the_contract() -> None:
    described = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    assert {"help", "install", "tour", "lab", "test", "bench", "check", "soak", "wheel"} <= described
