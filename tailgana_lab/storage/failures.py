"""What a database complains about, as one line that names the store and the way out."""

import re

from tailgana_lab.errors import StoreError

BUSY_S = 30.0  # seconds that a writer waits for its turn

_SAYINGS = (
    ("not a database", "`{place}` is damaged or no store ({why}): move it away, or name another with `TAILGANA_STORE`"),
    ("malformed", "`{place}` is damaged ({why}): move it away, or name another with `TAILGANA_STORE`"),
    (
        r"\bis full|no space|disk i/o",
        "the disk of the store `{place}` is full or failing ({why}); what was stored before is safe",
    ),
    ("permission denied for", "the store `{place}` is not this user's ({why}): ask for the right to make tables there"),
    ("fatal:", "the server refuses the store `{place}` ({why}): are user, password and database right?"),
    ("read-?only", "the store `{place}` is read-only ({why}): name another with `TAILGANA_STORE`"),
    ("locked", "another process has kept the store `{place}` locked for {busy:g} s ({why}): end it, or try again"),
    (
        "unable to open|permission|file exists|not a directory",
        "cannot open the store `{place}` ({why}): is it a file in a folder that you may write to?",
    ),
    ("connect", "no answer from the store `{place}` ({why}): is the server running?"),
    ("", "the store `{place}` failed: {why}"),
)


def store_error(error: BaseException, place: str) -> StoreError:
    """The error of a database, in our words.

    Parameters
    ----------
    error : exception
        What SQLAlchemy, the driver or the system raised.
    place : str
        The store, for people.

    Examples
    --------
    >>> str(store_error(OSError("disk I/O error"), "lab.db"))
    'the disk of the store `lab.db` is full or failing (disk I/O error); what was stored before is safe'
    """
    original = getattr(error, "orig", None) or error
    text = getattr(original, "strerror", None) or str(original)
    line = " ".join((text.strip().splitlines() or [type(original).__name__])[0].split())
    said = next(saying for sign, saying in _SAYINGS if re.search(sign, line, re.I))
    return StoreError(said.format(place=place, why=line, busy=BUSY_S))
