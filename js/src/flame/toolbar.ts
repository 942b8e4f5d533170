// The controls above the flame graph, and the trail of frames that leads to the one zoomed to.

import { h, ICONS, icon, uniqueId } from "../dom";
import { counted, percent } from "../format";
import { COLOUR_MODES, type ColourMode } from "./colours";
import type { Found } from "./search";
import { type FlameTree, WHOLE } from "./tree";

export interface ToolbarActions {
  search(query: string): void;
  step(way: 1 | -1): void;
  leaveSearch(): void;
  colour(mode: ColourMode): void;
  toggle(name: "inverted" | "hidden" | "table", on: boolean): void;
}

export class Toolbar {
  readonly element: HTMLElement;
  readonly input = h("input", {
    type: "search",
    class: "tgl-search",
    placeholder: "Search function or module",
    "aria-label": "Search the flame graph",
    autocomplete: "off",
    spellcheck: "false",
  });
  /** Tells what the search found; stands beside the trail. */
  readonly result = h("span", { class: "tgl-result", role: "status" });
  private readonly steps: HTMLElement;

  constructor(private readonly actions: ToolbarActions) {
    const arrow = (label: string, path: string, way: 1 | -1) =>
      h(
        "button",
        {
          type: "button",
          class: "tgl-button tgl-square",
          "aria-label": label,
          title: label,
          onclick: () => actions.step(way),
        },
        icon(path),
      );
    this.steps = h(
      "span",
      { class: "tgl-steps" },
      arrow("Previous match (N)", ICONS.previous, -1),
      arrow("Next match (n)", ICONS.next, 1),
    );
    this.steps.hidden = true;
    this.input.addEventListener("input", () => actions.search(this.input.value));
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    const search = h("span", { class: "tgl-search-box" }, icon(ICONS.search), this.input);
    this.element = h(
      "div",
      { class: "tgl-toolbar" },
      h("span", { class: "tgl-find" }, search, this.steps),
      h("span", { class: "tgl-switches" }, this.colours(), h("span", { class: "tgl-toggles" }, ...this.switches())),
    );
  }

  /** Tell what the search found; `share` is the share of all time within matches. */
  report(found: Found | null, share: number | null): void {
    this.steps.hidden = found === null || found.hits.length < 2;
    if (found === null) this.result.textContent = "";
    else if (found.hits.length === 0) this.result.textContent = "no frame matches";
    else this.result.textContent = `${percent(share)} of the time in ${counted(found.hits.length, "frame")}`;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter") {
      this.actions.search(this.input.value);
      this.actions.step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.actions.leaveSearch();
    } else return;
    event.preventDefault();
  }

  private colours(): HTMLElement {
    const id = uniqueId("colour");
    const buttons = COLOUR_MODES.map(({ value, label }, k) => {
      const choose = () => {
        for (const button of buttons) button.setAttribute("aria-pressed", String(button === buttons[k]));
        this.actions.colour(value);
      };
      const pressed = String(k === 0);
      return h("button", { type: "button", class: "tgl-button", "aria-pressed": pressed, onclick: choose }, label);
    });
    const choices = h("span", { class: "tgl-choices", role: "group", "aria-labelledby": id }, ...buttons);
    return h("span", { class: "tgl-labelled" }, h("span", { id }, "Colour by"), choices);
  }

  private switches(): HTMLElement[] {
    const make = (name: "inverted" | "hidden" | "table", label: string, title: string) => {
      const button = h("button", { type: "button", class: "tgl-button", "aria-pressed": "false", title }, label);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        this.actions.toggle(name, on);
      });
      return button;
    };
    return [
      make(
        "hidden",
        "Hide library",
        "Leave out frames of the standard library, installed packages and the import machinery",
      ),
      make("inverted", "Flip", "Callers below instead of above"),
      make("table", "Table", "The same as a table"),
    ];
  }
}

const KEYS = "Click or Enter zooms, Esc returns, arrows move, / searches";

/** The frames above and at the one zoomed to, each a button that zooms to it; before any zoom, the keys. */
export function trail(
  tree: FlameTree,
  above: readonly string[],
  focus: number,
  zoom: (node: number) => void,
  leave: () => void,
): HTMLElement {
  if (focus === WHOLE && above.length === 0) return h("div", { class: "tgl-trail tgl-muted" }, KEYS);
  const path = tree.path(focus);
  const steps = path.map((node) => ({ label: tree.label(node), go: () => zoom(node) }));
  const outer = above.map((label) => ({ label, go: leave }));
  const all = [...outer, ...steps];
  const items = all.map(({ label, go }, k) => {
    const last = k === all.length - 1;
    const inner = last
      ? h("span", { class: "tgl-crumb", "aria-current": "true", title: label }, label)
      : h("button", { type: "button", class: "tgl-link tgl-crumb", title: label, onclick: go }, label);
    return h("li", {}, inner);
  });
  return h("nav", { class: "tgl-trail", "aria-label": "Frames above" }, h("ol", {}, ...shortened(items)));
}

const TRAIL_ENDS = 3;

/** A long trail keeps its ends. */
function shortened(items: HTMLElement[]): HTMLElement[] {
  if (items.length <= 2 * TRAIL_ENDS + 1) return items;
  return [...items.slice(0, TRAIL_ENDS), h("li", { class: "tgl-muted" }, "…"), ...items.slice(-TRAIL_ENDS)];
}
