// The call tree laid out for drawing, on flat arrays made for a million frames. A node is one of: 0, the whole; 1 to
// T, one for each thread where there are several; then the frames of the payload in their order.

import { type FlameData, IN_LIBRARY, IS_OTHER } from "../contract";
import { baseName, visible } from "../format";

export const WHOLE = 0;
const NONE = -1;

export class FlameTree {
  readonly n: number;
  /** Nodes that stand before the first frame. */
  readonly base: number;
  readonly parent: Int32Array;
  /** Row of each node; -1 for a frame that is hidden. */
  readonly depth: Int32Array;
  /** Left edge and width of each node, seconds. */
  readonly x: Float64Array;
  readonly width: Float64Array;
  /** Own time of each node with that of the hidden frames it stands for, seconds. */
  readonly selfTime: Float64Array;
  /** Nodes row by row, from left to right; row `d` is at rowStart[d] up to rowStart[d + 1]. */
  readonly rowStart: Int32Array;
  readonly rowOrder: Int32Array;
  /** Where each node stands in rowOrder. */
  readonly place: Int32Array;
  readonly nRows: number;
  private readonly threads: number[];

  constructor(
    readonly data: FlameData,
    readonly hideLibrary = false,
  ) {
    this.threads = threadsOf(data);
    this.base = 1 + this.threads.length;
    this.n = data.n + this.base;
    this.parent = this.parents();
    const totals = this.totals();
    this.x = new Float64Array(this.n);
    this.width = new Float64Array(this.n);
    this.depth = new Int32Array(this.n);
    const visited = this.lay(totals);
    const rows = rowsOf(this.depth, visited);
    this.rowStart = rows.start;
    this.rowOrder = rows.order;
    this.place = rows.place;
    this.nRows = rows.start.length - 1;
    this.selfTime = this.ownTimes();
  }

  isFrame(node: number): boolean {
    return node >= this.base;
  }

  isOther(node: number): boolean {
    return this.isFrame(node) && isFold(this.data, node - this.base);
  }

  isLibrary(node: number): boolean {
    return this.isFrame(node) && ((this.data.flags[node - this.base] as number) & IN_LIBRARY) !== 0;
  }

  /** The id of a frame in Python's table; null for what is no frame of it. */
  idOf(node: number): number | null {
    const id = this.isFrame(node) && !this.isOther(node) ? (this.data.id[node - this.base] as number) : NONE;
    return id >= 0 ? id : null;
  }

  nodeOf(id: number): number {
    const found = this.data.id.indexOf(id);
    return found < 0 ? NONE : found + this.base;
  }

  label(node: number): string {
    if (this.isOther(node)) return "other";
    if (this.isFrame(node)) return visible(this.text(this.data.name[node - this.base])) || "?";
    if (node === WHOLE)
      return this.threads.length === 0 && this.data.n ? this.threadName(this.data.thread[0]) : "all threads";
    return this.threadName(this.threads[node - 1]);
  }

  file(node: number): string {
    return this.isFrame(node) && !this.isOther(node) ? this.text(this.data.file[node - this.base]) : "";
  }

  line(node: number): number {
    return this.isFrame(node) ? (this.data.line[node - this.base] as number) : 0;
  }

  thread(node: number): string {
    return this.isFrame(node) ? this.threadName(this.data.thread[node - this.base]) : "";
  }

  /** Bounds of a frame's share, fractions; null where they are not known. */
  bounds(node: number): [number, number] | null {
    if (!this.isFrame(node)) return null;
    const [low, high] = [this.data.low[node - this.base] as number, this.data.high[node - this.base] as number];
    return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
  }

  state(node: number): number | null {
    return this.isFrame(node) ? (this.data.state[node - this.base] as number) : null;
  }

  /** The nearest ancestor that is drawn; -1 above the whole. */
  visibleParent(node: number): number {
    let at = this.parent[node] as number;
    while (at >= 0 && (this.depth[at] as number) < 0) at = this.parent[at] as number;
    return at;
  }

