// What stands in the picture of a cache: its lines, the levels across, the setting that is, and what they mean.

import type { Level, Now } from "./curves";
import { h } from "./dom";
import { percent, visible } from "./format";
import { type AdvicePayload, type CurveColumns, type Setting, settingWords } from "./replayed";

/** The line of a policy: its replays, or LRU's exact curve where it was sent. */
export function pointsOf(curve: CurveColumns, p: AdvicePayload): [number, number][] {
  if (curve.policy === "lru" && p.lru_curve.capacity.length) {
    return p.lru_curve.capacity.map((capacity, k) => [capacity, p.lru_curve.hit_fraction[k] ?? 0]);
  }
  return p.capacities.flatMap((capacity, k): [number, number][] => {
    const value = curve.hit_fraction[k];
    return typeof value === "number" ? [[capacity, value]] : [];
  });
}

export function levelsOf(p: AdvicePayload): Level[] {
  const levels: [number | null, string, string][] = [
    [p.target_hit_fraction, "tgl-curves-target", "target"],
    [p.infinite_hit_fraction, "tgl-curves-infinite", "holding everything"],
  ];
  return levels.flatMap(([value, style, word]) =>
    value === null ? [] : [{ value, style, title: `${word}: ${percent(value)}` }],
  );
}

/** What the lines and shapes of the picture mean. */
export function levelLegend(p: AdvicePayload): HTMLElement {
  const entry = (style: string, text: string) =>
    h("span", { class: "tgl-legend-entry" }, h("span", { class: `tgl-legend-line ${style}` }), text);
  const entries = levelsOf(p).map(({ style, title }) => entry(`${style}-key`, title));
  if (p.old) entries.push(entry("tgl-curves-now-key", "the cache now"));
  entries.push(entry("tgl-curves-chosen-key", "the choice"));
  return h("div", { class: "tgl-curves-legend tgl-muted" }, ...entries);
}

export function nowMark(setting: Setting, curve: CurveColumns | undefined, value: number | null): Now | null {
  if (value === null || setting.capacity === null) return null;
  const title = `The cache now: ${settingWords(setting)}, ${percent(value)} hits`;
  return { capacity: setting.capacity, value, style: `tgl-policy-${curve?.style ?? 0}`, title: visible(title) };
}
