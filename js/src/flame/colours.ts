// What a frame's colour says: its module, the wait class that dominates it, or its own share of the time.

import { STATE_LABELS } from "../contract";
import { visible } from "../format";
import type { Ink, Palette } from "../palette";
import { type FlameTree, moduleOf, WHOLE } from "./tree";

export type ColourMode = "module" | "state" | "self";

export const COLOUR_MODES: readonly { value: ColourMode; label: string }[] = [
  { value: "module", label: "module" },
  { value: "state", label: "wait reason" },
  { value: "self", label: "own share" },
];

export interface Swatch {
  readonly label: string;
  readonly ink: Ink;
}

export interface Colouring {
  /** Index in `inks` of each node. */
  readonly tone: Uint8Array;
  readonly inks: readonly Ink[];
  /** What the legend shows. */
  readonly swatches: readonly Swatch[];
}

const PLAIN = 0; // the tone of nodes that are no frames, and of modules beyond the palette

export function colourTree(tree: FlameTree, mode: ColourMode, palette: Palette, cellFile: string): Colouring {
  if (mode === "state") return byState(tree, palette);
  return mode === "self" ? bySelf(tree, palette) : byModule(tree, palette, cellFile);
}

function byState(tree: FlameTree, palette: Palette): Colouring {
  const tone = new Uint8Array(tree.n);
  const seen = new Uint8Array(palette.states.length);
  for (let node = tree.base; node < tree.n; node++) {
    if (tree.isOther(node)) continue;
    const state = Math.min(tree.state(node) ?? 0, palette.states.length - 1);
    tone[node] = state + 1;
    seen[state] = 1;
  }
  const swatches = palette.states.map((ink, k) => ({ label: STATE_LABELS[k] ?? "", ink })).filter((_, k) => seen[k]);
  return { tone, inks: [palette.plain, ...palette.states], swatches };
}

// Lower edges of the steps, fractions of the whole time.
const SELF_EDGES = [0, 0.002, 0.01, 0.03, 0.08, 0.2, 0.4];

function bySelf(tree: FlameTree, palette: Palette): Colouring {
  const tone = new Uint8Array(tree.n);
  const whole = (tree.width[WHOLE] as number) || 1;
  for (let node = tree.base; node < tree.n; node++) {
    if (tree.isOther(node)) continue;
    const fraction = (tree.selfTime[node] as number) / whole;
    let step = 0;
    while (step + 1 < SELF_EDGES.length && fraction >= (SELF_EDGES[step + 1] as number)) step += 1;
    tone[node] = step + 1;
  }
  const edge = (k: number) => `${Number(((SELF_EDGES[k] as number) * 100).toFixed(1))}\u00a0%`;
  const swatches = palette.heat.map((ink, k) => ({ label: k === 0 ? `below ${edge(1)}` : `from ${edge(k)}`, ink }));
  return { tone, inks: [palette.plain, ...palette.heat], swatches };
}

function byModule(tree: FlameTree, palette: Palette, cellFile: string): Colouring {
  const { data, base } = tree;
  const names = data.strings.map(() => "");
  const time = new Map<string, number>();
  for (let i = 0; i < data.n; i++) {
    if (tree.isOther(i + base)) continue;
    const file = data.file[i] as number;
    names[file] ||= moduleOf(data.strings[file] ?? "", cellFile);
    const name = names[file] as string;
    time.set(name, (time.get(name) ?? 0) + (data.self_s[i] as number));
  }
  const ranked = [...time.entries()].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const order = new Map(ranked.slice(0, palette.modules.length).map((name, k) => [name, k + 1]));
  const tone = new Uint8Array(tree.n);
  for (let i = 0; i < data.n; i++) {
    if (!tree.isOther(i + base)) tone[i + base] = order.get(names[data.file[i] as number] ?? "") ?? PLAIN;
  }
  const swatches = [...order.entries()].map(([name, k]) => ({
    label: visible(name),
    ink: palette.modules[k - 1] as Ink,
  }));
  if (ranked.length > order.size) swatches.push({ label: `${ranked.length - order.size} more`, ink: palette.plain });
  return { tone, inks: [palette.plain, ...palette.modules], swatches };
}
