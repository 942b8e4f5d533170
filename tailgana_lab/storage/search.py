"""What is asked, as one statement: full-text search by FTS5 on SQLite, by tsvector on PostgreSQL. Imports SQLAlchemy.

No text can break it: all its words must occur, quoted; a text without a word is looked for as it stands.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, cast, column, func, insert, literal, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.storage.record import TIERS, storable
from tailgana_lab.storage.schema import RECORDS, WORDS

MAX_WORDS = 64  # words of a query that count: more of them only repeat the record
MAX_WORD = 400  # characters of a word that count; a lexeme of PostgreSQL has at most 2046 bytes
MAX_INDEXED = 200_000  # characters of one record's words that are indexed; a tsvector has at most 1 MB
MAX_LIMIT = 2**62  # more than any store holds, and less than a database refuses
SHORT_COMMIT = re.compile(r"[0-9a-f]{7,39}")  # as git abbreviates

RECORD_COLUMNS = tuple(RECORDS.c[name] for name in "id created tier content metadata has_payload".split())

_FTS5 = table("tailgana_words", column("rowid"), column("tailgana_words"))  # of that name is the index itself too
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Search:
    """What is wanted: records that fit all that is given, those stored last first."""

    query: str = ""
    """Text whose words must all occur; without one, any record fits."""
    limit: int = 10
    """Records at most."""
    tier: str | None = None
    """`short_term` or `long_term`."""
    type: str | None = None
    """Equal to `metadata["type"]`."""
    workload: str | None = None
    """Equal to `metadata["workload"]`."""
    commit: str | None = None
    """Equal to `metadata["commit_hash"]`, or its first 7 or more digits."""

    def __post_init__(self) -> None:
        if not isinstance(self.query, str):
            raise InvalidRequestError(f"`query` is a text, got `{type(self.query).__name__}`")
        if not _is_count(self.limit):
            raise InvalidRequestError(f"`limit` must be a whole number from 0 on, got `{self.limit}`")
        if self.tier is not None and self.tier not in TIERS:
            raise InvalidRequestError(f"`{self.tier}` is no tier: {' or '.join(f'`{each}`' for each in TIERS)}")

    def statement(self, dialect: str) -> Select[Any]:
        """The statement that finds it, with the columns `RECORD_COLUMNS`."""
        text = storable(self.query).strip()
        words = list(islice(_words_of_query(text, dialect), MAX_WORDS))
        chosen = select(*RECORD_COLUMNS).where(*self._filters(is_scanned=bool(words))).limit(min(self.limit, MAX_LIMIT))
        if words and dialect == "sqlite":
            matches = _FTS5.c.tailgana_words.op("MATCH")(" ".join(words))
            joined = _FTS5.join(RECORDS, RECORDS.c.id == _FTS5.c.rowid)
            return chosen.select_from(joined).where(matches).order_by(_FTS5.c.rowid.desc())
        if words:
            matches = WORDS.c.words.op("@@")(cast(" & ".join(f"'{word}'" for word in words), TSQUERY))
            chosen = chosen.join_from(RECORDS, WORDS, WORDS.c.record_id == RECORDS.c.id).where(matches)
        elif text:
            position = func.instr if dialect == "sqlite" else func.strpos
            chosen = chosen.where(position(RECORDS.c.content, text) > 0)
        return chosen.order_by(RECORDS.c.id.desc())

    def _filters(self, *, is_scanned: bool) -> Iterator[ColumnElement[bool]]:
        """Conditions on columns; `is_scanned` hides them from the planner, or it might prefer their index."""
        wanted = {"tier": self.tier, "type": self.type, "workload": self.workload, "commit_hash": self.commit}
        for name, value in wanted.items():
            if value is None:
                continue
            here = func.coalesce(RECORDS.c[name], "") if is_scanned else RECORDS.c[name]
            is_short = name == "commit_hash" and SHORT_COMMIT.fullmatch(value)
            yield here.startswith(value) if is_short else here == value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def index_words(connection: Connection, record_id: int, content: str) -> None:
    """Make a record's words known; on SQLite a trigger has done so."""
    if connection.dialect.name == "sqlite":
        return
    vector = " ".join(f"'{word}'" for word in _within(MAX_INDEXED, folded_words(content)))
    connection.execute(insert(WORDS).values(record_id=record_id, words=cast(literal(vector), TSVECTOR)))


def folded_words(text: str) -> Iterator[str]:
    """The distinct words of a text without case, accents and punctuation, as SQLite's tokenizer has them.

    Examples
    --------
    >>> list(folded_words("Café, sort_rows: café!"))
    ['cafe', 'sort', 'rows']
    """
    letters = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return iter(dict.fromkeys(word[:MAX_WORD] for word in _WORD.findall(bare)))


def quoted_chunks(text: str) -> Iterator[str]:
    """What stands between spaces, each as a phrase of FTS5, which then has no operators.

    Examples
    --------
    >>> " ".join(quoted_chunks("foo* OR (bar | -"))
    '"foo*" "OR" "(bar"'
    """
    chunks = dict.fromkeys(chunk for chunk in text.split() if any(map(_is_indexed, chunk)))
    return ('"' + chunk.replace('"', '""') + '"' for chunk in chunks)


def _is_indexed(letter: str) -> bool:
    """Whether any SQLite takes it for part of a word: what is a letter or digit since Unicode 3.2."""
    return unicodedata.ucd_3_2_0.category(letter)[0] in "LN"


def _words_of_query(text: str, dialect: str) -> Iterator[str]:
    return quoted_chunks(text) if dialect == "sqlite" else folded_words(text)


def _within(size: int, words: Iterable[str]) -> Iterator[str]:
    """The first words, as long as they have no more characters than that together."""
    for word in words:
        size -= len(word)
        if size < 0:
            return
        yield word
