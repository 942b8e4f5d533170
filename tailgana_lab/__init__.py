"""Tailgana Lab: a performance laboratory for notebooks. The public names, loaded when first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from tailgana_lab.errors import EngineError, InvalidRequestError, LabError, ProfileActiveError, WorkloadError
    from tailgana_lab.events import emit_event, subscribe
    from tailgana_lab.lab import Lab, profile, report
    from tailgana_lab.results.bottleneck import Bottleneck, BottleneckType
    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.profile import Profile
    from tailgana_lab.settings import Settings
    from tailgana_lab.workflows.bottleneck import BottleneckAnalyzer

    __version__: str

__all__ = [
    "Bottleneck",
    "BottleneckAnalyzer",
    "BottleneckType",
    "EngineError",
    "InvalidRequestError",
    "Lab",
    "LabError",
    "Profile",
    "ProfileActiveError",
    "ProfileDiff",
    "Settings",
    "WorkloadError",
    "emit_event",
    "profile",
    "report",
    "subscribe",
]

_HOMES = {
    "errors": ("EngineError", "InvalidRequestError", "LabError", "ProfileActiveError", "WorkloadError"),
    "events": ("emit_event", "subscribe"),
    "lab": ("Lab", "profile", "report"),
    "results.bottleneck": ("Bottleneck", "BottleneckType"),
    "results.diff": ("ProfileDiff",),
    "results.profile": ("Profile",),
    "settings": ("Settings",),
    "workflows.bottleneck": ("BottleneckAnalyzer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name's module at its first use."""
    if name == "__version__":
        from importlib.metadata import version

        return version("tailgana-lab")
    if name not in _HOME_OF:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = getattr(_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what can be used, loaded or not."""
    return sorted({*globals(), *__all__, "__version__"})


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add the magics to a shell: `%load_ext tailgana_lab`."""
    _module("magics").load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take the magics out again: `%unload_ext tailgana_lab`."""
    _module("magics").unload(shell)


def _module(name: str) -> Any:
    """A module of the package, imported when first used; nothing below the surface may lead up to it by an import."""
    from importlib import import_module

    return import_module(f"{__name__}.{name}")
