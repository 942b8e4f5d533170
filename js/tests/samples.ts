// Small payloads for tests: a tree written as rows, packed the way Python packs it.

import type { FlameData, ProfilePayload } from "../src/contract";
import { decodeFlame, STATES } from "../src/contract";

export interface Row {
  name: string;
  parent: number;
  self: number;
  total: number;
  file?: string;
  line?: number;
  thread?: string;
  state?: (typeof STATES)[number];
  library?: boolean;
  other?: boolean;
}

/** The binary of a tree and the strings it points to. */
export function pack(rows: readonly Row[], before = 0): { bytes: Uint8Array; strings: string[] } {
  const strings: string[] = [];
  const index = (text: string) => {
    if (!strings.includes(text)) strings.push(text);
    return strings.indexOf(text);
  };
  const whole = rows.reduce((sum, row) => sum + (row.parent < 0 ? row.total : 0), 0) || 1;
  const ints = [
    rows.map((row, k) => (row.other ? -1 : k)),
    rows.map((row) => row.parent),
    rows.map((row) => index(row.name)),
    rows.map((row) => index(row.file ?? "work.py")),
    rows.map((row) => row.line ?? 1),
    rows.map((row) => index(row.thread ?? "MainThread")),
  ];
  const floats = [
    rows.map((row) => row.self),
    rows.map((row) => row.total),
    rows.map((row) => row.total / whole - 0.01),
    rows.map((row) => row.total / whole + 0.01),
  ];
  const small = [
    rows.map((row) => STATES.indexOf(row.state ?? "on_cpu")),
    rows.map((row) => Number(row.library ?? false) + 2 * Number(row.other ?? false)),
  ];
  const size = (width: number) => Math.ceil((rows.length * width) / 8) * 8;
  const bytes = new Uint8Array(before + 16 + 10 * size(4) + 2 * size(1));
  const view = new DataView(bytes.buffer, before);
  [0x4d4c4754, 1, rows.length, 0].forEach((word, k) => {
    view.setUint32(4 * k, word, true);
  });
  let at = 16;
  const put = (columns: number[][], width: number, set: (at: number, value: number) => void) => {
    for (const column of columns) {
      column.forEach((value, k) => {
        set(at + k * width, value);
      });
      at += size(width);
    }
  };
  put(ints, 4, (to, value) => view.setInt32(to, value, true));
  put(floats, 4, (to, value) => view.setFloat32(to, value, true));
  put(small, 1, (to, value) => view.setUint8(to, value));
  return { bytes, strings };
}

export function flameOf(rows: readonly Row[]): FlameData {
  const { bytes, strings } = pack(rows);
  return decodeFlame(bytes, strings);
}

/** `module` calls `parse` (which calls the library's `loads`, which calls back `hook`) and `wait`. */
export const TREE: readonly Row[] = [
  { name: "<module>", parent: -1, self: 1, total: 10, file: "/tmp/ipykernel_1/9.py" },
  { name: "parse", parent: 0, self: 1, total: 6, file: "/tmp/ipykernel_1/9.py" },
  { name: "loads", parent: 1, self: 2, total: 5, file: "/usr/lib/python3.11/json/__init__.py", library: true },
  { name: "hook", parent: 2, self: 3, total: 3, file: "/tmp/ipykernel_1/9.py" },
  { name: "wait", parent: 0, self: 2.5, total: 2.5, file: "/tmp/ipykernel_1/9.py", state: "sleep" },
  { name: "other", parent: 0, self: 0.5, total: 0.5, other: true },
];

export function payloadOf(rows: readonly Row[], changes: Partial<ProfilePayload> = {}): ProfilePayload {
  const { strings } = pack(rows);
  const total = rows.reduce((sum, row) => sum + (row.parent < 0 ? row.total : 0), 0);
  return {
    v: 1,
    kind: "profile",
    facts: {
      name: "sample",
      created: "2026-01-01T00:00:00+00:00",
      duration_s: 10,
      n_samples: 9000,
      interval_ms: 1.1,
      torn_fraction: 0,
      sampler_cpu_s: 0.1,
      method: "stacks read in place",
      method_reason: "",
      sampled_s: total,
      python: "3.11.7",
      n_stacks: 9000,
      memory_overhead_s: null,
    },
    lines: { file: [], line: [], source: [], self_s: [], total_s: [], self_fraction: [], verdict: [] },
    functions: {},
    threads: {},
    bottlenecks: {},
    memory: {},
    children: {},
    process: {},
    lanes: {},
    strings,
    flame: { n: rows.length, total_s: total, folded_fraction: 0 },
    cell: { source_hash: "", file: "/tmp/ipykernel_1/9.py" },
    ...changes,
  };
}
