// Moving the keyboard cursor over the tree.

import type { FlameTree } from "./tree";

export type Step = "parent" | "child" | "previous" | "next";

/** The node one step away, or the same node where there is none; nodes narrower than `least` seconds are passed over. */
export function moveCursor(tree: FlameTree, node: number, step: Step, least = 0): number {
  if (step === "parent") return Math.max(tree.visibleParent(node), 0);
  if (step === "child") return tree.children(node, 1)[0] ?? node;
  return neighbour(tree, node, step === "next" ? 1 : -1, least);
}

function neighbour(tree: FlameTree, node: number, way: 1 | -1, least: number): number {
  const row = tree.depth[node] as number;
  const [first, last] = [tree.rowStart[row] as number, (tree.rowStart[row + 1] as number) - 1];
  for (let k = (tree.place[node] as number) + way; k >= first && k <= last; k += way) {
    const at = tree.rowOrder[k] as number;
    if ((tree.width[at] as number) >= least) return at;
  }
  return node;
}
