"""Traces from files: what is damaged or no trace is refused in one line that names the file."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.traces import numbers_of

KEYS = np.random.default_rng(18).integers(0, 10**9, 20_000)
CSV = "\n".join(["key", *map(str, KEYS.tolist())]).encode()
RECORDS = np.zeros(3, dtype=[("time", "<i4"), ("key", "<i4")])


def damaged(content: bytes) -> bytes:
    """The same with a hole near its begin."""
    return content[:1_000] + bytes(400) + content[1_400:]


def saved(path: Path, array: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> None:
    np.save(path, array)


def saved_several(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=KEYS, b=KEYS)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cut.csv.gz", lambda path: path.write_bytes(gzip.compress(CSV)[:20_000])),
        ("damaged.csv.gz", lambda path: path.write_bytes(damaged(gzip.compress(CSV)))),
        ("damaged.csv.xz", lambda path: path.write_bytes(damaged(lzma.compress(CSV)))),
        ("text.csv.zip", lambda path: path.write_bytes(CSV)),
        ("text.csv.tar", lambda path: path.write_bytes(CSV)),
        ("empty.csv.gz", lambda path: path.touch()),
        ("empty.npy", lambda path: path.touch()),
        ("empty.oracleGeneral", lambda path: path.touch()),
        ("records.npy", lambda path: saved(path, RECORDS)),
        ("table.npy", lambda path: saved(path, np.zeros((3, 2)))),
        ("several.npy", saved_several),
        ("half.npy", lambda path: path.write_bytes(b"PK\x03\x04 and no more")),
        ("nothing.npy", lambda path: None),
    ],
)
def test_a_file_that_is_no_trace_is_refused_in_one_line_that_names_it(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(InvalidRequestError) as refused:
        numbers_of(path)
    assert f"`{path}`" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_packed_table_and_an_array_are_read(tmp_path: Path) -> None:
    (tmp_path / "keys.csv.gz").write_bytes(gzip.compress(CSV))
    np.save(tmp_path / "keys.npy", KEYS)
    assert numbers_of(tmp_path / "keys.csv.gz").tolist() == KEYS.tolist()
    assert numbers_of(str(tmp_path / "keys.npy")).tolist() == KEYS.tolist()
