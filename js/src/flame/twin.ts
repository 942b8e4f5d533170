// The flame graph as a table: the frames at and below the one zoomed to, the longest first.

import { nameCell, shareCell } from "../cells";
import { h } from "../dom";
import { place, time } from "../format";
import { createTable } from "../table";
import type { FlameTree } from "./tree";

const ROWS = 200;

export interface TwinOptions {
  tree: FlameTree;
  focus: number;
  cellFile: string;
  share(node: number): number | null;
  choose(node: number): void;
}

/** The longest drawn frames within `focus`; the row order already runs from the root down. */
export function longestNodes(tree: FlameTree, focus: number, limit: number): number[] {
  const from = tree.x[focus] as number;
  const to = from + (tree.width[focus] as number);
  const found: number[] = [];
  for (const node of tree.rowOrder) {
    const left = tree.x[node] as number;
    const within = left >= from && left < to && (tree.depth[node] as number) >= (tree.depth[focus] as number);
    if (within && tree.isFrame(node)) found.push(node);
  }
  return found.sort((a, b) => (tree.width[b] as number) - (tree.width[a] as number)).slice(0, limit);
}

export function createTwin({ tree, focus, cellFile, share, choose }: TwinOptions): HTMLElement {
  const nodes = longestNodes(tree, focus, ROWS);
  const at = (row: number) => nodes[row] as number;
  const table = createTable({
    caption: "Frames of the flame graph",
    n: nodes.length,
    empty: "No frame to list.",
    sort: { key: "total", descending: true },
    columns: [
      {
        key: "function",
        label: "Function",
        grows: true,
        value: (row) => tree.label(at(row)),
        cell: (row) => chooser(tree, at(row), choose),
      },
      { key: "at", label: "At", value: (row) => place(tree.file(at(row)), tree.line(at(row)), cellFile) },
      { key: "depth", label: "Depth", numeric: true, spare: 2, value: (row) => tree.depth[at(row)] as number },
      {
        key: "total",
        label: "Total",
        numeric: true,
        value: (row) => tree.width[at(row)] as number,
        cell: (row) => shared(tree, at(row), share(at(row))),
      },
      {
        key: "total_s",
        label: "Total time",
        numeric: true,
        spare: 1,
        value: (row) => tree.width[at(row)] as number,
        cell: (row) => time(tree.width[at(row)]),
      },
      {
        key: "self",
        label: "Own time",
        numeric: true,
        value: (row) => tree.selfTime[at(row)] as number,
        cell: (row) => time(tree.selfTime[at(row)]),
      },
      { key: "thread", label: "Thread", spare: 2, value: (row) => tree.thread(at(row)) },
    ],
  });
  return h("div", { class: "tgl-twin" }, table);
}

function chooser(tree: FlameTree, node: number, choose: (node: number) => void): HTMLElement {
  if (tree.idOf(node) === null) return nameCell(tree.label(node), undefined);
  const label = tree.label(node);
  return h(
    "button",
    { type: "button", class: "tgl-link tgl-name", title: `Choose ${label}`, onclick: () => choose(node) },
    label,
  );
}

function shared(tree: FlameTree, node: number, share: number | null): HTMLElement {
  const bounds = tree.bounds(node);
  return shareCell(share, bounds?.[0] ?? null, bounds?.[1] ?? null);
}
