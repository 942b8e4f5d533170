import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../src/style");

/** Selectors of a style sheet: what stands before a brace, without comments and conditions. */
function selectorsOf(text: string): string[] {
  const rules = text.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{};]+)\{/g);
  return [...rules]
    .map(([, head]) => (head ?? "").trim())
    .filter((head) => !head.startsWith("@"))
    .flatMap((head) => head.split(/,(?![^(]*\))/).map((part) => part.trim()));
}

const SHEETS = readdirSync(FOLDER).filter((name) => name !== "panel.css");

test.each(SHEETS)("every rule of %s stays within a panel", (name) => {
  const selectors = selectorsOf(readFileSync(join(FOLDER, name), "utf-8"));
  expect(selectors.length).toBeGreaterThan(0);
  expect(selectors.filter((selector) => !/^\.tgl(?![\w-])/.test(selector))).toEqual([]);
});
