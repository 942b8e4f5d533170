"""Several processes at one store: nothing that was acknowledged is lost, and nobody is told to try again."""

import subprocess
import sys
from pathlib import Path

import pytest

from tailgana_lab.storage.store import Store
from tests.storage.writers import WRITERS

SCRIPT = Path(__file__).with_name("writers.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("how", ["together", "opened"])
def test_eight_processes_that_create_and_write_at_once_lose_nothing(store: Store, how: str) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, how, store.url, "25"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.returncode == 0
    found = store.search("", limit=1000, type="probe")
    assert {(record.metadata["writer"], record.metadata["n"]) for record in found} == {
        (writer, n) for writer in range(WRITERS) for n in range(25)
    }
    assert len(found) == WRITERS * 25


@pytest.mark.parametrize("n_said", [1, 2, 23])
def test_a_killed_writer_leaves_every_record_that_it_was_told_of(store: Store, n_said: int) -> None:
    acknowledged: list[int] = []
    with subprocess.Popen([sys.executable, SCRIPT, "endless", store.url, "0"], cwd=ROOT, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        for line in run.stdout:
            acknowledged.append(int(line))
            if len(acknowledged) == n_said:
                run.kill()
                break
        acknowledged += [int(line) for line in run.stdout.read().split(b"\n") if line]
    found = sorted(record.metadata["n"] for record in store.search("run", limit=100_000))
    assert set(acknowledged) <= set(found)
    assert found == list(range(len(found)))
    for record in store.search("run", limit=100_000):
        assert record.has_payload is bool(record.metadata["n"] % 3)
        if record.has_payload:
            assert store.payload_of(record) == b"code"
