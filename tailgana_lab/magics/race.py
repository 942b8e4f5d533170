"""`%%tailgana_race`: two blocks of code in one cell, run in turns, and which of them is faster."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand

from tailgana_lab.magics.baseline import BUDGET_HELP, ask
from tailgana_lab.magics.options import read_line
from tailgana_lab.settings import describe_options, option, positive_seconds, usage_of

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison

MAGIC = "tailgana_race"
_SEPARATOR = re.compile(r"^[ \t]*#[ \t]*vs[ \t]*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class RaceOptions:
    """What may stand after `%%tailgana_race`."""

    budget_s: float | None = option(None, BUDGET_HELP, metavar="S", read=positive_seconds)


@magics_class
class RaceMagics(Magics):
    """The race of two blocks, for one shell."""

    shell: Any  # IPython's own annotation allows for none

    @no_var_expand
    @cell_magic
    def tailgana_race(self, line: str, cell: str) -> "Comparison":
        """Race two blocks of code."""
        options = read_line(RaceOptions, line, f"%%{MAGIC}")
        old, new = (self.shell.transform_cell(block) for block in two_blocks(cell))
        race: Comparison = ask(lambda lab: lab.race_cells(old, new, self.shell.user_ns, budget_s=options.budget_s))
        return race

    tailgana_race.__doc__ = f"""Race two blocks of code, parted by a line `# vs`: which is faster, and how sure that is.

  %%{MAGIC} {usage_of(RaceOptions)}
  old code
  # vs
  new code

Both run in turns, in rounds of a few milliseconds, so a busy machine slows both alike.

{describe_options(RaceOptions)}
"""


def two_blocks(cell: str) -> tuple[str, str]:
    r"""The code above and below the line `# vs`.

    Raises
    ------
    UsageError
        If there is no such line, more than one, or nothing on one side of it.

    Examples
    --------
    >>> two_blocks("sum(a)\n# vs\nfsum(a)")
    ('sum(a)\n', '\nfsum(a)')
    """
    blocks = _SEPARATOR.split(cell)
    if len(blocks) != 2:
        found = "no line" if len(blocks) == 1 else f"{len(blocks) - 1} lines"
        raise UsageError(f"`%%{MAGIC}` wants two blocks of code with a line `# vs` between them, this cell has {found}")
    for block, side in zip(blocks, ("above", "below"), strict=True):
        if not any(text.strip() and not text.lstrip().startswith("#") for text in block.splitlines()):
            raise UsageError(f"`%%{MAGIC}` has no code {side} the line `# vs`: there is nothing to race")
    return blocks[0], blocks[1]
