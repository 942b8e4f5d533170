"""A cached function that is defined again: entries stay while nothing changed, and it says what did."""

import gc
import importlib
import sys
import weakref
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tailgana_lab import cached
from tailgana_lab.measure.identities import are_same_object, identity_of, let_go
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


numbers = count()


def rerun(*cells: str) -> list[str | None]:
    """What a cached function says after each cell; the cells share a namespace."""
    space: dict[str, Any] = {"__name__": f"notebook_{next(numbers)}_of_edits", "cached": cached}
    reasons = []
    for cell in cells:
        exec(compile(cell, "<cell>", "exec"), space)
        space["function"](1)
        reasons.append(space["function"].invalidated_because)
    return reasons


EDITS = {
    "a default by keyword": (
        "def helper(x, *, step={}): return x + step\n@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
    "a static method": (
        "class Kind:\n    @staticmethod\n    def of(x): return x + {}\n@cached(10)\ndef function(x): return Kind.of(x)",
        "Kind",
    ),
    "a class method": (
        "class Kind:\n    @classmethod\n    def of(cls, x): return x + {}\n"
        "@cached(10)\ndef function(x): return Kind.of(x)",
        "Kind",
    ),
    "a method of a base class": (
        "class Base:\n    def of(self, x): return x + {}\nclass Kind(Base):\n    pass\n"
        "@cached(10)\ndef function(x): return Kind().of(x)",
        "Kind",
    ),
    "a setter": (
        "class Kind:\n    @property\n    def p(self): return 1\n    @p.setter\n    def p(self, v): self.q = v + {}\n"
        "@cached(10)\ndef function(x):\n    k = Kind()\n    k.p = x\n    return k.q",
        "Kind",
    ),
    "a member of an enumeration": (
        "from enum import Enum\nclass Kind(Enum):\n    ONE = {}\n    def of(self): return self.value\n"
        "@cached(10)\ndef function(x): return Kind.ONE.of()",
        "Kind",
    ),
    "a nested class": (
        "class Kind:\n    class Inner:\n        value = {}\n@cached(10)\ndef function(x): return Kind.Inner.value",
        "Kind",
    ),
    "an argument of a decorator": (
        "from functools import wraps\ndef times(n):\n    def decorate(f):\n        @wraps(f)\n"
        "        def inner(x): return n * f(x)\n        return inner\n    return decorate\n"
        "@times({})\ndef helper(x): return x\n@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
    "an argument of a partial": (
        "from functools import partial\nhelper = partial(max, {})\n@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
    "a function under lru_cache": (
        "from functools import lru_cache\n@lru_cache\ndef helper(x): return x + {}\n"
        "@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
    "a cached helper": (
        "@cached(10)\ndef helper(x): return x + {}\n@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
    "an attribute of a function": (
        "def helper(x): return x\nhelper.step = {}\n@cached(10)\ndef function(x): return x + helper.step",
        "helper",
    ),
    "a default of a dataclass": (
        "from dataclasses import dataclass, field\n@dataclass\nclass Kind:\n    x: int\n    step: int = {}\n"
        "@cached(10)\ndef function(x): return Kind(x).step",
        "Kind",
    ),
    "a text of a megabyte": ("TEXT = 'x' * 1_000_000 + '{}'\n@cached(10)\ndef function(x): return TEXT[-1]", "TEXT"),
    "bytes of a megabyte": ("DATA = b'x' * 1_000_000 + b'{}'\n@cached(10)\ndef function(x): return DATA[-1]", "DATA"),
    "a path": (
        "from pathlib import Path\nROOT = Path('of') / '{}'\n@cached(10)\ndef function(x): return ROOT / str(x)",
        "ROOT",
    ),
    "a number of many digits": ("N = 10**9000 + {}\n@cached(10)\ndef function(x): return N % 7", "N"),
    "a helper of a helper": (
        "def last(x): return x + {}\ndef helper(x): return last(x)\n@cached(10)\ndef function(x): return helper(x)",
        "helper",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_what_it_uses_is_noticed_and_no_edit_keeps_the_entries(edit: str) -> None:
    cell, name = EDITS[edit]
    reasons = rerun(cell.format(1), cell.format(1), cell.format(2), cell.format(2))
    assert reasons == [None, None, f"`{name}`, which it uses, changed", None]


def test_long_values_are_not_copied() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_long_values", "cached": cached}
    exec("A, B, C = 'x' * 10**6, b'x' * 10**6, 1 << 10**6\n@cached(10)\ndef function(x): return A, B, C", space)
    assert len(repr(space["function"].definition.parts)) < 2_000


def test_a_keyword_default_of_its_own_is_noticed() -> None:
    cell = "@cached(10)\ndef function(x, *, step={}): return x + step"
    assert rerun(cell.format(1), cell.format(1), cell.format(2)) == [None, None, "a default changed"]


def test_a_table_of_a_class_that_is_made_anew_counts_as_changed() -> None:
    cell = "class Kind:\n    T = {{1: {}}}\n@cached(10)\ndef function(x): return Kind.T[x]"
    assert rerun(cell.format(1), cell.format(2)) == [None, "`Kind`, which it uses, changed"]


def test_a_method_that_uses_its_object_starts_anew_for_nobody_knows_its_class_yet() -> None:
    cell = (
        "class Kind:\n    step = {}\n    @cached(10)\n    def of(self, x):\n        return [self.step + x for _ in 'a']"
    )
    space: dict[str, Any] = {"__name__": "notebook_of_objects", "cached": cached}
    exec(cell.format(1), space)
    thing, old = space["Kind"](), space["Kind"].of
    assert thing.of(1) == [2]
    exec(cell.format(2), space)
    thing.__class__ = space["Kind"]  # as IPython's autoreload does
    assert (old.__module__, thing.of(1)) == ("notebook_of_objects", [3])
    assert thing.of.__func__.invalidated_because == "its class, of which nothing is known yet, was made again"


def test_a_method_that_names_its_class_counts_as_changed() -> None:
    cell = "class Kind:\n    step = 1\n    @cached(10)\n    def of(self, x): return x + Kind.step\nfunction = Kind().of"
    space: dict[str, Any] = {"__name__": "notebook_of_its_class", "cached": cached}
    reasons = []
    for _ in range(3):
        exec(compile(cell, "<cell>", "exec"), space)
        space["function"](1)
        reasons.append(space["Kind"].of.invalidated_because)
    assert reasons == [None, *["`Kind`, which it uses, changed"] * 2]


USING_MODULES = {
    "by attribute": "import my_steps\n@cached(10)\ndef function(x): return my_steps.helper(x)",
    "within": "@cached(10)\ndef function(x):\n    from my_steps import helper\n    return helper(x)",
    "handed on": "import my_steps\ndef use(m, x): return m.helper(x)\n"
    "@cached(10)\ndef function(x): return use(my_steps, x)",
}


@pytest.mark.parametrize("use", USING_MODULES)
def test_a_module_of_the_user_that_is_loaded_again_is_looked_into(
    use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "my_steps.py"
    file.write_text("TABLE = []\ndef helper(x):\n    return x + 1\n")
    module = importlib.import_module("my_steps")
    space: dict[str, Any] = {"__name__": f"notebook_of_modules_{use}", "cached": cached}
    seen = []
    for step in ("1", "1", "2222"):
        file.write_text(f"TABLE = []\ndef helper(x):\n    return x + {step}\n")
        importlib.reload(module)
        exec(compile(USING_MODULES[use], "<cell>", "exec"), space)
        seen.append((space["function"](1), space["function"].invalidated_because))
    monkeypatch.delitem(sys.modules, "my_steps")
    assert seen == [(2, None), (2, None), (2223, "`my_steps.helper`, which it uses, changed")]


def test_a_library_is_not_followed() -> None:
    pytest.importorskip("sympy")
    cell = "from sympy import simplify\n@cached(10)\ndef function(x): return simplify(x)"
    assert rerun(cell, cell) == [None, None]


def test_a_function_of_the_standard_library_stands_for_itself() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_the_standard_library", "cached": cached}
    exec("from inspect import signature\n@cached(10)\ndef function(x): return signature(x)", space)
    assert "'inspect', 'signature', <weakref" in repr(space["function"].definition.parts)
    assert len(repr(space["function"].definition.parts)) < 1_000


def test_helpers_that_all_use_each_other_are_looked_at_once_each() -> None:
    names = [f"h{k}" for k in range(40)]
    helpers = "".join(f"def {name}(x): return ({', '.join(names)})\n" for name in names)
    cell = f"{helpers}@cached(10)\ndef function(x): return len(h0(x))"
    assert rerun(cell, cell) == [None, None]


def test_more_than_can_be_looked_at_counts_as_changed() -> None:
    helpers = "def h0(x): return x\n" + "".join(f"def h{k}(x): return h{k - 1}(x)\n" for k in range(1, 1200))
    cell = f"{helpers}@cached(10)\ndef function(x): return x or h1199(x)"
    assert rerun(cell, cell) == [None, "it uses more than 1,000 objects, too many to compare"]


class Asked:
    """An object that notes whatever it is asked."""

    def __init__(self, asked: list[str]) -> None:
        object.__setattr__(self, "asked", asked)

    def __getattribute__(self, name: str) -> Any:
        object.__getattribute__(self, "asked").append(name)
        raise LookupError(name)

    def __eq__(self, other: object) -> bool:
        object.__getattribute__(self, "asked").append("__eq__")
        return False

    __hash__ = None  # type: ignore[assignment]


def test_unknown_objects_are_asked_nothing() -> None:
    asked: list[str] = []
    space: dict[str, Any] = {"__name__": "notebook_of_proxies", "cached": cached, "proxy": Asked(asked)}
    cell = "class Kind:\n    part = proxy\n@cached(10)\ndef function(x): return x or (proxy, Kind)"
    for _ in range(2):
        exec(compile(cell, "<cell>", "exec"), space)
        space["function"](1)
    assert (asked, space["function"].invalidated_because) == ([], None)


class Payload:
    """Something that can be seen to go."""


@pytest.mark.parametrize("kind", ["object", "list", "dict"])
def test_a_global_is_not_kept_alive(kind: str) -> None:
    made = {"object": lambda it: it, "list": lambda it: [it], "dict": lambda it: {1: it}}[kind]
    payload = Payload()
    space: dict[str, Any] = {"__name__": f"notebook_of_life_of_{kind}", "cached": cached, "table": made(payload)}
    gone = weakref.ref(payload)
    exec("@cached(10)\ndef function(x): return table and x", space)
    space["function"](1)
    space["table"] = None
    del payload
    gc.collect()
    assert gone() is None


def test_another_list_at_the_same_address_is_another() -> None:
    table: Any = [1]
    old = identity_of(table)
    del table
    let_go()
    table = [1]
    assert not are_same_object(identity_of(table), old)
    assert are_same_object(identity_of(table), identity_of(table))


def test_methods_of_two_objects_share_nothing() -> None:
    space: dict[str, Any] = {"__name__": "notebook_of_bound_methods", "cached": cached}
    cell = (
        "class Kind:\n    def __init__(self, n): self.n = n\n    def times(self, x): return self.n * x\n"
        "function = cached(10, name='bound')(Kind({}).times)"
    )
    values = []
    for n in (2, 3):
        exec(compile(cell.format(n), "<cell>", "exec"), space)
        values.append((space["function"](5), space.setdefault("first", space["function"])(5)))
    assert values == [(10, 10), (15, 10)]
