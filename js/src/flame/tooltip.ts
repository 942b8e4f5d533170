// What is known about the frame under the mouse.

import { STATE_LABELS } from "../contract";
import { h } from "../dom";
import { interval, percent, place, time } from "../format";
import type { FlameTree } from "./tree";

type Fact = [string, string];

/** Title and facts of a node, as shown in its tooltip. */
export function factsOf(tree: FlameTree, node: number, share: number | null, cellFile: string): Fact[] {
  const facts: Fact[] = [];
  const bounds = tree.bounds(node);
  const whole = (share ?? Number.NaN) / (tree.width[node] as number);
  facts.push(["Total", joined(time(tree.width[node]), percent(share))]);
  if (bounds) facts.push(["95 % interval", interval(...bounds)]);
  if (tree.isOther(node)) return [...facts, ["Holds", "frames too small to be sent one by one"]];
  if (!tree.isFrame(node)) return facts;
  const own = tree.selfTime[node] as number;
  facts.push([tree.hideLibrary ? "Own, with hidden" : "Own", joined(time(own), percent(own * whole))]);
  const state = tree.state(node);
  if (state !== null) facts.push(["Mostly", STATE_LABELS[state] ?? ""]);
  facts.push(["At", place(tree.file(node), tree.line(node), cellFile)], ["Thread", tree.thread(node)]);
  return facts;
}

function joined(...parts: string[]): string {
  return parts.join("  ·  ");
}

export class Tooltip {
  readonly element = h("div", { class: "tgl-tip", role: "tooltip", hidden: true });

  constructor(private readonly within: HTMLElement) {
    within.append(this.element);
  }

  /** Show a title and facts beside a point, given relative to the element the tooltip lives in. */
  show(title: string, facts: readonly Fact[], x: number, y: number): void {
    const rows = facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
    this.element.replaceChildren(h("div", { class: "tgl-tip-title" }, title), h("dl", {}, ...rows));
    this.element.hidden = false;
    const { offsetWidth, offsetHeight } = this.element;
    const panel = this.within.closest<HTMLElement>(".tgl") ?? this.within;
    const below = panel.getBoundingClientRect().bottom - this.within.getBoundingClientRect().top;
    const left = x + 14 + offsetWidth > this.within.clientWidth ? x - 14 - offsetWidth : x + 14;
    const top = y + 18 + offsetHeight > below ? y - 12 - offsetHeight : y + 18;
    this.element.style.left = `${Math.max(0, left)}px`;
    this.element.style.top = `${top}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
