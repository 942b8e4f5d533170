"""A fresh interpreter that does one thing for the lab and is gone: started, watched, ended with all it has started.

Requests and answers are files of a folder that both sides know, so nothing that user code prints gets between.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_HOME = str(Path(__file__).resolve().parents[2])
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from importlib import import_module; main = import_module(sys.argv[2]).main; "
    "del sys.path[0]; main(sys.argv[3])"
)
_REQUEST, _ANSWER, _ERRORS = "request", "answer", "errors"


@contextmanager
def fresh_process(
    module: str, folder: Path, request: Any, environment: Mapping[str, str] | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    """Start an interpreter that calls `main(folder)` of a module of this package; it has ended when the block is left.

    Parameters
    ----------
    module : str
        Its whole name.
    folder : Path
        An empty folder, for request and answer.
    request : object
        What it reads by `read_request`.
    environment : mapping of str to str, optional
        Variables that differ from this process's own.
    """
    (folder / _REQUEST).write_bytes(pickle.dumps(request))
    with (folder / _ERRORS).open("wb") as errors:
        # -P: a file of the working folder must not take the place of a module
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, _HOME, module, str(folder)],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end_group(process)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started and left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def read_request(folder: str) -> Any:
    """In the fresh process: what is asked for."""
    return pickle.loads((Path(folder) / _REQUEST).read_bytes())


def write_answer(folder: str, answer: Any) -> None:
    """In the fresh process: give the answer, whole or not at all."""
    part = Path(folder) / (_ANSWER + ".part")
    part.write_bytes(pickle.dumps(answer))
    part.replace(Path(folder) / _ANSWER)


def read_answer(folder: Path) -> Any:
    """The answer, None if there is none."""
    try:
        return pickle.loads((folder / _ANSWER).read_bytes())
    except FileNotFoundError:
        return None


def last_words(folder: Path) -> str:
    """The last line that the process wrote to its error stream."""
    lines = (folder / _ERRORS).read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
