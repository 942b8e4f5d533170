"""A program in a process of its own, for profilers that start it or attach to it: `target.py JOB.json`.

The job says which program, with which arguments, where its result goes, and how py-spy attaches, if it does.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

ATTACH_S = 1.0  # seconds until py-spy samples; a run without it waits as long
PR_SET_PTRACER, ANY_PROCESS = 0x59616D61, ctypes.c_ulong(-1)


@contextmanager
def overhead(workload: str, repeats: int) -> Iterator[Callable[[], Any]]:
    from benchmarks.clocks import measure_run
    from benchmarks.workloads import WORKLOADS

    work = WORKLOADS[workload]
    work()
    work()
    yield lambda: measure_run(lambda: [work() for _ in range(repeats)])


@contextmanager
def attached(command: list[str] | None) -> Iterator[Callable[[], float]]:
    """With py-spy on this process; gives the clock of its CPU time."""
    if command is None:
        time.sleep(ATTACH_S)
        yield lambda: 0.0
        return
    from benchmarks.clocks import cpu_of

    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY_PROCESS, 0, 0, 0)
    spy = subprocess.Popen(
        [*command, "--pid", str(os.getpid())], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        time.sleep(ATTACH_S)
        if spy.poll() is not None:
            said = spy.stderr.read().strip().splitlines() if spy.stderr else []
            sys.exit(f"py-spy ended: {said[-1] if said else spy.returncode}")
        yield lambda: cpu_of(spy.pid)
    finally:
        if spy.poll() is None:
            spy.send_signal(signal.SIGINT)
        spy.communicate(timeout=60)


def main(path: str) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from benchmarks.programs import prepared

    job = json.loads(Path(path).read_text())
    program: AbstractContextManager[Callable[[], Any]]
    if job["program"] == "overhead":
        program = overhead(**job["arguments"])
    else:
        program = prepared(job["program"], job["arguments"])
    with program as run, attached(job["spy"]) as spy_cpu:
        before = spy_cpu()
        result = run()
        spent = spy_cpu() - before
    Path(job["result"]).write_text(json.dumps({"result": result, "spy_cpu_s": spent}))


if __name__ == "__main__":
    main(sys.argv[1])
