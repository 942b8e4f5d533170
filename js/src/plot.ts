// Values in order of time as dots, with intervals, a band and marks: drag or Shift+arrows to zoom, click or Enter to
// choose, Escape to return. Places are percentages of the width, so nothing is drawn again when a page is resized.

import { h, svg } from "./dom";
import { counted } from "./format";

export interface Point {
  value: number | null;
  low?: number | null;
  high?: number | null;
  /** Class of its colour. */
  style: string;
  /** What is said of it. */
  title: string;
}

export interface Mark {
  /** Place among the points; -0.5 stands before the first. */
  at: number;
  style: string;
  title: string;
}

export interface PlotOptions {
  label: string;
  points: readonly Point[];
  /** Lowest and highest value of the whole picture. */
  axis: readonly [number, number];
  format(value: number): string;
  /** What one point is called. */
  noun: string;
  band?: readonly [number, number] | null;
  line?: number | null;
  /** Class of the colour of band and line. */
  bandStyle?: string;
  /** The value of no change. */
  zero?: number | null;
  marks?: readonly Mark[];
  choose?(index: number | null): void;
  zoomed?(range: [number, number] | null): void;
}

export const HEIGHT = 190; // CSS pixels
const CLICK_PX = 4; // a pointer that moved less than this has clicked
const MARGIN = 0.06; // of the range, above and below
const FEW = 120; // points from which they are drawn small

export class Plot {
  readonly element: HTMLElement;
  private readonly picture = svg("svg", { width: "100%", height: HEIGHT, class: "tgl-plot-picture", tabindex: 0 });
  private readonly top = h("span");
  private readonly bottom = h("span");
  private readonly said = h("p", { class: "tgl-plot-said tgl-muted", "aria-live": "polite" });
  private readonly all = h(
    "button",
    { type: "button", class: "tgl-button", onclick: () => this.zoom(null) },
    "Show all",
  );
  private range: [number, number];
  private active = -1;
  private chosen = -1;
  private brush: [number, number] | null = null;
  private pressed: { x: number; place: number } | null = null;

  constructor(private readonly options: PlotOptions) {
    this.range = [0, Math.max(0, options.points.length - 1)];
    const keys = "arrows move, Enter chooses, Shift and arrows mark a range, Enter zooms to it, Escape returns";
    this.picture.setAttribute("role", "application");
    this.picture.setAttribute("aria-label", `${options.label}; ${keys}`);
    this.listen();
    const axis = h("div", { class: "tgl-plot-axis", "aria-hidden": "true" }, this.top, this.bottom);
    const stage = h("div", { class: "tgl-plot-stage" }, axis, this.picture);
    this.element = h("div", { class: "tgl-plot" }, stage, h("div", { class: "tgl-plot-foot" }, this.said, this.all));
    this.draw();
  }

  /** Show a part only, or all. */
  zoom(range: [number, number] | null): void {
    const last = this.options.points.length - 1;
    this.range = range ?? [0, Math.max(0, last)];
    this.brush = null;
    this.options.zoomed?.(range);
    this.draw();
  }

  /** Choose a point, or none. */
  choose(index: number | null): void {
    this.chosen = index ?? -1;
    if (index !== null) this.active = index;
    this.options.choose?.(index);
    this.draw();
  }

  private listen(): void {
    const { picture } = this;
    picture.addEventListener("pointerdown", (event) => this.press(event as PointerEvent));
    picture.addEventListener("pointermove", (event) => this.drag(event as PointerEvent));
    picture.addEventListener("pointerup", (event) => this.release(event as PointerEvent));
    picture.addEventListener("pointercancel", () => this.stop());
    picture.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
  }

