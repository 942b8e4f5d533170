"""Names made safe to look at: nothing invisible, nothing that turns its neighbours round."""

import re

# Unicode's control, format, surrogate and line-separator characters; the format ones of version 15.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]"
)


def visible(text: str) -> str:
    r"""Text with every character that hides or turns text written as an escape.

    Examples
    --------
    >>> print(visible("a\nb\u202ec"))
    a\x0ab\u202ec
    """
    return _UNSEEN.sub(_escape, text) if _UNSEEN.search(text) else text


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
