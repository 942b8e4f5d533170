"""The style sheet of verdicts and small pictures without a script, under the class of all script-free output."""

from tailgana_lab.reporting.style import DARK_HOSTS

N_FILLS = 6
"""Colours of dots: `tgls-dot-0` and so on."""

PLOT_CSS = (
    """
.tgl-static{--tgl-faster:#2c7a46;--tgl-slower:#b3372b;--tgl-same:#57606a;--tgl-inconclusive:#9a6700;
--tgl-dot-0:#3b78b8;--tgl-dot-1:#c2711f;--tgl-dot-2:#3f8f63;--tgl-dot-3:#8a5fae;--tgl-dot-4:#b04a6f;--tgl-dot-5:#6d7a2e}
.tgl-static .tgls-badge{display:inline-block;padding:.1em .6em;border-radius:4px;color:#fff;font-weight:600;
background:var(--tgl-same)}
"""
    + "".join(
        f".tgl-static .tgls-{verdict}{{background:var(--tgl-{verdict})}}"
        f".tgl-static svg .tgls-{verdict}{{fill:var(--tgl-{verdict});stroke:var(--tgl-{verdict})}}"
        for verdict in ("faster", "slower", "same", "inconclusive")
    )
    + "".join(f".tgl-static svg .tgls-dot-{number}{{fill:var(--tgl-dot-{number})}}" for number in range(N_FILLS))
    + """
.tgl-static .tgls-plot{display:flex;gap:.5em;margin:.4em 0}
.tgl-static .tgls-plot-axis{display:flex;flex-direction:column;justify-content:space-between;text-align:right;
font-size:11px;color:var(--tgl-soft);font-variant-numeric:tabular-nums;white-space:nowrap}
.tgl-static .tgls-plot svg{flex:1;min-width:0;border-left:1px solid var(--tgl-line);
border-bottom:1px solid var(--tgl-line);overflow:hidden}
.tgl-static .tgls-plot .tgls-zero{stroke:var(--tgl-text);stroke-dasharray:4 4;opacity:.7}
.tgl-static .tgls-plot .tgls-range{stroke:var(--tgl-dot-0);stroke-width:2;opacity:.45}
.tgl-static .tgls-plot .tgls-change{stroke:var(--tgl-slower);stroke-width:1.5}
.tgl-static .tgls-plot .tgls-suspect{stroke:var(--tgl-inconclusive);stroke-width:1.5;stroke-dasharray:6 3}
.tgl-static .tgls-plot .tgls-other{stroke:var(--tgl-dot-3);stroke-width:1.5;stroke-dasharray:2 3}
.tgl-static ul.tgls-list{margin:.3em 0;padding-left:1.3em}
.tgl-static .tgls-list li{overflow-wrap:anywhere}
"""
    + ",".join(f"{host} .tgl-static" for host in DARK_HOSTS)
    + "{"
    + (
        DARK_PLOT := "--tgl-faster:#3c8a57;--tgl-slower:#c9564a;--tgl-same:#6b7580;--tgl-inconclusive:#a8791d;"
        "--tgl-dot-0:#6ea5de;--tgl-dot-1:#d8924a;--tgl-dot-2:#6bb98c;--tgl-dot-3:#b08fd0;--tgl-dot-4:#d07f9d;"
        "--tgl-dot-5:#a3b060;"
    )
    + "}@media (prefers-color-scheme:dark){.tgl-page .tgl-static{"
    + DARK_PLOT
    + "}}"
)
"""Style of these pictures and of verdicts, under the class of all script-free output."""
