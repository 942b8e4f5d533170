"""A cached function that is defined again: entries stay while nothing changed, and it says what did."""

from types import ModuleType
from typing import Any

import pytest

from tailgana_lab import cached
from tailgana_lab.measure.live_cache import live_caches

CELL = """
from tailgana_lab import cached
ran = globals().setdefault("ran", [])
def helper(x):
    return x + {step}
FACTOR = {factor}
@cached(capacity={capacity}, policy="{policy}", name="rerun")
def function(x, more={default}):
    ran.append(x)
    return helper(x) * FACTOR{extra}
"""
PLAIN = {"step": 1, "factor": 2, "capacity": 10, "policy": "lru", "default": 0, "extra": ""}


@pytest.fixture
def notebook() -> Any:
    """A namespace whose cells run one after another, as in a kernel."""
    space = ModuleType("notebook_of_a_test").__dict__

    def run(**changes: object) -> Any:
        exec(compile(CELL.format(**(PLAIN | changes)), "<cell>", "exec"), space)
        return space["function"]

    run.ran = space.setdefault("ran", [])  # type: ignore[attr-defined]
    return run


def test_an_unchanged_cell_keeps_the_entries(notebook: Any) -> None:
    notebook()(1)
    again = notebook()
    assert (again(1), notebook.ran, again.invalidated_because) == (4, [1], None)


def test_a_cache_that_was_defined_again_is_one_cache_among_the_live(notebook: Any) -> None:
    first = notebook()
    first(1)
    again = notebook()
    assert first.cache_info() == again.cache_info()
    assert [cache for cache in live_caches() if cache in (first, again)] == [again]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"extra": " + 1"}, "its code changed"),
        ({"default": 1}, "a default changed"),
        ({"default": 0.0}, "a default changed"),
        ({"step": 2}, "`helper`, which it uses, changed"),
        ({"factor": 3}, "`FACTOR`, which it uses, changed"),
    ],
)
def test_a_changed_cell_starts_anew_and_says_why(notebook: Any, change: dict[str, object], reason: str) -> None:
    notebook()(1)
    again = notebook(**change)
    again(1)
    assert (notebook.ran, again.invalidated_because) == ([1, 1], reason)


def test_new_options_are_applied_to_what_is_kept(notebook: Any) -> None:
    notebook()(1)
    again = notebook(capacity=50, policy="sieve")
    again(1)
    assert (notebook.ran, again.capacity, again.policy) == ([1], 50, "sieve")


def test_functions_made_in_a_loop_do_not_share_entries() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_a_loop"}
    code = """
from tailgana_lab import cached
made = []
for n in (1, 2):
    @cached(capacity=10)
    def function(x):
        return x * n
    made.append((function, function(1)))
"""
    exec(code, space)
    assert [value for _, value in space["made"]] == [1, 2]


def test_functions_made_inside_of_another_start_anew() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_a_factory"}
    code = """
from tailgana_lab import cached
def make(n):
    exec("def inner(x): return x", globals())
    @cached(capacity=10)
    def function(x):
        return x * n
    return function
"""
    exec(code, space)
    old, new = space["make"](2), space["make"](3)
    assert (old(1), new(1)) == (2, 3)


def test_another_object_in_place_of_a_global_starts_anew() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_data"}
    code = "table = [1, 2]\nfrom tailgana_lab import cached\n@cached(10)\ndef function(i):\n    return table[i]\n"
    exec(code, space)
    first = space["function"]
    first(0)
    exec(code, space)
    assert space["function"].invalidated_because == "`table`, which it uses, changed"


CLASS = """
from tailgana_lab import cached
class Kind:
    unit = "s"
    def text(self, x):
        return f"{{x}} {word}"
    @property
    def size(self):
        return 1
@cached(10)
def function(x):
    return Kind().text(x)
"""


def test_a_class_made_anew_by_the_same_code_is_the_same() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_a_class"}
    reasons = []
    for word in ("one", "one", "two"):
        exec(CLASS.format(word=word), space)
        space["function"](1)
        reasons.append(space["function"].invalidated_because)
    assert reasons == [None, None, "`Kind`, which it uses, changed"]


def test_a_method_keeps_its_entries_when_its_class_is_made_again() -> None:
    code = "class Thing:\n    @cached(10)\n    def value(self, x):\n        return x\n"
    space: dict[str, Any] = {"__name__": "notebook_of_a_method", "cached": cached}
    exec(code, space)
    first = space["Thing"].value
    exec(code, space)
    assert space["Thing"].value.invalidated_because is None
    assert space["Thing"].value.store is first.store
