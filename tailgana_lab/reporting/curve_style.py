"""The style sheet of curves without a script, under the class of all script-free output."""

from collections.abc import Mapping

from tailgana_lab.charts.curves import DARK_POLICY_FILLS, POLICY_FILLS
from tailgana_lab.reporting.style import DARK_HOSTS


def _fills(fills: Mapping[str, str]) -> str:
    return "".join(f"--tgl-policy-{number}:{fill};" for number, fill in enumerate(fills.values()))


_STYLES = "".join(
    f".tgl-static .tgls-policy-{number}{{--tgl-policy:var(--tgl-policy-{number})}}"
    for number in range(len(POLICY_FILLS))
)

CURVE_CSS = (
    ".tgl-static{"
    + _fills(POLICY_FILLS)
    + """}
.tgl-static .tgls-drawing{flex:1;min-width:0;margin-right:12px}
.tgl-static .tgls-curves .tgls-plot-axis{height:200px}
.tgl-static .tgls-ticks{position:relative;height:1.5em;font-size:11px;color:var(--tgl-soft)}
.tgl-static .tgls-ticks span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.tgl-static .tgls-grid{stroke:var(--tgl-line)}
.tgl-static .tgls-curve{fill:none;stroke:var(--tgl-policy,#8c959f);stroke-width:1.4;opacity:.8}
.tgl-static .tgls-limit{stroke-dasharray:6 4}.tgl-static .tgls-strong{stroke-width:3;opacity:1}
.tgl-static .tgls-target{stroke:var(--tgl-slower);stroke-width:1.5;stroke-dasharray:8 4}
.tgl-static .tgls-infinite{stroke:var(--tgl-text);stroke-width:1.5;stroke-dasharray:1.5 4}
.tgl-static .tgls-spot{fill:var(--tgl-policy,#8c959f);stroke:var(--tgl-text);stroke-width:1.5}
.tgl-static .tgls-curves svg svg{border:0;overflow:visible}
.tgl-static .tgls-key{width:10px;height:10px;border-radius:3px;background:var(--tgl-policy,#8c959f)}
.tgl-static .tgls-line{width:18px;border-top:2px dashed var(--tgl-slower)}
.tgl-static .tgls-infinite-key{border-top:2px dotted var(--tgl-text)}
.tgl-static .tgls-circle,.tgl-static .tgls-diamond{width:8px;height:8px;border:1.5px solid var(--tgl-text)}
.tgl-static .tgls-circle{border-radius:50%}.tgl-static .tgls-diamond{transform:rotate(45deg)}
"""
    + _STYLES
    + ",".join(f"{host} .tgl-static" for host in DARK_HOSTS)
    + "{"
    + _fills(DARK_POLICY_FILLS)
    + "}@media (prefers-color-scheme:dark){.tgl-page .tgl-static{"
    + _fills(DARK_POLICY_FILLS)
    + "}}"
)
"""Style of these curves."""
