"""The style sheet of the script-free output, under one class, and of the report around it.

Colours come from the host's own variables where it has some, so light and dark both read well.
"""

from tailgana_lab.charts.palette import DARK, DARK_INK, LIGHT, LIGHT_INK


def _variables(fills: "dict[str, str]", ink: str) -> str:
    return "".join(f"--tgl-{state}:{fill};" for state, fill in fills.items()) + f"--tgl-ink:{ink};"


_LIGHT_VARIABLES = _variables(dict(LIGHT), LIGHT_INK) + "--tgl-bar:#b9d2f3;--tgl-plain:#e4e8ec;"
DARK_VARIABLES = _variables(dict(DARK), DARK_INK) + "--tgl-bar:#2f4d73;--tgl-plain:#333a42;"

DARK_HOSTS = (
    '[data-jp-theme-light="false"]',
    '[data-vscode-theme-kind="vscode-dark"]',
    ".vscode-dark",
    'html[theme="dark"]',
    ".dark",
)

_STATES = "".join(f".tgl-static .tgls-s-{state}{{fill:var(--tgl-{state})}}" for state in LIGHT)

STATIC_CSS = (
    ".tgl-static{"
    + _LIGHT_VARIABLES
    + """
--tgl-text:var(--jp-content-font-color1,var(--vscode-editor-foreground,CanvasText));
--tgl-soft:var(--jp-content-font-color2,var(--vscode-descriptionForeground,var(--tgl-text)));
--tgl-line:var(--jp-border-color2,var(--vscode-panel-border,#8884));
color:var(--tgl-text);font:13px/1.45 var(--jp-content-font-family,system-ui,sans-serif);
max-width:1100px;text-align:left}
.tgl-static p{margin:.4em 0}
.tgl-static .tgls-name{font-weight:600}
.tgl-static p,.tgl-static .tgls-any{overflow-wrap:anywhere}
.tgl-static .tgls-note{color:var(--tgl-soft)}
.tgl-static .tgls-weak{border-left:3px solid #c2790b;padding-left:.6em}
.tgl-static .tgls-scroll{overflow-x:auto}
.tgl-static table.tgls-table{border-collapse:collapse;width:100%;margin:.3em 0;table-layout:auto;font-size:12px}
.tgl-static .tgls-table caption{text-align:left;font-weight:600;padding:.5em 0 .2em;color:inherit;caption-side:top}
.tgl-static table.tgls-table tbody tr:nth-child(n){background:none}
.tgl-static .tgls-table th,.tgl-static .tgls-table td{padding:2px 8px 2px 0;text-align:left;vertical-align:top;
border:0;border-bottom:1px solid var(--tgl-line);max-width:none;white-space:normal}
.tgl-static .tgls-table .tgls-word{white-space:nowrap}
.tgl-static .tgls-table th{font-weight:600}
.tgl-static .tgls-table .tgls-number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.tgl-static .tgls-bar{display:block;min-width:4.5em;padding:0 2px;border-radius:2px;
background:linear-gradient(var(--tgl-bar) 0 0) no-repeat 0 0/0 100%}
.tgl-static table.tgls-table td code{font:12px/1.45 var(--jp-code-font-family,ui-monospace,monospace);
white-space:pre-wrap;overflow-wrap:anywhere;background:none;color:inherit;padding:0;unicode-bidi:isolate}
.tgl-static svg{display:block}
.tgl-static .tgls-icicle text{font:11px system-ui,sans-serif;fill:var(--tgl-ink);pointer-events:none}
.tgl-static .tgls-icicle rect{stroke:var(--jp-layout-color0,Canvas);stroke-width:.6}
.tgl-static .tgls-icicle .tgls-plain{fill:var(--tgl-plain)}
.tgl-static .tgls-legend{display:flex;flex-wrap:wrap;gap:.2em 1em;font-size:12px}
.tgl-static .tgls-legend span{display:inline-flex;align-items:center;gap:.35em}
.tgl-static table.tgls-lanes{table-layout:fixed}
.tgl-static .tgls-lanes th:first-child{width:9em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tgl-static .tgls-lanes .tgls-wide{width:34%}
.tgl-static table.tgls-lanes td svg{height:14px;box-shadow:0 0 0 1px var(--tgl-line);margin-top:2px}
.tgl-static .tgls-axis{display:flex;justify-content:space-between;font-weight:400;color:var(--tgl-soft);
font-variant-numeric:tabular-nums;white-space:nowrap}
@media (max-width:600px){.tgl-static .tgls-lanes .tgls-wide,.tgl-static .tgls-roomy{display:none}
.tgl-static .tgls-lanes th:first-child{width:7em}.tgl-static .tgls-axis span:nth-child(even){display:none}}
"""
    + _STATES
    + ",".join(f"{host} .tgl-static" for host in DARK_HOSTS)
    + "{"
    + DARK_VARIABLES
    + "}"
)
"""For output in notebooks."""

PAGE_CSS = (
    """
:root{color-scheme:light dark;--tgl-page:#fff;--tgl-page-text:#1b1f24;--tgl-page-soft:#57606a;--tgl-page-line:#d5dae0}
body.tgl-page{margin:0 auto;max-width:1180px;padding:1.2rem 1.4rem 3rem;background:var(--tgl-page);
color:var(--tgl-page-text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
html{background:var(--tgl-page)}
.tgl-page h1{font-size:1.5rem;margin:.2em 0}.tgl-page h2{font-size:1.15rem;margin:1.6em 0 .3em;overflow-wrap:anywhere}
.tgl-page .tgl-static{--tgl-text:var(--tgl-page-text);--tgl-soft:var(--tgl-page-soft);--tgl-line:var(--tgl-page-line);
max-width:none;--jp-layout-color0:var(--tgl-page)}
.tgl-page .tgl-about{color:var(--tgl-page-soft)}
.tgl-page nav ul{padding-left:1.2em;overflow-wrap:anywhere}
.tgl-page a{color:#0b57d0}
@media (prefers-color-scheme:dark){
:root{--tgl-page:#15181c;--tgl-page-text:#e6e9ed;--tgl-page-soft:#a2acb7;--tgl-page-line:#353c44}
.tgl-page a{color:#8ab4f8}
.tgl-page .tgl-static{"""
    + DARK_VARIABLES
    + """}}
@media (max-width:600px){body.tgl-page{padding:.8rem}}
@media print{:root{color-scheme:light;--tgl-page:#fff;--tgl-page-text:#000;--tgl-page-soft:#333;--tgl-page-line:#bbb}
body.tgl-page{max-width:none;padding:0}.tgl-page section{break-before:auto}
.tgl-page tr,.tgl-page .tgls-icicle{break-inside:avoid}
.tgl-page .tgl-static{"""
    + _LIGHT_VARIABLES
    + """print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
)
"""For the report's page."""
