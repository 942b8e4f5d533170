"""Signatures of payloads with a key of this user: what another user made, or someone altered, is told apart.

The key never leaves its file; it is made when something is first signed.
"""

import hmac
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_hex

from tailgana_lab.errors import LabError

KEY_BYTES = 32
SIGNATURE_BYTES = 32  # of HMAC-SHA256
_PURPOSE = b"tailgana payload 1\0"  # a signature made for one purpose is none for another


def key_path() -> Path:
    """Where this user's key is, or would be: under `$XDG_DATA_HOME`, else under `~/.local/share`."""
    data = os.environ.get("XDG_DATA_HOME", "")
    try:
        base = Path(data) if os.path.isabs(data) else Path.home() / ".local" / "share"
    except RuntimeError:
        raise LabError("this user has no home for a signing key: set `XDG_DATA_HOME` to a folder") from None
    return base / "tailgana" / "key"


def sign(data: bytes) -> bytes:
    """Sign the data as this user.

    Raises
    ------
    LabError
        If there is no key and none can be made.
    """
    return _digest(_read_key() or _make_key(), data)


def is_own(data: bytes, signatures: bytes) -> bool:
    """Whether one of the signatures, which stand one after the other, is this user's of exactly this data."""
    key = _read_key()
    if key is None:
        return False
    wanted = _digest(key, data)
    starts = range(0, len(signatures), SIGNATURE_BYTES)
    return any(hmac.compare_digest(wanted, signatures[start : start + SIGNATURE_BYTES]) for start in starts)


def _digest(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + data, "sha256")


def _read_key() -> bytes | None:
    path = key_path()
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabError(f"cannot read the signing key `{path}`: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise LabError(f"`{path}` holds no key: remove it for a new one, and trust by name what it had signed")
    return key


def _make_key() -> bytes:
    """A new key, whole or not at all; of two processes that make one at once, both use the first."""
    path = key_path()
    draft = path.with_name(f".key-{token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(token_bytes(KEY_BYTES))
        try:
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    except OSError as error:
        raise LabError(f"cannot make the signing key `{path}`: {error.strerror}") from error
    key = _read_key()
    if key is None:
        raise LabError(f"the signing key `{path}` was removed while it was made: try again")
    return key
