// What every panel has: the scope of its styles, the host's theme, and keys that stay inside.

import { h } from "./dom";
import { paletteOf } from "./palette";
import { followTheme, type Theme } from "./theme";

export interface Shell {
  readonly root: HTMLElement;
  readonly theme: Theme;
  destroy(): void;
}

/** An empty panel in `host`; `changed` is called when the theme behind it changes. */
export function createShell(host: Element, changed: (theme: Theme) => void): Shell {
  // The attribute asks Lumino hosts (JupyterLab, Notebook) to leave keys alone that they would catch before us.
  const root = h("div", { class: "tgl", "data-lm-suppress-shortcuts": "true" });
  host.append(root);
  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, (event) => event.stopPropagation());
  const stop = followTheme(root, (theme) => {
    dye(root, theme);
    changed(theme);
  });
  const theme = root.dataset.tglTheme === "dark" ? "dark" : "light";
  dye(root, theme);
  return {
    root,
    theme,
    destroy() {
      stop();
      root.remove();
    },
  };
}

/** Hand the colours of the wait classes to the style sheet. */
function dye(root: HTMLElement, theme: Theme): void {
  paletteOf(theme).stateMarks.forEach((colour, state) => {
    root.style.setProperty(`--tgl-state-${state}`, colour);
  });
}

/** A panel that could not be built says so instead of staying empty. */
export function showFailure(host: Element, error: unknown): void {
  const { root } = createShell(host, () => undefined);
  const text = error instanceof Error ? error.message : String(error);
  root.append(h("p", { class: "tgl-note", role: "alert" }, `This panel cannot be drawn: ${text}`));
}
