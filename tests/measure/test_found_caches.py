"""Caches of other libraries: found by their objects, read without a trace, nothing imported or opened."""

import functools
import subprocess
import sys
from math import inf, isnan
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import cachebox
import cachetools
import cachetools.func
import diskcache
import joblib
import pytest

from tailgana_lab.measure.found_caches import FoundCache, found_caches, kind_of


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of a module of the user."""
    file = tmp_path / "found_of_test.py"
    file.write_text("")
    module = ModuleType("found_of_test")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "found_of_test", module)
    return vars(module)


def found(name: str) -> FoundCache:
    return next(each for each in found_caches() if each.name == f"found_of_test.{name}")


def figures(name: str) -> tuple[float, float, float, float]:
    each = found(name)
    return each.capacity, each.size, each.hits, each.misses


def test_functools_tells_everything(names: dict[str, Any]) -> None:
    names["triple"] = functools.lru_cache(50)(lambda x: 3 * x)
    names["endless"] = functools.cache(lambda x: x)
    for x in (1, 1, 2):
        names["triple"](x)
    assert figures("triple") == (50, 2, 1, 2)
    assert figures("endless") == (inf, 0, 0, 0)
    assert found("triple").kind == "functools"


def test_cachetools_tells_sizes_and_its_functions_their_hits(names: dict[str, Any]) -> None:
    names["plain"] = cachetools.LRUCache(40)
    names["counted"] = cachetools.cached(cachetools.LFUCache(30), info=True)(lambda x: x)
    names["silent"] = cachetools.cached(cachetools.LRUCache(20))(lambda x: x)
    names["plain"]["a"] = 1
    for x in (1, 1, 2):
        names["counted"](x)
    assert figures("counted") == (30, 2, 1, 2)
    assert figures("plain")[:2] == (40, 1)
    assert all(isnan(each) for each in (*figures("plain")[2:], *figures("silent")[2:]))
    assert {found(name).kind for name in ("plain", "counted", "silent")} == {"cachetools"}


def test_cachebox_tells_sizes_and_its_functions_their_hits(names: dict[str, Any]) -> None:
    names["plain"] = cachebox.LRUCache(30)
    names["function"] = cachebox.cached(cachebox.LRUCache(20))(lambda x: x)
    for x in (1, 1, 2):
        names["function"](x)
    assert figures("plain")[:2] == (30, 0)
    assert figures("function") == (20, 2, 1, 2)
    assert {found(name).kind for name in ("plain", "function")} == {"cachebox"}


def test_joblib_is_found_and_tells_nothing(names: dict[str, Any], tmp_path: Path) -> None:
    names["memory"] = joblib.Memory(tmp_path / "joblib", verbose=0)
    names["function"] = names["memory"].cache(len)
    assert {found("memory").kind, found("function").kind} == {"joblib"}
    assert all(isnan(each) for each in figures("memory"))


def test_diskcache_counts_entries_while_it_is_open_and_is_never_opened(names: dict[str, Any], tmp_path: Path) -> None:
    names["disk"] = disk = diskcache.Cache(tmp_path / "disk")
    disk["a"] = 1
    assert figures("disk")[1] == 1
    assert isnan(figures("disk")[2])
    disk.stats(enable=True)
    disk.get("a"), disk.get("b")
    assert figures("disk")[2:] == (1, 1)
    disk.close()
    assert all(isnan(each) for each in figures("disk"))
    assert getattr(disk._local, "con", None) is None


def test_a_cache_of_a_class_is_named_with_it_and_one_with_two_names_is_one(names: dict[str, Any]) -> None:
    class Thing:
        @functools.lru_cache(5)  # noqa: B019  # what is looked for
        def value(self) -> int:
            return 1

        @staticmethod
        @functools.lru_cache(6)
        def other() -> int:
            return 2

    Thing.__module__ = "found_of_test"
    names["Thing"] = Thing
    names["first"] = names["second"] = functools.lru_cache(7)(len)
    here = [each.name for each in found_caches() if each.name.startswith("found_of_test.")]
    assert here == ["found_of_test.Thing.other", "found_of_test.Thing.value", "found_of_test.first"]


def test_no_object_is_asked_for_anything_that_it_computes(names: dict[str, Any]) -> None:
    class Proxy:
        @property
        def __class__(self) -> Any:
            raise AssertionError("asked for its class")

        @__class__.setter
        def __class__(self, value: Any) -> None:
            raise AssertionError

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            raise AssertionError(f"class asked for {name}")

    names["proxy"] = Proxy()
    names["strange"] = Meta("Strange", (), {})
    assert kind_of(names["proxy"]) == ""
    assert not any(each.name.startswith("found_of_test.") for each in found_caches())


def test_the_names_of_a_notebook_are_looked_through_without_what_its_cells_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from IPython.core import getipython

    given, named = functools.lru_cache(3)(len), functools.lru_cache(4)(len)
    shell = SimpleNamespace(user_ns={"_5": given, "_": given, "Out": {5: given}, "of_notebook": named})
    monkeypatch.setattr(getipython, "get_ipython", lambda: shell)
    assert [each.name for each in found_caches() if each.cache in (given, named)] == ["of_notebook"]


def test_libraries_that_are_not_loaded_stay_so() -> None:
    code = (
        "import sys\nfrom tailgana_lab.measure.found_caches import found_caches\nfound_caches()\n"
        "print([name for name in ('cachetools', 'joblib', 'cachebox', 'diskcache', 'IPython') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
