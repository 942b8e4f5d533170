// One lane a thread over the time of the profile, coloured by what the thread did or waited for. A pixel that holds
// several classes is shared out among them, so nothing short is lost and nothing is shown longer than it was.

import { type Columns, numberAt, rowCount, STATE_LABELS, STATES, textAt } from "./contract";
import { h } from "./dom";
import { Tooltip } from "./flame/tooltip";
import { percent, time, visible } from "./format";
import { type Palette, paletteOf } from "./palette";
import type { Theme } from "./theme";
import { createViewport, type View } from "./viewport";

const LANE = 22; // CSS pixels from lane to lane
const BAR = 14;
const AXIS = 22;
const SHOWN = 14.6; // lanes shown at once; a cut one tells that there are more
const GUTTER_SHARE = 0.22;
const GUTTER_MOST = 170;

export interface LaneData {
  readonly names: readonly string[];
  /** Segments of lane `k` are from[k] up to from[k + 1]. */
  readonly from: readonly number[];
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly state: readonly number[];
  readonly duration: number;
}

/** Group the segments by thread, in the order of `rows` of `threads`; threads without any are left out. */
export function lanesOf(lanes: Columns, threads: Columns, duration: number | null, rows: readonly number[]): LaneData {
  const rank = new Map(rows.map((row, at) => [row, at]));
  const rankOf = (row: number) => rank.get(row) ?? -1;
  const segments = Array.from({ length: rowCount(lanes) }, (_, row) => ({
    thread: numberAt(lanes, "thread", row) ?? 0,
    start: numberAt(lanes, "start_s", row) ?? 0,
    end: numberAt(lanes, "end_s", row) ?? 0,
    state: Math.max(0, STATES.indexOf(textAt(lanes, "state", row) as (typeof STATES)[number])),
  }))
    .filter(({ thread }) => rank.has(thread))
    .sort((a, b) => rankOf(a.thread) - rankOf(b.thread) || a.start - b.start);
  const names: string[] = [];
  const from: number[] = [];
  segments.forEach((segment, k) => {
    if (k > 0 && segment.thread === segments[k - 1]?.thread) return;
    names.push(visible(textAt(threads, "thread", segment.thread)) || `thread ${segment.thread}`);
    from.push(k);
  });
  from.push(segments.length);
  const last = segments.reduce((most, { end }) => Math.max(most, end), 0);
  return {
    names,
    from,
    start: segments.map(({ start }) => start),
    end: segments.map(({ end }) => end),
    state: segments.map(({ state }) => state),
    duration: Math.max(duration ?? 0, last),
  };
}

/** Seconds of each class in each of `n` equal parts of the time, for one lane; n rows of classes. */
export function binLane(data: LaneData, lane: number, n: number): Float64Array {
  const classes = STATES.length;
  const bins = new Float64Array(n * classes);
  const step = data.duration / n;
  if (step <= 0) return bins;
  for (let k = data.from[lane] as number; k < (data.from[lane + 1] as number); k++) {
    const [start, end, state] = [data.start[k] as number, data.end[k] as number, data.state[k] as number];
    const last = Math.min(n - 1, Math.floor(end / step));
    for (let bin = Math.max(0, Math.floor(start / step)); bin <= last; bin++) {
      const inside = Math.min(end, (bin + 1) * step) - Math.max(start, bin * step);
      const at = bin * classes + state;
      if (inside > 0) bins[at] = (bins[at] as number) + inside;
    }
  }
  return bins;
}

/** Round times for an axis, about `wanted` of them. */
export function axisTicks(duration: number, wanted: number): number[] {
  if (!(duration > 0)) return [];
  const raw = duration / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  return Array.from({ length: Math.floor(duration / step + 1e-9) + 1 }, (_, k) => k * step);
}

export class Lanes {
  readonly element = h("div", { class: "tgl-lanes" });
  private palette: Palette;
  private readonly legend = h("div", { class: "tgl-legend" });
  private readonly viewport = createViewport((g, view) => this.draw(g, view));
  private readonly tooltip: Tooltip;

  constructor(
    private readonly data: LaneData,
    theme: Theme,
  ) {
    this.palette = paletteOf(theme);
    const n = data.names.length;
    const stage = h("div", { class: "tgl-stage" }, this.viewport.box);
    this.tooltip = new Tooltip(stage);
    this.viewport.canvas.setAttribute("role", "img");
    this.viewport.canvas.setAttribute(
      "aria-label",
      `What ${n} threads did over ${time(data.duration)}; the table below has the sums`,
    );
    this.viewport.setHeight(AXIS + n * LANE, AXIS + SHOWN * LANE);
    if (n > SHOWN) this.viewport.box.tabIndex = 0;
    if (n > 0) this.element.append(stage, this.legend);
    this.viewport.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.viewport.canvas.addEventListener("pointerleave", () => this.tooltip.hide());
    this.showLegend();
  }

