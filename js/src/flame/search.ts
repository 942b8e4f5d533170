// Finding frames by function, module or file, and the share of time they cover.

import { baseName, visible } from "../format";
import { type FlameTree, moduleOf } from "./tree";

export interface Found {
  readonly query: string;
  /** 1 for each drawn node that matches. */
  readonly matched: Uint8Array;
  /** Matching nodes, the longest first. */
  readonly hits: Int32Array;
  /** Time within matching frames, seconds; one inside another is not counted twice. */
  readonly seconds: number;
  /** Matches before each place of the tree's rowOrder: tells at once if a stretch of a row holds one. */
  readonly before: Int32Array;
}

/** Which strings hold the query, letter case aside. */
function matching(strings: readonly string[], query: string, shown: (text: string) => string): Uint8Array {
  const wanted = query.toLowerCase();
  return Uint8Array.from(strings, (text) => (shown(text).toLowerCase().includes(wanted) ? 1 : 0));
}

/** Search the drawn frames; null for an empty query. */
export function searchTree(tree: FlameTree, query: string): Found | null {
  const wanted = query.trim();
  if (!wanted) return null;
  const { data, base, n, parent, depth, width } = tree;
  const byName = matching(data.strings, wanted, visible);
  const byFile = matching(data.strings, wanted, (file) => `${moduleOf(file)} ${visible(baseName(file))}`);
  const matched = new Uint8Array(n);
  const inside = new Uint8Array(n); // matches, or stands below a match
  let [seconds, count] = [0, 0];
  for (let node = base; node < n; node++) {
    const i = node - base;
    const hit = byName[data.name[i] as number] || byFile[data.file[i] as number];
    if (hit && (depth[node] as number) >= 0 && !tree.isOther(node)) matched[node] = 1;
    const above = inside[parent[node] as number] as number;
    if (matched[node]) count += 1;
    if (matched[node] && !above) seconds += width[node] as number;
    inside[node] = matched[node] || above ? 1 : 0;
  }
  return { query: wanted, matched, hits: hitsOf(tree, matched, count), seconds, before: matchesBefore(tree, matched) };
}

function hitsOf(tree: FlameTree, matched: Uint8Array, count: number): Int32Array {
  const hits = new Int32Array(count);
  let at = 0;
  for (let node = tree.base; node < tree.n; node++) if (matched[node]) hits[at++] = node;
  return hits.sort((a, b) => (tree.width[b] as number) - (tree.width[a] as number) || a - b);
}

function matchesBefore(tree: FlameTree, matched: Uint8Array): Int32Array {
  const before = new Int32Array(tree.rowOrder.length + 1);
  tree.rowOrder.forEach((node, k) => {
    before[k + 1] = (before[k] as number) + (matched[node] as number);
  });
  return before;
}
