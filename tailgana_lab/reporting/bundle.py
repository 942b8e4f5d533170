"""MIME bundles: every form of a result that a notebook may choose from, richest first."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tailgana_lab.reporting.static import render_diff_static, render_static
from tailgana_lab.reporting.text import TOP, render_diff_text, render_profile_text
from tailgana_lab.results.formats.record import columns_without_nan
from tailgana_lab.widgets.contract import MIME_TYPE, profile_payload

if TYPE_CHECKING:
    from tailgana_lab.results.diff import ProfileDiff
    from tailgana_lab.results.profile import Profile

DIFF_MIME_TYPE = "application/vnd.tailgana.profile-diff+json"

Bundle = dict[str, Any]
Forms = Mapping[str, Callable[[], Any]]


def profile_bundle(
    profile: "Profile",
    *,
    top: int = TOP,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
) -> Bundle:
    """The payload for our own viewers, HTML without a script, and plain text.

    Parameters
    ----------
    profile : Profile
        A complete one.
    top : int, default 10
        Lines shown in HTML and text.
    include, exclude : iterable of str, optional
        MIME types to keep or to leave out, as IPython asks for them.
    """
    forms: Forms = {
        MIME_TYPE: lambda: profile_payload(profile),
        "text/html": lambda: str(render_static(profile, top)),
        "text/plain": lambda: render_profile_text(profile, top),
    }
    return {name: forms[name]() for name in _wanted(forms, include, exclude)}


def diff_bundle(
    diff: "ProfileDiff", *, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
) -> Bundle:
    """The changes as data, as HTML without a script, and as plain text."""
    forms: Forms = {
        DIFF_MIME_TYPE: lambda: _diff_payload(diff),
        "text/html": lambda: str(render_diff_static(diff)),
        "text/plain": lambda: render_diff_text(diff),
    }
    return {name: forms[name]() for name in _wanted(forms, include, exclude)}


def _diff_payload(diff: "ProfileDiff") -> dict[str, Any]:
    functions = columns_without_nan(diff.columns("functions"))
    return {"v": 1, "kind": "profile-diff", "old": diff.old_name, "new": diff.new_name, "functions": functions}


def _wanted(forms: Iterable[str], include: Iterable[str] | None, exclude: Iterable[str] | None) -> list[str]:
    keep, drop = None if include is None else set(include), set(exclude or ())
    return [name for name in forms if (keep is None or name in keep) and name not in drop]
