"""The rounds of a race as dots: what the chart, the static picture and the panel draw alike."""

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from tailgana_lab.charts.sheet import fair_axis, thinned

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison

MAX_DOTS = 1_500  # more can't be told apart, and every notebook that shows a race holds them


@dataclass(frozen=True)
class RoundDots:
    """Ratio of new to old of each round, those that are drawn."""

    process: list[int]
    """Process of each dot, from 0."""
    round: list[int]
    """Number of its round in all of the race, in order of time."""
    ratio: list[float]
    """Time of the new code over that of the old in that round."""
    axis: tuple[float, float]
    """Lowest and highest ratio of the picture; a few dots may lie outside."""
    n_rounds: int
    """Rounds of the race; only some of very many are drawn."""

    @property
    def n_outside(self) -> int:
        """Dots beyond the axis."""
        low, high = self.axis
        return sum(not low <= ratio <= high for ratio in self.ratio)


def round_dots(comparison: "Comparison") -> RoundDots:
    """The dots of a comparison; none where it has no rounds."""
    table = comparison.columns("rounds")
    pairs = zip(table.get("old_ns", []), table.get("new_ns", []), strict=True)
    ratios = [new / old if old > 0 else float("nan") for old, new in pairs]
    processes = {process: number for number, process in enumerate(dict.fromkeys(table.get("process", [])))}
    drawn = [row for row in thinned(len(ratios), MAX_DOTS) if isfinite(ratios[row])]
    return RoundDots(
        [processes[table["process"][row]] for row in drawn],
        drawn,
        [ratios[row] for row in drawn],
        fair_axis(ratios, (1.0, comparison.ratio, comparison.ratio_low, comparison.ratio_high)),
        len(ratios),
    )
