"""Comparison: which of two pieces of code is faster, how sure that is, and the rounds that it rests on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tailgana_lab.records import Columns
from tailgana_lab.results.shown import Shown

if TYPE_CHECKING:
    import altair
    import pandas as pd

FASTER, SLOWER, SAME, INCONCLUSIVE = "faster", "slower", "same", "inconclusive"


@dataclass(eq=False)
class Comparison(Shown):
    """One race between old and new code."""

    kind: ClassVar[str] = "comparison"

    verdict: str
    """`faster`, `slower`, `same` or `inconclusive`: the new code against the old."""
    reason: str
    """What the verdict rests on, or what it lacks, one line."""
    ratio: float
    """Time of the new code over that of the old; NaN where nothing could be measured."""
    ratio_low: float
    """Lower bound of the ratio, 99 %."""
    ratio_high: float
    """Upper bound of the ratio, 99 %."""
    smallest_detectable_pct: float
    """Change that this race could have told from none, percent."""
    n_rounds: int
    """Rounds that were kept."""
    n_processes: int
    """Processes in which they ran."""
    isolated: bool
    """Whether they ran in fresh processes rather than in this one."""
    disturbed: bool
    """Whether other programs took time from the race."""
    clock: str
    """`wall` or `cpu`: which clock the verdict rests on."""
    name: str = ""
    """What was compared; may be empty."""
    old_name: str = "old"
    """What the old code is called."""
    new_name: str = "new"
    """What the new code is called."""
    created: str = ""
    """When, ISO 8601, UTC."""
    is_confirmed: bool = False
    """Whether a second, independent batch of processes agreed."""
    old_p95_ns: float = float("nan")
    """95th percentile of single calls of the old code, nanoseconds; NaN with fewer than 100 calls."""
    new_p95_ns: float = float("nan")
    """The same of the new code."""
    p95_ratio_low: float = float("nan")
    """Lower bound of the ratio of the two, 99 %."""
    p95_ratio_high: float = float("nan")
    """Upper bound of the ratio of the two, 99 %."""
    table: Columns = field(default_factory=dict, repr=False)
    """The rounds as plain columns."""

    @property
    def change_pct(self) -> float:
        """Change of the time, percent; positive is slower."""
        return 100 * (self.ratio - 1)

    @property
    def old_ns(self) -> float:
        """Median time of a call of the old code, nanoseconds."""
        return _median(self.table.get("old_ns", []))

    @property
    def new_ns(self) -> float:
        """Median time of a call of the new code, nanoseconds."""
        return _median(self.table.get("new_ns", []))

    @property
    def rounds(self) -> "pd.DataFrame":
        """The kept rounds: `process, round, old_ns, new_ns` of the clock that spoke, then the other; ns a call."""
        import pandas as pd

        return pd.DataFrame(self.table)

    def columns(self, name: str) -> Columns:
        """A table as plain lists; `rounds` is the only one."""
        if name != "rounds":
            raise KeyError(name)
        return self.table

    def to_frame(self) -> "pd.DataFrame":
        """One row with every figure."""
        import pandas as pd

        return pd.DataFrame([self.figures()])

    def figures(self) -> dict[str, Any]:
        """Every figure but the rounds, by name."""
        own = {name: value for name, value in vars(self).items() if name != "table"}
        return {**own, "old_ns": self.old_ns, "new_ns": self.new_ns}

    @property
    def chart(self) -> "altair.TopLevelMixin":
        """The rounds with the interval of the ratio, as an Altair chart."""
        from tailgana_lab.charts.altair_display import altair_chart
        from tailgana_lab.charts.comparison import comparison_chart

        return altair_chart(comparison_chart(self))

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}"


def _median(values: list[float]) -> float:
    from statistics import median

    return median(values) if values else float("nan")
