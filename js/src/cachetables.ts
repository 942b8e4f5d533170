// The tables behind the curves of a cache: policies at one capacity, every replay, and times to live.

import { barCell } from "./cells";
import { rowCount, textAt } from "./contract";
import { count, MISSING, time, visible } from "./format";
import type { AdvicePayload } from "./replayed";
import { type Column, createTable } from "./table";

/** Signed percentage points. */
export function points(value: number | null | undefined): string {
  if (typeof value !== "number") return MISSING;
  const size = Math.abs(value).toFixed(1);
  const unit = size === "1.0" ? "point" : "points";
  return `${Number(size) === 0 ? "" : value > 0 ? "+" : "−"}${size}\u00a0${unit}`;
}

function fractionColumn(key: string, label: string, value: (row: number) => number | null): Column {
  return { key, label, numeric: true, value, cell: (row) => barCell(value(row)) };
}

function loadsColumn(value: (row: number) => number | null): Column {
  const hint = "Misses and what was loaded ahead, for each request";
  const cell = (row: number) => value(row)?.toFixed(4) ?? MISSING;
  return { key: "loads", label: "Loads a request", hint, numeric: true, spare: 0, value, cell };
}

/** What every policy does at one capacity, best first. */
export function hereTable(p: AdvicePayload, stop: number): HTMLElement {
  const at = (row: number) => p.curves[row];
  const gain = (row: number) => at(row)?.gain_points[stop] ?? null;
  const columns: Column[] = [
    { key: "policy", label: "Policy", grows: true, value: (row) => visible(at(row)?.label ?? "") },
    fractionColumn("hits", "Hits", (row) => at(row)?.hit_fraction[stop] ?? null),
    loadsColumn((row) => at(row)?.loads_fraction[stop] ?? null),
  ];
  if (p.old) {
    columns.push({
      key: "gain",
      label: "Against now",
      numeric: true,
      spare: 1,
      value: gain,
      cell: (row) => points(gain(row)),
    });
  }
  const caption = `Policies at ${count(p.capacities[stop])} entries`;
  const sort = { key: "hits", descending: true };
  return createTable({ caption, n: p.curves.length, empty: "Nothing was replayed.", columns, sort, shown: 20 });
}

/** Every replay, one a row. */
export function replaysTable(p: AdvicePayload): HTMLElement {
  const rows = p.curves.flatMap((curve) =>
    p.capacities.flatMap((capacity, k) =>
      curve.hit_fraction[k] === null
        ? []
        : [{ label: visible(curve.label), capacity, hits: curve.hit_fraction[k], loads: curve.loads_fraction[k] }],
    ),
  );
  return createTable({
    caption: "All replays",
    n: rows.length,
    empty: "Nothing was replayed.",
    columns: [
      { key: "policy", label: "Policy", grows: true, value: (row) => rows[row]?.label ?? null },
      {
        key: "capacity",
        label: "Capacity",
        numeric: true,
        value: (row) => rows[row]?.capacity ?? null,
        cell: (row) => count(rows[row]?.capacity),
      },
      fractionColumn("hits", "Hits", (row) => rows[row]?.hits ?? null),
      loadsColumn((row) => rows[row]?.loads ?? null),
    ],
  });
}

/** Hit rate by the time that entries live, without evictions. */
export function ttlTable({ ttl_curve }: AdvicePayload): HTMLElement {
  const number = (key: string) => (row: number) => {
    const text = textAt(ttl_curve, key, row);
    return text === "" ? null : Number(text);
  };
  const ttl = number("ttl_s");
  return createTable({
    caption: "Hit rate by time to live, where nothing is evicted",
    n: rowCount(ttl_curve),
    empty: "",
    columns: [
      { key: "ttl_s", label: "Time to live", grows: true, value: ttl, cell: (row) => time(ttl(row)) },
      fractionColumn("hits", "Hits", number("hit_fraction")),
    ],
  });
}
