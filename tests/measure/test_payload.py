"""Payloads: what is packed here runs in a fresh process that cannot see the project, as it was when it was packed."""

import asyncio
import functools
import importlib
import io
import linecache
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.measure.payload import Payload, Recipe, pack, pack_cell, pack_today, unpack

FAR = """
import asyncio, sys, pathlib
from tailgana_lab.measure.payload import unpack
recipe = unpack(pathlib.Path(sys.argv[1]).read_bytes())
fresh = recipe.setup() if recipe.setup else recipe.args
arguments = fresh if isinstance(fresh, tuple) else () if fresh is None else (fresh,)
answer = recipe.call(*arguments, **recipe.kwargs)
print(repr(asyncio.run(answer) if recipe.is_async else answer))
"""


class Project:
    """A folder of modules that can be imported, edited and taken away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: set[str] = set()

    def write(self, **sources: str) -> None:
        """Write modules; `a__b` is module b of package a."""
        self._written |= {name.partition("__")[0] for name in sources}
        for name, source in sources.items():
            file = self.folder / (name.replace("__", "/") + ".py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(source)
            if "__" in name:
                (file.parent / "__init__.py").touch()

    def load(self, name: str) -> Any:
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def names(self) -> set[str]:
        return self._written | {path.stem for path in self.folder.glob("*")}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = Project(folder)
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] in made.names()]:
        del sys.modules[name]


@pytest.fixture
def far(tmp_path: Path) -> Callable[[Payload], Any]:
    """Runs a payload in a fresh process in an empty folder; gives what its call returned."""

    def run(payload: Payload) -> Any:
        assert payload.data is not None, payload.why_not
        folder = tmp_path / "far"
        folder.mkdir(exist_ok=True)
        (folder / "payload").write_bytes(payload.data)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", FAR, str(folder / "payload")],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return eval(done.stdout.splitlines()[-1])

    return run


Far = Callable[[Payload], Any]

# Functions of every kind


def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.cache
def cached(n: int) -> int:
    return n if n < 2 else cached(n - 1) + cached(n - 2)


async def waits(n: int) -> int:
    await asyncio.sleep(0)
    return n + 1


class Counter:
    """Adds up."""

    step = 2

    def __init__(self, start: int) -> None:
        self.start = start

    def add(self, n: int) -> int:
        return self.start + n * self.step

    def __call__(self, n: int) -> int:
        return self.add(n)

    @classmethod
    def of(cls, n: int) -> int:
        return cls(n).add(1)

    @functools.cached_property
    def twice(self) -> int:
        return self.start * 2


def closure() -> Callable[[int], int]:
    base = [10]

    def inner(n: int) -> int:
        return base[0] + n

    return inner


KINDS: dict[str, tuple[Any, tuple[Any, ...], Any]] = {
    "recursive": (fibonacci, (10,), 55),
    "cached": (cached, (30,), 832040),
    "async": (waits, (4,), 5),
    "method": (Counter(5).add, (3,), 11),
    "classmethod": (Counter.of, (3,), 5),
    "callable object": (Counter(1), (1,), 3),
    "partial": (functools.partial(Counter(5).add, 4), (), 13),
    "lambda": (lambda n: n * 3, (2,), 6),
    "closure": (closure(), (1,), 11),
    "builtin": (sorted, ([3, 1, 2],), [1, 2, 3]),
    "class": (Counter, (1,), None),
    "cached property": (lambda counter: counter.twice, (Counter(4),), 8),
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "class"])
def test_every_kind_of_function_runs_elsewhere(kind: str, far: Far) -> None:
    call, args, expected = KINDS[kind]
    assert far(pack(call, args)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_function_can_be_packed_and_unpacked_here(kind: str) -> None:
    payload = pack(*KINDS[kind][:2])
    assert payload.why_not == ""
    assert payload.data is not None
    assert isinstance(unpack(payload.data), Recipe)


def test_async_functions_are_known_as_such() -> None:
    for call in (waits, functools.partial(waits, 1)):
        payload = pack(call)
        assert payload.recipe.is_async
        assert unpack(payload.data or b"").is_async


def test_keywords_and_setup_travel(far: Far) -> None:
    assert far(pack(sorted, ([1, 3],), {"reverse": True})) == [3, 1]
    assert far(pack(lambda rows: rows.pop(), setup=lambda: ([1, 2, 3],))) == 3
    assert far(pack(lambda rows: rows.pop(), setup=lambda: [1, 2])) == 2
    assert far(pack(lambda: "none", setup=lambda: None)) == "none"


def test_large_arrays_of_a_module_travel(project: Project, far: Far) -> None:
    project.write(data="import numpy as np\nTABLE = np.arange(2_000_000)\ndef total():\n    return int(TABLE.sum())\n")
    payload = pack(project.load("data").total)
    assert far(payload) == 1999999000000
    assert len(payload.data or b"") < 17_000_000


def test_a_payload_tells_where_it_is_from(project: Project) -> None:
    project.write(work='def clean(n):\n    """Cleans."""\n    return n\n')
    payload = pack(project.load("work").clean, (1,))
    assert (payload.name, payload.kind, payload.module, payload.qualname) == ("clean", "function", "work", "clean")
    assert payload.file == str(project.folder / "work.py")
    assert payload.source == 'def clean(n):\n    """Cleans."""\n    return n\n'


def test_a_method_inside_a_partial_is_named_by_its_function() -> None:
    payload = pack(functools.partial(Counter(1).add, 2))
    assert (payload.module, payload.qualname) == (__name__, "Counter.add")


@pytest.mark.parametrize("value", [42, None, "clean"])
def test_what_is_no_function_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"must be a function, got `'?{value}'?`"):
        pack(value)
    if value is not None:
        with pytest.raises(InvalidRequestError, match="`setup` must be a function"):
            pack(len, setup=value)


# Code of the project


def test_all_modules_it_uses_come_with_it(project: Project, far: Far) -> None:
    project.write(
        weights="FACTOR = 3\ndef weight(n):\n    return n * FACTOR\n",
        scoring="import weights\ndef score(n):\n    return weights.weight(n) + 1\n",
        work="from scoring import score\ndef rank(n):\n    return score(n)\n",
    )
    assert far(pack(project.load("work").rank, (5,))) == 16


def test_a_module_that_is_imported_inside_the_function_comes_too(project: Project, far: Far) -> None:
    project.write(
        deep="def two():\n    return 2\n",
        later="def one():\n    from deep import two\n    return two() - 1\n",
        work="def run():\n    import later\n    def inner():\n        from later import one\n        return one()\n"
        "    return inner() + later.one()\n",
    )
    assert far(pack(project.load("work").run)) == 2


def test_packages_and_relative_imports_come_too(project: Project, far: Far) -> None:
    project.write(
        shop__prices="VALUE = 7\ndef price():\n    return VALUE\n",
        shop__orders="from . import prices\nfrom .prices import price\ndef order():\n    from .prices import VALUE\n"
        "    import shop.prices\n    return price() + prices.price() + VALUE + shop.prices.VALUE\n",
    )
    assert far(pack(project.load("shop.orders").order)) == 28


def test_functions_of_one_module_share_its_state(project: Project, far: Far) -> None:
    project.write(
        state="MODE = 1\ndef change():\n    global MODE\n    MODE = 2\n",
        work="import state\nfrom state import change\ndef run():\n    change()\n    return state.MODE\n",
    )
    assert far(pack(project.load("work").run)) == 2


def test_classes_of_the_project_come_with_their_objects(project: Project, far: Far) -> None:
    project.write(
        shapes="import dataclasses, enum\nclass Kind(enum.Enum):\n    ROUND = 1\n"
        "@dataclasses.dataclass\nclass Shape:\n    size: int\n    kind: Kind = Kind.ROUND\n"
        "    def area(self):\n        return self.size ** 2 * self.kind.value\n",
        work="from shapes import Shape\n"
        "def area(shape):\n    assert isinstance(shape, Shape)\n    return shape.area()\n",
    )
    work = project.load("work")
    assert far(pack(work.area, (work.Shape(3),))) == 9


def test_of_a_module_only_what_is_used_is_taken(project: Project, far: Far) -> None:
    project.write(
        helper="import threading\nLOCK = threading.Lock()\nUNUSED = bytes(1_000_000)\ndef used():\n    return 1\n",
        work="import helper\ndef run():\n    return helper.used()\n",
    )
    payload = pack(project.load("work").run)
    assert far(payload) == 1
    assert len(payload.data or b"") < 10_000


def test_a_function_in_the_main_module_travels(project: Project, far: Far, tmp_path: Path) -> None:
    project.write(helper="def two():\n    return 2\n")
    script = project.folder / "script.py"
    script.write_text(
        "import sys, pathlib, helper\nfrom tailgana_lab.measure.payload import pack\n"
        "def work(n):\n    return helper.two() * n\n"
        "pathlib.Path(sys.argv[1]).write_bytes(pack(work, (4,)).data)\n"
    )
    target = tmp_path / "from_main"
    subprocess.run([sys.executable, str(script), str(target)], check=True, timeout=60)
    kept = Payload("work", "function", "__main__", "work", "", "", target.read_bytes(), "", Recipe(len))
    assert far(kept) == 8


def test_what_was_packed_stays_as_it_was(project: Project, far: Far) -> None:
    project.write(helper="def value():\n    return 1\n", work="import helper\ndef run():\n    return helper.value()\n")
    kept = pack(project.load("work").run)
    project.write(helper="def value():\n    return 2\n")
    assert far(kept) == 1


def test_two_versions_live_side_by_side(project: Project) -> None:
    source = "def value():\n    return {0}\n"
    project.write(helper=source.format(1), work="def run():\n    import helper\n    return helper.value()\n")
    old = pack(project.load("work").run)
    project.write(helper=source.format(2222))
    del sys.modules["helper"], sys.modules["work"]
    new = pack(project.load("work").run)
    del sys.modules["helper"], sys.modules["work"]
    assert [unpack(each.data or b"").call() for each in (old, new, old)] == [1, 2222, 1]
    assert "helper" not in sys.modules


def test_the_lab_itself_is_never_taken_by_value(far: Far) -> None:
    from tailgana_lab.units import format_seconds

    payload = pack(lambda: format_seconds(1.5))
    assert far(payload) == "1.50 s"
    assert b"_TIME" + b"_STEPS" not in (payload.data or b"")  # in two parts: this file's text travels


def test_modules_installed_into_a_folder_are_libraries(project: Project, tmp_path: Path) -> None:
    (project.folder / "thing-1.0.dist-info").mkdir()
    project.write(thing="def call():\n    return 'a text that is only in the library'\n")
    payload = pack(project.load("thing").call)
    assert b"only in the library" not in (payload.data or b"")


def test_what_others_registered_with_cloudpickle_stays(project: Project) -> None:
    project.write(one="def f():\n    return 1\n", other="def g():\n    return 1\n")
    one, other = project.load("one"), project.load("other")
    cloudpickle.register_pickle_by_value(one)
    try:
        pack(other.g)
        assert cloudpickle.list_registry_pickle_by_value() == {"one"}
    finally:
        cloudpickle.unregister_pickle_by_value(one)


def test_threads_can_pack_at_the_same_time(project: Project) -> None:
    project.write(work="def f(n):\n    return n\n")
    function = project.load("work").f
    packed: list[Payload] = []
    threads = [
        threading.Thread(target=lambda: packed.extend(pack(function, (n,)) for n in range(20))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(packed) == 80
    assert all(b"__module__" in (payload.data or b"") for payload in packed)
    assert cloudpickle.list_registry_pickle_by_value() == set()


def test_tracebacks_show_the_lines_of_code_that_came_from_afar(project: Project) -> None:
    project.write(work="def fail():\n    raise KeyError('row 7')  # the line\n")
    kept = pack(project.load("work").fail)
    (project.folder / "work.py").unlink()
    linecache.clearcache()
    with pytest.raises(KeyError) as raised:
        unpack(kept.data or b"").call()
    assert "raise KeyError('row 7')  # the line" in "".join(traceback.format_exception(raised.value))


# What can't travel

LOCK = threading.Lock()


def test_a_lock_is_named_as_the_reason() -> None:
    def holds() -> None:
        with LOCK:
            pass

    payload = pack(holds)
    assert payload.data is None
    assert payload.why_not.endswith("holds` uses `LOCK`: cannot pickle '_thread.lock' object")
    payload.recipe.call()


def test_the_reason_is_found_in_modules_that_are_used(project: Project) -> None:
    project.write(
        helper="import threading\nGUARD = threading.Lock()\ndef used():\n    with GUARD:\n        return 1\n",
        work="import helper\ndef run():\n    return helper.used()\n",
    )
    payload = pack(project.load("work").run)
    assert payload.data is None
    assert "`used` uses `GUARD`" in payload.why_not


def test_an_open_file_does_not_travel(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("rows")
    with path.open() as file:
        payload = pack(lambda: file.read())
        assert payload.data is None
        assert "uses `file`: cannot pickle an open file" in payload.why_not
        assert file.read() == "rows"
    assert pack(lambda: io.StringIO("x").read()).data is not None


def test_an_object_that_refuses_gives_the_reason_on_one_line() -> None:
    class Refuses:
        def __reduce__(self) -> Any:
            raise RuntimeError("not\ntoday")

    payload = pack(len, (Refuses(),))
    assert (payload.data, payload.why_not) == (None, "not today")


def test_packing_runs_nothing_that_unpacking_would(tmp_path: Path, project: Project) -> None:
    marker = tmp_path / "marker"
    project.write(
        trap="class Trap:\n    def __reduce__(self):\n"
        f"        return (eval, (\"open({str(marker)!r}, 'w').close()\",))\n"
        "TRAP = Trap()\ndef run():\n    return TRAP is None\n"
    )
    payload = pack(project.load("trap").run)
    assert payload.data is not None
    assert not marker.exists()
    unpack(payload.data)
    assert marker.exists()


def test_source_that_is_not_there_is_empty() -> None:
    space: dict[str, Any] = {}
    exec("def made():\n    return 1\n", space)
    payload = pack(space["made"])
    assert (payload.source, payload.why_not) == ("", "")


# What can't be loaded


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack(fibonacci, (1,)).data or b""
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    with pytest.raises(LabError, match=r"packed by cpython 3\.\d+ and can't be run by cpython 3\.99"):
        unpack(data)


def test_a_newer_lab_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailgana_lab.measure.payload.FORMAT", 9)
    data = pack(fibonacci, (1,)).data or b""
    monkeypatch.setattr("tailgana_lab.measure.payload.FORMAT", 1)
    with pytest.raises(LabError, match="newer tailgana_lab"):
        unpack(data)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x80"])
def test_broken_bytes_are_said_on_one_line(data: bytes) -> None:
    with pytest.raises(LabError, match="the kept code can't be loaded here: ") as raised:
        unpack(data)
    assert "\n" not in str(raised.value)


# Cells


def test_a_cell_runs_elsewhere_with_the_names_it_uses(far: Far) -> None:
    import numpy as np

    namespace = {"np": np, "rows": [3, 4], "unused": threading.Lock()}
    payload = pack_cell("total = int(np.sum(rows))\nassert total == 7", namespace)
    assert far(payload) is None
    assert (payload.kind, payload.source) == ("cell", "total = int(np.sum(rows))\nassert total == 7")


def test_assignments_of_a_cell_stay_inside() -> None:
    namespace: dict[str, Any] = {"x": 1, "seen": []}
    call = pack_cell("seen.append(x)\nx = x + 1\ny = x", namespace).recipe.call
    call()
    call()
    assert namespace == {"x": 1, "seen": [1, 1]}


def test_a_later_change_in_the_kernel_does_not_reach_a_packed_cell() -> None:
    namespace: dict[str, Any] = {"x": 1, "seen": []}
    call = pack_cell("seen.append(x)", namespace).recipe.call
    namespace["x"] = 2
    call()
    assert namespace["seen"] == [1]


def test_functions_of_a_cell_see_its_names() -> None:
    seen: list[int] = []
    pack_cell("k = 2\ndef f(n):\n    return n * k\nseen.append(f(4))", {"seen": seen}).recipe.call()
    assert seen == [8]


def test_setup_code_runs_before_each_call(far: Far) -> None:
    payload = pack_cell("rows.pop()\nassert rows == [1]", {}, setup="rows = [1, 2]")
    assert far(payload) is None
    setup, call = payload.recipe.setup, payload.recipe.call
    assert setup is not None
    call(setup())
    call(setup())


async def test_a_cell_with_await_is_async(far: Far) -> None:
    seen: list[int] = []
    payload = pack_cell("await asyncio.sleep(0)\nx = x + 1\nseen.append(x)", {"asyncio": asyncio, "seen": seen, "x": 1})
    assert payload.recipe.is_async
    await payload.recipe.call()
    await payload.recipe.call()
    assert seen == [2, 2]
    assert far(payload) is None


def test_modules_of_the_project_come_with_a_cell(project: Project, far: Far) -> None:
    project.write(work="def clean(n):\n    return n\n", other="def more():\n    return 2\n")
    namespace = {"work": project.load("work")}
    assert (
        far(pack_cell("from other import *\nimport work as again\nassert work.clean(7) + more() == 9", namespace))
        is None
    )


def test_a_missing_name_is_an_error_that_says_so() -> None:
    with pytest.raises(InvalidRequestError, match="the cell uses `df`, which this kernel does not have"):
        pack_cell("df.head()", {})


@pytest.mark.parametrize(
    "source",
    [
        "for f in [1]:\n    print(f)",
        "with open('x') as f:\n    data = f.read()",
        "f = 1\nf + 1",
        "def f():\n    return f",
        "try:\n    import f\nexcept ImportError:\n    f = None\nf",
        "if 1:\n    f = 1\nelse:\n    f = 2\nf",
        "[f for f in range(3)]",
        "lambda f: f",
        "while 1:\n    f = 1\n    if f:\n        break",
        "import f.inner",
        "class A:\n    f = 1\n    g = f",
        "try:\n    pass\nexcept ValueError as f:\n    print(f)",
    ],
)
def test_names_that_a_cell_sets_first_are_not_taken(source: str) -> None:
    assert pack_cell(source, {"f": threading.Lock()}).why_not == ""


@pytest.mark.parametrize(
    "source",
    [
        "f += 1",
        "f = f + 1",
        "del f",
        "if 0:\n    f = 1\nf",
        "for x in []:\n    f = 1\nprint(f)",
        "def g():\n    return f",
        "match 1:\n    case f:\n        pass\nprint(f)",
        "print([f for _ in range(3)])",
        "class A:\n    g = f",
    ],
)
def test_names_that_a_cell_may_read_first_are_taken(source: str) -> None:
    payload = pack_cell(source, {"f": threading.Lock()})
    assert payload.data is None
    assert "cannot pickle '_thread.lock' object" in payload.why_not


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = (", "the cell is no Python: "),
        ("  \n", "the cell is empty"),
        ("return 1", "the cell is no Python: 'return' outside function"),
        ("x\0", "the cell is no Python: "),
    ],
)
def test_a_cell_that_is_no_python_is_refused_on_one_line(source: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as raised:
        pack_cell(source, {"x": 1})
    assert "\n" not in str(raised.value)


def test_wrong_setup_code_is_named() -> None:
    with pytest.raises(InvalidRequestError, match=r"the set-up code is no Python: .* \(line 1\)"):
        pack_cell("x", {"x": 1}, setup="x = = 2")


def test_tracebacks_show_the_lines_of_a_cell() -> None:
    recipe = unpack(pack_cell("x = 1\nraise KeyError('row 7')  # here", {}).data or b"")
    with pytest.raises(KeyError) as raised:
        recipe.call()
    assert "raise KeyError('row 7')  # here" in "".join(traceback.format_exception(raised.value))


# Today


def today(project: Project, kept: Payload, **options: Any) -> Payload:
    return pack_today(kept.module, kept.qualname, root=project.folder, args_from=kept.data, **options)


def test_today_is_what_is_on_disk_with_the_kept_arguments(project: Project, far: Far) -> None:
    project.write(
        helper="def factor():\n    return 2\n", work="import helper\ndef run(n):\n    return helper.factor() * n\n"
    )
    kept = pack(project.load("work").run, (21,), name="kept")
    project.write(helper="def factor():\n    return 3\n")
    new = today(project, kept, name="kept")
    assert (far(kept), far(new)) == (42, 63)
    assert (new.name, new.module, new.qualname) == ("kept", "work", "run")
    assert not list(project.folder.rglob("__pycache__"))


def test_an_edit_of_the_same_length_in_the_same_second_is_seen(project: Project, far: Far) -> None:
    project.write(work="def run():\n    return 1\n")
    subprocess.run([sys.executable, "-c", "import work"], cwd=project.folder, check=True, timeout=60)
    kept = pack(project.load("work").run)
    times = (project.folder / "work.py").stat()
    project.write(work="def run():\n    return 2\n")
    import os

    os.utime(project.folder / "work.py", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert far(today(project, kept)) == 2


def test_arguments_become_those_of_todays_classes(project: Project, far: Far) -> None:
    source = (
        "class Row:\n    def __init__(self, n):\n        self.n = n\n"
        "    def value(self):\n        return self.n * {0}\n"
    )
    project.write(
        rows=source.format(2), work="import rows\ndef run(row):\n    return row.value(), type(row) is rows.Row\n"
    )
    work = project.load("work")
    kept = pack(work.run, (work.rows.Row(5),))
    project.write(rows=source.format(3))
    assert (far(kept), far(today(project, kept))) == ((10, True), (15, True))


def test_methods_and_partials_keep_their_shape(project: Project, far: Far) -> None:
    source = "class Row:\n    def value(self, n, k=1):\n        return {0} * n * k\n"
    project.write(rows=source.format(2))
    kept = pack(functools.partial(project.load("rows").Row().value, 5, k=2))
    project.write(rows=source.format(3))
    assert (far(kept), far(today(project, kept))) == (20, 30)


def test_without_a_kept_payload_there_are_no_arguments(project: Project, far: Far) -> None:
    project.write(work="def run():\n    return 4\n")
    assert far(pack_today("work", "run", root=project.folder, args_from=None)) == 4


def test_another_tree_stands_for_the_project(project: Project, far: Far, tmp_path: Path) -> None:
    (project.folder / "src").mkdir()
    (project.folder / "src" / "inner.py").write_text("def run():\n    return 1\n")
    sys.path.insert(0, str(project.folder / "src"))
    other = tmp_path / "other" / "src"
    other.mkdir(parents=True)
    (other / "inner.py").write_text("def run():\n    return 2\n")
    here = pack_today("inner", "run", root=project.folder, args_from=None)
    there = pack_today("inner", "run", root=other.parent, args_from=None, instead_of=project.folder)
    assert (far(here), far(there)) == (1, 2)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def other():\n    return 1\n", "`work` has no `run` any more"),
        (None, "there is no module `work` any more"),
        ("def run(:\n", "`work` can't be imported any more: SyntaxError: "),
        ("raise SystemExit('bye')", "`work` can't be imported any more: SystemExit: bye"),
        ("import nothing_of_that_name", "`work` can't be imported any more: No module named 'nothing_of_that_name'"),
        ("run = 5", "`work.run` is no function any more: it is of type `int`"),
        ("import os\nos._exit(3)", "importing `work` ended its process"),
        (
            "import threading\nlock = threading.Lock()\ndef run():\n    return lock\n",
            "`run` of today can't travel: `run` uses `lock`",
        ),
    ],
)
def test_what_is_gone_is_said_on_one_line(project: Project, source: str | None, message: str) -> None:
    project.write(work="def run():\n    return 1\n")
    kept = pack(project.load("work").run)
    if source is None:
        (project.folder / "work.py").unlink()
    else:
        project.write(work=source)
    with pytest.raises(LabError) as raised:
        today(project, kept)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_module_that_never_ends_is_ended(project: Project) -> None:
    project.write(work="while True:\n    pass\n")
    with pytest.raises(LabError, match=r"importing `work` took more than 0.5 s"):
        pack_today("work", "run", root=project.folder, args_from=None, limit_s=0.5)


@pytest.mark.parametrize(("module", "qualname"), [("__main__", "work"), ("", "work"), ("work", "make.<locals>.inner")])
def test_what_can_not_be_found_by_its_name_is_said(module: str, qualname: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="give the function to compare with"):
        pack_today(module, qualname, root=tmp_path, args_from=None)
