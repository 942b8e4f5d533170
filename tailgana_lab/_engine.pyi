"""The compiled engine: what `tailgana_lab.measure` uses of it. Not public."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self, final

from typing_extensions import Buffer, disjoint_base

__all__ = [
    "IS_RELEASE",
    "POLICIES",
    "CacheMap",
    "CacheStore",
    "CachedCall",
    "GcClock",
    "Recorder",
    "Sampler",
    "Sketch",
    "Ticket",
    "Trace",
    "__version__",
    "allow_vectorcall",
    "change_points",
    "content_digest",
    "fold_frames",
    "hodges_lehmann",
    "median_bootstrap",
    "normal_quantile",
    "student_t_quantile",
    "time_block",
    "time_block_fresh",
    "time_calls",
    "wilson_interval",
]

__version__: str
IS_RELEASE: Final[bool]
POLICIES: Final[tuple[str, ...]]
"""Names of the policies that a live cache can have, in the order in which they are shown."""

@final
class Sampler:
    """A running sampler of all threads of this process; its thread never takes the GIL while it samples.

    Parameters
    ----------
    setting : dict
        `interval_ns` (0: automatic), `caller` (kernel's thread id), `expected` (ids of the code objects on the caller's
        stack, innermost first), `n_outer` (outermost frames left out), `library_prefixes`, `user_prefixes`,
        `own_files`, `helper_parts`.
    read_tasks : callable, optional
        Called under the GIL with a kernel's thread id when an event loop falls idle; gives stacks of waiting tasks.

    Raises
    ------
    RuntimeError
        If stacks or states cannot be read here: unknown layout, refused system call, failed self-check.
    """

    def __new__(
        cls, setting: dict[str, Any], read_tasks: Callable[[int], list[list[tuple[str, str, int, int]]]] | None = None
    ) -> Sampler: ...
    def gc_clock(self) -> GcClock:
        """An entry for `gc.callbacks`."""

    def stop(self) -> dict[str, Any]:
        """Stop after a last look; all tables as dictionaries of columns, times in seconds."""

    def abandon(self) -> None:
        """Forget the sampler without waiting for its thread, which does not exist in a forked child."""

@final
class GcClock:
    """Tells the sampler when the garbage collector runs, and adds up how long."""

    def __call__(self, phase: str, _info: Any) -> None: ...
    @property
    def seconds(self) -> float:
        """Time spent collecting, seconds."""

@final
class Recorder:
    """Takes samples that Python reads under the GIL; the same tables come out."""

    def __new__(cls, setting: dict[str, Any]) -> Recorder: ...
    def sample(self, stacks: list[tuple[int, list[tuple[str, str, int, int]]]], interval_ns: int) -> None:
        """One look: kernel's thread ids and stacks, outermost frame first."""

    def finish(self, cpu_ns: int) -> dict[str, Any]:
        """All tables; `cpu_ns` is what sampling took."""

def fold_frames(
    parent: list[int],
    total_s: list[float],
    self_s: list[float],
    root: int = -1,
    min_fraction: float = 0.001,
    max_frames: int = 50_000,
) -> tuple[list[int], list[float]]:
    """Rows of a call tree that are wide enough to be seen, in pre-order, and the seconds left out below each.

    Raises
    ------
    ValueError
        If the columns differ in length, a parent does not stand before its child, or there is no frame `root`.
    """

def wilson_interval(fraction: float, n: float) -> tuple[float, float]:
    """95 % interval of a fraction seen in `n` equal, independent samples.

    References
    ----------
    .. [1] Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """

@final
class Sketch:
    """Quantiles of any number of durations in little memory: logarithmic buckets, which merge without loss.

    Parameters
    ----------
    relative_error : float, default 0.005
        Largest error of a quantile, as a fraction of it.
    """

    def __new__(cls, relative_error: float = 0.005) -> Sketch: ...
    def add(self, ns: float) -> None:
        """Count one duration, nanoseconds; ValueError if it is negative or no number."""

    def extend(self, durations_ns: Sequence[float]) -> None:
        """Count many."""

    def merge(self, other: Sketch) -> None:
        """Count all of another sketch of the same error."""

    def quantile(self, q: float) -> float:
        """The duration below which a fraction `q` lies, nanoseconds; NaN of none."""

    @property
    def count(self) -> int:
        """Durations counted."""

    @property
    def relative_error(self) -> float:
        """Largest error of a quantile, as a fraction of it."""

    def to_bytes(self) -> bytes:
        """The sketch as bytes that `from_bytes` reads."""

    @staticmethod
    def from_bytes(data: bytes) -> Sketch:
        """A sketch from its bytes; ValueError if they are none."""