  private placeAt(event: PointerEvent): number {
    const box = this.picture.getBoundingClientRect();
    const share = box.width ? (event.clientX - box.left) / box.width : 0;
    const [from, to] = this.range;
    return Math.min(to, Math.max(from, from + Math.floor(share * (to - from + 1))));
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || !this.options.points.length) return;
    this.pressed = { x: event.clientX, place: this.placeAt(event) };
    this.picture.setPointerCapture?.(event.pointerId);
  }

  private drag(event: PointerEvent): void {
    const place = this.placeAt(event);
    if (!this.pressed) {
      if (place === this.active || !this.options.points.length) return;
      this.active = place;
    } else if (Math.abs(event.clientX - this.pressed.x) >= CLICK_PX) {
      this.brush = ordered(this.pressed.place, place);
    }
    this.draw();
  }

  private release(event: PointerEvent): void {
    const { pressed, brush } = this;
    this.stop();
    if (!pressed) return;
    if (Math.abs(event.clientX - pressed.x) < CLICK_PX)
      this.choose(this.chosen === pressed.place ? null : pressed.place);
    else if (brush && brush[1] > brush[0]) this.zoom(brush);
  }

  private stop(): void {
    this.pressed = null;
    this.brush = null;
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) this.step(step, event.shiftKey);
    else if (event.key === "Enter" && this.brush) this.zoom(this.brush);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape" && this.chosen >= 0) this.choose(null);
    else if (event.key === "Escape") this.zoom(null);
    else return;
    event.preventDefault();
  }

  private step(step: number, isRange: boolean): void {
    if (!this.options.points.length) return;
    const [from, to] = this.range;
    const before = this.active < 0 ? (step > 0 ? from - 1 : to + 1) : this.active;
    this.active = Math.min(to, Math.max(from, before + step));
    if (isRange) {
      const start = this.brush ? (before === this.brush[0] ? this.brush[1] : this.brush[0]) : Math.max(from, before);
      this.brush = ordered(start, this.active);
    } else this.brush = null;
    this.draw();
  }

  private draw(): void {
    const { points, format, noun } = this.options;
    const [low, high] = this.shownAxis();
    const y = (value: number) => round((HEIGHT * (high - value)) / (high - low));
    this.top.textContent = format(high);
    this.bottom.textContent = format(low);
    this.picture.replaceChildren(...this.bandAndLines(y), ...this.markLines(), ...this.dots(y), ...this.brushArea());
    const [from, to] = this.range;
    const isWhole = from === 0 && to >= points.length - 1;
    this.all.hidden = isWhole;
    const zoomed = isWhole ? "" : `${counted(to - from + 1, noun)} of ${points.length} shown. `;
    this.said.textContent = zoomed + (points[this.active]?.title ?? "");
  }

  /** The given axis for the whole; for a part, one that fits it. */
  private shownAxis(): readonly [number, number] {
    const { points, axis } = this.options;
    const [from, to] = this.range;
    if (from === 0 && to >= points.length - 1) return axis;
    const values = points.slice(from, to + 1).flatMap((p) => [p.value, p.low, p.high]);
    const finite = values.filter((value): value is number => typeof value === "number");
    if (!finite.length) return axis;
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const room = (high - low) * MARGIN || Math.abs(high) * MARGIN || 1;
    return [low - room, high + room];
  }

  private x(place: number): string {
    const [from, to] = this.range;
    return `${round((100 * (place - from + 0.5)) / (to - from + 1))}%`;
  }

  private bandAndLines(y: (value: number) => number): SVGElement[] {
    const { band, line, zero, bandStyle = "tgl-dot-0" } = this.options;
    const drawn: SVGElement[] = [];
    if (band) {
      const height = Math.max(1, y(band[0]) - y(band[1]));
      drawn.push(svg("rect", { width: "100%", y: y(band[1]), height, opacity: 0.22, class: bandStyle }));
    }
    const across = (value: number, style: string) =>
      svg("line", { x1: 0, x2: "100%", y1: y(value), y2: y(value), class: style });
    if (typeof line === "number") drawn.push(across(line, `tgl-plot-line ${bandStyle}`));
    if (typeof zero === "number") drawn.push(across(zero, "tgl-plot-zero"));
    return drawn;
  }

  private markLines(): SVGElement[] {
    const [from, to] = this.range;
    const inside = (this.options.marks ?? []).filter(({ at }) => at >= from - 0.5 && at <= to + 0.5);
    return inside.map(({ at, style, title }) =>
      svg("line", { x1: this.x(at), x2: this.x(at), y1: 0, y2: HEIGHT, class: style }, title),
    );
  }

  private dots(y: (value: number) => number): SVGElement[] {
    const [from, to] = this.range;
    const size = to - from < FEW ? 3.5 : 1.8;
    const drawn: SVGElement[] = [];
    for (let k = from; k <= to; k++) {
      const point = this.options.points[k];
      if (!point || point.value === null) continue;
      const x = this.x(k);
      if (typeof point.low === "number" && typeof point.high === "number") {
        drawn.push(svg("line", { x1: x, x2: x, y1: y(point.low), y2: y(point.high), class: "tgl-plot-range" }));
      }
      const isChosen = k === this.chosen;
      const style = `${point.style}${isChosen ? " tgl-plot-chosen" : k === this.active ? " tgl-plot-active" : ""}`;
      const r = isChosen || k === this.active ? size + 2.5 : size;
      drawn.push(svg("circle", { cx: x, cy: y(point.value), r, class: style, "data-tgl-point": k }, point.title));
    }
    return drawn;
  }

  private brushArea(): SVGElement[] {
    if (!this.brush) return [];
    const [from, to] = this.range;
    const share = (place: number) => (100 * (place - from)) / (to - from + 1);
    const [left, right] = [share(this.brush[0]), share(this.brush[1] + 1)];
    const box = { x: `${round(left)}%`, width: `${round(right - left)}%`, y: 0, height: HEIGHT };
    return [svg("rect", { ...box, class: "tgl-plot-brush" })];
  }
}

function ordered(one: number, other: number): [number, number] {
  return one <= other ? [one, other] : [other, one];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
