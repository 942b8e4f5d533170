"""The store under the chapter's own names: `await memory.store(...)`, `await memory.search(...)`."""

from collections.abc import Mapping
from typing import Any

from tailgana_lab.storage.record import SHORT_TERM, Record
from tailgana_lab.storage.store import Store


class MemoryManager:
    """Keeps and finds records from coroutines.

    A call works in the thread of the loop: at some hundred microseconds, a hop to another thread would cost more.

    Parameters
    ----------
    store : Store, optional
        Where records are kept; the project's own store by default.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or Store()

    async def store(self, content: str, metadata: Mapping[str, Any], tier: str = SHORT_TERM) -> Record:
        """Keep a record; it is committed when this returns. See `Store.add`."""
        return self._store.add(content, metadata, tier=tier)

    async def search(
        self,
        query: str = "",
        limit: int = 10,
        *,
        tier: str | None = None,
        type: str | None = None,  # noqa: A002  # the name that the metadata has
        workload: str | None = None,
        commit: str | None = None,
    ) -> list[Record]:
        """Records that fit all that is given, those stored last first. See `Store.search`."""
        return self._store.search(query, limit=limit, tier=tier, type=type, workload=workload, commit=commit)
