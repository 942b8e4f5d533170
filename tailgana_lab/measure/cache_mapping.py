"""`Cache`: the live cache as a mapping."""

from collections.abc import ItemsView, Iterator, MutableMapping, ValuesView
from typing import Any, Self

from tailgana_lab import _engine
from tailgana_lab.measure.cache_limits import check_ttl
from tailgana_lab.measure.live_cache import CacheOptions, LiveCache

_ABSENT = object()


class _Values(ValuesView[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter([value for _, value in self._mapping._store.items()])  # type: ignore[attr-defined]


class _Items(ItemsView[Any, Any]):
    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._mapping._store.items())  # type: ignore[attr-defined]


class Cache(LiveCache, _engine.CacheMap, MutableMapping[Any, Any]):
    """A bounded mapping that gives entries up as a policy has it, shows what it does, and can be changed as it runs.

    `get` and `[]` count as look-ups, `in` does not. Keys are alike when they have the same type and are equal.

    Parameters
    ----------
    capacity : int, default 1000
        Entries at most; 0 keeps nothing.
    policy : str, default "lru"
        Who decides what leaves.
    ttl_s : float, optional
        Seconds an entry lives after it was written.
    name : str, default "Cache"
        How it is called in lists.
    record : bool, default True
        Whether look-ups are recorded, 4 bytes each.
    max_bytes : int, optional
        Most bytes of all values together.

    Raises
    ------
    InvalidRequestError
        If an option is wrong.

    Examples
    --------
    >>> cache = Cache(capacity=2)
    >>> cache["a"], cache["b"], cache["c"] = 1, 2, 3
    >>> sorted(cache), cache.get("a", "gone")
    (['b', 'c'], 'gone')
    """

    def __new__(cls, capacity: int = 1000, policy: str = "lru", ttl_s: float | None = None, **more: Any) -> Self:
        """An object of the engine's, around a store of its own."""
        options = {name: more[name] for name in ("max_bytes", "record") if name in more}
        return super().__new__(cls, CacheOptions(capacity, policy, ttl_s, **options).make_store(has_stand_ins=False))

    def __init__(
        self,
        capacity: int = 1000,
        policy: str = "lru",
        ttl_s: float | None = None,
        *,
        name: str = "Cache",
        record: bool = True,
        max_bytes: int | None = None,
    ) -> None:
        self.name = name
        self._register()

    def set(self, key: Any, value: Any, ttl_s: float | None = None) -> None:
        """Write an entry, with a time to live of its own where one is given.

        Raises
        ------
        InvalidRequestError
            If `ttl_s` is no number of seconds above 0.
        """
        self._store.put(key, value, check_ttl(ttl_s))

    def pop(self, key: Any, default: Any = _ABSENT) -> Any:
        """Take an entry out and give its value, or the default; counts as no look-up.

        Raises
        ------
        KeyError
            If the key is not there and no default is given.
        """
        taken = self._store.pop(key)
        if taken is not None:
            return taken[0]
        if default is _ABSENT:
            raise KeyError(key)
        return default

    def __iter__(self) -> Iterator[Any]:
        return iter([key for key, _ in self._store.items()])

    def values(self) -> ValuesView[Any]:
        """Values, roughly in the order in which they would leave; counts as no look-up."""
        return _Values(self)

    def items(self) -> ItemsView[Any, Any]:
        """Keys and values, in the same order; counts as no look-up."""
        return _Items(self)

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self)} of {self.capacity}, {self.policy}>"
