"""A shell of IPython in this process, with the magics loaded over a stand-in for the profiler."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from tailgana_lab import lab
from tailgana_lab.results.profile import Profile
from tests.sessions import FakeSession


@dataclass
class Ran:
    """What a cell did, as a reader sees it."""

    result: Any
    """IPython's own account."""
    stdout: str
    stderr: str
    bundles: list[dict[str, Any]]
    """What was displayed, the cell's last value included."""

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """Those of it that show a profile."""
        return [bundle for bundle in self.bundles if "application/vnd.tailgana.profile+json" in bundle]


class Notebook:
    """Runs cells as a notebook does."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def run(self, code: str, *, history: bool = True, silent: bool = False) -> Ran:
        with capture_output() as seen:
            result = self.shell.run_cell(code, store_history=history, silent=silent)
        return Ran(result, seen.stdout, seen.stderr, [output.data for output in seen.outputs])

    def must(self, code: str) -> Ran:
        ran = self.run(code)
        ran.result.raise_error()
        return ran

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]

    def complete(self, line: str) -> set[str]:
        """What may stand at the line's end, as a front end asks for it."""
        with provisionalcompleter():
            return {each.text for each in self.shell.Completer.completions(line, len(line))}

    @property
    def kept(self) -> tuple[Profile, ...]:
        """Profiles that the lab remembers."""
        return lab.default_lab().profiles


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    main = sys.modules["__main__"]
    quiet = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
    shell = InteractiveShell.instance(config=quiet, ipython_dir=str(tmp_path_factory.mktemp("ipython")))
    sys.modules["__main__"] = main
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def book(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.setattr(lab, "_default", lab.Lab(new_session=FakeSession))
    shell.run_line_magic("load_ext", "tailgana_lab")
    yield Notebook(shell)
    shell.run_line_magic("unload_ext", "tailgana_lab")
    shell.reset()
    left, FakeSession.running[:] = list(FakeSession.running), []
    assert left == []
