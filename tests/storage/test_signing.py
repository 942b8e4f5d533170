import os
import subprocess
import sys
from pathlib import Path

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.storage.signing import KEY_BYTES, SIGNATURE_BYTES, is_own, key_path, sign

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_a_signature_is_of_exactly_this_data() -> None:
    signature = sign(b"data")
    assert len(signature) == SIGNATURE_BYTES
    assert is_own(b"data", signature)
    assert not is_own(b"Data", signature)
    assert not is_own(b"data", signature[:-1])
    assert not is_own(b"data", b"")


def test_any_of_several_signatures_counts() -> None:
    assert is_own(b"data", bytes(SIGNATURE_BYTES) + sign(b"data"))
    assert not is_own(b"data", b"x" + sign(b"data"))


def test_the_key_is_for_this_user_alone() -> None:
    sign(b"data")
    assert key_path().stat().st_mode & 0o777 == 0o600
    assert key_path().parent.stat().st_mode & 0o777 == 0o700
    assert key_path().stat().st_size == KEY_BYTES
    assert [path.name for path in key_path().parent.iterdir()] == ["key"]


def test_another_user_has_another_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = sign(b"data")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "other"))
    assert not is_own(b"data", signature)
    assert not key_path().exists()
    assert sign(b"data") != signature


def test_without_a_data_folder_the_key_is_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(home))
    assert key_path() == home / ".local" / "share" / "tailgana" / "key"


def test_processes_that_make_the_key_at_once_share_it() -> None:
    script = "from tailgana_lab.storage.signing import sign; print(sign(b'data').hex())"
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert {run.communicate()[0].strip() for run in runs} == {sign(b"data").hex()}


def test_a_key_of_the_wrong_size_is_named() -> None:
    key_path().parent.mkdir(parents=True)
    key_path().write_bytes(b"short")
    for attempt in (lambda: sign(b"data"), lambda: is_own(b"data", b"")):
        with pytest.raises(LabError, match="key"):
            attempt()


def test_a_home_that_cannot_hold_a_key_is_named(home: Path) -> None:
    (home / "data").write_text("")
    with pytest.raises(LabError, match="key") as failed:
        sign(b"data")
    assert "\n" not in str(failed.value)
    assert os.listdir(home) == ["data"]