  /** The drawn nodes from the whole down to this one. */
  path(node: number): number[] {
    const path = [];
    for (let at = node; at >= 0; at = this.visibleParent(at)) path.push(at);
    return path.reverse();
  }

  /** The drawn nodes right below a node, from left to right, at most `limit`. */
  children(node: number, limit = Number.POSITIVE_INFINITY): number[] {
    const row = (this.depth[node] as number) + 1;
    const found: number[] = [];
    if (row >= this.nRows) return found;
    const end = (this.x[node] as number) + (this.width[node] as number);
    const last = this.rowStart[row + 1] as number;
    for (let k = this.firstEndingAfter(row, this.x[node] as number); k < last && found.length < limit; k++) {
      const at = this.rowOrder[k] as number;
      if ((this.x[at] as number) >= end) break;
      if (this.visibleParent(at) === node) found.push(at);
    }
    return found;
  }

  /** Is `inner` the node itself or somewhere below it? */
  contains(node: number, inner: number): boolean {
    for (let at = inner; at >= 0; at = this.parent[at] as number) if (at === node) return true;
    return false;
  }

  /** First place in a row whose node ends to the right of `x`; rowStart[row + 1] when there is none. */
  firstEndingAfter(row: number, x: number): number {
    let low = this.rowStart[row] as number;
    let high = this.rowStart[row + 1] as number;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.rowOrder[middle] as number;
      if ((this.x[at] as number) + (this.width[at] as number) <= x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private text(index: number | undefined): string {
    return this.data.strings[index ?? NONE] ?? "";
  }

  private threadName(index: number | undefined): string {
    return visible(this.text(index)) || "thread";
  }

  private parents(): Int32Array {
    const { base, data, n } = this;
    const parent = new Int32Array(n);
    parent[WHOLE] = NONE;
    const nodeOfThread = new Map(this.threads.map((thread, k) => [thread, k + 1]));
    for (let i = 0; i < data.n; i++) {
      const above = data.parent[i] as number;
      const isRoot = above < 0 || above >= i; // a parent stands before its children
      const threadNode = isFold(data, i) ? WHOLE : (nodeOfThread.get(data.thread[i] as number) ?? WHOLE);
      parent[i + base] = isRoot ? threadNode : above + base;
    }
    return parent;
  }

  /** Time of each node as sent; of the nodes that are no frames the sum of what is below. */
  private totals(): Float64Array {
    const { base, data, n, parent } = this;
    const totals = new Float64Array(n);
    for (let i = 0; i < data.n; i++) totals[i + base] = Math.max(0, data.total_s[i] as number) || 0;
    for (let node = n - 1; node > 0; node--) {
      const above = parent[node] as number;
      if (above < base) totals[above] = (totals[above] as number) + (totals[node] as number);
    }
    return totals;
  }

  /** Give each node its place; returns the nodes in the order of their left edges, parents first. */
  private lay(totals: Float64Array): Int32Array {
    const { n, x, width, parent, depth } = this;
    const { start, child } = childrenOf(parent, totals, (node) => this.isOther(node));
    const visited = new Int32Array(n);
    const stack = new Int32Array(n);
    const level = new Int32Array(n); // row of the node, or of the drawn node that a hidden one stands under
    let [count, top] = [0, 0];
    width[WHOLE] = totals[WHOLE] as number;
    stack[top++] = WHOLE;
    while (top > 0) {
      const node = stack[--top] as number;
      visited[count++] = node;
      const above = parent[node] as number;
      const hidden = this.hideLibrary && this.isLibrary(node) && !this.isOther(node);
      level[node] = (above < 0 ? NONE : (level[above] as number)) + (hidden ? 0 : 1);
      depth[node] = hidden ? NONE : (level[node] as number);
      const end = (x[node] as number) + (width[node] as number);
      let left = x[node] as number;
      for (let k = start[node] as number; k < (start[node + 1] as number); k++) {
        const at = child[k] as number;
        x[at] = left;
        width[at] = Math.max(0, Math.min(totals[at] as number, end - left));
        left += width[at] as number;
      }
      for (let k = (start[node + 1] as number) - 1; k >= (start[node] as number); k--)
        stack[top++] = child[k] as number;
    }
    return visited;
  }

  private ownTimes(): Float64Array {
    const { base, data, n, depth, parent } = this;
    const own = new Float64Array(n);
    for (let i = 0; i < data.n; i++) own[i + base] = (data.self_s[i] as number) || 0;
    for (let node = n - 1; node >= base; node--) {
      if ((depth[node] as number) >= 0) continue;
      const above = parent[node] as number;
      own[above] = (own[above] as number) + (own[node] as number);
    }
    return own;
  }
}

function isFold(data: FlameData, frame: number): boolean {
  return ((data.flags[frame] as number) & IS_OTHER) !== 0;
}

/** The threads that have roots, the busiest first; empty where there is only one. */
function threadsOf(data: FlameData): number[] {
  const time = new Map<number, number>();
  for (let i = 0; i < data.n; i++) {
    if ((data.parent[i] as number) >= 0 || isFold(data, i)) continue;
    const thread = data.thread[i] as number;
    time.set(thread, (time.get(thread) ?? 0) + (data.total_s[i] as number));
  }
  if (time.size < 2) return [];
  return [...time.entries()].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([thread]) => thread);
}

/** Children of every node, the longest first and what was folded away last. */
function childrenOf(parent: Int32Array, totals: Float64Array, isOther: (node: number) => boolean) {
  const n = parent.length;
  const start = new Int32Array(n + 1);
  for (let node = 1; node < n; node++)
    start[(parent[node] as number) + 1] = (start[(parent[node] as number) + 1] as number) + 1;
  for (let node = 0; node < n; node++) start[node + 1] = (start[node + 1] as number) + (start[node] as number);
  const next = start.slice(0, n);
  const child = new Int32Array(Math.max(0, n - 1));
  for (let node = 1; node < n; node++) {
    const above = parent[node] as number;
    const at = next[above] as number;
    child[at] = node;
    next[above] = at + 1;
  }
  const before = (a: number, b: number) =>
    Number(isOther(a)) - Number(isOther(b)) || (totals[b] as number) - (totals[a] as number) || a - b;
  for (let node = 0; node < n; node++) {
    const [from, to] = [start[node] as number, start[node + 1] as number];
    if (to - from === 2 && before(child[from] as number, child[from + 1] as number) < 0) continue;
    if (to - from > 1) child.subarray(from, to).sort(before);
  }
  return { start, child };
}

/** Nodes that are drawn, row by row. */
function rowsOf(depth: Int32Array, visited: Int32Array) {
  let deepest = 0;
  for (const row of depth) if (row > deepest) deepest = row;
  const start = new Int32Array(deepest + 2);
  for (const row of depth) if (row >= 0) start[row + 1] = (start[row + 1] as number) + 1;
  for (let row = 0; row <= deepest; row++) start[row + 1] = (start[row + 1] as number) + (start[row] as number);
  const next = start.slice();
  const order = new Int32Array(start[deepest + 1] as number);
  const place = new Int32Array(depth.length).fill(NONE);
  for (const node of visited) {
    const row = depth[node] as number;
    if (row < 0) continue;
    const at = next[row] as number;
    order[at] = node;
    place[node] = at;
    next[row] = at + 1;
  }
  return { start, order, place };
}

/** Short name of the module a file belongs to. */
export function moduleOf(file: string, cellFile = ""): string {
  if (!file) return "native";
  if (file === cellFile || /ipykernel_\d+|^<ipython-input/.test(file)) return "cell";
  const frozen = /^<frozen ([\w.]+)>$/.exec(file);
  if (frozen) return (frozen[1] ?? "").split(".")[0] ?? "";
  const inside = /(?:site|dist)-packages\/([^/]+)/.exec(file) ?? /\/lib\/python3\.\d+\/([^/]+)/.exec(file);
  const name = visible(inside?.[1] ?? lastName(file));
  return name.replace(/\.(py|pyx|so)$/, "") || "native";
}

function lastName(file: string): string {
  const name = baseName(file);
  return name === "__init__.py" ? baseName(file.slice(0, -"/__init__.py".length)) : name;
}
