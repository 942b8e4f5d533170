// Where the reader is in the flame graph: what is zoomed to, chosen, searched for and hidden. Knows nothing of drawing.

import type { FlameData } from "../contract";
import { moveCursor, type Step } from "./move";
import { type Found, searchTree } from "./search";
import { FlameTree, WHOLE } from "./tree";

const NONE = -1;

/** Data left for a window into one of its frames. */
interface Outer {
  data: FlameData;
  focus: number;
  above: string[];
}

export class FlameState {
  tree: FlameTree;
  /** The node that fills the width. */
  focus = WHOLE;
  /** The node under the keyboard cursor and the one chosen; -1 for none. */
  cursor = NONE;
  selected = NONE;
  found: Found | null = null;
  /** Labels of the frames above a window. */
  above: string[] = [];
  private data: FlameData;
  private history: number[] = [];
  private outer: Outer[] = [];
  private hit = NONE;

  constructor(data: FlameData) {
    this.data = data;
    this.tree = new FlameTree(data);
  }

  /** Keyboard's place: the cursor, or what is zoomed to before the first key. */
  get place(): number {
    return this.cursor >= 0 ? this.cursor : this.focus;
  }

  zoom(node: number): boolean {
    if (node === this.focus || (this.tree.width[node] as number) <= 0) return false;
    this.history.push(this.focus);
    this.focus = node;
    return true;
  }

  /** Undo the last zoom, or leave a window. */
  back(): boolean {
    const before = this.history.pop();
    if (before !== undefined) this.focus = before;
    else if (!this.leaveWindow()) return false;
    if (this.cursor >= 0 && !this.tree.contains(this.focus, this.cursor)) this.cursor = this.focus;
    return true;
  }

  /** Back to the whole profile. */
  reset(): void {
    while (this.leaveWindow());
    this.history = [];
    this.focus = WHOLE;
  }

  /** Choose a frame and zoom to it; the id to tell Python, null where there is none. */
  choose(node: number): number | null {
    const target = this.tree.isOther(node) ? this.tree.visibleParent(node) : node;
    this.cursor = target;
    this.selected = target;
    this.zoom(target);
    return this.tree.idOf(target);
  }

  /** Move the cursor; nodes narrower than `least` seconds are passed over. */
  move(step: Step, least: number): boolean {
    const at = moveCursor(this.tree, this.place, step, least);
    const isShown = this.tree.contains(this.focus, at) || this.tree.contains(at, this.focus);
    if (isShown) this.cursor = at;
    return isShown;
  }

  /** Returns whether the search changed. */
  search(query: string): boolean {
    if ((this.found?.query ?? "") === query.trim()) return false;
    this.found = searchTree(this.tree, query);
    this.hit = NONE;
    return true;
  }

  /** Put the cursor on the next match, zooming out where it lies outside. */
  stepHit(way: 1 | -1): boolean {
    const hits = this.found?.hits;
    if (!hits?.length) return false;
    const next = this.hit < 0 && way < 0 ? hits.length - 1 : this.hit + way;
    this.hit = (next + hits.length) % hits.length;
    this.cursor = hits[this.hit] as number;
    if (!this.tree.contains(this.focus, this.cursor)) this.zoom(WHOLE);
    return true;
  }

  hideLibrary(on: boolean): void {
    this.tree = new FlameTree(this.data, on);
    const shown = (node: number) =>
      node >= 0 && (this.tree.depth[node] as number) < 0 ? this.tree.visibleParent(node) : node;
    this.focus = shown(this.focus);
    this.cursor = shown(this.cursor);
    this.selected = shown(this.selected);
    this.history = [];
    this.searchAgain();
  }

  /** The id of a frame some of whose frames were folded into `other`; null where all are here. */
  foldedBelow(node: number): number | null {
    const id = this.tree.idOf(node);
    if (id === null) return null;
    const { base } = this.tree;
    const first = node - base;
    for (let i = first + 1; i < this.data.n && (this.data.parent[i] as number) >= first; i++) {
      if (this.tree.isOther(i + base)) return id;
    }
    return null;
  }

  /** Go into all frames below the one zoomed to; refused when the reader has moved on. */
  openWindow(data: FlameData, id: number): boolean {
    if (this.tree.idOf(this.focus) !== id) return false;
    const labels = this.tree.path(this.focus).slice(0, -1);
    const above = [...this.above, ...labels.map((node) => this.tree.label(node))];
    this.outer.push({ data: this.data, focus: this.focus, above: this.above });
    this.enter(data, above);
    this.focus = Math.max(this.tree.nodeOf(id), WHOLE);
    this.cursor = this.focus;
    this.selected = this.focus;
    return true;
  }

  private leaveWindow(): boolean {
    const outer = this.outer.pop();
    if (!outer) return false;
    this.enter(outer.data, outer.above);
    this.focus = Math.max(this.tree.visibleParent(outer.focus), WHOLE);
    this.cursor = outer.focus;
    this.selected = outer.focus;
    return true;
  }

  private enter(data: FlameData, above: string[]): void {
    this.data = data;
    this.above = above;
    this.history = [];
    this.tree = new FlameTree(data, this.tree.hideLibrary);
    this.searchAgain();
  }

  private searchAgain(): void {
    this.found = this.found && searchTree(this.tree, this.found.query);
    this.hit = NONE;
  }
}
