"""What belongs to a profile: not the lab's own files; libraries are told from the user's code, outer frames counted."""

import json
import sys
import sysconfig
from pathlib import Path
from types import FrameType

import pytest

import tailgana_lab
from tailgana_lab.measure import scope

PACKAGE = Path(tailgana_lab.__file__).parent


@pytest.mark.parametrize(
    "name", ["lab.py", "measure/session.py", "magics/profile.py", "workflows/bottleneck.py", "measure/deep/er.py"]
)
def test_the_labs_work_around_the_profiled_code_is_its_own(name: str) -> None:
    assert scope.is_own(str(PACKAGE / name))


@pytest.mark.parametrize(
    "file", [str(PACKAGE / "results/profile.py"), str(PACKAGE / "errors.py"), "lab.py", "", "<cell>"]
)
def test_other_files_are_not_its_own(file: str) -> None:
    assert not scope.is_own(file)


def test_a_file_of_the_same_name_elsewhere_is_not_its_own(tmp_path: Path) -> None:
    assert not scope.is_own(str(tmp_path / "tailgana_lab" / "lab.py"))


def test_own_files_exist_and_are_own() -> None:
    files = scope.own_files()
    assert str(PACKAGE / "measure/sampler.py") in files
    assert [file for file in files if not Path(file).is_file() or not scope.is_own(file)] == []


@pytest.mark.parametrize("file", [json.__file__, pytest.__file__, sysconfig.__file__, "<frozen importlib._bootstrap>"])
def test_the_standard_library_and_installed_packages_are_libraries(file: str) -> None:
    assert file.startswith(tuple(scope.library_prefixes()))


@pytest.mark.parametrize("file", [__file__, "/tmp/ipykernel_1/2.py", "<ipython-input-1>", tailgana_lab.__file__])
def test_code_of_the_user_is_no_library(file: str) -> None:
    assert not file.startswith(tuple(scope.library_prefixes()))


def test_no_prefix_is_empty_or_a_part_of_a_folders_name() -> None:
    assert [prefix for prefix in scope.library_prefixes() if not prefix.endswith(("/", "<frozen "))] == []


def test_frames_are_innermost_first() -> None:
    def inner() -> list[FrameType]:
        return scope.frames_of(sys._getframe())

    names = [frame.f_code.co_name for frame in inner()]
    assert names[:2] == ["inner", "test_frames_are_innermost_first"]


def frames_in(*files: str) -> list[FrameType]:
    """Frames, innermost first, of code that says it is from these files, outermost first."""
    found: list[FrameType] = []
    names = {"sys": sys, "found": found, "step": lambda: None}
    for file in reversed(files):
        exec(compile("def step(step=step):\n    found.append(sys._getframe())\n    step()", file, "exec"), names)
    names["step"]()  # type: ignore[operator]
    return found[::-1]


def test_frames_beyond_the_one_that_asked_are_outer() -> None:
    own = str(PACKAGE / "measure/session.py")
    assert scope.n_outer(frames_in("runner.py", "shell.py", "cell.py", str(PACKAGE / "lab.py"), own)) == 2


def test_without_frames_of_the_lab_the_innermost_asked() -> None:
    assert scope.n_outer(frames_in("runner.py", "cell.py")) == 1


def test_where_all_frames_are_the_labs_none_is_outer() -> None:
    assert scope.n_outer(frames_in(str(PACKAGE / "lab.py"))) == 0


def test_the_setting_names_the_stack_of_the_caller() -> None:
    frames = scope.frames_of(sys._getframe())
    setting = scope.setting(frames, 1_000_000, 7)
    assert setting["expected"][0] == id(test_the_setting_names_the_stack_of_the_caller.__code__)
    assert (setting["interval_ns"], setting["caller"], len(setting["expected"])) == (1_000_000, 7, len(frames))
