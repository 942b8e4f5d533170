// The tables of a profile: which columns of the payload are shown, and how.

import { bytesCell, codeCell, mixCell, nameCell, shareCell, verdictCell, verdictLabel } from "./cells";
import { type Columns, numberAt, rowCount, STATE_LABELS, STATES, textAt } from "./contract";
import { h } from "./dom";
import { count, place, time, visible } from "./format";
import { type Column, createTable } from "./table";

type Find = ((name: string) => void) | undefined;

export function linesTable(lines: Columns, cellFile: string, find: Find, empty: string): HTMLElement {
  return createTable({
    caption: "Hot lines",
    n: rowCount(lines),
    empty,
    sort: { key: "self_s", descending: true },
    columns: [
      { ...placeColumn(lines, cellFile), label: "Line" },
      {
        key: "source",
        label: "Source",
        grows: true,
        value: text(lines, "source"),
        cell: (row) => codeCell(textAt(lines, "source", row)),
      },
      { ...nameColumn(lines, find), spare: 3 },
      shareColumn(lines, "self", "Share", "Share of the profile's time on this line itself, with its 95 % interval"),
      { ...timeColumn(lines, "self_s", "Time"), spare: 0 },
      verdictColumn(lines),
    ],
  });
}

export function functionsTable(functions: Columns, cellFile: string, find: Find, empty: string): HTMLElement {
  return createTable({
    caption: "Functions",
    n: rowCount(functions),
    empty,
    sort: { key: "self_s", descending: true },
    columns: [
      { ...nameColumn(functions, find), grows: true },
      { ...placeColumn(functions, cellFile), spare: 1 },
      shareColumn(
        functions,
        "self",
        "Own share",
        "Share of the profile's time in the function itself, with its 95 % interval",
      ),
      timeColumn(functions, "self_s", "Own time"),
      timeColumn(functions, "total_s", "Total"),
      { ...timeColumn(functions, "wait_s", "Waiting"), spare: 3 },
      {
        key: "mix",
        label: "Own time is",
        spare: 3,
        value: (row) => verdictLabel(textAt(functions, "verdict", row)),
        cell: (row) => mixCell(classSeconds(functions, row)),
      },
      { ...verdictColumn(functions), hint: "What the function's own time is bound by" },
    ],
  });
}

/** The given rows of `threads`, in their order. */
export function threadsTable(all: Columns, rows: readonly number[], empty: string): HTMLElement {
  const threads = Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, rows.map((row) => values[row] ?? null)]),
  );
  const life = (row: number) => classSeconds(threads, row).reduce<number>((all, part) => all + (part ?? 0), 0);
  const name = (row: number) => h("span", { class: "tgl-name" }, visible(textAt(threads, "thread", row)) || "thread");
  const mix = (row: number) => mixCell(classSeconds(threads, row));
  return createTable({
    caption: "Threads",
    n: rowCount(threads),
    empty,
    columns: [
      { key: "thread", label: "Thread", grows: true, value: text(threads, "thread"), cell: name },
      { key: "native_id", label: "Native id", numeric: true, spare: 3, value: number(threads, "native_id") },
      { key: "mix", label: "Made up of", spare: 3, value: number(threads, "on_cpu_s"), cell: mix },
      { key: "life", label: "Life", numeric: true, value: life, cell: (row) => time(life(row)) },
      ...classColumns(threads),
    ],
  });
}

const SHOWN_CLASSES = [3, 5]; // columns that stay where the panel is narrow, and where it is not wide

/** A column for each wait class that occurs; where room is short the largest stay. */
function classColumns(threads: Columns): Column[] {
  const sums = STATES.map((state) => sum(threads, `${state}_s`));
  const ranked = STATES.map((_, k) => k).sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0));
  return STATES.flatMap((state, k) => {
    if (!sums[k]) return [];
    const rank = ranked.indexOf(k);
    const column = timeColumn(threads, `${state}_s`, STATE_LABELS[k] ?? state);
    if (rank < (SHOWN_CLASSES[0] ?? 0)) return [column];
    return [{ ...column, spare: rank < (SHOWN_CLASSES[1] ?? 0) ? 1 : 2 }];
  });
}

