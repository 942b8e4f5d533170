"""Bottleneck identification: profiles a workload and ranks what slows it down, by what was measured.

The verdicts are the profile's own; nothing is judged by the name of a function or a file.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from threading import Lock, Thread
from typing import Any, Literal, Protocol

from tailgana_lab.errors import InvalidRequestError, LabError, WorkloadError
from tailgana_lab.events import BOTTLENECK_COMPLETED, BOTTLENECK_FAILED, BOTTLENECK_STARTED, Emit, emit_event
from tailgana_lab.results.bottleneck import Bottleneck, BottleneckType
from tailgana_lab.results.profile import Profile

__all__ = ["Bottleneck", "BottleneckAnalysis", "BottleneckAnalysisConfig", "BottleneckAnalyzer", "BottleneckType"]

Workload = Callable[[], Any]


class Session(Protocol):
    """What profiles: `measure.session.ProfileSession`, or a stand-in."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> Profile:
        """End, and give the result."""
        ...


@dataclass(frozen=True)
class BottleneckAnalysisConfig:
    """What one analysis is asked for; checked when built."""

    profile_duration_sec: float = 60.0
    """How long to profile, seconds; the last call of the workload is not cut short."""
    top_n: int = 10
    """Bottlenecks to return at most."""
    interval_ms: float | Literal["auto"] = "auto"
    """Time between two looks at the threads, milliseconds."""

    def __post_init__(self) -> None:
        if not 0 < self.profile_duration_sec < float("inf"):
            raise InvalidRequestError(
                f"`profile_duration_sec` must be positive, got {self.profile_duration_sec}: 10 is a good start"
            )
        if self.top_n < 1:
            raise InvalidRequestError(f"`top_n` must be at least 1, got {self.top_n}")


@dataclass(frozen=True)
class BottleneckAnalysis:
    """What one analysis found."""

    bottlenecks: list[Bottleneck]
    """By priority, then by share of the time."""
    profile: Profile
    """The profile that they come from."""
    n_calls: int
    """Calls of the workload; 0 without one."""


