"""The compiled engine: what `tailgana_lab.measure` uses of it. Not public."""

from collections.abc import Callable
from typing import Any, Final, final

__all__ = ["IS_RELEASE", "GcClock", "Recorder", "Sampler", "__version__", "fold_frames", "wilson_interval"]

__version__: str
IS_RELEASE: Final[bool]

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
