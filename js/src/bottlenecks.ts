// The bottlenecks in the order of their weight: what, where, how much of the time, how that is known, what to do.

import { prose, shareCell, verdictCell } from "./cells";
import { type Columns, numberAt, rowCount, textAt } from "./contract";
import { h } from "./dom";
import { baseName, count, visible } from "./format";

const PRIORITIES = ["", "over 20 %", "over 10 %", "over 5 %", "over 2 %", "2 % or less"];

export function bottleneckList(bottlenecks: Columns, empty: string, cellFile: string): HTMLElement {
  const n = rowCount(bottlenecks);
  if (n === 0) return h("p", { class: "tgl-empty" }, empty);
  const rows = Array.from({ length: n }, (_, row) => bottleneck(bottlenecks, row, cellFile));
  return h("ol", { class: "tgl-bottlenecks" }, ...rows);
}

function bottleneck(columns: Columns, row: number, cellFile: string): HTMLElement {
  const fraction = (name: string) => {
    const percent = numberAt(columns, name, row);
    return percent === null ? null : percent / 100;
  };
  const calls = numberAt(columns, "call_count", row);
  const evidence = [textAt(columns, "evidence", row), calls === null ? "" : `${count(calls)} calls`].filter(Boolean);
  return h(
    "li",
    { class: "tgl-bottleneck" },
    priority(numberAt(columns, "priority", row)),
    h(
      "div",
      { class: "tgl-bottleneck-what" },
      verdictCell(textAt(columns, "bottleneck_type", row)),
      h("span", { class: "tgl-place tgl-location" }, located(textAt(columns, "location", row), cellFile)),
    ),
    shareCell(fraction("time_spent_pct"), fraction("low_pct"), fraction("high_pct")),
    h("p", { class: "tgl-evidence" }, ...prose(evidence.join(" · "))),
    fixes(columns.suggested_fixes?.[row]),
  );
}

/** Where it is, with the cell's file called "cell" as everywhere else. */
function located(location: string, cellFile: string): string {
  const name = baseName(cellFile);
  return visible(name ? location.replace(`(${name}:`, "(cell:") : location);
}

function priority(value: number | null): HTMLElement {
  const shown = value === null ? "–" : String(value);
  const hint = `Priority ${shown}${value === null ? "" : `: ${PRIORITIES[value] ?? ""} of the time`}`;
  return h("span", { class: "tgl-priority", title: hint }, h("span", { class: "tgl-unseen" }, "Priority "), shown);
}

function fixes(given: unknown): HTMLElement | null {
  const list = Array.isArray(given) ? given : given ? [given] : [];
  if (list.length === 0) return null;
  return h("ul", { class: "tgl-fixes" }, ...list.map((fix) => h("li", {}, ...prose(String(fix)))));
}