class BottleneckAnalyzer:
    """Profiles a workload and names its bottlenecks.

    Parameters
    ----------
    workload : callable, optional
        Function without arguments, plain or `async`, called again and again until the time is up.
        Without one, whatever the process does meanwhile is profiled.
    new_session : callable, optional
        Builds the profiler, called as `measure.session.ProfileSession` is.
    emit : callable, optional
        Told what happens, as `emit(name, payload)`.
    clock : callable, optional
        Seconds that only grow.

    Examples
    --------
    >>> import asyncio
    >>> analyzer = BottleneckAnalyzer(lambda: sum(range(100_000)))
    >>> found = asyncio.run(analyzer.identify_bottlenecks(profile_duration_sec=0.2))
    >>> {each.priority for each in found} <= {1, 2, 3, 4, 5}
    True
    """

    def __init__(
        self,
        workload: Workload | None = None,
        *,
        new_session: Callable[..., Session] | None = None,
        emit: Emit = emit_event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workload = workload
        self._new_session = new_session or _profile_session
        self._emit = emit
        self._clock = clock
        self.last_analysis: BottleneckAnalysis | None = None

    async def identify_bottlenecks(
        self, profile_duration_sec: float = 60, top_n: int = 10, workload: Workload | None = None
    ) -> list[Bottleneck]:
        """Profile the workload and rank what slows it down.

        It can be cancelled at any time. A plain workload runs in a thread of its own, so that the loop stays
        free; the call that is running when the analysis is cancelled ends by itself.

        Parameters
        ----------
        profile_duration_sec : float, default 60
            How long to profile, seconds.
        top_n : int, default 10
            Bottlenecks to return at most.
        workload : callable, optional
            Takes the place of the one given before.

        Returns
        -------
        list of Bottleneck
            By priority, then by share of the time.

        Raises
        ------
        InvalidRequestError
            If an argument is out of range.
        WorkloadError
            If the workload raised; its own error is the cause.
        """
        config = BottleneckAnalysisConfig(profile_duration_sec, top_n)
        self._emit(BOTTLENECK_STARTED, {"duration_sec": profile_duration_sec, "top_n": top_n})
        try:
            analysis = await self._analyse(config, workload or self._workload)
        except BaseException as error:
            self._emit(BOTTLENECK_FAILED, {"error": f"{type(error).__name__}: {error}".removesuffix(": ")})
            raise
        self.last_analysis = analysis
        self._emit(BOTTLENECK_COMPLETED, {"bottleneck_count": len(analysis.bottlenecks)})
        return analysis.bottlenecks

    async def _analyse(self, config: BottleneckAnalysisConfig, workload: Workload | None) -> BottleneckAnalysis:
        session = self._new_session("bottleneck analysis", interval_ms=config.interval_ms)
        is_plain = workload is not None and not _is_async(workload)
        if not is_plain:
            session.start()
        try:
            if workload is None:
                n_calls = await self._wait(config.profile_duration_sec)
            elif is_plain:
                n_calls = await self._repeat_in_thread(session, workload, config.profile_duration_sec)
            else:
                n_calls = await self._repeat_awaiting(workload, config.profile_duration_sec)
        finally:
            profile = session.stop()
        return BottleneckAnalysis(bottlenecks_of(profile)[: config.top_n], profile, n_calls)

    async def _wait(self, duration_s: float) -> int:
        """Let the process do what it does."""
        await asyncio.sleep(duration_s)
        return 0

    async def _repeat_awaiting(self, workload: Callable[[], Awaitable[Any]], duration_s: float) -> int:
        """Await it again and again until the time is up; gives the number of calls."""
        n_calls, end = 0, self._clock() + duration_s
        while n_calls == 0 or self._clock() < end:
            try:
                await workload()
            except Exception as error:
                raise WorkloadError.of(error) from error
            n_calls += 1
            await asyncio.sleep(0)
        return n_calls

    async def _repeat_in_thread(self, session: Session, workload: Workload, duration_s: float) -> int:
        """The same for a plain function, beside the loop. Its thread begins the profile: the loop's own is no part."""
        loop, given_up = asyncio.get_running_loop(), _Flag()
        finished: asyncio.Future[_Outcome] = loop.create_future()

        def deliver(outcome: _Outcome) -> None:
            if not finished.done():
                finished.set_result(outcome)

        def body() -> None:
            outcome = self._outcome(session, workload, duration_s, given_up)
            try:
                loop.call_soon_threadsafe(deliver, outcome)
            except RuntimeError:
                pass  # the loop is closed: nobody waits any more

        Thread(target=body, name="tailgana workload", daemon=True).start()
        try:
            n_calls, error = await finished
        finally:
            given_up.set()
        if error is not None:
            raise error
        return n_calls

    def _outcome(self, session: Session, workload: Workload, duration_s: float, given_up: "_Flag") -> "_Outcome":
        """Begin the profile and call the workload until the time is up, it raises, or nobody wants it any more."""
        n_calls = 0
        try:
            if not given_up.unless_set(session.start):
                return n_calls, None
        except LabError as error:
            return n_calls, error
        end = self._clock() + duration_s
        while n_calls == 0 or (self._clock() < end and not given_up.is_set):
            try:
                workload()
            except BaseException as error:  # noqa: BLE001  # `sys.exit()` of measured code too
                return n_calls, WorkloadError.of(error)
            n_calls += 1
        return n_calls, None


_Outcome = tuple[int, LabError | None]


class _Flag:
    """Set once, from another thread; what must not happen afterwards is done under its lock."""

    def __init__(self) -> None:
        self._lock, self.is_set = Lock(), False

    def set(self) -> None:
        with self._lock:
            self.is_set = True

    def unless_set(self, act: Callable[[], object]) -> bool:
        """Do it, or give False where the flag is set already."""
        with self._lock:
            if not self.is_set:
                act()
            return not self.is_set


def _is_async(workload: Workload) -> bool:
    """Whether calling it gives something to await."""
    return iscoroutinefunction(workload) or iscoroutinefunction(type(workload).__call__)


def bottlenecks_of(profile: Profile) -> list[Bottleneck]:
    """The rows of `profile.bottlenecks` as records, in their order."""
    columns = profile.columns("bottlenecks")
    names = ("location", "time_spent_pct", "call_count", "avg_duration_ms", "suggested_fixes", "priority")
    return [
        Bottleneck(BottleneckType(kind), **dict(zip(names, values, strict=True)))
        for kind, *values in zip(columns["bottleneck_type"], *(columns[name] for name in names), strict=True)
    ]


def _profile_session(*arguments: Any, **options: Any) -> Session:
    """The real profiler, imported when first used."""
    from tailgana_lab.measure.session import ProfileSession

    return ProfileSession(*arguments, **options)
