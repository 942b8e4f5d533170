// What tables put in their cells besides plain text: shares as bars, verdicts, code, places and class mixes.

import { type Columns, numberAt, STATE_LABELS, STATES } from "./contract";
import { h } from "./dom";
import { bytes, interval, MISSING, percent, time, visible } from "./format";

const VERDICTS: Record<string, { label: string; state: (typeof STATES)[number] }> = {
  cpu_bound: { label: "CPU bound", state: "on_cpu" },
  io_bound: { label: "I/O bound", state: "disk" },
  memory_bound: { label: "memory bound", state: "fault" },
  lock_contention: { label: "lock contention", state: "lock" },
  network_latency: { label: "network latency", state: "socket" },
  cache_misses: { label: "cache misses", state: "queue" },
  mixed: { label: "mixed", state: "other" },
};

export function verdictLabel(verdict: string): string {
  return VERDICTS[verdict]?.label ?? visible(verdict.replaceAll("_", " "));
}

/** A verdict in words, with the colour of the wait class it speaks of. */
export function verdictCell(verdict: string): HTMLElement {
  const known = VERDICTS[verdict];
  const dot = h("span", { class: "tgl-dot", "aria-hidden": "true" });
  dot.style.background = known ? stateColour(STATES.indexOf(known.state)) : "transparent";
  return h("span", { class: known ? "tgl-verdict" : "tgl-verdict tgl-muted" }, dot, verdictLabel(verdict));
}

/** The CSS colour of a wait class, in step with the theme. */
export function stateColour(state: number): string {
  return `var(--tgl-state-${state})`;
}

/** A share as a bar from 0 to 100 %, its interval drawn over it, and both as text. */
export function shareCell(fraction: number | null, low: number | null, high: number | null): HTMLElement {
  const track = h("span", { class: "tgl-track", "aria-hidden": "true" });
  if (fraction !== null) track.append(span("tgl-bar", 0, fraction));
  const range = low !== null && high !== null ? interval(low, high) : "";
  if (low !== null && high !== null) track.append(span("tgl-range", low, high));
  return h(
    "span",
    { class: "tgl-share", title: range && `95 % interval ${range}` },
    h("span", { class: "tgl-share-text" }, percent(fraction)),
    track,
    h("span", { class: "tgl-range-text tgl-spare-2" }, range),
  );
}

/** A share as text and bar, where no interval is known. */
export function barCell(fraction: number | null): HTMLElement {
  const track = h("span", { class: "tgl-track", "aria-hidden": "true" });
  if (fraction !== null) track.append(span("tgl-bar", 0, fraction));
  return h("span", { class: "tgl-share" }, track, h("span", { class: "tgl-share-text" }, percent(fraction)));
}

function span(kind: string, from: number, to: number): HTMLElement {
  const [left, right] = [Math.max(0, Math.min(1, from)), Math.max(0, Math.min(1, to))];
  const part = h("span", { class: kind });
  part.style.left = `${left * 100}%`;
  part.style.width = `${(right - left) * 100}%`;
  return part;
}

export function codeCell(source: string): HTMLElement {
  return h("code", { class: "tgl-code", title: visible(source) }, visible(source.trim()));
}

/** A name that, when pressed, is looked for in the flame graph. */
export function nameCell(name: string, find: ((name: string) => void) | undefined): HTMLElement {
  const shown = visible(name) || MISSING;
  if (!find || !name) return h("span", { class: "tgl-name", title: shown }, shown);
  const attributes = {
    type: "button",
    class: "tgl-link tgl-name",
    title: `Find ${shown} in the flame graph`,
    onclick: () => find(shown),
  };
  return h("button", attributes, shown);
}

/** How a time is made up of wait classes: a bar of parts, each named in its tooltip. */
export function mixCell(seconds: readonly (number | null)[]): HTMLElement {
  const whole = seconds.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const bar = h("span", { class: "tgl-mix" });
  const words: string[] = [];
  seconds.forEach((part, state) => {
    if (!part || whole <= 0) return;
    const text = `${STATE_LABELS[state]} ${percent(part / whole)}`;
    const piece = h("span", { title: `${text} (${time(part)})` });
    piece.style.background = stateColour(state);
    piece.style.flexGrow = String(part / whole);
    bar.append(piece);
    words.push(text);
  });
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", words.join(", ") || "no time");
  return bar;
}

/** The cells of a column of byte counts. */
export function bytesCell(columns: Columns, name: string): (row: number) => string {
  return (row) => bytes(numberAt(columns, name, row));
}

/** Text in which `backticks` mark code. */
export function prose(text: string): (HTMLElement | string)[] {
  return visible(text)
    .split("`")
    .map((part, k) => (k % 2 === 1 ? h("code", { class: "tgl-quoted" }, part) : part));
}
