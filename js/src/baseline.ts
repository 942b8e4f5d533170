// The baseline panel: what a baseline keeps with its rounds, or the operations of the standard one.

import { type Columns, numberAt, rowCount, textAt } from "./contract";
import { h } from "./dom";
import { bytes, count, MISSING, visible } from "./format";
import { type BaselineKindPayload, type BaselinePayload, isBaseline, type PerformancePayload } from "./measured";
import { badge, type Fact, figure, head, listOf, nanoseconds, ratio, shortHash } from "./pieces";
import { Plot } from "./plot";
import { createShell, type Shell } from "./shell";
import { type Column, createTable } from "./table";

const METRICS: [key: string, label: string, spare?: 0 | 1 | 2 | 3][] = [
  ["ops_per_second", "ops/s"],
  ["latency_p50_ms", "p50, ms"],
  ["latency_p95_ms", "p95, ms"],
  ["latency_p99_ms", "p99, ms", 2],
  ["cpu_usage_pct", "CPU, %", 1],
  ["memory_usage_mb", "memory, MB", 1],
];

export function mountBaseline(host: Element, payload: BaselineKindPayload): Shell {
  if (!isBaseline(payload)) throw new Error(`this panel cannot show a ${(payload as { kind: string }).kind}`);
  const shell = createShell(host, () => undefined);
  if (payload.kind === "baseline") shell.root.append(...baselineParts(payload as BaselinePayload));
  else shell.root.append(...performanceParts(payload as PerformancePayload));
  return shell;
}

function baselineParts(b: BaselinePayload): HTMLElement[] {
  const facts: Fact[] = [
    ["Median", nanoseconds(b.median_ns), "Time of a call"],
    ["99 % interval", `${nanoseconds(b.low_ns)} to ${nanoseconds(b.high_ns)}`, "Of the median"],
    ["p95", nanoseconds(b.p95_ns), "95th percentile of single calls"],
    ["Peak memory", bytes(b.peak_bytes), "Most that one call held at once"],
    ["Rounds", count(b.n_rounds)],
    ["Commit", shortHash(b.commit_hash)],
    ["Runs again", b.isolated ? "in fresh processes" : "in this kernel only"],
    ["Kept", visible(b.created)],
    ...b.environment.map(([word, text]): Fact => [word, text]),
  ];
  const parts = [head(b.name, null, facts)];
  if (b.rounds.ns.length) parts.push(roundsPlot(b).element);
  if (b.source?.trim()) {
    const code = h("code", { class: "tgl-code" });
    code.textContent = b.source.trimEnd().split("\n").map(visible).join("\n");
    parts.push(h("div", { class: "tgl-scroll tgl-source", role: "region", tabindex: 0, "aria-label": "Code" }, code));
  }
  return parts;
}

function roundsPlot(b: BaselinePayload): Plot {
  return new Plot({
    label: `Median of each of ${count(b.n_rounds)} rounds`,
    points: b.rounds.ns.map((value, k) => ({
      value,
      style: "tgl-dot-0",
      title: `Round ${count(b.rounds.round[k])}: ${nanoseconds(value)}`,
    })),
    axis: b.axis,
    format: nanoseconds,
    noun: "round",
    band: b.low_ns !== null && b.high_ns !== null ? [b.low_ns, b.high_ns] : null,
    line: b.median_ns,
  });
}

function performanceParts(p: PerformancePayload): HTMLElement[] {
  const facts: Fact[] = [
    ["Operations per second", figure(p.ops_per_second)],
    ["p50", milliseconds(p.latency_p50_ms)],
    ["p95", milliseconds(p.latency_p95_ms)],
    ["p99", milliseconds(p.latency_p99_ms)],
    ["CPU", p.cpu_usage_pct === null ? MISSING : `${figure(p.cpu_usage_pct)} %`],
    ["Memory", p.memory_usage_mb === null ? MISSING : `${figure(p.memory_usage_mb)} MB`],
    ["Measured", visible(p.timestamp)],
  ];
  const lists = [listOf("Bottlenecks", p.bottlenecks), listOf("Recommendations", p.recommendations)];
  return [
    head(`Performance baseline, ${p.scope}`, null, facts),
    operationsTable(p.operations),
    ...(p.comparisons.length ? [comparisonsTable(p)] : []),
    ...lists.filter((list) => list !== null),
  ];
}

function milliseconds(value: number | null): string {
  return nanoseconds(value === null ? null : value * 1e6);
}

function operationsTable(operations: Columns): HTMLElement {
  const metrics = METRICS.map(
    ([key, label, spare]): Column => ({
      key,
      label,
      numeric: true,
      ...(spare === undefined ? {} : { spare }),
      value: (row) => numberAt(operations, key, row),
      cell: (row) => figure(numberAt(operations, key, row)),
    }),
  );
  return createTable({
    caption: "Operations",
    n: rowCount(operations),
    empty: "No operation was measured.",
    columns: [
      { key: "operation", label: "Operation", grows: true, value: (row) => textAt(operations, "operation", row) },
      ...metrics,
      { key: "implementation", label: "Runs", spare: 3, value: (row) => textAt(operations, "implementation", row) },
    ],
  });
}

function comparisonsTable({ comparisons }: PerformancePayload): HTMLElement {
  const at = (row: number) => comparisons[row];
  return createTable({
    caption: "Against the last baseline",
    n: comparisons.length,
    empty: "",
    columns: [
      { key: "operation", label: "Against last time", grows: true, value: (row) => visible(at(row)?.operation ?? "") },
      {
        key: "verdict",
        label: "Verdict",
        value: (row) => at(row)?.verdict ?? "",
        cell: (row) => badge(at(row)?.verdict ?? ""),
      },
      {
        key: "ratio",
        label: "Ratio",
        numeric: true,
        value: (row) => at(row)?.ratio ?? null,
        cell: (row) => ratio(at(row)?.ratio),
      },
      {
        key: "interval",
        label: "99 % interval",
        spare: 1,
        value: (row) => `${ratio(at(row)?.ratio_low)} to ${ratio(at(row)?.ratio_high)}`,
      },
    ],
  });
}
