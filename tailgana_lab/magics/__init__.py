"""The magics of the lab: text in, a call of the lab, text out. `load` adds them to a shell, `unload` removes them."""

from collections.abc import Callable
from typing import Any

from tailgana_lab.magics import baseline, cache, race
from tailgana_lab.magics.baseline import BaselineMagics
from tailgana_lab.magics.cache import CacheMagics
from tailgana_lab.magics.display import bundle_of, bundle_of_shown
from tailgana_lab.magics.options import MODES, ProfileOptions
from tailgana_lab.magics.profile import MAGIC, ProfileMagics
from tailgana_lab.magics.race import RaceMagics, RaceOptions
from tailgana_lab.settings import options_of

_RESULTS = "tailgana_lab.results"
_DISPLAYED: dict[tuple[str, str], Callable[[Any, Any], dict[str, Any]]] = {
    (f"{_RESULTS}.profile", "Profile"): bundle_of,
    (f"{_RESULTS}.baseline", "Baseline"): bundle_of_shown,
    (f"{_RESULTS}.performance", "PerformanceBaseline"): bundle_of_shown,
    (f"{_RESULTS}.comparison", "Comparison"): bundle_of_shown,
    (f"{_RESULTS}.regression", "RegressionReport"): bundle_of_shown,
    (f"{_RESULTS}.history", "History"): bundle_of_shown,
    (f"{_RESULTS}.cache_advice", "CacheAdvice"): bundle_of_shown,
    (f"{_RESULTS}.cache_overview", "CacheOverview"): bundle_of_shown,
}
"""Classes by module and name, which need not be imported yet, and how each is shown."""


def load(shell: Any) -> None:
    """Add the magics, their completion and the display of their results to a shell."""
    unload(shell)
    magics = ProfileMagics(shell)
    shell.register_magics(magics, BaselineMagics(shell), RaceMagics(shell), CacheMagics(shell))
    shell.input_transformers_post.append(magics.rewrite)
    shell.events.register("pre_run_cell", magics.cell_starts)
    shell.events.register("post_run_cell", magics.cell_ends)
    for key, complete in _COMPLETED.items():
        shell.set_hook("complete_command", complete, str_key=key)
    bundles = shell.display_formatter.mimebundle_formatter
    for (module, name), bundle in _DISPLAYED.items():
        bundles.for_type_by_name(module, name, _shown_in(shell, bundle))


def _shown_in(shell: Any, bundle: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    return lambda result: bundle(result, shell)


def unload(shell: Any) -> None:
    """Take everything out again; a profile that runs is ended."""
    registry = shell.magics_manager.registry
    magics = registry.pop(ProfileMagics.__name__, None)
    if not isinstance(magics, ProfileMagics):
        return
    magics.stop_all()
    shell.input_transformers_post.remove(magics.rewrite)
    shell.events.unregister("pre_run_cell", magics.cell_starts)
    shell.events.unregister("post_run_cell", magics.cell_ends)
    for those in (magics, *(registry.pop(kind.__name__) for kind in (BaselineMagics, RaceMagics, CacheMagics))):
        for kind, names in those.magics.items():
            for name in names:
                shell.magics_manager.magics[kind].pop(name, None)
    for key in _COMPLETED:
        shell.strdispatchers["complete_command"].strs.pop(key, None)
    for module, name in _DISPLAYED:
        shell.display_formatter.mimebundle_formatter.pop(f"{module}.{name}", None)


def _complete_profile(_shell: Any, event: Any) -> list[str]:
    """Words that may follow on a magic's line."""
    if not event.line.lstrip().startswith("%%"):
        return list(MODES)
    return _option_words(ProfileOptions)


def _complete_baseline(_shell: Any, event: Any) -> list[str]:
    return baseline.complete(event.line.lstrip())


def _complete_race(_shell: Any, _event: Any) -> list[str]:
    return _option_words(RaceOptions)


def _complete_cache(_shell: Any, event: Any) -> list[str]:
    return cache.complete(event.line.lstrip())


def _option_words(kind: type) -> list[str]:
    return [word for word, this, _ in options_of(kind).values() if not this.is_positional]


_COMPLETED = {
    f"%%{MAGIC}": _complete_profile,
    f"%{MAGIC}": _complete_profile,
    f"%%{baseline.MAGIC}": _complete_baseline,
    f"%{baseline.MAGIC}": _complete_baseline,
    f"%%{race.MAGIC}": _complete_race,
    f"%{cache.MAGIC}": _complete_cache,
}
"""What completes the line of each magic."""
