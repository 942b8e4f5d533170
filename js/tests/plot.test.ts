import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Plot, type PlotOptions, type Point } from "../src/plot";

const choose = vi.fn();
const zoomed = vi.fn();

beforeEach(() => {
  choose.mockClear();
  zoomed.mockClear();
});
afterEach(() => document.body.replaceChildren());

const points = (n: number): Point[] =>
  Array.from({ length: n }, (_, k) => ({
    value: 10 + k,
    low: 9 + k,
    high: 11 + k,
    style: "tgl-dot-0",
    title: `record ${k}`,
  }));

function plotOf(n: number, changes: Partial<PlotOptions> = {}): { plot: Plot; picture: SVGElement } {
  const options = { label: "Time", points: points(n), axis: [0, 40] as const, format: String, noun: "record" };
  const plot = new Plot({ ...options, choose, zoomed, ...changes });
  document.body.append(plot.element);
  const picture = plot.element.querySelector("svg") as SVGElement;
  picture.getBoundingClientRect = () => ({ left: 0, width: 100 * n, top: 0, height: 190 }) as DOMRect;
  return { plot, picture };
}

function press(target: Element, ...keys: (string | [string])[]): void {
  for (const key of keys) {
    const [name, shiftKey] = typeof key === "string" ? [key, false] : [key[0], true];
    target.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true, cancelable: true }));
  }
}

function point(target: Element, type: string, clientX: number): void {
  target.dispatchEvent(Object.assign(new MouseEvent(type, { clientX, button: 0, bubbles: true }), { pointerId: 1 }));
}

const shown = (picture: Element) =>
  [...picture.querySelectorAll("[data-tgl-point]")].map((dot) => Number(dot.getAttribute("data-tgl-point")));

test("a click chooses the point under it, and again lets it go", () => {
  const { picture } = plotOf(10);
  point(picture, "pointerdown", 350);
  point(picture, "pointerup", 351);
  expect(choose).toHaveBeenLastCalledWith(3);
  expect(picture.querySelector(".tgl-plot-chosen")?.getAttribute("data-tgl-point")).toBe("3");
  point(picture, "pointerdown", 350);
  point(picture, "pointerup", 350);
  expect(choose).toHaveBeenLastCalledWith(null);
});

test("dragging shows that part only, and a button shows all again", () => {
  const { plot, picture } = plotOf(10);
  point(picture, "pointerdown", 250);
  point(picture, "pointermove", 650);
  expect(picture.querySelector(".tgl-plot-brush")).not.toBeNull();
  point(picture, "pointerup", 650);
  expect(zoomed).toHaveBeenLastCalledWith([2, 6]);
  expect(shown(picture)).toEqual([2, 3, 4, 5, 6]);
  const all = plot.element.querySelector("button") as HTMLButtonElement;
  expect(all.hidden).toBe(false);
  all.click();
  expect(shown(picture)).toHaveLength(10);
  expect(all.hidden).toBe(true);
});

test("arrows read the points, Enter chooses, Escape lets go", () => {
  const { plot, picture } = plotOf(5);
  press(picture, "ArrowRight", "ArrowRight", "Enter");
  expect(plot.element.querySelector("[aria-live]")?.textContent).toBe("record 1");
  expect(choose).toHaveBeenLastCalledWith(1);
  press(picture, "Escape");
  expect(choose).toHaveBeenLastCalledWith(null);
});

test("a range is marked with Shift and arrows, zoomed to with Enter and left with Escape", () => {
  const { picture } = plotOf(8);
  press(picture, "ArrowRight", "ArrowRight", ["ArrowRight"], ["ArrowRight"], "Enter");
  expect(zoomed).toHaveBeenLastCalledWith([1, 3]);
  press(picture, "Escape");
  expect(zoomed).toHaveBeenLastCalledWith(null);
  expect(shown(picture)).toHaveLength(8);
});

test("a missing value leaves its place empty", () => {
  const { picture } = plotOf(3, { points: points(3).map((p, k) => (k === 1 ? { ...p, value: null } : p)) });
  expect(shown(picture)).toEqual([0, 2]);
});

test("marks, band and lines are drawn, marks with what they say", () => {
  const marks = [{ at: 1.5, style: "tgl-plot-change", title: "+8 %" }];
  const { picture } = plotOf(4, { band: [10, 12], line: 11, zero: 10, marks });
  expect(picture.querySelector("rect")).not.toBeNull();
  expect(picture.querySelector(".tgl-plot-zero")).not.toBeNull();
  expect(picture.querySelector(".tgl-plot-change title")?.textContent).toBe("+8 %");
});

test("nothing to show is no error", () => {
  const { picture } = plotOf(0);
  press(picture, "ArrowRight", "Enter", "Escape");
  point(picture, "pointerdown", 0);
  point(picture, "pointerup", 0);
  expect(choose).not.toHaveBeenCalled();
});
