// The regression panel: a verdict with its rounds, the report of a check, or a history that is brushed and clicked.

import { type Columns, numberAt, rowCount, textAt } from "./contract";
import { h } from "./dom";
import { count, MISSING, visible } from "./format";
import {
  type ComparisonPayload,
  type HistoryPayload,
  isRegression,
  type RegressionPayload,
  type ReportPayload,
} from "./measured";
import {
  change,
  type Fact,
  figure,
  head,
  listOf,
  nanoseconds,
  ratio,
  remark,
  shortHash,
  verdictStyle,
  warning,
} from "./pieces";
import { type Mark, Plot, type Point } from "./plot";
import { createShell, type Shell } from "./shell";
import { createTable } from "./table";

export interface Hooks {
  /** Rows of the history, or rounds of the race, that were chosen. */
  select(ids: number[]): void;
  /** First and last row shown; null for all. */
  brush(range: [number, number] | null): void;
}

const N_FILLS = 6;
const HOW_ROUNDS =
  "Each dot is a round, new over old, coloured by process. Band: 99 % interval of the ratio. Dashed: no change.";
const HOW_HISTORY =
  "Each dot is a record with its 99 % interval. Drag to zoom, click a dot for its record. Full line: the time changed; dashed: suspect; dotted: another environment.";

export function mountRegression(host: Element, payload: RegressionPayload, hooks: Hooks): Shell {
  if (!isRegression(payload)) throw new Error(`this panel cannot show a ${(payload as { kind: string }).kind}`);
  const shell = createShell(host, () => undefined);
  if (payload.kind === "history") shell.root.append(...historyParts(payload as HistoryPayload, hooks));
  else if (payload.kind === "comparison") shell.root.append(...comparisonParts(payload as ComparisonPayload, hooks));
  else shell.root.append(...reportParts(payload as ReportPayload, hooks));
  return shell;
}

function present(...parts: (HTMLElement | null)[]): HTMLElement[] {
  return parts.filter((part) => part !== null);
}

function comparisonParts(c: ComparisonPayload, hooks: Hooks): HTMLElement[] {
  const title = c.name || `${c.new_name} against ${c.old_name}`;
  const disturbed = c.disturbed ? warning("Other programs took time from this race.") : null;
  return present(head(title, c.verdict, comparisonFacts(c)), remark(c.reason), disturbed, ...roundsPlot(c, hooks));
}

export function comparisonFacts(c: Omit<ComparisonPayload, "rounds" | "axis" | "n_outside">): Fact[] {
  const where = c.isolated ? `${count(c.n_processes)} fresh processes` : "this kernel alone";
  const facts: Fact[] = [
    ["Ratio", ratio(c.ratio), "Time of the new code over that of the old"],
    ["99 % interval", `${ratio(c.ratio_low)} to ${ratio(c.ratio_high)}`],
    ["Before", nanoseconds(c.old_ns), `A call of ${visible(c.old_name)}`],
    ["Now", nanoseconds(c.new_ns), `A call of ${visible(c.new_name)}`],
    ["Rounds", `${count(c.n_rounds)} in ${where}`],
    ["Clock", c.clock === "cpu" ? "CPU time" : "wall-clock time", "The clock that the verdict rests on"],
  ];
  if (c.smallest_detectable_pct !== null) {
    facts.push(["Would have seen", `${figure(c.smallest_detectable_pct)} %`, "The smallest change it could tell"]);
  }
  if (c.is_confirmed) facts.push(["Confirmed", "by a second batch"]);
  return facts;
}

