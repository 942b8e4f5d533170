"""One version of the project, one oldest Python, one oldest Rust: where a second place can't be avoided, they agree."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import tailgana_lab

ROOT = Path(__file__).resolve().parents[2]


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def workspace() -> dict[str, Any]:
    package: dict[str, Any] = toml("Cargo.toml")["workspace"]["package"]
    return package


def test_package_has_the_version_of_the_workspace() -> None:
    assert tailgana_lab.__version__ == workspace()["version"]


def test_front_end_has_the_version_of_the_workspace() -> None:
    lock = json.loads((ROOT / "js/package-lock.json").read_text())
    versions = {json.loads((ROOT / "js/package.json").read_text())["version"], lock["version"]}
    assert versions == {workspace()["version"]}


def test_changelog_opens_with_the_version_or_with_unreleased() -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == "Unreleased"
    assert workspace()["version"] in headings or len(headings) == 1


def test_tools_aim_at_the_oldest_python_supported() -> None:
    settings = toml("pyproject.toml")
    assert settings["project"]["requires-python"].startswith(">=3.11")
    assert settings["tool"]["ruff"]["target-version"] == "py311"
    assert settings["tool"]["mypy"]["python_version"] == "3.11"


def test_prerequisites_ask_for_the_rust_of_the_workspace() -> None:
    assert f"Rust {workspace()['rust-version']} or newer" in (ROOT / ".ci/prerequisites").read_text()


def test_every_dependency_of_the_package_is_pinned_for_the_tour() -> None:
    project = toml("pyproject.toml")["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["memory"]]
    names = {re.split(r"[>=<; \[]", line)[0].lower() for line in wanted}
    pinned = {line.split("==")[0].lower() for line in (ROOT / "requirements/run.txt").read_text().splitlines()}
    assert names <= pinned
