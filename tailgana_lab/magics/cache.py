"""`%tailgana_cache`: what live caches do, what another size or policy would bring, and a panel that changes them."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.magics.baseline import ask
from tailgana_lab.magics.options import read_line
from tailgana_lab.settings import describe_options, option, options_of, usage_of

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.cache_overview import CacheOverview

MAGIC = "tailgana_cache"


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise InvalidRequestError(f"`{text}` is no share of hits: give one between 0 and 1, such as 0.9")
    return value


def _entries(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequestError(f"`{text}` is no number of entries: give one from 1, such as 1000")
    return int(text)


@dataclass(frozen=True)
class CacheOptions:
    """What may stand after `%tailgana_cache`."""

    name: str = option("", "a live cache; without one, all of them are listed", metavar="NAME", is_positional=True)
    target: float = option(0.9, "share of hits to reach, 0 to 1", metavar="FRACTION", read=_fraction)
    capacity: int | None = option(None, "find the best policy for this capacity instead", metavar="N", read=_entries)


@magics_class
class CacheMagics(Magics):
    """The magic of caches, for one shell."""

    shell: Any  # IPython's own annotation allows for none

    @line_magic
    def tailgana_cache(self, line: str) -> "CacheAdvice | CacheOverview":
        """Look at a live cache, or at all of them."""
        options = read_line(CacheOptions, line, f"%{MAGIC}")
        if not options.name:
            overview: CacheOverview = ask(lambda lab: lab.cache_overview())
            return overview
        advice: CacheAdvice = ask(lambda lab: lab.advise(options.name, options.target, options.capacity))
        return advice

    tailgana_cache.__doc__ = f"""Show a live cache: hit rates of all policies by capacity, the limit, what it does now.

  %{MAGIC} {usage_of(CacheOptions)}

What was asked of the cache is replayed exactly against every policy and size. The panel changes the running cache.

{describe_options(CacheOptions)}
"""


def complete(_text: str) -> list[str]:
    """Names of the live caches, and the options."""
    from tailgana_lab.lab import default_lab

    words = [word for word, this, _ in options_of(CacheOptions).values() if not this.is_positional]
    return [*map(quote, default_lab().cache_names()), *words]