function roundsPlot(c: ComparisonPayload, hooks: Hooks): HTMLElement[] {
  const points: Point[] = c.rounds.ratio.map((value, k) => ({
    value,
    style: `tgl-dot-${(c.rounds.process[k] ?? 0) % N_FILLS}`,
    title: `Round ${count(c.rounds.round[k])} of process ${(c.rounds.process[k] ?? 0) + 1}: ${ratio(value)}`,
  }));
  if (!points.length) return [];
  const plot = new Plot({
    label: `Ratio of new to old in ${count(c.n_rounds)} rounds`,
    points,
    axis: c.axis,
    format: ratio,
    noun: "round",
    band: c.ratio_low !== null && c.ratio_high !== null ? [c.ratio_low, c.ratio_high] : null,
    line: c.ratio,
    bandStyle: `tgl-is-${verdictStyle(c.verdict)}`,
    zero: 1,
    choose: (index) => hooks.select(index === null ? [] : [c.rounds.round[index] ?? index]),
    zoomed: hooks.brush,
  });
  const outside = c.n_outside ? ` ${count(c.n_outside)} lie outside the picture.` : "";
  return present(plot.element, remark(HOW_ROUNDS + outside));
}

function reportParts(r: ReportPayload, hooks: Hooks): HTMLElement[] {
  const least = r.severity_at_least && r.severity_at_least !== r.severity ? `, at least ${r.severity_at_least}` : "";
  const facts: Fact[] = [
    ["Severity", r.has_regression ? `${r.severity}${least}` : "none"],
    ["Baseline", shortHash(r.commits[0]), "Commit of the baseline"],
    ["Now", shortHash(r.commits[1]), "Commit of today's code"],
  ];
  const parts = present(
    head(r.workload, r.verdict, facts),
    remark(r.comparison?.reason === r.reason ? null : r.reason),
    figuresTable(r.figures),
    listOf("Regressions", r.regressions),
    listOf("Warnings", r.warnings),
    listOf("Improvements", r.improvements),
    listOf("Recommendations", r.recommendations),
  );
  if (r.comparison) parts.push(h("div", { class: "tgl-part" }, ...comparisonParts(r.comparison, hooks)));
  return parts;
}

function figuresTable(figures: Columns): HTMLElement {
  const number = (key: string, label: string, shown: (value: number | null) => string) => ({
    key,
    label,
    numeric: true,
    value: (row: number) => numberAt(figures, key, row),
    cell: (row: number) => shown(numberAt(figures, key, row)),
  });
  return createTable({
    caption: "Figures of the baseline and of today's code",
    n: rowCount(figures),
    empty: "No figure of both sides is known.",
    columns: [
      { key: "figure", label: "Figure", grows: true, value: (row) => textAt(figures, "figure", row) },
      number("old", "Baseline", figure),
      number("new", "Now", figure),
      number("change_pct", "Change", change),
    ],
  });
}

function historyParts(history: HistoryPayload, hooks: Hooks): HTMLElement[] {
  const { points, change_points } = history;
  const n = rowCount(points);
  const facts: Fact[] = [
    ["Records", count(n)],
    ["Change points", count(rowCount(change_points))],
  ];
  if (n === 0) return [head(history.name, null, facts), h("p", { class: "tgl-empty" }, "No record is kept.")];
  const record = h("div", { class: "tgl-record", role: "region", "aria-label": "Chosen record", hidden: true });
  const plot = new Plot({
    label: `Time of ${count(n)} records`,
    points: Array.from({ length: n }, (_, row) => pointOf(points, row)),
    axis: history.axis,
    format: nanoseconds,
    noun: "record",
    marks: marksOf(history),
    choose(index) {
      record.hidden = index === null;
      record.replaceChildren(...(index === null ? [] : recordFacts(points, index)));
      hooks.select(index === null ? [] : [index]);
    },
    zoomed: hooks.brush,
  });
  const show = (row: number) => plot.choose(row);
  return present(
    head(history.name, null, facts),
    plot.element,
    remark(HOW_HISTORY),
    record,
    changesTable(history, show),
    recordsTable(points, show),
  );
}

function pointOf(points: Columns, row: number): Point {
  const verdict = textAt(points, "verdict", row);
  const value = numberAt(points, "median_ns", row);
  const parts = [textAt(points, "created", row), textAt(points, "commit_hash", row).slice(0, 10)];
  return {
    value,
    low: numberAt(points, "low_ns", row),
    high: numberAt(points, "high_ns", row),
    style: verdict ? `tgl-is-${verdictStyle(verdict)}` : "tgl-dot-0",
    title: [...parts, nanoseconds(value), verdict].filter(Boolean).map(visible).join(" · "),
  };
}

