"""Traces of keys from whatever holds them: arrays, Series, lists and files.

Reads and numbers keys; counts nothing.
"""

import os
import zlib
from collections.abc import Hashable, Iterable
from pathlib import Path
from tarfile import TarError
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError

if TYPE_CHECKING:
    import numpy as np

try:
    from lzma import LZMAError as _LZMAError
except ImportError:  # a Python that was built without it
    _LZMAError = OSError  # type: ignore[misc,assignment]

KEY = "key"  # column of files
ORACLE_GENERAL = [("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")]
ORACLE_GENERAL_BYTES = 24
_UNREADABLE = (
    *(OSError, ValueError, ImportError, EOFError, MemoryError, TypeError, KeyError, NotImplementedError),
    *(zlib.error, BadZipFile, TarError, _LZMAError),
)
"""What reading a file raises that is cut short, damaged, or of another kind."""


def trace_of(keys: Any) -> _engine.Trace:
    """The trace of an array, a Series, an iterable of hashable keys, or a file."""
    return keys if isinstance(keys, _engine.Trace) else _engine.Trace(numbers_of(keys))


def numbers_of(keys: Any) -> "np.ndarray[Any, Any]":
    """The same as numbers of a type that the engine reads; equal numbers are equal keys."""
    if isinstance(keys, str | os.PathLike):
        keys = read_keys(Path(keys))
    if hasattr(keys, "to_numpy"):
        keys = keys.to_numpy()
    return _numbers(keys)


def read_keys(path: Path) -> Any:
    """The keys of a file, by its name and size."""
    try:
        if path.suffix == ".parquet":
            return _column_of_parquet(path)
        if ".csv" in path.suffixes[-2:]:
            return _column_of_csv(path)
        if path.suffix == ".npy":
            return _array_of(path)
        return _ids_of_oracle_general(path)
    except InvalidRequestError:
        raise
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidRequestError(f"`{path}` cannot be read as a trace: {reason}") from error


def _column_of_parquet(path: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path, columns=[KEY])[KEY]


def _column_of_csv(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path, usecols=[KEY])[KEY]


def _array_of(path: Path) -> Any:
    import numpy as np

    with path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
    if not isinstance(loaded, np.ndarray):
        raise InvalidRequestError(f"`{path}` is no trace: it holds several arrays. Save one with `numpy.save`")
    if loaded.dtype.names is not None:
        names = ", ".join(f"`{name}`" for name in loaded.dtype.names)
        raise InvalidRequestError(f"`{path}` is no trace: its records have the fields {names}. Save one of them")
    if loaded.ndim != 1:
        raise InvalidRequestError(f"`{path}` is no trace: it must be one series, got {loaded.ndim} dimensions")
    return loaded


def _ids_of_oracle_general(path: Path) -> Any:
    import numpy as np

    n_bytes = path.stat().st_size
    if n_bytes % ORACLE_GENERAL_BYTES or not n_bytes:
        raise InvalidRequestError(
            f"`{path}` is no trace: {n_bytes} bytes are no whole number of {ORACLE_GENERAL_BYTES}-byte records. "
            "Try a `.parquet`, `.csv` or `.npy` file, or oracleGeneral"
        )
    return np.fromfile(path, dtype=ORACLE_GENERAL)["id"]


def _numbers(keys: Any) -> "np.ndarray[Any, Any]":
    """Keys as numbers of a type that the engine reads."""
    import numpy as np

    if not isinstance(keys, np.ndarray):
        return _numbered(keys)
    if keys.ndim != 1:
        raise InvalidRequestError(f"`keys` must be one series, got {keys.ndim} dimensions")
    if keys.dtype.kind in "mM":
        keys = keys.view("int64")
    if keys.dtype.kind not in "iub":
        return _numbered(keys.tolist())
    wanted = "int64" if keys.dtype.kind == "i" else "uint64" if keys.dtype.itemsize > 4 else "uint32"
    return np.ascontiguousarray(keys, dtype=wanted)


def _numbered(keys: Iterable[Hashable]) -> "np.ndarray[Any, Any]":
    """Number keys by equality, as a dict does."""
    import numpy as np

    known: dict[Hashable, int] = {}
    try:
        return np.array([known.setdefault(key, len(known)) for key in keys], dtype="uint32")
    except TypeError as error:
        raise InvalidRequestError(f"`keys` must be hashable keys, an array, or a path: {error}") from error
