// Building DOM nodes. Text enters as text nodes only, so a hostile name stays a name.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | ((event: never) => void)>;

/** An element with attributes, `on…` listeners and children; null children are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing, with what is said of it where it is pointed at. */
export function svg(tag: string, attributes: Record<string, string | number>, title = ""): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (title) element.append(Object.assign(document.createElementNS(SVG, "title"), { textContent: title }));
  return element;
}

/** A line drawing of 16 by 16 units in the colour of the text around it. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 16 16", width: "14", height: "14", "aria-hidden": "true", class: "tgl-icon" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.4 10.4L14 14",
  previous: "M10 3.5L5.5 8l4.5 4.5",
  next: "M6 3.5L10.5 8L6 12.5",
  note: "M8 2.2L14.4 13.4H1.6ZM8 6.2v3.4M8 11.4v.3",
};

let serial = 0;

/** A name no other element of the page has. */
export function uniqueId(stem: string): string {
  serial += 1;
  return `tgl-${stem}-${serial}-${Math.floor(Math.random() * 0xffffff).toString(36)}`;
}
