import pytest

import tailgana_lab
from tailgana_lab import errors
from tailgana_lab.errors import LabError, WorkloadError

OWN = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", OWN)
def test_every_error_is_a_lab_error_with_a_public_name(error: type) -> None:
    assert issubclass(error, LabError)
    assert getattr(tailgana_lab, error.__name__) is error


@pytest.mark.parametrize("error", OWN)
def test_the_tree_at_the_top_of_the_file_shows_every_error(error: type) -> None:
    assert error.__name__ in str(errors.__doc__)


def test_a_workload_error_names_the_original_on_one_line() -> None:
    assert str(WorkloadError.of(ValueError("first\nsecond"))) == "the workload raised ValueError: first second"
    assert str(WorkloadError.of(MemoryError())) == "the workload raised MemoryError"


def test_a_workload_error_has_the_original_as_its_cause() -> None:
    original = KeyError("k")
    assert WorkloadError.of(original).__cause__ is original
