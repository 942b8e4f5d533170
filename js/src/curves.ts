// Shares of hits over capacity: a line a policy on a logarithmic axis, levels across, the setting that is and the one
// that is chosen. Arrows or a drag move the choice. Lines are drawn in a square that is stretched to the panel's width,
// all else at percentages of it, so nothing is drawn again when a page is resized.

import { h, svg } from "./dom";
import { percent } from "./format";

export interface Curve {
  /** Class of its colour. */
  style: string;
  isLimit: boolean;
  label: string;
  /** Capacity and share of hits, smallest capacity first. */
  points: readonly (readonly [number, number])[];
  /** The same at each stop; null where it was not replayed. */
  stops: readonly (number | null)[];
}

export interface Level {
  value: number;
  style: string;
  title: string;
}

export interface Now {
  capacity: number;
  value: number;
  style: string;
  title: string;
}

export interface CurvesOptions {
  label: string;
  curves: readonly Curve[];
  /** Capacities where the choice may stand. */
  capacities: readonly number[];
  axis: readonly [number, number];
  levels: readonly Level[];
  /** The cache as it is. */
  now: Now | null;
  /** A stop and a curve were pointed at. */
  choose(stop: number, curve: number): void;
  /** Enter and Escape. */
  confirm(): void;
  leave(): void;
}

