"""The soak itself: a short one passes, and it would say so if a result differed or a process died."""

import os
import signal
from multiprocessing.connection import Connection

import pytest

from tests.engine import soak


def test_a_short_soak_reads_its_stacks_and_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--stacks", "500", "--processes", "1"]) == 0
    assert "no process died, no result differs" in capsys.readouterr().out


def test_a_digest_is_that_of_its_round() -> None:
    assert soak.digest_of(1) == soak.digest_of(1) != soak.digest_of(2)


def test_a_round_that_differs_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(soak, "plain_digests", lambda: ["of nothing"])
    assert soak.main(["--stacks", "500", "--processes", "1"]) == 1
    assert "process 0: round 0 gave another result" in capsys.readouterr().out


def die(_pipe: Connection, _expected: list[str]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(soak, "soak", die)
    assert soak.main(["--stacks", "500", "--processes", "1"]) == 1
    assert "process 0 died with code -9" in capsys.readouterr().out
