"""Traces of keys from whatever holds them: arrays, Series, lists and files.

Reads and numbers keys; counts nothing.
"""

import os
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine
from tailgana_lab.errors import InvalidRequestError

if TYPE_CHECKING:
    import numpy as np

KEY = "key"  # column of files
ORACLE_GENERAL = [("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")]
ORACLE_GENERAL_BYTES = 24


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
    except (OSError, ValueError, ImportError) as error:
        if isinstance(error, InvalidRequestError):
            raise
        reason = " ".join(str(error).split())
        raise InvalidRequestError(f"`{path}` cannot be read as a trace: {reason}") from error


def _column_of_parquet(path: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path, columns=[KEY])[KEY]


def _column_of_csv(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path, usecols=[KEY])[KEY]


def _array_of(path: Path) -> Any:
    import numpy as np

    return np.load(path, allow_pickle=False)


def _ids_of_oracle_general(path: Path) -> Any:
    import numpy as np

    n_bytes = path.stat().st_size
    if n_bytes % ORACLE_GENERAL_BYTES:
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
