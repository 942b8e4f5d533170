"""The lab's part that keeps baselines and races code: wires store, measuring and detector. `Lab` is built on it."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.settings import Settings
from tailgana_lab.waiting import off_the_loop, wait_for

if TYPE_CHECKING:
    import pandas as pd

    from tailgana_lab.measure.baselines import BaselineBook
    from tailgana_lab.measure.payload import Payload
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.history import History
    from tailgana_lab.results.performance import BenchmarkScope, PerformanceBaseline
    from tailgana_lab.results.regression import RegressionReport
    from tailgana_lab.storage.record import Record
    from tailgana_lab.storage.store import Store
    from tailgana_lab.workflows.regression import RegressionDetector


class Regressions:
    """Baselines, races and checks of one lab.

    Parameters
    ----------
    settings : Settings
        Limits and defaults.
    store : str or path, optional
        Address of the store; opened when something is saved or looked up.
    """

    def __init__(self, settings: Settings, store: "str | PathLike[str] | None") -> None:
        self.settings = settings
        self._store_address = store
        self._store: Store | None = None

    def remember(self, result: Any) -> None:
        """Take a result into the report."""
        raise NotImplementedError

    @property
    def store(self) -> "Store":
        """The lab's store."""
        if self._store is None:
            from tailgana_lab.storage.store import Store

            self._store = Store(self._store_address)
        return self._store

    @property
    def book(self) -> "BaselineBook":
        """The named baselines of the store."""
        from tailgana_lab.measure.baselines import BaselineBook

        return BaselineBook(self.store)

    def compare(
        self,
        old: Callable[..., Any],
        new: Callable[..., Any],
        *,
        setup: Callable[[], Any] | None = None,
        budget_s: float | None = None,
    ) -> "Comparison":
        """Race two functions; see `tailgana_lab.compare`."""
        from tailgana_lab.measure.payload import pack

        return self._race(pack(old, setup=setup), pack(new, setup=setup), budget_s)

    def race_cells(
        self, old: str, new: str, namespace: Mapping[str, Any], *, budget_s: float | None = None
    ) -> "Comparison":
        """Race the text of two cells over the kernel's names."""
        from tailgana_lab.measure.payload import pack_cell

        sides = (pack_cell(old, namespace, name="first"), pack_cell(new, namespace, name="second"))
        return self._race(*sides, budget_s)

    def compare_baselines(self, old: str, new: str, *, budget_s: float | None = None) -> "Comparison":
        """Race the kept code of two baselines."""
        book = self.book
        sides = [book.old_side(book.find(name)) for name in (old, new)]
        return self._contest(sides[0], sides[1], f"{old} and {new}", budget_s)

    def _race(self, old: "Payload", new: "Payload", budget_s: float | None) -> "Comparison":
        name = f"{old.name} and {new.name}"
        if old.data is None or new.data is None:
            made = self._contest(old.recipe, new.recipe, name, budget_s)
            made.reason += f"; it ran in this process: {old.why_not or new.why_not}"
            return made
        return self._contest(old.data, new.data, name, budget_s)

    def _contest(self, old: Any, new: Any, name: str, budget_s: float | None) -> "Comparison":
        from tailgana_lab.measure.contest import Contest, ContestConfig

        contest = ContestConfig(self._budget(budget_s), name=name)
        made = off_the_loop(Contest(old, new, contest).run)
        self.remember(made)
        return made

    def baseline(
        self,
        name: str,
        func: Callable[..., Any],
        *args: Any,
        setup: Callable[[], Any] | None = None,
        budget_s: float | None = None,
        isolate: bool | None = None,
        **kwargs: Any,
    ) -> "Baseline":
        """Measure a function and keep it; see `tailgana_lab.baseline`."""
        from tailgana_lab.measure.payload import pack

        return self._keep(name, pack(func, args, kwargs, setup=setup, name=_checked(name)), budget_s, isolate)

    def baseline_cell(
        self,
        name: str,
        source: str,
        namespace: Mapping[str, Any],
        *,
        setup: str = "",
        budget_s: float | None = None,
        isolate: bool | None = None,
    ) -> "Baseline":
        """Measure the text of a cell and keep it with the kernel's names that it uses."""
        from tailgana_lab.measure.payload import pack_cell

        payload = pack_cell(source, namespace, setup=setup or "", name=_checked(name))
        return self._keep(name, payload, budget_s, isolate)

    def _keep(self, name: str, payload: "Payload", budget_s: float | None, isolate: bool | None) -> "Baseline":
        from tailgana_lab.environment import capture_environment
        from tailgana_lab.measure.keeping import measure_baseline

        budget = self._budget(budget_s)
        environment = capture_environment()
        measured = off_the_loop(lambda: measure_baseline(payload, environment, budget_s=budget, isolate=isolate))
        kept = self.book.keep(measured, payload)
        self.remember(kept)
        return kept

    def detector(self, budget_s: float | None = None) -> "RegressionDetector":
        """What checks workloads of this lab's store."""
        from tailgana_lab.workflows.regression import RegressionDetector

        return RegressionDetector(self.store, budget_s=self._budget(budget_s))

    def check(
        self,
        name: str,
        func: Callable[..., Any] | None = None,
        *args: Any,
        commit: str | None = None,
        budget_s: float | None = None,
        force: bool = False,
        **kwargs: Any,
    ) -> "RegressionReport":
        """Race a baseline against today's code; see `tailgana_lab.check`."""
        from tailgana_lab.measure.payload import pack

        today = None if func is None else pack(func, args, kwargs, name=name)
        return self._check(name, commit, budget_s, today, force=force)

    def check_cell(
        self,
        name: str,
        source: str,
        namespace: Mapping[str, Any],
        *,
        commit: str | None = None,
        budget_s: float | None = None,
        force: bool = False,
    ) -> "RegressionReport":
        """The same against the text of a cell over the kernel's names."""
        from tailgana_lab.measure.payload import pack_cell

        return self._check(name, commit, budget_s, pack_cell(source, namespace, name=name), force=force)

    def _check(
        self, name: str, commit: str | None, budget_s: float | None, today: Any, *, force: bool
    ) -> "RegressionReport":
        from tailgana_lab.workflows.regression import RegressionDetectionConfig

        config = RegressionDetectionConfig(name, commit, self._budget(budget_s), force)
        if today is None:
            self.book.find(name)
        report = off_the_loop(lambda: self.detector().check(config, today))
        self.remember(report)
        return report

    def baselines(self) -> "pd.DataFrame":
        """All baselines: `name, created, commit_hash, median_ns, last_verdict`, the newest of each name."""
        import pandas as pd

        verdicts = self.book.last_verdicts()
        rows = [
            (name, kept.baseline.created, kept.baseline.commit_hash, kept.baseline.median_ns, verdicts.get(name, ""))
            for name, kept in self.book.newest().items()
        ]
        return pd.DataFrame(rows, columns=["name", "created", "commit_hash", "median_ns", "last_verdict"])

    def history(self, name: str) -> "History":
        """Baselines and checks of a name over time, with the points where the time changed."""
        from tailgana_lab.measure.change_points import change_points
        from tailgana_lab.measure.timeline import timeline
        from tailgana_lab.results.history import History

        points = timeline(self.book, name)
        found = change_points([point["median_ns"] for point in points])
        made = History(name, points, {str(column): found[column].tolist() for column in found})
        self.remember(made)
        return made

    def remove_baseline(self, name: str) -> int:
        """Drop all baselines of a name; gives how many."""
        return self.book.remove(name)

    def trust(self, named: "str | Record") -> None:
        """Sign a payload of another user as one's own; see `tailgana_lab.trust`."""
        self.store.trust(self.book.find(named).record if isinstance(named, str) else named)

    def establish_baseline(
        self, scope: "BenchmarkScope | None" = None, operations: Sequence[str] | None = None
    ) -> "PerformanceBaseline":
        """Measure the standard operations, or those named; see `PerformanceProfiler.establish_baseline`."""
        from tailgana_lab.results.performance import BenchmarkScope
        from tailgana_lab.workflows.baseline import PerformanceProfiler

        profiler = PerformanceProfiler(store=self.store, compare=lambda old, new: self._contest(old, new, "", None))
        names = None if operations is None else list(operations)
        made = wait_for(lambda: profiler.establish_baseline(scope or BenchmarkScope.STANDARD, names))
        self.remember(made)
        return made

    def _budget(self, budget_s: float | None) -> float:
        budget = self.settings.budget_s if budget_s is None else budget_s
        if not 0 < budget < float("inf"):
            raise InvalidRequestError(f"`budget_s` must be positive seconds, got `{budget}`: 15 is a good start")
        return float(budget)


def _checked(name: str) -> str:
    if not str(name).strip() or str(name) != name:
        raise LabError(f"a baseline needs a name, got `{name!r}`")
    return name
