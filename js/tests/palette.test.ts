import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { STATES } from "../src/contract";
import { contrast, oklch, paletteOf } from "../src/palette";
import type { Theme } from "../src/theme";

const READABLE = 4.5; // WCAG 2.2, 1.4.3
const VISIBLE = 2; // a mark beside text that says the same

describe.each<[Theme, string]>([
  ["light", "#ffffff"],
  ["dark", "#111111"],
])("%s palette", (theme, ground) => {
  const palette = paletteOf(theme);

  test("text can be read on every fill", () => {
    const fills = [...palette.states, ...palette.modules, ...palette.heat, palette.plain, palette.mark, palette.dim];
    for (const { fill, ink } of fills) expect(contrast(fill, ink), fill).toBeGreaterThanOrEqual(READABLE);
  });

  test("marks stand out from the ground", () => {
    for (const mark of palette.stateMarks) expect(contrast(mark, ground), mark).toBeGreaterThanOrEqual(VISIBLE);
  });

  test("no two wait classes look the same", () => {
    expect(new Set(palette.stateMarks).size).toBe(10);
    expect(new Set(palette.states.map(({ fill }) => fill)).size).toBe(10);
  });
});

test("OKLCH of white, black and red", () => {
  expect(oklch(1, 0, 0)).toBe("#ffffff");
  expect(oklch(0, 0, 0)).toBe("#000000");
  expect(oklch(0.62796, 0.25768, 29.234)).toBe("#ff0000");
});

test("static pages have the same colours", () => {
  const python = readFileSync("../tailgana_lab/charts/palette.py", "utf8");
  for (const theme of ["light", "dark"] as const) {
    const table = new RegExp(`^${theme.toUpperCase()}: .*?^}`, "ms").exec(python)?.[0] ?? "";
    const theirs = STATES.map((state) => new RegExp(`"${state}": "(#\\w+)"`).exec(table)?.[1]);
    expect(theirs).toEqual(paletteOf(theme).states.map(({ fill }) => fill));
  }
});
