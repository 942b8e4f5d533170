"""The report: one HTML file that needs no network, no server and no kernel.

It holds each result twice: as a page without scripts, and packed for the same panels as in the notebook, which take
the page's place where scripts run.
"""

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import LabError
from tailgana_lab.reporting.curve_style import CURVE_CSS
from tailgana_lab.reporting.escape import Html, element, joined
from tailgana_lab.reporting.faces import face_of
from tailgana_lab.reporting.plot_style import PLOT_CSS
from tailgana_lab.reporting.style import PAGE_CSS, STATIC_CSS
from tailgana_lab.results.formats import write_whole
from tailgana_lab.results.profile import Profile
from tailgana_lab.widgets.contract import profile_payload

if TYPE_CHECKING:
    from tailgana_lab.results.shown import Shown

    Result = Profile | Shown

BUILT = Path(__file__).parent.parent / "static"
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""Nothing may be fetched from anywhere, which proves that the file is whole."""

PACKED_BYTES = 240_000  # of all profiles together, so that the file stays below half a megabyte
MIN_PACKED_BYTES = 24_000  # of one profile, however many there are
MIN_FRACTIONS = (0.001, 0.002, 0.005, 0.01, 0.02)
"""Shares below which frames are folded, tried until a profile fits."""


def save_report(path: "str | PathLike[str]", results: "Sequence[Result]", *, title: str = "") -> str:
    """Write the report; the file is replaced in one step. Returns the path.

    Raises
    ------
    LabError
        If the file cannot be written.
    """
    page = render_report(results, title=title)
    try:
        write_whole(Path(path), page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise LabError(f"cannot write {fspath(path)!r}: {error.strerror}") from error
    return fspath(path)


def render_report(results: "Sequence[Result]", *, title: str = "") -> str:
    """The page of one or several results, in the order given.

    `js/src/report.ts` finds its data in `script#tgl-data` (base64 of gzip of JSON, `{"v", "kind",
    "results": [payload, ...]}`) and puts result k in the place of `.tgl-static` in
    `section[data-tgl-result="k"]`.
    """
    title = title or _title_of(results)
    sections = [_section(k, result, is_alone=len(results) == 1) for k, result in enumerate(results)]
    body = element(
        "body",
        element("header", element("h1", title), element("p", _about(results), class_="tgl-about"), _contents(results)),
        element("main", *sections or [element("p", "Nothing has been measured yet.")]),
        _script(results),
        class_="tgl-page",
    )
    return f'<!doctype html>\n<html lang="en">\n{_head(title)}\n{body}\n</html>\n'


def _title_of(results: "Sequence[Result]") -> str:
    name = face_of(results[0]).name(results[0]) if len(results) == 1 else ""
    return f"{face_of(results[0]).word} {name}" if name else "Performance report"


def _about(results: "Sequence[Result]") -> str:
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    versions = ", ".join(sorted({result.python for result in results if isinstance(result, Profile)}))
    return f"Made {made}" + (f", Python {versions}" if versions else "")


def _heading(k: int, result: "Result") -> str:
    """What a result is called among others; a profile by its name alone."""
    face = face_of(result)
    name = face.name(result)
    if isinstance(result, Profile):
        return name or f"profile {k + 1}"
    return f"{face.word} {name}" if name else f"{face.word} {k + 1}"


def _contents(results: "Sequence[Result]") -> Html:
    """Links to the results, where there are several."""
    if len(results) < 2:
        return Html("")
    links = [
        element("li", element("a", _heading(k, result), href=f"#tgl-result-{k}")) for k, result in enumerate(results)
    ]
    return element("nav", element("ul", *links), aria_label="Results")


def _section(k: int, result: "Result", *, is_alone: bool) -> Html:
    face, heading = face_of(result), _heading(k, result)
    return element(
        "section",
        Html("") if is_alone else element("h2", heading),
        element("div", face.static(result), class_="tgl-static"),
        data_tgl_result=k,
        id=f"tgl-result-{k}",
        aria_label=f"{face.word} {heading}" if isinstance(result, Profile) else heading,
    )


def _head(title: str) -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Html(POLICY)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(PAGE_CSS + STATIC_CSS + PLOT_CSS + CURVE_CSS + _inlined("report.css", "</style"))),
    )


def _script(results: "Sequence[Result]") -> Html:
    """The data and the code that draws it; nothing when the front end was not built."""
    code = _inlined("report.js", "</script")
    if not code or not results:
        return Html("")
    data = b64encode(pack_results(results)).decode()
    return joined(
        element("script", Html(data), id="tgl-data", type="application/octet-stream"), element("script", Html(code))
    )


def pack_results(results: "Sequence[Result]") -> bytes:
    """The payloads as compressed JSON; where profiles are large, their narrow frames are folded harder."""
    n_profiles = sum(isinstance(result, Profile) for result in results)
    share = max(MIN_PACKED_BYTES, PACKED_BYTES // max(1, n_profiles))
    payloads = [
        _fitting_payload(result, share) if isinstance(result, Profile) else face_of(result).payload(result)
        for result in results
    ]
    return _packed({"v": 1, "kind": "report", "results": payloads})


def _packed(document: Any) -> bytes:
    return gzip.compress(json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), 9, mtime=0)


def _fitting_payload(profile: Profile, n_bytes: int) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for min_fraction in MIN_FRACTIONS:
        payload = profile_payload(profile, min_fraction=min_fraction)
        if len(_packed(payload)) <= n_bytes:
            break
    return payload


def _inlined(name: str, end: str) -> str:
    """A built file with whatever would end its element early taken apart; empty if not built."""
    try:
        content = (BUILT / name).read_text("utf-8")
    except FileNotFoundError:
        return ""
    for ending in (end, end.upper(), "<!--"):
        content = content.replace(ending, f"<\\{ending[1:]}")
    return content
