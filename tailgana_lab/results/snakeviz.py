"""A profile in snakeviz's own page, made whole: no server, no file and no request.

The page is the template and the assets of the snakeviz that is installed. What it would load is
inlined; what its worker would fetch stands in the worker's source; links lead nowhere. The frame
around it is sandboxed, so nothing in a name can reach the notebook.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from pstats import Stats
from typing import TYPE_CHECKING, Any

from tailgana_lab.errors import LabError
from tailgana_lab.results.calltree import Place
from tailgana_lab.results.formats import pstats
from tailgana_lab.results.visible import visible

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

HEIGHT_PX = 760
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data:"
)
"""Nothing may be fetched; the page compiles its own templates and starts its own worker."""

_WORKER = '<script id="hierarchy-worker" type="javascript/worker">'
_WORKER_NEEDS = ("vendor/immutable.min.js", "vendor/lodash.min.js")
_STYLE_LINK = re.compile(r'<link href="/static/([^"]+)" rel="stylesheet">')
_SCRIPT_LINK = re.compile(r"""<script src=["']/static/([^"']+)["']></script>""")
_OUTSIDE_LINK = re.compile(r'<a\b[^>]*\bhref="https?://[^"]*"[^>]*>')
_OUTSIDE_TEXT = re.compile(r'"https?://[^"]*"')
_CSS_URL = re.compile(r"""url\(["']?([^"')]+)["']?\)""")


@dataclass(frozen=True, repr=False)
class SnakevizPage:
    """A page that shows itself in one frame."""

    page: str
    """The whole HTML document."""

    def __repr__(self) -> str:
        return "<SnakevizPage: show it in a notebook>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.page)}" sandbox="allow-scripts" title="Profile in snakeviz" '
            f'style="width:100%;height:{HEIGHT_PX}px;border:0;background:#fff"></iframe>'
        )


def snakeviz_page(profile: "Profile") -> SnakevizPage:
    """The profile in snakeviz's page.

    Raises
    ------
    LabError
        If snakeviz is not installed, or nothing was sampled.
    """
    if not profile.columns("frames")["id"]:
        raise LabError("the profile has no samples: nothing to show in snakeviz")
    if find_spec("snakeviz") is None:
        raise LabError("snakeviz is not installed: `pip install snakeviz`, or use `to_widget()`")
    from snakeviz.stats import json_stats, table_rows
    from tornado.template import Template

    stats = _stats_of(profile)
    generated = Template(_template(), autoescape="xhtml_escape").generate(
        profile_name=visible(profile.name or "profile").replace("/", " ").replace(".", " "),
        table_rows=_script_json(table_rows(stats)),
        callees=_script_json(json_stats(stats)),
    )
    return SnakevizPage(_with_assets(generated.decode()))


def _stats_of(profile: "Profile") -> Stats:
    """What pstats would read from a `.prof` file, names made safe to show."""
    stats = Stats()
    stats.stats = {  # type: ignore[attr-defined]  # what readers of pstats use, snakeviz too
        _shown(place): (*row[:4], {_shown(caller): edge for caller, edge in row[4].items()})
        for place, row in pstats.pstats_of(profile).items()
    }
    return stats


def _shown(place: Place) -> tuple[str, int, str]:
    return visible(place.file), place.line, visible(place.function)


def _script_json(value: Any) -> str:
    """JSON that can stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")


def _template() -> str:
    """Snakeviz's template, with our policy and without addresses."""
    source = (_home() / "templates" / "viz.html").read_text("utf-8")
    source = _OUTSIDE_LINK.sub("<a>", source)
    source = _OUTSIDE_TEXT.sub('""', source)
    return source.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">', 1)


def _with_assets(page: str) -> str:
    """Style sheets and scripts in the place of their links, and the worker's own at its start."""
    needs = "\n".join(_script(name) for name in _WORKER_NEEDS)
    page = page.replace(_WORKER, f"{_WORKER}\nself.importScripts = () => {{}};\n{needs}\n", 1)
    page = _STYLE_LINK.sub(lambda link: f"<style>{_style(link[1])}</style>", page)
    return _SCRIPT_LINK.sub(lambda link: f"<script>{_script(link[1])}</script>", page)


@cache
def _home() -> Path:
    """Folder of the installed package."""
    import snakeviz

    return Path(snakeviz.__file__).parent


@cache
def _script(name: str) -> str:
    return (_home() / "static" / name).read_text("utf-8").replace("</script", "<\\/script")


@cache
def _style(name: str) -> str:
    """A style sheet with its pictures inside; pictures that are not installed are left out."""
    path = _home() / "static" / name

    def inlined(found: re.Match[str]) -> str:
        picture = (path.parent / found[1]).resolve()
        if not picture.is_file():
            return "none"
        return f"url(data:image/png;base64,{b64encode(picture.read_bytes()).decode()})"

    return _CSS_URL.sub(inlined, path.read_text("utf-8"))
