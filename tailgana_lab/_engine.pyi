"""The compiled engine: what `tailgana_lab.measure` uses of it. Not public."""

from collections.abc import Callable, Sequence
from typing import Any, Final, final

__all__ = [
    "IS_RELEASE",
    "POLICIES",
    "GcClock",
    "Recorder",
    "Sampler",
    "Sketch",
    "Trace",
    "__version__",
    "change_points",
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
