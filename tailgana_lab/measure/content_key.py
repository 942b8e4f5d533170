"""Stand-ins for arguments that have no hash: arrays and tables of numpy, pandas and Arrow count by their content.

What counts: the kind of object, its type of elements with byte order, time zone and categories, its shape, whether it
lies in columns or rows, names and index, and every value, told apart by its bits: 0.0 and -0.0 are two. Other objects
without a hash have no stand-in. Subclasses have none either, for they may hold more than what is looked at here.
"""

import pickle
import struct
import sys
from typing import TYPE_CHECKING, Any

from tailgana_lab import _engine

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Parts = list[Any]


class ContentKey(bytes):
    """The content of an object, as 128 bits of XXH3; equal to none but another of its kind."""

    __slots__ = ()


class _NoContentError(Exception):
    """Something in it cannot be told apart by content."""


def stand_in(value: object) -> Any:
    """What counts for an argument that has no hash; NotImplemented where nothing can."""
    try:
        parts = _parts(value)
    except _NoContentError:
        return NotImplemented
    return NotImplemented if parts is None else ContentKey(_engine.content_digest(parts))


def _parts(value: object) -> Parts | None:
    """Everything that makes the object what it is, as buffers; None for an unknown kind."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library not in ("numpy", "pandas", "pyarrow") or library not in sys.modules:
        return None
    name = f"{library}.{kind.__name__}"
    found = {"numpy": _numpy, "pandas": _pandas, "pyarrow": _arrow}[library](value)
    return None if found is None else [name.encode(), *found]


def _numpy(value: Any) -> Parts | None:
    import numpy as np

    return _array(value) if type(value) is np.ndarray else None


def _array(array: "np.ndarray[Any, Any]") -> Parts:
    """Type of the elements, shape, order and elements of an array."""
    is_in_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    head = f"{array.dtype!r} {array.dtype.str} {array.shape} {is_in_columns}".encode()
    flat = (array.T if is_in_columns else array).reshape(-1)
    if array.dtype.hasobject:
        return [head, *_elements(flat.tolist())]
    if array.dtype.itemsize == 0:
        return [head]
    return [head, _contiguous(flat).view("u1")]


def _contiguous(flat: Any) -> Any:
    import numpy as np

    return np.ascontiguousarray(flat)


def _pandas(value: Any) -> Parts | None:
    import pandas as pd

    if type(value) is pd.DataFrame:
        columns = [value.iloc[:, place] for place in range(value.shape[1])]
        contents = [part for column in columns for part in _values(column.array)]
        return [*_index(value.index), *_index(value.columns), *contents]
    if type(value) is pd.Series:
        return [*_element(value.name), *_index(value.index), *_values(value.array)]
    if isinstance(value, pd.Index):
        return _index(value)
    return _values(value) if isinstance(value, pd.api.extensions.ExtensionArray) else None


def _index(index: "pd.Index[Any]") -> Parts:
    import pandas as pd

    head = [type(index).__name__.encode(), *_elements(list(index.names)), *_element(getattr(index, "freqstr", None))]
    if isinstance(index, pd.RangeIndex):
        return [*head, repr((index.start, index.stop, index.step)).encode()]
    if isinstance(index, pd.MultiIndex):
        levels = [part for level in index.levels for part in _index(level)]
        return [*head, *levels, *(part for codes in index.codes for part in _array(_contiguous(codes)))]
    return [*head, *_values(index.array)]


def _values(values: Any) -> Parts:
    """Elements of a column or index with their type: categories, time zone and missing ones included."""
    import numpy as np
    import pandas as pd

    head = [type(values).__name__.encode(), str(values.dtype).encode()]
    if isinstance(values, pd.Categorical):
        return [*head, str(values.ordered).encode(), *_index(values.categories), *_array(np.asarray(values.codes))]
    if isinstance(values, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray | pd.arrays.PeriodArray):
        return [*head, *_array(np.asarray(values.view("i8")))]
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        return [*head, *_array(values.to_numpy())]
    missing = np.asarray(values.isna())
    if isinstance(values, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        plain = values.to_numpy(dtype=values.dtype.type, na_value=0)
        return [*head, *_array(missing), *_array(plain)]
    return [*head, *_array(missing), *_elements(list(values))]


def _arrow(value: Any) -> Parts | None:
    import pyarrow as pa

    kinds = (pa.Table, pa.RecordBatch, pa.ChunkedArray, pa.Array)
    if not isinstance(value, kinds):
        return None
    if isinstance(value, pa.RecordBatch):
        value = pa.Table.from_batches([value])
    elif not isinstance(value, pa.Table):
        value = pa.table({"": value})
    table = value.combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return [sink.getvalue()]


def _elements(values: list[Any]) -> Parts:
    return [str(len(values)).encode(), *(part for value in values for part in _element(value))]


def _element(value: Any) -> Parts:
    """One object among others: its type and its content."""
    kind = type(value)
    head = f"{kind.__module__}.{kind.__qualname__}".encode()
    if value is None or kind is bool or kind is int:
        return [head, repr(value).encode()]
    if kind is str:
        return [head, value.encode("utf-8", "surrogatepass")]
    if kind is bytes:
        return [head, value]
    if kind is float:
        return [head, struct.pack("<d", value)]
    if kind is tuple or kind is list:
        return [head, *_elements(list(value))]
    found = _parts(value)
    return found if found is not None else [head, _pickled(value)]


def _pickled(value: object) -> bytes:
    """Any other object, as it would travel: equal bytes are equal objects."""
    try:
        return pickle.dumps(value, protocol=4)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise _NoContentError from error