function marksOf({ points, change_points, environment_changes }: HistoryPayload): Mark[] {
  const changes = Array.from({ length: rowCount(change_points) }, (_, row) => ({
    at: (numberAt(change_points, "index", row) ?? 0) - 0.5,
    style: change_points.suspect?.[row] ? "tgl-plot-suspect" : "tgl-plot-change",
    title: change(numberAt(change_points, "change_pct", row)),
  }));
  const others = environment_changes.map((row) => ({
    at: row - 0.5,
    style: "tgl-plot-other",
    title: `another environment: ${visible(textAt(points, "environment", row))}`,
  }));
  return [...changes, ...others];
}

function recordFacts(points: Columns, row: number): HTMLElement[] {
  const interval = `${nanoseconds(numberAt(points, "low_ns", row))} to ${nanoseconds(numberAt(points, "high_ns", row))}`;
  const verdict = textAt(points, "verdict", row);
  const facts: Fact[] = [
    ["Record", textAt(points, "record_id", row) || MISSING],
    ["Commit", textAt(points, "commit_hash", row) || MISSING],
    ["Median", nanoseconds(numberAt(points, "median_ns", row))],
    ["99 % interval", interval],
    ["Ratio to its baseline", ratio(numberAt(points, "ratio", row))],
    ["Environment", textAt(points, "environment", row) || MISSING],
  ];
  return [head(textAt(points, "created", row), verdict || null, facts)];
}

function changesTable({ points, change_points }: HistoryPayload, show: (row: number) => void): HTMLElement | null {
  const n = rowCount(change_points);
  if (!n) return null;
  const at = (row: number) => numberAt(change_points, "index", row) ?? 0;
  const time = (key: string, label: string) => ({
    key,
    label,
    numeric: true,
    value: (row: number) => numberAt(change_points, key, row),
    cell: (row: number) => nanoseconds(numberAt(change_points, key, row)),
  });
  return createTable({
    caption: "Where the time changed",
    n,
    empty: "",
    columns: [
      {
        key: "created",
        label: "Since",
        grows: true,
        value: (row) => textAt(points, "created", at(row)),
        cell: (row) => linkTo(textAt(points, "created", at(row)), () => show(at(row))),
      },
      { key: "commit", label: "Commit", spare: 1, value: (row) => shortHash(textAt(points, "commit_hash", at(row))) },
      time("before", "Before"),
      time("after", "After"),
      {
        key: "change_pct",
        label: "Change",
        numeric: true,
        value: (row) => numberAt(change_points, "change_pct", row),
        cell: (row) => change(numberAt(change_points, "change_pct", row)),
      },
      { key: "suspect", label: "Sure", spare: 2, value: (row) => (change_points.suspect?.[row] ? "not yet" : "yes") },
    ],
  });
}

function recordsTable(points: Columns, show: (row: number) => void): HTMLElement {
  return createTable({
    caption: "All records",
    n: rowCount(points),
    empty: "No record is kept.",
    sort: { key: "created", descending: true },
    columns: [
      {
        key: "created",
        label: "Record",
        grows: true,
        value: (row) => textAt(points, "created", row),
        cell: (row) => linkTo(textAt(points, "created", row), () => show(row)),
      },
      { key: "commit", label: "Commit", spare: 1, value: (row) => shortHash(textAt(points, "commit_hash", row)) },
      {
        key: "median",
        label: "Median",
        numeric: true,
        value: (row) => numberAt(points, "median_ns", row),
        cell: (row) => nanoseconds(numberAt(points, "median_ns", row)),
      },
      {
        key: "ratio",
        label: "Ratio",
        numeric: true,
        spare: 1,
        value: (row) => numberAt(points, "ratio", row),
        cell: (row) => ratio(numberAt(points, "ratio", row)),
      },
      { key: "verdict", label: "Verdict", value: (row) => visible(textAt(points, "verdict", row)) || "kept" },
    ],
  });
}

function linkTo(text: string, onclick: () => void): HTMLElement {
  return h("button", { type: "button", class: "tgl-link", onclick }, visible(text) || MISSING);
}