def time_block(
    call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None, n: int
) -> tuple[int, int]:
    """Wall-clock and thread CPU time of `n` calls by vectorcall, nanoseconds; what a call raises ends it."""

def time_block_fresh(
    call: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], kwargs: dict[str, Any] | None
) -> tuple[int, int]:
    """The same with one call for each tuple of arguments, in order."""

def time_calls(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None, n: int) -> list[int]:
    """Duration of each of `n` calls, nanoseconds; the reading of the clock is in it."""

def median_bootstrap(
    values: Sequence[float], block: int = 5, n_resamples: int = 1000, confidence: float = 0.99, seed: int = 0
) -> tuple[float, float]:
    """Interval of the median by a circular moving-block bootstrap; the GIL is released."""

def hodges_lehmann(values: Sequence[float], confidence: float = 0.99) -> tuple[float, float, float]:
    """Hodges-Lehmann centre and its signed-rank interval, widened for autocorrelation; the GIL is released."""

def student_t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t distribution."""

def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution."""

def change_points(values: Sequence[float]) -> list[tuple[int, float, float, float, float, bool]]:
    """Shifts of level: index, level before and after, change in percent, confidence, and whether it is only suspect."""

@final
class Trace:
    """Requests for keys, kept as numbers from 0 in the order in which the keys first appear.

    Parameters
    ----------
    keys : array of uint32, uint64 or int64, shape (n_requests,)
        The key of each request; alike are those that are equal.

    Raises
    ------
    TypeError
        If it is no such array.
    """

    def __new__(cls, keys: Any) -> Trace: ...
    @property
    def n_requests(self) -> int:
        """Requests."""

    @property
    def n_unique(self) -> int:
        """Different keys."""

    def replay(self, jobs: list[tuple[str, int]], n_threads: int) -> list[tuple[int, int]]:
        """Misses and loads of each job, a policy of `POLICIES` or belady at a capacity. An interrupt stops it."""

    def misses_by_key(self, policy: str, capacity: int) -> bytes:
        """Misses of each key under a policy of `POLICIES`, uint64, in order of first appearance. Can be interrupted."""

    def lru_curve(self) -> bytes:
        """Hits of LRU at each capacity from 1 to `n_unique`, uint64."""

    def reuse_ages(self, times: Any = None) -> tuple[bytes, bytes]:
        """Different ages of keys when they are asked for again, from the last request, and requests of no greater age.

        Both are uint64. Ages are in the unit of `times` (as `keys`, one a request, never falling), else in requests.
        """

    def ttl_hits(self, ttl: int, times: Any = None) -> int:
        """Hits of an endless cache whose entries live `ttl` from when they were written, unit as in `reuse_ages`."""

    def sample(self, share: float) -> Trace:
        """The requests for about that share of the keys: all requests for a key, or none."""

