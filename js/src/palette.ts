// The colours of data, in both themes. Chosen in OKLCH, where equal lightness looks equal; every fill comes with the
// ink that can be read on it (contrast of at least 4.5:1, which tests check).

import { luminance, type Theme } from "./theme";

/** A fill and the colour of text on it. */
export interface Ink {
  readonly fill: string;
  readonly ink: string;
}

export interface Palette {
  /** One a wait class, in the order of STATES. */
  readonly states: readonly Ink[];
  /** The same, stronger, for marks without text: lanes, bars, dots. */
  readonly stateMarks: readonly string[];
  /** One a module, the heaviest module first. */
  readonly modules: readonly Ink[];
  /** From no self time to much. */
  readonly heat: readonly Ink[];
  /** Frames that stand for others: the whole, a thread, what was folded away. */
  readonly plain: Ink;
  /** Found by the search. */
  readonly mark: Ink;
  /** Not found by the search, or above the frame zoomed to. */
  readonly dim: Ink;
  /** Lines of a hatched frame. */
  readonly hatch: string;
  readonly outline: string;
  readonly halo: string;
}

/** sRGB of an OKLCH colour, as #rrggbb (Ottosson 2020, A perceptual color space for image processing). */
export function oklch(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return hex(
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  );
}

function hex(...linear: number[]): string {
  const byte = (v: number) => {
    const c = Math.min(1, Math.max(0, v));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  };
  return `#${linear.map((v) => byte(v).toString(16).padStart(2, "0")).join("")}`;
}

function luminanceOf(colour: string): number {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return luminance(part(1), part(3), part(5));
}

/** Contrast ratio of two colours written as #rrggbb, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminanceOf(one), luminanceOf(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

// Soft inks first; on fills of middle lightness only the pure ones can be read.
const SOFT_INKS = ["#14181d", "#f4f6f8"];
const PURE_INKS = ["#000000", "#ffffff"];
const READABLE = 4.5; // contrast ratio; WCAG 2.2, 1.4.3

function inked(fill: string): Ink {
  const best = (inks: string[]) => inks.reduce((a, b) => (contrast(fill, b) > contrast(fill, a) ? b : a));
  const soft = best(SOFT_INKS);
  return { fill, ink: contrast(fill, soft) >= READABLE ? soft : best(PURE_INKS) };
}

// Lightness offset, chroma and hue of each wait class: work is green, waiting for one's own program warm, for the
// outside world cool, doing nothing grey. Lightness differs within a family, so it also tells them apart without colour.
const STATE_HUES: readonly [number, number, number][] = [
  [0, 0.11, 150], // on_cpu
  [0.05, 0.11, 105], // queue
  [0.01, 0.12, 65], // gil_wait
  [-0.06, 0.14, 28], // lock
  [-0.04, 0.1, 300], // disk
  [0.03, 0.08, 200], // pipe
  [-0.03, 0.11, 250], // socket
  [0.06, 0.008, 250], // sleep
  [0.02, 0.12, 350], // fault
  [-0.07, 0.012, 250], // other
];

const MODULE_HUES = [245, 55, 160, 305, 95, 205, 15, 335];

const LIGHTNESS = {
  light: { state: 0.82, module: 0.85, chroma: 0.75 },
  dark: { state: 0.47, module: 0.44, chroma: 0.72 },
};

function modules(theme: Theme): Ink[] {
  const { module, chroma } = LIGHTNESS[theme];
  return MODULE_HUES.map((hue) => inked(oklch(module, 0.1 * chroma, hue)));
}

function states(theme: Theme): Ink[] {
  const { state, chroma } = LIGHTNESS[theme];
  return STATE_HUES.map(([lift, depth, hue]) => inked(oklch(state + lift, depth * chroma, hue)));
}

function stateMarks(theme: Theme): string[] {
  const [middle, strength] = theme === "light" ? [0.69, 1.05] : [0.66, 0.95];
  return STATE_HUES.map(([lift, depth, hue]) => oklch(middle + lift, depth * strength, hue));
}

const HEAT_STEPS = 7;

function heat(theme: Theme): Ink[] {
  return Array.from({ length: HEAT_STEPS }, (_, step) => {
    const at = step / (HEAT_STEPS - 1);
    const [lightness, chroma] =
      theme === "light" ? [0.945 - 0.36 * at, 0.01 + 0.17 * at] : [0.3 + 0.35 * at, 0.01 + 0.15 * at];
    return inked(oklch(lightness, chroma, 75 - 45 * at));
  });
}

const LIGHT: Palette = {
  states: states("light"),
  stateMarks: stateMarks("light"),
  modules: modules("light"),
  heat: heat("light"),
  plain: { fill: "#e4e8ec", ink: "#23282e" },
  mark: inked(oklch(0.83, 0.16, 80)),
  dim: { fill: "#eff1f4", ink: "#59636e" },
  hatch: "#b6bec7",
  outline: "#0b3d91",
  halo: "#ffffff",
};

const DARK: Palette = {
  states: states("dark"),
  stateMarks: stateMarks("dark"),
  modules: modules("dark"),
  heat: heat("dark"),
  plain: { fill: "#333a42", ink: "#e6e9ed" },
  mark: inked(oklch(0.8, 0.14, 82)),
  dim: { fill: "#20252a", ink: "#98a3af" },
  hatch: "#56606b",
  outline: "#9fd0ff",
  halo: "#0c0e10",
};

export function paletteOf(theme: Theme): Palette {
  return theme === "dark" ? DARK : LIGHT;
}
