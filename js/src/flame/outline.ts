// The drawing for those who do not see it: the keyboard's place in the tree as real tree items inside the canvas
// element, where browsers look for what a canvas shows. Only what is next to the cursor is there: its ancestors, its
// siblings and its children.

import { h, uniqueId } from "../dom";
import { percent, time } from "../format";
import type { FlameTree } from "./tree";

const NEAR = 30; // siblings and children listed at once

export class Outline {
  private readonly prefix = uniqueId("item");

  constructor(
    private readonly canvas: HTMLCanvasElement,
    title: string,
  ) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "tree");
    canvas.setAttribute("aria-label", title);
  }

  /** List what is around a node and make it the active one. */
  show(tree: FlameTree, node: number, share: (node: number) => number | null, selected: number): void {
    const item = (at: number, ...inner: HTMLElement[]) => {
      const attributes = {
        id: `${this.prefix}-${at}`,
        role: "treeitem",
        "aria-level": (tree.depth[at] as number) + 1,
        "aria-label": describe(tree, at, share(at)),
        "aria-selected": at === selected ? "true" : "false",
      };
      return h("li", attributes, ...inner);
    };
    const group = (items: HTMLElement[]) => (items.length ? [h("ul", { role: "group" }, ...items)] : []);
    const children = group(tree.children(node, NEAR).map((child) => item(child)));
    const path = tree.path(node);
    const parent = path[path.length - 2];
    let inner =
      parent === undefined
        ? [item(node, ...children)]
        : around(tree, parent, node).map((at) => item(at, ...(at === node ? children : [])));
    for (const above of path.slice(0, -1).reverse()) inner = [item(above, ...group(inner))];
    this.canvas.replaceChildren(...inner);
    this.canvas.setAttribute("aria-activedescendant", `${this.prefix}-${node}`);
  }
}

/** Siblings of a node with itself, in order, those nearest to it where there are many. */
function around(tree: FlameTree, parent: number, node: number): number[] {
  const siblings = tree.children(parent);
  const at = siblings.indexOf(node);
  const from = Math.max(0, Math.min(at - NEAR / 2, siblings.length - NEAR));
  return siblings.slice(from, from + NEAR);
}

/** "parse, 41.2 % of the time, 12 ms own". */
export function describe(tree: FlameTree, node: number, share: number | null): string {
  return `${tree.label(node)}, ${percent(share)} of the time, ${time(tree.selfTime[node])} own`;
}
