"""The limits and defaults that a user can change: one frozen record, read once where text comes in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tailgana_lab.errors import InvalidRequestError

_PREFIX = "TAILGANA_"


@dataclass(frozen=True)
class Settings:
    """Limits and defaults of the lab."""

    profile_duration_sec: float = 60.0
    """How long a bottleneck analysis profiles its workload at most, seconds."""
    top_n: int = 10
    """Bottlenecks that an analysis returns at most, and hot lines shown as text."""
    profiles_kept: int = 100
    """Profiles a `Lab` remembers; the oldest are dropped."""
    priority_1_above_pct: float = 20.0
    """Share of the time above which a bottleneck has priority 1, percent."""
    priority_2_above_pct: float = 10.0
    """The same for priority 2, percent."""
    priority_3_above_pct: float = 5.0
    """The same for priority 3, percent."""
    priority_4_above_pct: float = 2.0
    """The same for priority 4, percent; what is left has priority 5."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Take each setting from `TAILGANA_<NAME>` where that variable is set.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Variables to read; the process's own by default.

        Returns
        -------
        Settings
            Defaults, changed by what was found.

        Raises
        ------
        InvalidRequestError
            If a variable does not hold a positive number.

        Examples
        --------
        >>> Settings.from_environment({"TAILGANA_TOP_N": "5"}).top_n
        5
        """
        found = os.environ if environ is None else environ
        changed: dict[str, Any] = {
            each.name: _number(_PREFIX + each.name.upper(), found[_PREFIX + each.name.upper()], type(each.default))
            for each in fields(cls)
            if _PREFIX + each.name.upper() in found
        }
        return cls(**changed)


def _number(variable: str, text: str, kind: type) -> float:
    """A positive number of the wanted kind."""
    try:
        value: float = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise InvalidRequestError(
            f"`{variable}` must be a positive {kind.__name__}, got `{text}`: unset it for the default"
        )
    return value
