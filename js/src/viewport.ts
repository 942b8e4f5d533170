// A canvas as high as what can be seen, in a box that scrolls over content of any height: a canvas of all rows would
// pass the browser's limit at a few thousand of them.

import { h } from "./dom";

export interface View {
  readonly width: number;
  readonly height: number;
  /** How far the content is scrolled, in CSS pixels. */
  readonly top: number;
}

export interface Viewport {
  readonly box: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Height of the content and of the part shown at once, CSS pixels. */
  setHeight(content: number, shown: number): void;
  view(): View;
  scrollTo(top: number): void;
  /** Draw before the next frame is shown; many calls draw once. */
  redraw(): void;
  destroy(): void;
}

/** A viewport whose `draw` gets a context that is cleared and scaled to CSS pixels. */
export function createViewport(draw: (g: CanvasRenderingContext2D, view: View) => void): Viewport {
  const canvas = h("canvas", { class: "tgl-canvas" });
  const rest = h("div", { class: "tgl-rest" });
  const box = h("div", { class: "tgl-viewport tgl-scroll" }, canvas, rest);
  let shown = 0;
  let waiting = 0;
  const view = (): View => ({ width: box.clientWidth, height: shown, top: box.scrollTop });
  const paint = () => {
    waiting = 0;
    const now = view();
    const g = now.width > 0 && now.height > 0 ? prepare(canvas, now) : null;
    if (g) draw(g, now);
  };
  const redraw = () => {
    waiting ||= requestAnimationFrame(paint);
  };
  const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(paint);
  observer?.observe(box);
  box.addEventListener("scroll", redraw, { passive: true });
  return {
    box,
    canvas,
    setHeight(content, height) {
      shown = Math.min(content, height);
      canvas.style.height = `${shown}px`;
      box.style.height = `${shown}px`;
      rest.style.height = `${Math.max(0, content - shown)}px`;
    },
    view,
    scrollTo(top) {
      box.scrollTop = top;
    },
    redraw,
    destroy() {
      observer?.disconnect();
      cancelAnimationFrame(waiting);
    },
  };
}

/** Size the canvas to the device's pixels, clear it, and scale so that one unit is a CSS pixel. */
function prepare(canvas: HTMLCanvasElement, view: View): CanvasRenderingContext2D | null {
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${view.width}px`;
  }
  const g = canvas.getContext("2d");
  if (!g) return null;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, view.width, view.height);
  return g;
}
