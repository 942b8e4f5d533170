"""What every test stands on: a seed, a home of its own, and the browser where there is one.

Tests never wait by sleeping and judge no wall time; warnings are errors (pyproject.toml).
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("seeded", derandomize=True, deadline=None, database=None)
settings.load_profile("seeded")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lives in tests/browser, and skip it where there is no Chromium.

    On CI a missing browser is a failure: a suite without it would only look green.
    """
    missing = find_chromium() is None and not os.environ.get("CI")
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
        if missing and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no `chromium` on PATH: `make test` as root installs it"))


def find_chromium() -> str | None:
    """Path of the system's Chromium; never one that Playwright would download."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for Playwright's `executable_path`."""
    path = find_chromium()
    if path is None:
        pytest.fail("no `chromium` on PATH: install Debian's package `chromium`")
    return path


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Folder for what a person looks at after a run: screenshots, reports."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of a test out of the user's home, its key included, and drop the user's own settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(home / "runtime"))
    for name in [name for name in os.environ if name.startswith("TAILGANA_")]:
        monkeypatch.delenv(name)
