"""The C part, built when a step needs it."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.step import StepFailedError


def load_native() -> ctypes.CDLL:
    """The compiled `native.c`.

    Raises
    ------
    StepFailedError
        If there is no C compiler, or it refuses.
    """
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise StepFailedError("no C compiler: install gcc, or name one in CC")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "native.so"
        source = Path(__file__).with_name("native.c")
        built = subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", "-pthread", "-o", library, source], capture_output=True, text=True
        )
        if built.returncode:
            raise StepFailedError(f"the C compiler refused: {built.stderr.strip().splitlines()[0]}")
        loaded = ctypes.CDLL(str(library))
    loaded.sync_blocked.restype = ctypes.c_double
    return loaded
