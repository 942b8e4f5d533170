"""Cached functions in a pickle: by name where they are found, else as function and options, without entries."""

import asyncio
import copy
import importlib
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import pytest

from tailgana_lab import cached

OPTIONS: dict[str, Any] = {"capacity": 7, "policy": "sieve", "ttl_s": 60.0, "max_bytes": 10_000, "record": False}

RECURSIVE = """
from tailgana_lab import cached
@cached(capacity=50, policy="sieve", name="counted back")
def function(n):
    "Its text."
    return n if n < 2 else function(n - 1) + function(n - 2)
"""


@cached(**OPTIONS)
def of_a_module(x: int) -> int:
    """Its text."""
    return x


@cached(**OPTIONS)
async def task_of_a_module(x: int) -> int:
    return x


@pytest.mark.parametrize("function", [of_a_module, task_of_a_module])
@pytest.mark.parametrize("through", [pickle, cloudpickle])
def test_a_cached_function_of_a_module_goes_by_name(function: Any, through: Any) -> None:
    assert through.loads(through.dumps(function)) is function


@pytest.mark.parametrize("function", [of_a_module, task_of_a_module])
@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_function_itself(function: Any, make: Any) -> None:
    assert make(function) is function
    assert make([function])[0] is function


def test_a_function_that_no_module_has_goes_with_its_options_and_no_entries() -> None:
    step = 3

    @cached(**OPTIONS, name="local", pure=True)
    def function(x: int) -> int:
        """Its text."""
        return x + step

    function(1)
    other = cloudpickle.loads(cloudpickle.dumps(function))
    assert (other(1), other.cache_info(), other.name, other.__doc__) == (4, (0, 1, 7, 1), "local", "Its text.")
    assert (other.policy, other.ttl_s, other.store.max_bytes) == ("sieve", 60.0, 10_000)
    assert (other.store.is_recording, other.store.is_pure, other.store is function.store) == (False, True, False)
    assert other.__wrapped__(2) == 5


def test_a_coroutine_function_that_no_module_has_goes_with_its_options() -> None:
    @cached(**OPTIONS)
    async def function(x: int) -> int:
        return x + 1

    other = cloudpickle.loads(cloudpickle.dumps(function))
    assert asyncio.run(other(1)) == 2
    assert (other.capacity, other.store is function.store) == (7, False)


def test_a_recursive_function_asks_the_cache_it_comes_with() -> None:
    space = ModuleType("notebook_of_recursion").__dict__
    exec(RECURSIVE, space)
    other = cloudpickle.loads(cloudpickle.dumps(space["function"]))
    assert (other(40), other.cache_info().misses, other.__qualname__) == (102334155, 41, "function")
    assert other.__wrapped__.__globals__["function"] is other
    assert space["function"].cache_info().misses == 0


def test_a_function_whose_name_means_another_one_now_goes_by_value() -> None:
    space = ModuleType("notebook_of_names").__dict__
    exec(RECURSIVE, space)
    old = space["function"]
    exec(RECURSIVE, space)
    assert cloudpickle.loads(cloudpickle.dumps(old)).name == "counted back"


SCRIPT = f"""
{RECURSIVE}
import pickle
import tailgana_lab as tgl

def asks():
    return function(20)

if __name__ == "__main__":
    assert pickle.loads(pickle.dumps(function)) is function
    found = tgl.compare(asks, asks, budget_s=2)
    assert function.cache_info().misses == 0, function.cache_info()
    print(found.verdict, found.isolated)
"""


def test_a_script_compares_code_that_asks_its_cached_function(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    ran = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert ran.stderr == ""
    assert ran.stdout.split()[-1] == "True"


POOL = f"""
{RECURSIVE}
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print(list(pool.map(function, [10, 20])))
"""


def test_a_script_hands_its_cached_function_to_a_pool(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(POOL)
    ran = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (ran.stdout, ran.stderr) == ("[55, 6765]\n", "")


def test_a_cached_function_of_a_user_module_travels_with_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tailgana_lab.measure.by_value import dumps_by_value

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_cached.py").write_text(RECURSIVE)
    data, _ = dumps_by_value(importlib.import_module("my_cached").function)
    monkeypatch.delitem(sys.modules, "my_cached")
    (tmp_path / "my_cached.py").unlink()
    other, *_ = pickle.loads(data)
    assert (other(10), other.policy) == (55, "sieve")
