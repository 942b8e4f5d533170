import { afterEach, expect, test } from "vitest";
import { followTheme, parseColour, themeBehind } from "../src/theme";

const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

afterEach(() => {
  document.body.removeAttribute("style");
  document.documentElement.removeAttribute("theme");
  document.body.replaceChildren();
});

test("colours are read in the forms that browsers compute", () => {
  expect(parseColour("rgb(17, 18, 19)")).toEqual([17, 18, 19, 1]);
  expect(parseColour("rgba(0, 0, 0, 0)")).toEqual([0, 0, 0, 0]);
  expect(parseColour("color(srgb 1 0.5 0 / 0.5)")).toEqual([255, 127.5, 0, 0.5]);
  expect(parseColour("transparent")).toBeNull();
});

test("the nearest opaque background decides", () => {
  document.body.style.backgroundColor = "rgb(255, 255, 255)";
  const outer = document.body.appendChild(document.createElement("div"));
  const inner = outer.appendChild(document.createElement("div"));
  expect(themeBehind(inner)).toBe("light");
  outer.style.backgroundColor = "rgb(17, 17, 17)";
  expect(themeBehind(inner)).toBe("dark");
});

test("without a background the host's own word counts", () => {
  document.documentElement.setAttribute("theme", "dark");
  expect(themeBehind(document.body)).toBe("dark");
});

test("a change of the host is followed until told to stop", async () => {
  document.body.style.backgroundColor = "rgb(255, 255, 255)";
  const root = document.body.appendChild(document.createElement("div"));
  const seen: string[] = [];
  const stop = followTheme(root, (theme) => seen.push(theme));
  expect(root.dataset.tglTheme).toBe("light");
  document.body.style.backgroundColor = "rgb(17, 17, 17)";
  document.body.dataset.jpThemeLight = "false";
  await frame();
  expect(seen).toEqual(["dark"]);
  stop();
  document.body.style.backgroundColor = "rgb(255, 255, 255)";
  await frame();
  expect(root.dataset.tglTheme).toBe("dark");
});
