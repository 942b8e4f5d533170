// What the colours of the flame graph mean.

import { h } from "../dom";
import { percent } from "../format";
import type { Swatch } from "./colours";

export function legendItems(swatches: readonly Swatch[], folded: number | null): HTMLElement[] {
  const items = swatches.map(({ label, ink }) => {
    const box = h("span", { class: "tgl-swatch", "aria-hidden": "true" });
    box.style.background = ink.fill;
    return h("span", { class: "tgl-legend-item" }, box, h("span", { class: "tgl-legend-text" }, label));
  });
  if (folded !== null && folded > 0) {
    const box = h("span", { class: "tgl-swatch tgl-hatched", "aria-hidden": "true" });
    items.push(h("span", { class: "tgl-legend-item" }, box, `other: frames too narrow to show, ${percent(folded)}`));
  }
  return items;
}
