// Drawing the rows that can be seen. Frames narrower than half a pixel are merged into one mark a pixel, found by
// binary search, so the cost depends on the pixels and not on the frames.

import { percent, time } from "../format";
import type { Ink, Palette } from "../palette";
import type { View } from "../viewport";
import type { Colouring } from "./colours";
import type { FlameState } from "./state";
import { TextFitter } from "./text";
import { type FlameTree, WHOLE } from "./tree";

export const ROW = 20; // CSS pixels
const NARROW = 0.5; // CSS pixels; frames below are merged
const PADDING = 5;
const LEAST_LABEL = 22; // CSS pixels; a narrower frame carries no text

export interface Scene {
  readonly state: FlameState;
  colouring: Colouring;
  palette: Palette;
  /** The node under the mouse; -1 for none. */
  hover: number;
  /** The root at the bottom. */
  inverted: boolean;
  hasFocus: boolean;
  font: string;
  /** Share of the whole profile, for labels. */
  share(node: number): number | null;
}

const fitter = new TextFitter();

/** Height of the drawing that holds all rows. */
export function fullHeight(tree: FlameTree): number {
  return tree.nRows * ROW;
}

/** Distance of a row's upper edge from the top of the drawing. */
export function rowTop(scene: Scene, row: number): number {
  return (scene.inverted ? scene.state.tree.nRows - 1 - row : row) * ROW;
}

/** Left and right edge of a node in CSS pixels, cut to the view. */
export function edgesOf(scene: Scene, node: number, width: number): [number, number] {
  const { tree, focus } = scene.state;
  const scale = width / (tree.width[focus] as number);
  const left = ((tree.x[node] as number) - (tree.x[focus] as number)) * scale;
  const right = left + (tree.width[node] as number) * scale;
  return [Math.max(0, left), Math.min(width, right)];
}

/** The node at a point of the view; -1 where there is none. */
export function nodeAt(scene: Scene, view: View, px: number, py: number): number {
  const { tree, focus } = scene.state;
  const line = Math.floor((py + view.top) / ROW);
  const row = scene.inverted ? tree.nRows - 1 - line : line;
  if (row < 0 || row >= tree.nRows) return -1;
  const x = (tree.x[focus] as number) + (px / view.width) * (tree.width[focus] as number);
  const k = tree.firstEndingAfter(row, x);
  const node = k < (tree.rowStart[row + 1] as number) ? (tree.rowOrder[k] as number) : -1;
  return node >= 0 && (tree.x[node] as number) <= x ? node : -1;
}

export function paintFlame(g: CanvasRenderingContext2D, scene: Scene, view: View): void {
  const { tree } = scene.state;
  fitter.setFont(g, scene.font);
  g.textBaseline = "middle";
  g.direction = "ltr";
  const first = Math.floor(view.top / ROW);
  const last = Math.min(tree.nRows - 1, Math.floor((view.top + view.height - 1) / ROW));
  for (let line = first; line <= last; line++) {
    const row = scene.inverted ? tree.nRows - 1 - line : line;
    paintRow(g, scene, view, row, line * ROW - view.top);
  }
  outlines(g, scene, view);
}

function paintRow(g: CanvasRenderingContext2D, scene: Scene, view: View, row: number, y: number): void {
  const { tree, focus, found } = scene.state;
  const from = tree.x[focus] as number;
  const to = from + (tree.width[focus] as number);
  const scale = view.width / (to - from);
  const end = tree.rowStart[row + 1] as number;
  let k = tree.firstEndingAfter(row, from);
  while (k < end) {
    const node = tree.rowOrder[k] as number;
    if ((tree.x[node] as number) >= to) break;
    const [left, right] = edgesOf(scene, node, view.width);
    if (right - left >= NARROW) {
      paintFrame(g, scene, node, left, right, y);
      k += 1;
      continue;
    }
    const pixel = Math.floor(left);
    const next = Math.max(k + 1, Math.min(end, tree.firstEndingAfter(row, from + (pixel + 1) / scale)));
    const hit = found !== null && (found.before[next] as number) > (found.before[k] as number);
    g.fillStyle = (hit ? scene.palette.mark : inkOf(scene, node)).fill;
    g.fillRect(pixel, y, 1, ROW - 1);
    k = next;
  }
}

