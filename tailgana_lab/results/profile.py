"""Profile: what one profiled stretch of code cost, where, and why it waited.

Holds plain lists; pandas is imported when a table is first looked at as a DataFrame.
"""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from tailgana_lab.errors import LabError
from tailgana_lab.records import Columns, ProfileFacts
from tailgana_lab.results.tables import TABLES, checked_columns, empty_columns, frame_of
from tailgana_lab.units import format_seconds

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.snakeviz import SnakevizPage
    from tailgana_lab.widgets.profile import ProfileWidget

Value = TypeVar("Value")


class _Fact(Generic[Value]):
    """A field of the profile's facts, readable on the profile itself."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, profile: None, owner: type) -> "_Fact[Value]": ...
    @overload
    def __get__(self, profile: "Profile", owner: type) -> Value: ...
    def __get__(self, profile: "Profile | None", owner: type) -> "_Fact[Value] | Value":
        if profile is None:
            return self
        value: Value = getattr(profile.facts, self.name)
        return value


class _Table:
    """A table of the profile as a DataFrame, built when first asked for and kept."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, profile: None, owner: type) -> "_Table": ...
    @overload
    def __get__(self, profile: "Profile", owner: type) -> "pd.DataFrame": ...
    def __get__(self, profile: "Profile | None", owner: type) -> "_Table | pd.DataFrame":
        return self if profile is None else profile._frame(self.name)


