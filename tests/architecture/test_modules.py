"""Modules of the package: each can be imported alone, none imports what is heavy, and the public names are in order."""

import ast
import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tailgana_lab

ROOT = Path(__file__).resolve().parents[2]
HEAVY = "altair anywidget ipywidgets memray numpy pandas psutil pyarrow snakeviz sqlalchemy vl_convert".split()
MODULES = sorted(module.name for module in pkgutil.walk_packages(tailgana_lab.__path__, "tailgana_lab."))


@pytest.mark.parametrize("name", MODULES)
def test_module_can_be_imported(name: str) -> None:
    assert import_module(name).__name__ == name


def loaded_after(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_else_of_it() -> None:
    own = {name for name in loaded_after("import tailgana_lab") if name.startswith("tailgana_lab.")}
    assert own == set()


def test_loading_the_extension_imports_nothing_heavy() -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell as Shell\nshell = Shell.instance()\n"
    before = loaded_after(shell)
    after = loaded_after(shell + "shell.run_line_magic('load_ext', 'tailgana_lab')")
    assert (after - before) & set(HEAVY) == set()


def test_public_names_are_sorted_and_each_can_be_had() -> None:
    assert tailgana_lab.__all__ == sorted(tailgana_lab.__all__)
    assert [name for name in tailgana_lab.__all__ if not hasattr(tailgana_lab, name)] == []


def test_public_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse((ROOT / "tailgana_lab/__init__.py").read_text())
    seen = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tailgana_lab.")
        for alias in node.names
    }
    assert seen - {"load", "unload"} == set(tailgana_lab.__all__)


def test_no_submodule_has_the_name_of_a_public_function() -> None:
    submodules = {name.split(".")[1] for name in MODULES}
    assert submodules & set(tailgana_lab.__all__) == set()


def test_every_module_says_what_it_holds() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tailgana_lab").rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
