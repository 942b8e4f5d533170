// What Python sends: the types of a payload and the decoding of its flame graph.
// Mirrors tailgana_lab/widgets/contract.py; field names stay in snake_case so that one search finds both sides.

/** Wait classes in the order used everywhere; a `state` byte of the flame graph is an index in this list. */
export const STATES = [
  "on_cpu",
  "queue",
  "gil_wait",
  "lock",
  "disk",
  "pipe",
  "socket",
  "sleep",
  "fault",
  "other",
] as const;
export type State = (typeof STATES)[number];

/** Words for people, aligned with STATES. */
export const STATE_LABELS: readonly string[] = [
  "on CPU",
  "run queue",
  "GIL wait",
  "lock",
  "disk",
  "pipe",
  "socket",
  "sleep",
  "page fault",
  "other",
];

export type Cell = string | number | boolean | null | string[];
/** A table as lists of equal length, one a column. */
export type Columns = Record<string, Cell[]>;

export interface Facts {
  name: string;
  created: string;
  duration_s: number | null;
  n_samples: number | null;
  interval_ms: number | null;
  torn_fraction: number | null;
  sampler_cpu_s: number | null;
  method: string;
  method_reason: string;
  sampled_s: number | null;
  python: string;
  n_stacks: number | null;
  memory_overhead_s: number | null;
}

export interface FlameHead {
  n: number;
  total_s: number | null;
  folded_fraction: number | null;
  encoding?: string;
  data?: string;
}

export interface ProfilePayload {
  v: number;
  kind: string;
  facts: Facts;
  lines: Columns;
  functions: Columns;
  threads: Columns;
  bottlenecks: Columns;
  memory: Columns;
  children: Columns;
  process: Columns;
  lanes: Columns;
  strings: string[];
  flame: FlameHead;
  cell: { source_hash: string; file: string };
}

export interface BottleneckPayload {
  v: number;
  kind: string;
  facts: Facts;
  bottlenecks: Columns;
  cell: { source_hash: string; file: string };
}

/** The call tree in pre-order, one entry a frame, all arrays of length `n`. */
export interface FlameData {
  readonly n: number;
  readonly strings: readonly string[];
  readonly id: Int32Array;
  /** Index of the parent in these arrays, -1 for a root. */
  readonly parent: Int32Array;
  readonly name: Int32Array;
  readonly file: Int32Array;
  readonly line: Int32Array;
  readonly thread: Int32Array;
  readonly self_s: Float32Array;
  readonly total_s: Float32Array;
  /** 95 % interval of the frame's share of the profile, fractions. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Index in STATES of the class with most time in the frame's subtree. */
  readonly state: Uint8Array;
  readonly flags: Uint8Array;
}

/** Bits of `flags`. */
export const IN_LIBRARY = 1;
export const IS_OTHER = 2;

/** The model an anywidget host hands to `render`; only what the panels use. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}

const MAGIC = 0x4d4c4754;
const VERSION = 1;
const HEADER_BYTES = 16;
const SECTION_BYTES = 8;

export class ContractError extends Error {}

/** The flame graph of a binary blob; views into the same memory unless the blob is not aligned. */
export function decodeFlame(blob: ArrayBuffer | ArrayBufferView, strings: readonly string[]): FlameData {
  const { buffer, offset, length } = alignedBytes(blob);
  if (length === 0) return emptyFlame(strings);
  const n = frameCount(buffer, offset, length);
  let at = offset + HEADER_BYTES;
  const take = (bytes: number): number => {
    const start = at;
    at += Math.ceil((n * bytes) / SECTION_BYTES) * SECTION_BYTES;
    return start;
  };
  const ints = () => new Int32Array(buffer, take(4), n);
  const floats = () => new Float32Array(buffer, take(4), n);
  const small = () => new Uint8Array(buffer, take(1), n);
  // The order of these fields is the order of the sections.
  return {
    n,
    strings,
    id: ints(),
    parent: ints(),
    name: ints(),
    file: ints(),
    line: ints(),
    thread: ints(),
    self_s: floats(),
    total_s: floats(),
    low: floats(),
    high: floats(),
    state: small(),
    flags: small(),
  };
}

export function emptyFlame(strings: readonly string[] = []): FlameData {
  const none = new Int32Array(0);
  const nothing = new Float32Array(0);
  const bytes = new Uint8Array(0);
  const ints = { id: none, parent: none, name: none, file: none, line: none, thread: none };
  return {
    n: 0,
    strings,
    ...ints,
    self_s: nothing,
    total_s: nothing,
    low: nothing,
    high: nothing,
    state: bytes,
    flags: bytes,
  };
}

function frameCount(buffer: ArrayBufferLike, offset: number, length: number): number {
  const head = new DataView(buffer, offset, length);
  if (length < HEADER_BYTES || head.getUint32(0, true) !== MAGIC)
    throw new ContractError("not a flame graph of this lab");
  const version = head.getUint32(4, true);
  if (version !== VERSION)
    throw new ContractError(`flame graph of version ${version}, this panel reads version ${VERSION}`);
  const n = head.getUint32(8, true);
  const section = (bytes: number) => Math.ceil((n * bytes) / SECTION_BYTES) * SECTION_BYTES;
  const needed = HEADER_BYTES + 10 * section(4) + 2 * section(1);
  if (length < needed) throw new ContractError(`flame graph cut short: ${length} bytes of ${needed}`);
  return n;
}

/** Bytes whose offset suits 4-byte arrays: the blob's own memory where it does, else a copy. */
function alignedBytes(blob: ArrayBuffer | ArrayBufferView): {
  buffer: ArrayBufferLike;
  offset: number;
  length: number;
} {
  if (!ArrayBuffer.isView(blob)) return { buffer: blob, offset: 0, length: blob.byteLength };
  const { buffer, byteOffset, byteLength } = blob;
  if (byteOffset % 4 === 0) return { buffer, offset: byteOffset, length: byteLength };
  return { buffer: buffer.slice(byteOffset, byteOffset + byteLength), offset: 0, length: byteLength };
}

/** Bytes of gzip-compressed data written in base64. */
export async function inflate(base64: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  const stream = new Response(packed).body?.pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).arrayBuffer();
}

/** The flame graph inside a payload as it stands in a saved output or a report. */
export async function decodeEmbedded(payload: Pick<ProfilePayload, "flame" | "strings">): Promise<FlameData> {
  if (!payload.flame.data) return emptyFlame(payload.strings);
  return decodeFlame(await inflate(payload.flame.data), payload.strings);
}

/** Number of rows of a table. */
export function rowCount(columns: Columns | undefined): number {
  if (!columns) return 0;
  const first = Object.values(columns)[0];
  return first ? first.length : 0;
}

/** A number of a table, or null where it is missing. */
export function numberAt(columns: Columns, name: string, row: number): number | null {
  const value = columns[name]?.[row];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A text of a table; empty where it is missing. */
export function textAt(columns: Columns, name: string, row: number): string {
  const value = columns[name]?.[row];
  return value === null || value === undefined ? "" : String(value);
}