class Profile:
    """Result of a profile; complete once the profiled code has ended.

    Parameters
    ----------
    facts : ProfileFacts
        What is known about the profile as a whole; every field is an attribute too.
    tables : mapping of str to Columns
        `functions`, `lines`, `threads`, `frames`, `bottlenecks`, `memory`, `children`, `process`;
        a table that is not given is empty.
    lanes : Columns
        State of each thread over time, run-length coded.

    Raises
    ------
    LabError
        If a table lacks a column, or its columns differ in length.
    """

    duration_s = _Fact[float]("Wall-clock time from start to stop, seconds.")
    n_samples = _Fact[int]("Ticks of the sampler.")
    interval_ms = _Fact[float]("Mean time between ticks, weighted by time, milliseconds.")
    torn_fraction = _Fact[float]("Share of the samples whose stack was cut short or unreadable.")
    sampler_cpu_s = _Fact[float]("CPU time that the sampler itself used, seconds.")
    method = _Fact[str]("How stacks and states were read.")
    method_reason = _Fact[str]("Why a weaker method was used; empty when it was not.")
    sampled_s = _Fact[float]("Sum that all fractions are of, seconds.")
    created = _Fact[str]("Start of the profile, ISO 8601, UTC.")
    python = _Fact[str]("Version of the interpreter.")
    n_stacks = _Fact[int]("Stacks that were read.")
    memory_overhead_s = _Fact[float]("Time that memory tracking added, seconds; NaN without it.")

    functions = _Table("One row a function, most self time first.")
    lines = _Table("One row a line of source, most self time first.")
    threads = _Table("One row a thread of the process, with its time by wait class.")
    frames = _Table("The call tree in pre-order; the parent of a root is -1.")
    bottlenecks = _Table("What slows the code down, by priority, then share of time.")
    memory = _Table("Peak and allocated bytes a line; empty unless memory was tracked.")
    children = _Table("One row a child process.")
    process = _Table("One row: memory, page faults and garbage collection of the process.")
    lanes = _Table("State of each thread over time; `thread` is a row of `threads`.")

    def __init__(self, facts: ProfileFacts, tables: Mapping[str, Columns], lanes: Columns) -> None:
        self._begin(facts.name)
        self.complete(facts, tables, lanes)

    def _begin(self, name: str) -> None:
        self._name = name
        self._cell = {"source_hash": "", "file": ""}
        self._facts: ProfileFacts | None = None
        self._columns: dict[str, Columns] = {}
        self._derived: dict[tuple[Any, ...], Any] = {}

    @classmethod
    def pending(cls, name: str) -> "Profile":
        """An empty profile, to be completed when its code has ended."""
        profile = cls.__new__(cls)
        profile._begin(name)
        return profile

    def complete(self, facts: ProfileFacts, tables: Mapping[str, Columns], lanes: Columns) -> None:
        """Fill a pending profile, once.

        Raises
        ------
        LabError
            If it is complete already, or a table is not sound.
        """
        if self._facts is not None:
            raise LabError(f"profile `{self._name}` is complete already")
        unknown = set(tables) - set(TABLES)
        if unknown:
            raise LabError(f"a profile has no table `{sorted(unknown)[0]}`")
        given = {**tables, "lanes": lanes}
        self._columns = {t: checked_columns(t, given.get(t) or empty_columns(t)) for t in TABLES}
        self._name, self._facts = facts.name, facts

    def attach_cell(self, source: str, file: str) -> None:
        """Tell which notebook cell was profiled, so that its lines can be marked."""
        from hashlib import sha256

        digest = sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        self._cell = {"source_hash": digest, "file": file}

    def restore_cell(self, cell: Mapping[str, str]) -> None:
        """Take over `source_hash` and `file` as another profile told them by `cell`."""
        self._cell = {"source_hash": str(cell["source_hash"]), "file": str(cell["file"])}

    @property
    def name(self) -> str:
        """Name given by the user; may be empty."""
        return self._name

    @property
    def is_complete(self) -> bool:
        """Whether the profiled code has ended."""
        return self._facts is not None

    @property
    def cell(self) -> dict[str, str]:
        """`source_hash` and `file` of the profiled cell; empty text when there is none."""
        return dict(self._cell)

    @property
    def facts(self) -> ProfileFacts:
        """What is known about the profile as a whole."""
        if self._facts is None:
            raise LabError(f"profile `{self._name}` is not complete: leave its `with` block first")
        return self._facts

    def columns(self, table: str) -> Columns:
        """A table as plain lists, without pandas; not to be changed.

        Raises
        ------
        LabError
            If the profile is not complete, or has no such table.
        """
        if self.facts and table not in self._columns:
            raise LabError(f"a profile has no table `{table}`; its tables: {', '.join(TABLES)}")
        return self._columns[table]

    def derived(self, key: tuple[Any, ...], make: Callable[[], Value]) -> Value:
        """A value computed from the profile, kept as long as the profile is."""
        if key not in self._derived:
            self._derived[key] = make()
        value: Value = self._derived[key]
        return value

    def _frame(self, table: str) -> "pd.DataFrame":
        columns = self.columns(table)
        return self.derived(("frame", table), lambda: frame_of(table, columns))

    def save(self, path: "str | PathLike[str]") -> str:
        """Write the profile in the format of the path's suffix; returns the path.

        `.prof` opens in pstats and snakeviz; its call counts are all 1, as a sampler counts no
        calls. `.speedscope.json` and `.collapsed` are for other flame graphs, `.html` is a page
        that needs no network, `.parquet` and `.json` can be loaded again.

        Raises
        ------
        InvalidRequestError
            If no format has this suffix; the message lists those that there are.
        """
        from tailgana_lab.results.formats import save

        return save(self, path)

    @classmethod
    def load(cls, path: "str | PathLike[str]") -> "Profile":
        """Read a profile back from `.parquet` or `.json`, also when its frames were replaced.

        Raises
        ------
        InvalidRequestError
            If the suffix is another one, or the file does not hold a profile.
        """
        from tailgana_lab.results.formats import load

        return load(path)

    def compare(self, other: "Profile") -> "ProfileDiff":
        """What changed from this profile to the other one, with intervals.

        Raises
        ------
        LabError
            If the two were measured by different methods.
        """
        from tailgana_lab.results.diff import compare_profiles

        return compare_profiles(self, other)

    def to_widget(self) -> "ProfileWidget":
        """The live panel: flame graph, hot lines and thread lanes."""
        from tailgana_lab.widgets.profile import ProfileWidget

        return ProfileWidget(self)

    def snakeviz(self) -> "SnakevizPage":
        """The profile in snakeviz's own page, in one frame that needs no server."""
        from tailgana_lab.results.snakeviz import snakeviz_page

        return snakeviz_page(self)

    @property
    def chart(self) -> "alt.VConcatChart":
        """Altair chart of the hot lines with their intervals, and of the threads over time."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.profile import profile_chart

        return altair_chart(profile_chart(self))

    def __repr__(self) -> str:
        label = f" {self._name!r}" if self._name else ""
        if self._facts is None:
            return f"<Profile{label}: not complete>"
        n_functions = len(self._columns["functions"]["function"])
        return f"<Profile{label}: {format_seconds(self.duration_s)}, {self.n_samples} samples, {n_functions} functions>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        if self._facts is None:
            return {"text/plain": repr(self)}
        from tailgana_lab.reporting.bundle import profile_bundle

        return profile_bundle(self, include=include, exclude=exclude)
