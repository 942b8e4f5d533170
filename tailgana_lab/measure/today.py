"""The process that imports a function as it is on disk now and packs it; run by `payload.pack_today`.

It unpickles the arguments that it is given, so only trusted ones may reach it.
"""

import sys
from dataclasses import fields
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import Any

from tailgana_lab.errors import LabError
from tailgana_lab.measure.callables import find_function
from tailgana_lab.measure.fresh import read_request, write_answer
from tailgana_lab.measure.payload import pack, unpack_for
from tailgana_lab.measure.scope import library_prefixes


def main(folder: str) -> None:
    """Answer the request that stands in the folder."""
    request = read_request(folder)
    sys.path[:] = request["path"]
    read_sources_anew()
    try:
        write_answer(folder, _answer(**request))
    except LabError as error:
        write_answer(folder, str(error))


def _answer(path: list[str], target: tuple[str, str], args_from: bytes | None, name: str) -> dict[str, Any]:
    """Fields of the payload, but for what can't leave this process."""
    core = find_function(*target)
    if not callable(core):
        raise LabError(f"`{target[0]}.{target[1]}` is no function any more: it is of type `{type(core).__name__}`")
    if args_from is None:
        payload = pack(core, name=name)
    else:
        recipe = unpack_for(core, args_from)
        payload = pack(recipe.call, recipe.args, recipe.kwargs, setup=recipe.setup, name=name)
    if payload.data is None:
        raise LabError(f"`{target[1]}` of today can't travel: {payload.why_not}")
    return {each.name: getattr(payload, each.name) for each in fields(payload) if each.name != "recipe"}


class _AnewLoader(SourceFileLoader):
    """Compiles the source that is there: a compiled file counts as fresh for a second after an edit of equal length."""

    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def read_sources_anew() -> None:
    """Have modules outside the libraries compiled from their sources, without leaving compiled files behind."""
    libraries = tuple(library_prefixes())
    finder = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_AnewLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> Any:
        if f"{path}/".startswith(libraries) or "/site-packages" in path or "/dist-packages" in path:
            raise ImportError(path)
        return finder(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    sys.dont_write_bytecode = True