  setTheme(theme: Theme): void {
    this.palette = paletteOf(theme);
    this.showLegend();
    this.viewport.redraw();
  }

  destroy(): void {
    this.viewport.destroy();
  }

  private showLegend(): void {
    const used = new Set(this.data.state);
    const items = STATE_LABELS.flatMap((label, state) => {
      if (!used.has(state)) return [];
      const box = h("span", { class: "tgl-swatch", "aria-hidden": "true" });
      box.style.background = this.palette.stateMarks[state] ?? "";
      return [h("span", { class: "tgl-legend-item" }, box, label)];
    });
    this.legend.replaceChildren(...items);
  }

  private gutter(width: number): number {
    return Math.min(GUTTER_MOST, Math.round(width * GUTTER_SHARE));
  }

  private draw(g: CanvasRenderingContext2D, view: View): void {
    const style = getComputedStyle(this.viewport.canvas);
    const left = this.gutter(view.width);
    g.font = `12px ${style.fontFamily}`;
    g.textBaseline = "middle";
    this.axis(g, view, left, style.color);
    const first = Math.max(0, Math.floor((view.top - AXIS) / LANE));
    const last = Math.min(this.data.names.length - 1, Math.floor((view.top + view.height - AXIS) / LANE));
    for (let lane = first; lane <= last; lane++) {
      const y = AXIS + lane * LANE - view.top;
      g.fillStyle = style.color;
      g.fillText(cut(g, this.data.names[lane] ?? "", left - 10), 0, y + LANE / 2);
      this.lane(g, lane, left, view.width - left, y + (LANE - BAR) / 2);
    }
  }

  private axis(g: CanvasRenderingContext2D, view: View, left: number, colour: string): void {
    const width = view.width - left;
    const ticks = axisTicks(this.data.duration, width / 110);
    g.textAlign = "left";
    for (const tick of ticks) {
      const x = left + (tick / this.data.duration) * width;
      g.fillStyle = colour;
      g.globalAlpha = 0.14;
      g.fillRect(Math.round(x), AXIS - 5 - view.top, 1, AXIS + this.data.names.length * LANE);
      g.globalAlpha = 1;
      const text = time(tick);
      const room = view.width - x;
      if (g.measureText(text).width + 4 <= room) g.fillText(text, x + (tick === 0 ? 0 : 4), AXIS / 2 - view.top - 1);
    }
  }

  private lane(g: CanvasRenderingContext2D, lane: number, left: number, width: number, y: number): void {
    const n = Math.max(1, Math.floor(width));
    const bins = binLane(this.data, lane, n);
    const classes = STATES.length;
    for (let bin = 0; bin < n; bin++) {
      let whole = 0;
      for (let state = 0; state < classes; state++) whole += bins[bin * classes + state] as number;
      if (whole <= 0) continue;
      let top = y;
      for (let state = 0; state < classes; state++) {
        const height = (BAR * (bins[bin * classes + state] as number)) / whole;
        if (height <= 0) continue;
        g.fillStyle = this.palette.stateMarks[state] ?? "";
        g.fillRect(left + bin, top, 1, height);
        top += height;
      }
    }
  }

  private hover(event: PointerEvent): void {
    const view = this.viewport.view();
    const left = this.gutter(view.width);
    const lane = Math.floor((event.offsetY + view.top - AXIS) / LANE);
    const at = ((event.offsetX - left) / (view.width - left)) * this.data.duration;
    const k = segmentAt(this.data, lane, at);
    if (k < 0) {
      this.tooltip.hide();
      return;
    }
    const [start, end] = [this.data.start[k] as number, this.data.end[k] as number];
    const facts: [string, string][] = [
      ["Doing", STATE_LABELS[this.data.state[k] as number] ?? ""],
      ["From", time(start)],
      ["For", `${time(end - start)}  ·  ${percent((end - start) / this.data.duration)}`],
    ];
    this.tooltip.show(this.data.names[lane] ?? "", facts, event.offsetX, event.offsetY);
  }
}

/** The segment of a lane at a time; -1 where there is none. */
function segmentAt(data: LaneData, lane: number, at: number): number {
  const [from, to] = [data.from[lane] ?? 0, lane >= 0 ? (data.from[lane + 1] ?? 0) : 0];
  for (let k = from; k < to; k++) {
    if (at >= (data.start[k] as number) && at < (data.end[k] as number)) return k;
  }
  return -1;
}

function cut(g: CanvasRenderingContext2D, text: string, room: number): string {
  if (g.measureText(text).width <= room) return text;
  const letters = [...text];
  while (letters.length && g.measureText(`${letters.join("")}…`).width > room) letters.pop();
  return letters.length ? `${letters.join("")}…` : "";
}