export function memoryTable(memory: Columns, cellFile: string): HTMLElement {
  return createTable({
    caption: "Memory by line",
    n: rowCount(memory),
    empty: "No allocation was tracked.",
    sort: { key: "peak_bytes", descending: true },
    columns: [
      { ...placeColumn(memory, cellFile), label: "Line" },
      {
        key: "source",
        label: "Source",
        grows: true,
        value: text(memory, "source"),
        cell: (row) => codeCell(textAt(memory, "source", row)),
      },
      {
        key: "peak_bytes",
        label: "Held at the peak",
        numeric: true,
        value: number(memory, "peak_bytes"),
        cell: bytesCell(memory, "peak_bytes"),
      },
      {
        key: "allocated_bytes",
        label: "Allocated in all",
        numeric: true,
        value: number(memory, "allocated_bytes"),
        cell: bytesCell(memory, "allocated_bytes"),
      },
      {
        key: "n_allocations",
        label: "Allocations",
        numeric: true,
        spare: 1,
        value: number(memory, "n_allocations"),
        cell: (row) => count(numberAt(memory, "n_allocations", row)),
      },
    ],
  });
}

export function childrenTable(children: Columns): HTMLElement {
  return createTable({
    caption: "Child processes",
    n: rowCount(children),
    empty: "The cell started no process.",
    columns: [
      {
        key: "name",
        label: "Process",
        grows: true,
        value: text(children, "name"),
        cell: (row) => visible(textAt(children, "name", row)),
      },
      { key: "pid", label: "pid", numeric: true, value: number(children, "pid") },
      timeColumn(children, "cpu_s", "CPU"),
      timeColumn(children, "wait_s", "Waited for"),
      {
        key: "peak_bytes",
        label: "Peak memory",
        numeric: true,
        value: number(children, "peak_bytes"),
        cell: bytesCell(children, "peak_bytes"),
      },
    ],
  });
}

function text(columns: Columns, name: string): Column["value"] {
  return (row) => textAt(columns, name, row);
}

function number(columns: Columns, name: string): Column["value"] {
  return (row) => numberAt(columns, name, row);
}

function sum(columns: Columns, name: string): number {
  return (columns[name] ?? []).reduce<number>((all, value) => all + (typeof value === "number" ? value : 0), 0);
}

function classSeconds(columns: Columns, row: number): (number | null)[] {
  return STATES.map((state) => numberAt(columns, `${state}_s`, row));
}

function timeColumn(columns: Columns, key: string, label: string): Column {
  return { key, label, numeric: true, value: number(columns, key), cell: (row) => time(numberAt(columns, key, row)) };
}

/** Column of `self` or `total`: its fraction as a bar with its interval. */
function shareColumn(columns: Columns, what: "self" | "total", label: string, hint: string): Column {
  const at = (name: string, row: number) => numberAt(columns, `${what}_${name}`, row);
  const cell = (row: number) => shareCell(at("fraction", row), at("low", row), at("high", row));
  return { key: `${what}_fraction`, label, hint, numeric: true, value: number(columns, `${what}_fraction`), cell };
}

function placeColumn(columns: Columns, cellFile: string): Column {
  const at = (row: number) => place(textAt(columns, "file", row), numberAt(columns, "line", row), cellFile);
  const cell = (row: number) =>
    h("span", { class: "tgl-place", title: visible(textAt(columns, "file", row)) }, at(row));
  return { key: "at", label: "At", value: at, cell };
}

function nameColumn(columns: Columns, find: Find): Column {
  const cell = (row: number) => nameCell(textAt(columns, "function", row), find);
  return { key: "function", label: "Function", value: text(columns, "function"), cell };
}

function verdictColumn(columns: Columns): Column {
  const cell = (row: number) => {
    const element = verdictCell(textAt(columns, "verdict", row));
    element.title = visible(textAt(columns, "evidence", row));
    return element;
  };
  return {
    key: "verdict",
    label: "Verdict",
    spare: 1,
    value: (row) => verdictLabel(textAt(columns, "verdict", row)),
    cell,
  };
}