/** The colour of a node as things stand: searched for, above the zoom, or its own. */
function inkOf(scene: Scene, node: number): Ink {
  const { tree, found, focus } = scene.state;
  if (found?.matched[node]) return scene.palette.mark;
  if (found || (tree.depth[node] as number) < (tree.depth[focus] as number)) return scene.palette.dim;
  return scene.colouring.inks[scene.colouring.tone[node] as number] ?? scene.palette.plain;
}

function paintFrame(
  g: CanvasRenderingContext2D,
  scene: Scene,
  node: number,
  left: number,
  right: number,
  y: number,
): void {
  const l = Math.round(left);
  const width = Math.max(1, Math.round(right) - l - (right - left > 3 ? 1 : 0));
  const ink = inkOf(scene, node);
  g.fillStyle = ink.fill;
  box(g, l, y, width);
  g.fill();
  if (scene.state.tree.isOther(node)) {
    g.fillStyle = hatchOf(g, scene.palette.hatch) ?? ink.fill;
    g.fill();
  }
  if (node === scene.hover) {
    g.fillStyle = scene.palette.halo;
    g.globalAlpha = 0.28;
    g.fill();
    g.globalAlpha = 1;
  }
  if (width >= LEAST_LABEL) label(g, scene, node, ink, l, width, y);
}

function box(g: CanvasRenderingContext2D, left: number, y: number, width: number): void {
  g.beginPath();
  if (width > 5) g.roundRect(left, y, width, ROW - 1, 2);
  else g.rect(left, y, width, ROW - 1);
}

/** Name at the left, cut to the frame; share at the right where both have room. */
function label(
  g: CanvasRenderingContext2D,
  scene: Scene,
  node: number,
  ink: Ink,
  left: number,
  width: number,
  y: number,
): void {
  const room = width - 2 * PADDING;
  const name = scene.state.tree.label(node);
  const text = fitter.fit(g, name, room);
  if (!text) return;
  const middle = y + (ROW - 1) / 2 + 0.5;
  if (scene.state.tree.isOther(node)) plate(g, ink.fill, left + PADDING - 3, y + 2, fitter.width(g, text) + 6);
  g.fillStyle = ink.ink;
  g.fillText(text, left + PADDING, middle);
  const figure = node === WHOLE ? time(scene.state.tree.width[node]) : percent(scene.share(node));
  const needed = fitter.width(g, figure);
  if (text !== name || fitter.width(g, name) + needed + 14 > room || scene.state.tree.isOther(node)) return;
  g.fillText(figure, left + width - PADDING - needed, middle);
}

/** A plain ground under text on a hatched frame. */
function plate(g: CanvasRenderingContext2D, fill: string, left: number, y: number, width: number): void {
  g.fillStyle = fill;
  g.fillRect(left, y, width, ROW - 5);
}

function outlines(g: CanvasRenderingContext2D, scene: Scene, view: View): void {
  const { selected, cursor } = scene.state;
  if (selected >= 0 && selected !== cursor) outline(g, scene, view, selected, 1);
  if (cursor >= 0) outline(g, scene, view, cursor, scene.hasFocus ? 2 : 1);
}

function outline(g: CanvasRenderingContext2D, scene: Scene, view: View, node: number, thick: number): void {
  if ((scene.state.tree.depth[node] as number) < 0) return;
  const [left, right] = edgesOf(scene, node, view.width);
  if (right <= left) return;
  const y = rowTop(scene, scene.state.tree.depth[node] as number) - view.top;
  const width = Math.max(3, right - left - 1);
  for (const [colour, inset] of [
    [scene.palette.outline, thick / 2],
    [scene.palette.halo, thick + 0.5],
  ] as const) {
    if (width < 2 * inset + 1) break;
    g.strokeStyle = colour;
    g.lineWidth = inset === thick / 2 ? thick : 1;
    g.strokeRect(Math.round(left) + inset, y + inset, width - 2 * inset, ROW - 1 - 2 * inset);
  }
}

const hatches = new Map<string, CanvasPattern | null>();

/** Diagonal lines, made once a colour. */
function hatchOf(g: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const known = hatches.get(colour);
  if (known !== undefined) return known;
  const size = 7;
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const t = tile.getContext("2d");
  if (!t) return null;
  t.strokeStyle = colour;
  t.lineWidth = 1.4;
  for (const shift of [-size, 0, size]) {
    t.moveTo(shift - 1, size + 1);
    t.lineTo(shift + size + 1, -1);
  }
  t.stroke();
  const pattern = g.createPattern(tile, "repeat");
  hatches.set(colour, pattern);
  return pattern;
}
