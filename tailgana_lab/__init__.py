"""Tailgana Lab: a performance laboratory for notebooks. The public names, loaded when first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from tailgana_lab.environment import capture_environment
    from tailgana_lab.errors import (
        EngineError,
        InvalidRequestError,
        LabError,
        ProfileActiveError,
        StoreError,
        UntrustedPayloadError,
        WorkloadError,
    )
    from tailgana_lab.events import emit_event, subscribe
    from tailgana_lab.functions import (
        baseline,
        caches,
        check,
        compare,
        operation,
        optimize_cache,
        record_cache,
        store,
        trust,
        tune,
    )
    from tailgana_lab.lab import Lab, profile, report
    from tailgana_lab.measure.cache_mapping import Cache
    from tailgana_lab.measure.cached import cached
    from tailgana_lab.measure.change_points import change_points
    from tailgana_lab.measure.replay import lru_curve, replay
    from tailgana_lab.results.baseline import Baseline
    from tailgana_lab.results.bottleneck import Bottleneck, BottleneckType
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.caching import CacheMetrics, CacheOptimizationPlan, CacheType
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.history import History
    from tailgana_lab.results.performance import BenchmarkScope, PerformanceBaseline
    from tailgana_lab.results.profile import Profile
    from tailgana_lab.results.regression import PerformanceSnapshot, RegressionReport, RegressionSeverity
    from tailgana_lab.settings import Settings
    from tailgana_lab.storage.memory import MemoryManager
    from tailgana_lab.storage.store import Store
    from tailgana_lab.workflows.baseline import PerformanceProfiler, run_benchmarks
    from tailgana_lab.workflows.bottleneck import BottleneckAnalyzer
    from tailgana_lab.workflows.caching import CacheOptimizer
    from tailgana_lab.workflows.regression import RegressionDetector

    __version__: str

__all__ = [
    "Baseline",
    "BenchmarkScope",
    "Bottleneck",
    "BottleneckAnalyzer",
    "BottleneckType",
    "Cache",
    "CacheAdvice",
    "CacheMetrics",
    "CacheOptimizationPlan",
    "CacheOptimizer",
    "CacheType",
    "Comparison",
    "EngineError",
    "History",
    "InvalidRequestError",
    "Lab",
    "LabError",
    "MemoryManager",
    "PerformanceBaseline",
    "PerformanceProfiler",
    "PerformanceSnapshot",
    "Profile",
    "ProfileActiveError",
    "ProfileDiff",
    "RegressionDetector",
    "RegressionReport",
    "RegressionSeverity",
    "Settings",
    "Store",
    "StoreError",
    "UntrustedPayloadError",
    "WorkloadError",
    "baseline",
    "cached",
    "caches",
    "capture_environment",
    "change_points",
    "check",
    "compare",
    "emit_event",
    "lru_curve",
    "operation",
    "optimize_cache",
    "profile",
    "record_cache",
    "replay",
    "report",
    "run_benchmarks",
    "store",
    "subscribe",
    "trust",
    "tune",
]

_HOMES = {
    "environment": ("capture_environment",),
    "errors": (
        "EngineError",
        "InvalidRequestError",
        "LabError",
        "ProfileActiveError",
        "StoreError",
        "UntrustedPayloadError",
        "WorkloadError",
    ),
    "events": ("emit_event", "subscribe"),
    "functions": (
        "baseline",
        "caches",
        "check",
        "compare",
        "operation",
        "optimize_cache",
        "record_cache",
        "store",
        "trust",
        "tune",
    ),
    "lab": ("Lab", "profile", "report"),
    "measure.cache_mapping": ("Cache",),
    "measure.cached": ("cached",),
    "measure.change_points": ("change_points",),
    "measure.replay": ("lru_curve", "replay"),
    "results.baseline": ("Baseline",),
    "results.bottleneck": ("Bottleneck", "BottleneckType"),
    "results.cache_advice": ("CacheAdvice",),
    "results.caching": ("CacheMetrics", "CacheOptimizationPlan", "CacheType"),
    "results.comparison": ("Comparison",),
    "results.diff": ("ProfileDiff",),
    "results.history": ("History",),
    "results.performance": ("BenchmarkScope", "PerformanceBaseline"),
    "results.profile": ("Profile",),
    "results.regression": ("PerformanceSnapshot", "RegressionReport", "RegressionSeverity"),
    "settings": ("Settings",),
    "storage.memory": ("MemoryManager",),
    "storage.store": ("Store",),
    "workflows.baseline": ("PerformanceProfiler", "run_benchmarks"),
    "workflows.bottleneck": ("BottleneckAnalyzer",),
    "workflows.caching": ("CacheOptimizer",),
    "workflows.regression": ("RegressionDetector",),
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
