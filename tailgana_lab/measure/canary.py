"""The yardstick of a machine's speed: a fixed piece of code.

It must never change, or kept figures lose their meaning.
"""

N_CALLS = 20
"""Calls of it after each block: about a tenth of a block."""
_KEYS = tuple(f"key {k}" for k in range(300))
_TABLE = dict.fromkeys(_KEYS, 1)
_BUFFER = bytearray(1 << 16)


def canary() -> int:
    """Look-ups, and a copy of 64 KiB.

    Examples
    --------
    >>> canary()
    65836
    """
    return sum(_TABLE[key] for key in _KEYS) + len(bytes(_BUFFER))
