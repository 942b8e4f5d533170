"""Every kind of result in every form: title, payload, HTML without a script, and plain text, listed once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tailgana_lab.reporting import baselines, caching, verdicts
from tailgana_lab.reporting.curve_style import CURVE_CSS
from tailgana_lab.reporting.escape import Html, element
from tailgana_lab.reporting.plot_style import PLOT_CSS
from tailgana_lab.reporting.static import static_body
from tailgana_lab.reporting.style import STATIC_CSS
from tailgana_lab.reporting.text import render_profile_text
from tailgana_lab.widgets import cache_payloads, payloads
from tailgana_lab.widgets.contract import profile_payload

REPORT_TOP = 20  # lines of a profile in a report


@dataclass(frozen=True)
class Face:
    """How one kind of result is shown."""

    word: str
    """What it is called above its section."""
    name: Callable[[Any], str]
    """Which one it is; may be empty."""
    payload: Callable[[Any], dict[str, Any]]
    """For our own viewers."""
    static: Callable[[Any], Html]
    """HTML without a script, style sheet and frame."""
    text: Callable[[Any], str]
    """Plain text."""


FACES: Mapping[str, Face] = {
    "profile": Face(
        "Profile",
        lambda profile: str(profile.name),
        profile_payload,
        lambda profile: static_body(profile, REPORT_TOP),
        render_profile_text,
    ),
    "baseline": Face(
        "Baseline",
        lambda baseline: str(baseline.name),
        payloads.baseline_payload,
        baselines.baseline_body,
        baselines.render_baseline_text,
    ),
    "performance-baseline": Face(
        "Performance baseline",
        lambda baseline: str(baseline.scope.value),
        payloads.performance_payload,
        baselines.performance_body,
        baselines.render_performance_text,
    ),
    "comparison": Face(
        "Comparison",
        verdicts.comparison_name,
        payloads.comparison_payload,
        verdicts.comparison_body,
        verdicts.render_comparison_text,
    ),
    "regression": Face(
        "Check",
        lambda report: str(report.workload),
        payloads.report_payload,
        verdicts.report_body,
        verdicts.render_report_text,
    ),
    "history": Face(
        "History",
        lambda history: str(history.name),
        payloads.history_payload,
        verdicts.history_body,
        verdicts.render_history_text,
    ),
    "cache_advice": Face(
        "Cache",
        caching.advice_name,
        cache_payloads.advice_payload,
        caching.advice_body,
        caching.render_advice_text,
    ),
    "caches": Face(
        "Live caches",
        lambda overview: "",
        cache_payloads.caches_payload,
        caching.overview_body,
        caching.render_overview_text,
    ),
}


def face_of(result: Any) -> Face:
    """The face of a result, by its `kind`."""
    return FACES[getattr(result, "kind", "profile")]


def bundle_of(
    result: Any, *, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
) -> dict[str, Any]:
    """The payload for our own viewers, HTML without a script, and plain text.

    Parameters
    ----------
    result : Baseline, PerformanceBaseline, Comparison, RegressionReport, History, CacheAdvice or CacheOverview
        What is shown.
    include, exclude : iterable of str, optional
        MIME types to keep or to leave out, as IPython asks for them.
    """
    face = face_of(result)
    forms: Mapping[str, Callable[[Any], Any]] = {
        f"application/vnd.tailgana.{result.kind}+json": face.payload,
        "text/html": lambda shown: str(render_whole(face.static(shown))),
        "text/plain": face.text,
    }
    keep, drop = None if include is None else set(include), set(exclude or ())
    return {name: form(result) for name, form in forms.items() if (keep is None or name in keep) and name not in drop}


def render_whole(body: Html) -> Html:
    """A body with its style sheet, as an output of its own."""
    curves = CURVE_CSS if "tgls-curves" in body else ""
    return element("div", element("style", Html(STATIC_CSS + PLOT_CSS + curves)), body, class_="tgl-static")
