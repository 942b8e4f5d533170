// What a cache does now: figures that are written in place, so that nothing jumps ten times a second.

import { h } from "./dom";
import { count, MISSING, percent, time, visible } from "./format";
import type { LivePayload } from "./replayed";

const FIGURES: readonly [key: string, label: string, hint: string, shown: (live: LivePayload) => string][] = [
  ["hits", "Hit rate", "Hits of the requests since the last change", (live) => percent(live.hit_fraction)],
  ["requests", "Requests", "Since the last change", (live) => count(live.n_requests)],
  ["size", "Entries", "Held now, of those it may hold", sizeWords],
  ["evictions", "Evicted", "Entries that went, by cause", evictionWords],
  ["again", "Asked again", "Evicted entries that were asked for again", (live) => percent(live.asked_again_fraction)],
  ["age", "Age at eviction", "How long an evicted entry had been held", (live) => time(live.age_at_eviction_s)],
  ["hit", "A hit takes", "Mean of the hits that were timed", (live) => milliseconds(live.hit_latency_ms)],
  ["miss", "A miss takes", "Mean, the function's own time included", (live) => milliseconds(live.miss_latency_ms)],
  ["saved", "Time saved", "Hits times what a miss takes more", (live) => time(live.time_saved_s)],
  ["loads", "Loads a request", "Misses and what was loaded ahead", (live) => ratioWords(live.loads_per_request)],
];

const CAUSES: Record<string, string> = { capacity: "for room", bytes: "for bytes", resized: "by resizing" };

export class LiveFigures {
  readonly element: HTMLElement;
  private readonly values = new Map<string, HTMLElement>();

  constructor() {
    const facts = FIGURES.map(([key, label, hint]) => {
      const value = h("dd", { "data-tgl-live": key }, MISSING);
      this.values.set(key, value);
      return h("div", { class: "tgl-fact", title: hint }, h("dt", {}, label), value);
    });
    const title = h("p", { class: "tgl-list-title" }, "Now, since its last change");
    const list = h("dl", { class: "tgl-facts" }, ...facts);
    this.element = h("section", { class: "tgl-live-figures", "aria-label": "Figures of the cache now" }, title, list);
  }

  show(live: LivePayload): void {
    for (const [key, , , shown] of FIGURES) {
      const value = this.values.get(key);
      const text = visible(shown(live));
      if (value && value.textContent !== text) value.textContent = text;
    }
  }
}

function sizeWords({ size, setting, utilization_fraction }: LivePayload): string {
  if (size === undefined || size === null) return MISSING;
  const share = typeof utilization_fraction === "number" ? ` (${percent(utilization_fraction)})` : "";
  return `${count(size)} of ${count(setting?.capacity)}${share}`;
}

function evictionWords({ evictions }: LivePayload): string {
  if (!evictions) return MISSING;
  return evictions.map(([cause, n]) => `${count(n)} ${CAUSES[cause] ?? cause}`).join(", ") || "none";
}

function milliseconds(value: number | null | undefined): string {
  return time(typeof value === "number" ? value / 1e3 : null);
}

function ratioWords(value: number | null | undefined): string {
  return typeof value === "number" ? value.toFixed(4) : MISSING;
}
