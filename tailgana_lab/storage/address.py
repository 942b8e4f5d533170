"""Where a store is: a file or a PostgreSQL database, from a path, a URL or the environment. Opens nothing."""

import os
import re
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from tailgana_lab.errors import InvalidRequestError

VARIABLE = "TAILGANA_STORE"
FOLDER = ".tailgana"
DEFAULT = Path(FOLDER) / "lab.db"  # one store a project
_SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(r"postgres(ql)?(\+psycopg)?://")
_PASSWORD = re.compile(r"(://[^:/@]*):[^@/]*@|(password=)[^&]*")


@dataclass(frozen=True)
class Address:
    """One place, whole: it means the same after a change of folder."""

    url: str
    """As it can be given to a store again."""
    path: Path | None
    """The file, where it is one."""

    @property
    def place(self) -> str:
        """For people: the path, or the URL without its password."""
        return str(self.path) if self.path else _PASSWORD.sub(_hidden, self.url)

    @classmethod
    def of(cls, url: "str | PathLike[str] | None" = None) -> "Address":
        """The place that a path or URL names; `TAILGANA_STORE` or the project's own file without one.

        Raises
        ------
        InvalidRequestError
            If it is the URL of another kind of database.

        Examples
        --------
        >>> Address.of("/data/lab.db").url
        'sqlite:////data/lab.db'
        >>> Address.of("postgresql://me:secret@db/lab").place
        'postgresql+psycopg://me:***@db/lab'
        """
        text = fspath(url) if url is not None else os.environ.get(VARIABLE) or str(DEFAULT)
        if _POSTGRESQL.match(text):
            return cls(_POSTGRESQL.sub("postgresql+psycopg://", text, count=1), None)
        if "://" in text and not text.startswith(_SQLITE):
            kind = text.partition("://")[0]
            raise InvalidRequestError(
                f"a store is a file or a PostgreSQL database, got `{kind}://`: give a path or `postgresql+psycopg://…`"
            )
        path = Path(text.removeprefix(_SQLITE)).expanduser().absolute()
        return cls(f"{_SQLITE}{path}", path)


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}:***@" if found[1] else f"{found[2]}***"
