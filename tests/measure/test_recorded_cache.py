"""Recording another library's cache: the requests in order, and the original back whatever happens."""

import fnmatch
import functools
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import cachebox
import cachetools
import diskcache
import joblib
import numpy as np
import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.cached import cached
from tailgana_lab.measure.recorded_cache import Recording, record_cache
from tailgana_lab.measure.tuning import tune


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of a module of the user."""
    file = tmp_path / "recorded_of_test.py"
    file.write_text("")
    module = ModuleType("recorded_of_test")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "recorded_of_test", module)
    return vars(module)


def record(names: dict[str, Any], cache: Any, asked: Any) -> list[int]:
    """Requests of a cache that a block asks for these arguments."""
    names["cache"] = cache
    with record_cache("recorded_of_test.cache") as recording:
        for args in asked:
            args = args if isinstance(args, tuple) else (args,)
            names["cache"](*args)
    assert names["cache"] is cache
    return recording.trace().tolist()


def test_a_function_of_functools_is_recorded_as_it_tells_calls_apart(names: dict[str, Any]) -> None:
    cache = functools.lru_cache(2)(lambda x: 3 * x)
    assert record(names, cache, [5, 6, 5, 5, 7]) == [0, 1, 0, 0, 2]
    assert record(names, functools.lru_cache(2)(max), [(5, 1), (5.0, 1)]) == [0, 0]
    assert record(names, functools.lru_cache(2, typed=True)(max), [(5, 1), (5.0, 1)]) == [0, 1]
    assert (cache(5), cache.cache_info().currsize) == (15, 2)


def test_the_original_works_underneath_and_tells_its_figures(names: dict[str, Any]) -> None:
    names["cache"] = cache = functools.lru_cache(10)(lambda x: 3 * x)
    with record_cache("recorded_of_test.cache"):
        assert names["cache"] is not cache
        assert [names["cache"](x) for x in (1, 1)] == [3, 3]
        assert names["cache"].cache_info().hits == 1
        assert names["cache"].cache_parameters() == cache.cache_parameters()


def test_after_an_error_in_the_block_the_original_is_back_and_the_requests_are_kept(names: dict[str, Any]) -> None:
    names["cache"] = cache = functools.lru_cache(10)(lambda x: x)
    with suppress(KeyError), record_cache("recorded_of_test.cache") as recording:
        names["cache"](1)
        raise KeyError
    assert names["cache"] is cache
    assert recording.trace().tolist() == [0]


def test_every_name_of_the_original_is_swapped_and_comes_back(names: dict[str, Any], monkeypatch: Any) -> None:
    other = ModuleType("other_of_test")
    monkeypatch.setitem(sys.modules, "other_of_test", other)
    names["cache"] = cache = functools.lru_cache(10)(lambda x: x)
    vars(other)["imported"] = cache
    with record_cache("recorded_of_test.cache") as recording:
        vars(other)["imported"](1)
        names["taken"] = names["cache"]
    assert recording.trace().tolist() == [0]
    assert vars(other)["imported"] is names["taken"] is cache


def test_a_method_is_recorded_in_its_class(names: dict[str, Any]) -> None:
    class Thing:
        @functools.lru_cache(5)  # noqa: B019  # what is recorded
        def value(self, x: int) -> int:
            return x

    Thing.__module__ = "recorded_of_test"
    names["Thing"], original = Thing, vars(Thing)["value"]
    one, two = Thing(), Thing()
    with record_cache("recorded_of_test.Thing.value") as recording:
        assert [one.value(1), two.value(1), one.value(1)] == [1, 1, 1]
    assert recording.trace().tolist() == [0, 1, 0]
    assert vars(Thing)["value"] is original


def test_functions_of_other_libraries_are_recorded(names: dict[str, Any], tmp_path: Path) -> None:
    asked, pattern = [1, 2, 1], [0, 1, 0]
    assert record(names, cachetools.cached(cachetools.LRUCache(5))(lambda x: x), asked) == pattern
    assert record(names, cachebox.cached(cachebox.LRUCache(5))(lambda x: x), asked) == pattern
    assert record(names, joblib.Memory(tmp_path / "joblib", verbose=0).cache(abs), asked) == pattern


@pytest.mark.parametrize(
    "make", [lambda folder: cachetools.LRUCache(2), lambda folder: diskcache.Cache(folder / "disk")]
)
def test_a_mapping_is_recorded_for_all_who_hold_it(names: dict[str, Any], tmp_path: Path, make: Any) -> None:
    names["cache"] = cache = make(tmp_path)
    kind = type(cache)
    with record_cache("recorded_of_test.cache") as recording:
        cache["a"] = 1
        assert cache["a"] == cache.get("a") == 1
        assert cache.get("b", 7) == 7
        with pytest.raises(KeyError):
            cache["b"]
    assert recording.trace().tolist() == [0, 0, 1, 1]
    assert type(cache) is kind
    if hasattr(cache, "close"):
        cache.close()


def test_calls_that_no_cache_can_keep_are_skipped_and_fail_as_before(names: dict[str, Any]) -> None:
    names["cache"] = functools.lru_cache(5)(lambda x: x)
    with record_cache("recorded_of_test.cache") as recording:
        with pytest.raises(TypeError):
            names["cache"]([1])
        names["cache"](1)
    assert recording.n_skipped == 1
    assert recording.trace().tolist() == [0]


def test_a_recording_is_bounded_and_keeps_the_latest() -> None:
    recording = Recording("bounded", max_requests=4)
    for key in range(19):
        recording.note(key)
    assert recording.trace().tolist() == [15, 16, 17, 18]
    assert len(recording) == 4


def test_keys_of_older_requests_are_let_go_and_the_trace_stays_right() -> None:
    asked = [*range(10_000), *([1, 2, 1, 3] * 500)]
    recording, noted = Recording("bounded", max_requests=100), 0
    for key in asked:
        recording.note(("key", key))
        noted = max(noted, len(recording._ids))
    assert noted <= 200
    trace = recording.trace().tolist()
    assert [trace.index(each) for each in trace[:8]] == [0, 1, 0, 3, 0, 1, 0, 3]


def test_a_key_is_held_no_longer_than_its_requests() -> None:
    class Key:
        """Something to hold."""

    recording, key = Recording("bounded", max_requests=10), Key()
    held = weakref.ref(key)
    recording.note(key)
    del key
    for x in range(40):
        recording.note(x)
    assert held() is None


@pytest.mark.parametrize(("does_record", "way_out"), [(True, r"`fib of test.trace\(\)`"), (False, "`record=True`")])
def test_a_cache_of_the_lab_says_that_it_records_itself(names: Any, does_record: bool, way_out: str) -> None:
    names["fib"] = cached(name="fib of test", record=does_record)(lambda x: x)
    with pytest.raises(InvalidRequestError, match=f"records itself: .*{way_out}"):
        record_cache("fib of test").__enter__()
    with pytest.raises(InvalidRequestError, match="records itself"):
        record_cache("recorded_of_test.fib").__enter__()


def test_threads_get_one_number_a_key(names: dict[str, Any]) -> None:
    names["cache"] = functools.lru_cache(500)(lambda x: x)

    def ask() -> None:
        for x in range(300):
            names["cache"](x % 50)

    with record_cache("recorded_of_test.cache") as recording:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(recording) == 1_200
    assert len(np.unique(recording.trace())) == 50


def test_the_tuner_takes_a_recording(names: dict[str, Any]) -> None:
    names["cache"] = functools.lru_cache(10)(lambda x: x)
    with record_cache("recorded_of_test.cache") as recording:
        for x in list(range(20)) * 30:
            names["cache"](x)
    advice = tune(recording, 0.9)
    assert (advice.name, advice.n_keys, advice.reachable) == ("recorded_of_test.cache", 20, True)


def test_a_function_of_any_loaded_module_can_be_named() -> None:
    original = fnmatch._compile_pattern  # type: ignore[attr-defined]
    with record_cache("fnmatch._compile_pattern") as recording:
        assert [fnmatch.fnmatchcase("ab", pattern) for pattern in ("a*", "b*", "a*")] == [True, False, True]
    assert recording.trace().tolist() == [0, 1, 0]
    assert fnmatch._compile_pattern is original  # type: ignore[attr-defined]


def test_what_is_not_there_or_no_cache_is_refused_with_what_there_is(names: dict[str, Any], tmp_path: Path) -> None:
    names.update(cache=functools.lru_cache(5)(len), plain=len, memory=joblib.Memory(tmp_path, verbose=0))
    names["box"] = cachebox.LRUCache(5)
    for name, word in (
        ("nothing", "recorded_of_test.cache"),
        ("plain", "no cache"),
        ("memory", "name a function"),
        ("box", "cachebox.cached"),
    ):
        with pytest.raises(InvalidRequestError, match=word):
            record_cache(f"recorded_of_test.{name}").__enter__()
