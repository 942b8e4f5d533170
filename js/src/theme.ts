// Is the host light or dark, and when does that change? Judged by the background really there, not by the host's name.

export type Theme = "light" | "dark";

const HOST_ATTRIBUTES = [
  "class",
  "style",
  "theme",
  "data-theme",
  "data-jp-theme-light",
  "data-jp-theme-name",
  "data-vscode-theme-kind",
];

/** Red, green, blue (0 to 255) and alpha of a computed colour; null for a form not known. */
export function parseColour(text: string): [number, number, number, number] | null {
  const found = /^(rgba?|color)\((?:srgb )?([^)]+)\)$/.exec(text.trim());
  if (!found) return null;
  const [red, green, blue, alpha = 1] = (found[2] ?? "").split(/[\s,/]+/).map(Number.parseFloat);
  if (red === undefined || green === undefined || blue === undefined) return null;
  const scale = found[1] === "color" ? 255 : 1;
  return [red * scale, green * scale, blue * scale, alpha];
}

/** Relative luminance, 0 (black) to 1 (white), by the definition of WCAG 2. */
export function luminance(red: number, green: number, blue: number): number {
  const linear = (v: number) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function parentOf(element: Element): Element | null {
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

function isDark(colour: string): boolean | null {
  const rgba = parseColour(colour);
  return rgba && rgba[3] > 0.5 ? luminance(rgba[0], rgba[1], rgba[2]) < 0.2 : null;
}

function saysDark(element: Element): boolean {
  const kind = element.getAttribute("data-vscode-theme-kind") ?? element.getAttribute("data-theme") ?? "";
  const word = `${kind} ${element.getAttribute("theme") ?? ""}`;
  return /dark|black/.test(word) || element.matches(".dark, .vscode-dark, .dark-theme");
}

/** Theme of what lies behind an element: the nearest opaque background, else what host or system say. */
export function themeBehind(element: Element): Theme {
  for (let at: Element | null = element; at; at = parentOf(at)) {
    const dark = isDark(getComputedStyle(at).backgroundColor);
    if (dark !== null) return dark ? "dark" : "light";
  }
  const editor = getComputedStyle(document.body).getPropertyValue("--vscode-editor-background");
  if (saysDark(document.documentElement) || saysDark(document.body) || isDark(editor)) return "dark";
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * Keep `root[data-tgl-theme]` in step with the host, and tell when it changes. Returns the function that stops it.
 * Hosts change a class or attribute first and load the style sheet later, so late sheets are looked at too.
 */
export function followTheme(root: HTMLElement, changed: (theme: Theme) => void): () => void {
  const behind = () => themeBehind(parentOf(root) ?? document.documentElement);
  let theme = behind();
  root.dataset.tglTheme = theme;
  let waiting = 0;
  const look = () => {
    waiting = 0;
    const now = behind();
    if (now === theme || !root.isConnected) return;
    theme = now;
    root.dataset.tglTheme = theme;
    changed(theme);
  };
  const soon = () => {
    waiting ||= requestAnimationFrame(look);
  };
  const observer = new MutationObserver(soon);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: HOST_ATTRIBUTES });
  }
  observer.observe(document.head, { childList: true });
  const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  system?.addEventListener("change", soon);
  document.head.addEventListener("load", soon, true);
  return () => {
    observer.disconnect();
    system?.removeEventListener("change", soon);
    document.head.removeEventListener("load", soon, true);
    cancelAnimationFrame(waiting);
  };
}