@final
class CacheStore:
    """A cache of Python objects, its counters and its recorder. State is touched under the GIL, never while code runs.

    Parameters
    ----------
    capacity : int
        Entries at most; 0 keeps nothing.
    policy : str
        One of `POLICIES`; ValueError if it is none.
    ttl_ns, max_bytes : int or None
        Nanoseconds an entry lives after it was written; most bytes of all values.
    record, pure : bool
        Whether requests are recorded, and whether values may be computed before anybody asks.
    stand_in : callable
        Turns an argument without a hash into one that has one, or gives NotImplemented.
    weigh : callable
        Size of a value, bytes.
    wake : callable
        Told when there is something to load ahead.
    """

    def __new__(
        cls,
        capacity: int,
        policy: str,
        ttl_ns: int | None,
        max_bytes: int | None,
        record: bool,
        pure: bool,
        stand_in: Callable[[Any], Any],
        weigh: Callable[[Any], int],
        wake: Callable[[], object],
    ) -> CacheStore: ...
    def __len__(self) -> int: ...
    @property
    def capacity(self) -> int:
        """Entries at most."""

    @property
    def policy(self) -> str:
        """Who decides what leaves."""

    @property
    def ttl_ns(self) -> int | None:
        """Nanoseconds an entry lives after it was written."""

    @property
    def max_bytes(self) -> int | None:
        """Most bytes of all values."""

    @property
    def n_bytes(self) -> int:
        """Bytes of all values, where they are limited."""

    @property
    def is_recording(self) -> bool:
        """Whether requests are recorded."""

    @property
    def is_pure(self) -> bool:
        """Whether values may be computed before anybody asks."""

    def resize(self, capacity: int) -> None:
        """Change the number of entries; what no longer fits leaves as the policy has it."""

    def set_policy(self, policy: str) -> None:
        """Change the policy; every entry stays."""

    def set_ttl(self, ttl_ns: int | None) -> None:
        """Change the time to live, of present entries too."""

    def clear(self) -> None:
        """Take all entries out; what is being computed is not kept."""

    def requests(self) -> tuple[int, int]:
        """Hits and misses since the store was made."""

    def counters(self, window: bool = True) -> dict[str, Any]:
        """All counters: of the window since the last change, or since the store was made."""

    def start_window(self) -> None:
        """Begin a new window of counting."""

    def trace(self) -> bytes:
        """Recorded requests, oldest first: little-endian uint32 numbers of their keys."""

    def misses(self) -> tuple[bytes, bytes, bytes]:
        """The last computations: numbers of keys (uint32), sizes (uint32), durations in nanoseconds (uint64)."""

    def time_marks(self) -> list[tuple[int, int]]:
        """Requests made and the time then, nanoseconds, every 1,024 requests."""

    def put(self, key: Any, value: Any, ttl_ns: int | None) -> None:
        """Write an entry of a mapping."""

    def pop(self, key: Any) -> tuple[Any] | None:
        """Take an entry of a mapping out: its value in a tuple, or None."""

    def items(self) -> list[tuple[Any, Any]]:
        """Entries of a mapping that have not expired, roughly in the order in which they would leave."""

    def next_ahead(self) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """Arguments of the next call to load ahead; None when nothing waits."""

    def begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any] | None, ahead: bool = False, counted: bool = False
    ) -> tuple[str, Any]:
        """Begin a call for a task, or ahead of use.

        Returns
        -------
        what, found
            `hit` and the value, `lead` and a `Ticket`, `join` and what the leader attached, or `busy` and None.
        """

@final
class Ticket:
    """The right, and duty, to compute a value."""

    def finish(self, value: Any, took_ns: int, prefetched: bool = False) -> None:
        """Keep the value and give it to those who wait."""

    def fail(self, error: BaseException | None = None) -> None:
        """Nothing came of it; who waits raises the error, or tries for himself where there is none."""

    def attach(self, found: Any) -> None:
        """Leave something for those who come while it is being computed."""

@disjoint_base
class CacheMap:
    """A store as a mapping; `get` and `[]` count as look-ups."""

    def __new__(cls, store: CacheStore) -> Self: ...
    @property
    def _store(self) -> CacheStore:
        """The cache behind it."""

    def get(self, key: Any, default: Any = None, /) -> Any:
        """The value of a key, or the default."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __delitem__(self, key: Any, /) -> None: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __len__(self) -> int: ...

@disjoint_base
class CachedCall:
    """A function behind a store: arguments of the same type that are equal share an entry, a hit builds no tuple."""

    def __new__(cls, function: Callable[..., Any], store: CacheStore) -> Self: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: Any, owner: Any = None, /) -> Any: ...
    @property
    def _store(self) -> CacheStore:
        """The cache behind the function."""

    @property
    def _function(self) -> Callable[..., Any]:
        """The function itself."""

def content_digest(parts: Sequence[Buffer]) -> bytes:
    """128 bits of XXH3 over contiguous buffers, and where each one ends."""

def allow_vectorcall(kind: type[CachedCall]) -> None:
    """Let instances of a subclass be called by vectorcall, which Python 3.11 does not inherit; TypeError for others."""
