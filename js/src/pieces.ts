// Pieces of the panels of measured results: verdicts, facts, lists, and quantities of a comparison as text.

import { prose } from "./cells";
import { h, ICONS, icon } from "./dom";
import { MISSING, time, visible } from "./format";

type Maybe = number | null | undefined;
const SPACE = "\u00a0";

/** A duration given in nanoseconds. */
export function nanoseconds(value: Maybe): string {
  return time(typeof value === "number" ? value / 1e9 : null);
}

/** A ratio of two times. */
export function ratio(value: Maybe): string {
  if (typeof value !== "number") return MISSING;
  return value.toFixed(Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 3);
}

/** A signed change in percent. */
export function change(value: Maybe): string {
  if (typeof value !== "number") return MISSING;
  const size = Math.abs(value).toFixed(1);
  return `${Number(size) === 0 ? "" : value > 0 ? "+" : "−"}${size}${SPACE}%`;
}

/** A figure with three digits. */
export function figure(value: Maybe): string {
  if (typeof value !== "number") return MISSING;
  const size = Math.abs(value);
  if (size > 0 && size < 0.1) return String(Number(value.toPrecision(2)));
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

const VERDICTS = ["faster", "slower", "same", "inconclusive"];

/** The verdict as part of a class, also where it is none that is known. */
export function verdictStyle(verdict: string): string {
  return VERDICTS.includes(verdict) ? verdict : "same";
}

/** The verdict as a coloured word. */
export function badge(verdict: string): HTMLElement {
  return h("span", { class: `tgl-badge tgl-badge-${verdictStyle(verdict)}` }, visible(verdict) || MISSING);
}

export type Fact = [name: string, value: string, hint?: string];

/** The head of a panel: a title with or without a verdict, and its facts. */
export function head(title: string, verdict: string | null, facts: readonly Fact[]): HTMLElement {
  const items = facts.map(([name, value, hint = ""]) =>
    h("div", { class: "tgl-fact", title: hint }, h("dt", {}, name), h("dd", {}, visible(value))),
  );
  const words = h("h2", { class: "tgl-title", title: visible(title) }, visible(title));
  const line = verdict === null ? words : h("div", { class: "tgl-verdict-line" }, badge(verdict), words);
  return h("div", { class: "tgl-head" }, line, h("dl", { class: "tgl-facts" }, ...items));
}

/** A sentence that explains. */
export function remark(text: string | null): HTMLElement | null {
  return text ? h("p", { class: "tgl-remark tgl-muted" }, ...prose(text)) : null;
}

/** A sentence that warns. */
export function warning(text: string): HTMLElement {
  return h("p", { class: "tgl-note", role: "note" }, icon(ICONS.note), h("span", {}, ...prose(text)));
}

/** A titled list, or nothing. */
export function listOf(title: string, entries: readonly string[] | null): HTMLElement | null {
  if (!entries?.length) return null;
  const items = entries.map((entry) => h("li", {}, ...prose(entry)));
  return h("section", {}, h("p", { class: "tgl-list-title" }, title), h("ul", { class: "tgl-fixes" }, ...items));
}

/** The first characters of a commit. */
export function shortHash(hash: string | null | undefined): string {
  return hash ? visible(hash).slice(0, 10) : MISSING;
}