export const HEIGHT = 230; // CSS pixels
const SQUARE = 1000; // units of the stretched drawing, both ways
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export class Curves {
  readonly element: HTMLElement;
  private readonly picture = svg("svg", { width: "100%", height: HEIGHT, class: "tgl-plot-picture", tabindex: 0 });
  private readonly marks = svg("g", {});
  private readonly lines: SVGElement[];
  private readonly ends: readonly [number, number];
  private stop = 0;
  private curve = 0;
  private isPressed = false;
  private now: Now | null;

  constructor(private readonly options: CurvesOptions) {
    const { capacities } = options;
    this.now = options.now;
    const [first, last] = [capacities[0] ?? 1, capacities.at(-1) ?? 1];
    this.ends = first < last ? [Math.log(first), Math.log(last)] : [Math.log(first) - 1, Math.log(first) + 1];
    const keys = "arrows change capacity and policy, Enter applies the choice, Escape returns to the advice";
    this.picture.setAttribute("role", "application");
    this.picture.setAttribute("aria-label", `${options.label}; ${keys}`);
    this.lines = options.curves.map((curve) => this.line(curve));
    this.picture.append(...this.grid(), this.stretched(), ...this.levels(), this.marks);
    this.listen();
    const [low, high] = options.axis;
    const axis = h(
      "div",
      { class: "tgl-plot-axis", "aria-hidden": "true" },
      h("span", {}, percent(high)),
      percent(low),
    );
    const below = h("div", { class: "tgl-curves-ticks", "aria-hidden": "true" }, ...this.tickLabels());
    const drawing = h("div", { class: "tgl-curves-drawing" }, this.picture, below);
    this.element = h("div", { class: "tgl-plot tgl-curves" }, h("div", { class: "tgl-plot-stage" }, axis, drawing));
  }

  /** Put the choice on a stop and a curve. */
  show(stop: number, curve: number): void {
    this.stop = stop;
    this.curve = curve;
    this.lines.forEach((line, k) => {
      line.classList.toggle("tgl-curve-chosen", k === curve);
    });
    const chosen = this.options.curves[curve];
    const capacity = this.options.capacities[stop];
    const x = capacity === undefined ? "0%" : this.x(capacity);
    const drawn: SVGElement[] = [svg("line", { x1: x, x2: x, y1: 0, y2: HEIGHT, class: "tgl-curves-here" })];
    if (this.now) drawn.push(this.diamond(this.now));
    const value = chosen?.stops[stop];
    if (chosen && typeof value === "number") {
      const at = { cx: x, cy: this.y(value), r: 6, class: `${chosen.style} tgl-plot-chosen`, "data-tgl-chosen": "" };
      drawn.push(svg("circle", at, `${chosen.label}: ${percent(value)}`));
    }
    this.marks.replaceChildren(...drawn);
  }

  /** The cache has changed; null where its place is not known. */
  setNow(now: Now | null): void {
    this.now = now;
    this.show(this.stop, this.curve);
  }

  private diamond(now: Now): SVGElement {
    // A nested drawing carries the place in percent, so that the shape inside keeps its size.
    const place = svg("svg", { x: this.x(now.capacity), y: this.y(now.value), overflow: "visible" });
    const shape = { d: "M0-7L7 0L0 7L-7 0Z", class: `${now.style} tgl-curves-now`, "data-tgl-now": "" };
    place.append(svg("path", shape, now.title));
    return place;
  }

  private share(capacity: number): number {
    const [first, last] = this.ends;
    return Math.min(1, Math.max(0, (Math.log(Math.max(1, capacity)) - first) / (last - first)));
  }

  private x(capacity: number): string {
    return `${round(100 * this.share(capacity))}%`;
  }

  private y(value: number): number {
    const [low, high] = this.options.axis;
    return round((HEIGHT * (high - value)) / (high - low));
  }

  private line(curve: Curve): SVGElement {
    const places = curve.points.map(([capacity, value]) => {
      return `${round(SQUARE * this.share(capacity))} ${round((SQUARE * this.y(value)) / HEIGHT)}`;
    });
    const style = `tgl-curve ${curve.style}${curve.isLimit ? " tgl-curve-limit" : ""}`;
    return svg("path", { d: places.length ? `M${places.join("L")}` : "", class: style }, curve.label);
  }

  private stretched(): SVGElement {
    const box = { viewBox: `0 0 ${SQUARE} ${SQUARE}`, preserveAspectRatio: "none", width: "100%", height: HEIGHT };
    const inner = svg("svg", box);
    inner.append(...this.lines);
    return inner;
  }

  private grid(): SVGElement[] {
    return ticksOf(this.options.capacities).map((tick) =>
      svg("line", { x1: this.x(tick), x2: this.x(tick), y1: 0, y2: HEIGHT, class: "tgl-curves-grid" }),
    );
  }

  private levels(): SVGElement[] {
    return this.options.levels.map(({ value, style, title }) =>
      svg("line", { x1: 0, x2: "100%", y1: this.y(value), y2: this.y(value), class: style }, title),
    );
  }

  private tickLabels(): HTMLElement[] {
    return ticksOf(this.options.capacities).map((tick) => {
      const label = h("span", {}, SHORT.format(tick));
      label.style.left = this.x(tick);
      return label;
    });
  }

  private listen(): void {
    const { picture } = this;
    picture.addEventListener("pointerdown", (event) => {
      if ((event as PointerEvent).button !== 0) return;
      this.isPressed = true;
      picture.setPointerCapture?.((event as PointerEvent).pointerId);
      this.pick(event as PointerEvent, true);
    });
    picture.addEventListener("pointermove", (event) => {
      if (this.isPressed) this.pick(event as PointerEvent, false);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      picture.addEventListener(end, () => {
        this.isPressed = false;
      });
    }
    picture.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
  }

  /** Choose the stop below the pointer and, at first, the curve nearest to it. */
  private pick(event: PointerEvent, isFirst: boolean): void {
    const box = this.picture.getBoundingClientRect();
    if (!box.width || !this.options.capacities.length) return;
    const [across, down] = [(event.clientX - box.left) / box.width, event.clientY - box.top];
    const stop = nearest(this.options.capacities.map((capacity) => Math.abs(this.share(capacity) - across)));
    const away = this.options.curves.map((curve) => {
      const value = curve.stops[stop];
      return curve.isLimit || typeof value !== "number" ? Number.POSITIVE_INFINITY : Math.abs(this.y(value) - down);
    });
    this.options.choose(stop, isFirst ? nearest(away, this.curve) : this.curve);
  }

  private key(event: KeyboardEvent): void {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const along = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (across !== undefined) this.options.choose(this.within(this.stop + across), this.curve);
    else if (along !== undefined) this.options.choose(this.stop, this.nextCurve(along));
    else if (event.key === "Home") this.options.choose(0, this.curve);
    else if (event.key === "End") this.options.choose(this.within(Number.POSITIVE_INFINITY), this.curve);
    else if (event.key === "Enter") this.options.confirm();
    else if (event.key === "Escape") this.options.leave();
    else return;
    event.preventDefault();
  }

  private within(stop: number): number {
    return Math.max(0, Math.min(this.options.capacities.length - 1, stop));
  }

  /** The curve above or below the chosen one at this stop, as the eye sees them. */
  private nextCurve(way: number): number {
    const at = (k: number) => this.options.curves[k]?.stops[this.stop] ?? -1;
    const order = this.options.curves.map((_, k) => k).filter((k) => !this.options.curves[k]?.isLimit);
    order.sort((a, b) => at(b) - at(a) || a - b);
    const place = order.indexOf(this.curve) + way;
    return order[Math.max(0, Math.min(order.length - 1, place))] ?? this.curve;
  }
}

/** Round capacities between the first and the last: decades, or steps of 1, 2 and 5 where there are few. */
export function ticksOf(capacities: readonly number[]): number[] {
  const [first, last] = [capacities[0] ?? 1, capacities.at(-1) ?? 1];
  const steps = Math.log10(last / first) > 2.4 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = 1; decade <= last; decade *= 10) {
    for (const step of steps) if (decade * step >= first && decade * step <= last) ticks.push(decade * step);
  }
  return ticks.length ? ticks : [first];
}

function nearest(away: readonly number[], otherwise = 0): number {
  let found = otherwise;
  let least = Number.POSITIVE_INFINITY;
  away.forEach((distance, k) => {
    if (distance < least) [found, least] = [k, distance];
  });
  return found;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
