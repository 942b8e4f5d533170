"""The lab: builds the parts, runs the workflows and remembers what this process has measured.

The only place that wires parts together; it parses nothing and draws nothing.
"""

from collections import deque
from collections.abc import Callable
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tailgana_lab.cachings import Cachings
from tailgana_lab.errors import LabError
from tailgana_lab.regressions import Regressions
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import TABLES
from tailgana_lab.settings import Settings
from tailgana_lab.waiting import wait_for

if TYPE_CHECKING:
    from tailgana_lab.results.bottleneck import Bottleneck

Interval = float | Literal["auto"]


class Session(Protocol):
    """A running profile, as `measure.session.ProfileSession` offers it."""

    def start(self) -> None:
        """Begin; everything that is needed is imported before the clock starts."""

    def stop(self) -> Profile:
        """End it and give the result; again gives the same."""
        ...


NewSession = Callable[..., Session]


class ProfileBlock:
    """The `with` block of `profile()`: gives a Profile that is complete when the block is left."""

    def __init__(self, name: str, session: Session, keep: Callable[[Profile], None]) -> None:
        self._session, self._keep = session, keep
        self._profile = Profile.pending(name)

    def __enter__(self) -> Profile:
        self._session.start()
        return self._profile

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        done = self._session.stop()
        if done.is_complete:  # it is not in a forked child: the parent has the profile
            tables = {table: done.columns(table) for table in TABLES}
            self._profile.complete(done.facts, tables, tables.pop("lanes"))
            self._keep(self._profile)


class Lab(Regressions, Cachings):
    """Runs the workflows and holds what they found.

    Parameters
    ----------
    settings : Settings, optional
        Limits and defaults; read from the environment by default.
    store : str or path, optional
        Where results are saved: a path or a database URL; `TAILGANA_STORE`, else `.tailgana/lab.db`.
    new_session : callable, optional
        Builds what profiles, called as `measure.session.ProfileSession` is.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        store: "str | PathLike[str] | None" = None,
        new_session: NewSession | None = None,
    ) -> None:
        super().__init__(settings or Settings.from_environment(), store)
        self._new_session = new_session or _profile_session
        self._profiles: deque[Profile] = deque(maxlen=int(self.settings.profiles_kept))
        self._results: deque[Any] = deque(maxlen=int(self.settings.profiles_kept))

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles that were measured, newest last."""
        return tuple(self._profiles)

    def keep(self, profile: Profile) -> None:
        """Remember a profile for the report."""
        self._profiles.append(profile)

    def remember(self, result: Any) -> None:
        """Remember another result for the report."""
        self._results.append(result)

    @property
    def results(self) -> tuple[Any, ...]:
        """Baselines, comparisons, checks and histories of this process, newest last."""
        return tuple(self._results)

    def session(self, name: str = "", *, interval_ms: Interval = "auto", memory: bool = False) -> Session:
        """A profile that is started and stopped by hand, and kept by whoever does that.

        Raises
        ------
        InvalidRequestError
            If an option cannot be met.
        """
        return self._new_session(name, interval_ms=interval_ms, memory=memory)

    def profile(self, name: str = "", *, interval_ms: Interval = "auto", memory: bool = False) -> ProfileBlock:
        """Profile a `with` block; see `tailgana_lab.profile`."""
        return ProfileBlock(name, self.session(name, interval_ms=interval_ms, memory=memory), self.keep)

    def report(self, path: "str | PathLike[str]") -> str:
        """Write all that was measured as one HTML file; see `tailgana_lab.report`."""
        if not self._profiles and not self._results:
            raise LabError("nothing to report yet: profile a cell with `%%tailgana_profile` first")
        from tailgana_lab.reporting.report import save_report

        return save_report(path, [*self._profiles, *self._results])

    def identify_bottlenecks(
        self,
        workload: Callable[[], Any] | None = None,
        *,
        profile_duration_sec: float | None = None,
        top_n: int | None = None,
    ) -> "list[Bottleneck]":
        """Profile a workload and give its bottlenecks, worst first; the profile is kept.

        Parameters
        ----------
        workload : callable, optional
            Called again and again until the time is up; without one, whatever this process does meanwhile.
        profile_duration_sec : float, optional
            How long, seconds.
        top_n : int, optional
            Bottlenecks to return at most.

        Returns
        -------
        list of Bottleneck

        Raises
        ------
        WorkloadError
            If the workload raised.
        """
        from tailgana_lab.workflows.bottleneck import BottleneckAnalyzer

        analyzer = BottleneckAnalyzer(workload, new_session=self._new_session)
        found = wait_for(
            lambda: analyzer.identify_bottlenecks(
                self.settings.profile_duration_sec if profile_duration_sec is None else profile_duration_sec,
                self.settings.top_n if top_n is None else top_n,
            )
        )
        if analyzer.last_analysis is not None:
            self.keep(analyzer.last_analysis.profile)
        return found


def _profile_session(*arguments: Any, **options: Any) -> Session:
    """The real profiler, imported when first used."""
    from tailgana_lab.measure.session import ProfileSession

    return ProfileSession(*arguments, **options)


_default: Lab | None = None


def default_lab() -> Lab:
    """The lab that the functions of `tailgana_lab` and the magics use; built when first asked for."""
    global _default
    if _default is None:
        _default = Lab()
    return _default


def profile(name: str = "", *, interval_ms: Interval = "auto", memory: bool = False) -> ProfileBlock:
    """Profile the body of a `with` statement.

    Parameters
    ----------
    name : str
        Shown with the result.
    interval_ms : float or "auto"
        Time between two looks at the threads, 0.1 to 100 milliseconds; `"auto"` is 1 ms, wider in long blocks.
    memory : bool
        Whether allocations are tracked too.

    Returns
    -------
    context manager
        Gives a `Profile`, which is complete when the block is left, also by an exception.

    Raises
    ------
    InvalidRequestError
        If the interval is out of range, or memory cannot be tracked here.
    ProfileActiveError
        On entering, if another profile is running.

    Examples
    --------
    >>> import tailgana_lab as tgl
    >>> with tgl.profile("squares") as p:
    ...     squares = [n * n for n in range(100_000)]
    >>> p.duration_s > 0
    True
    """
    return default_lab().profile(name, interval_ms=interval_ms, memory=memory)


def report(path: "str | PathLike[str]") -> str:
    """Write one offline HTML file of what this process has measured.

    Parameters
    ----------
    path : str or path
        Where to; it should end in `.html`.

    Returns
    -------
    str
        The path written.

    Raises
    ------
    LabError
        If nothing has been measured.
    """
    return default_lab().report(path)
