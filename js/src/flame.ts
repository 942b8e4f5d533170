// The flame graph: a canvas drawn from flat arrays, with search, zoom, keyboard, tooltip, legend and a table twin.

import type { FlameData } from "./contract";
import { h } from "./dom";
import { type ColourMode, colourTree } from "./flame/colours";
import { legendItems } from "./flame/legend";
import type { Step } from "./flame/move";
import { Outline } from "./flame/outline";
import { fullHeight, nodeAt, paintFlame, ROW, rowTop, type Scene } from "./flame/paint";
import { FlameState } from "./flame/state";
import { Toolbar, trail } from "./flame/toolbar";
import { factsOf, Tooltip } from "./flame/tooltip";
import { WHOLE } from "./flame/tree";
import { createTwin } from "./flame/twin";
import { paletteOf } from "./palette";
import type { Theme } from "./theme";
import { createViewport } from "./viewport";

const SHOWN_ROWS = 22.6; // a cut row tells that there are more

export interface FlameOptions {
  data: FlameData;
  title: string;
  theme: Theme;
  /** What all shares are of, seconds. */
  sampled_s: number | null;
  folded_fraction: number | null;
  cellFile: string;
  /** Shown when there is nothing to draw. */
  empty: string;
  /** The user chose these frames of Python's table. */
  select(ids: number[]): void;
  /** Ask for all frames below one of which only a part was sent. */
  expand?(id: number): void;
}

export class FlameGraph {
  readonly element = h("section", { class: "tgl-flame", "aria-label": "Flame graph" });
  private readonly state: FlameState;
  private readonly scene: Scene;
  private mode: ColourMode = "module";
  private asTable = false;
  private readonly toolbar: Toolbar;
  private readonly outline: Outline;
  private readonly tooltip: Tooltip;
  private readonly viewport = createViewport((g, view) => {
    this.scene.font ||= `12px ${getComputedStyle(g.canvas).fontFamily}`;
    paintFlame(g, this.scene, view);
  });
  private readonly trailBox = h("div", { class: "tgl-trail-box" });
  private readonly stage = h("div", { class: "tgl-stage" }, this.viewport.box);
  private readonly legend = h("div", { class: "tgl-legend" });
  private readonly twin = h("div", { class: "tgl-twin-box", hidden: true });

  constructor(private readonly options: FlameOptions) {
    this.state = new FlameState(options.data);
    this.toolbar = new Toolbar({
      search: (query) => this.search(query),
      step: (way) => this.stepHit(way),
      leaveSearch: () => this.leaveSearch(),
      colour: (mode) => this.setColour(mode),
      toggle: (name, on) => this.toggle(name, on),
    });
    this.scene = this.firstScene(paletteOf(options.theme));
    this.outline = new Outline(this.viewport.canvas, options.title);
    this.tooltip = new Tooltip(this.stage);
    const line = h("div", { class: "tgl-trail-line" }, this.trailBox, this.toolbar.result);
    if (options.data.n === 0) this.element.append(h("p", { class: "tgl-empty" }, options.empty));
    else this.element.append(this.toolbar.element, line, this.stage, this.twin, this.legend);
    this.listen();
    this.refresh();
  }

  setTheme(theme: Theme): void {
    this.scene.palette = paletteOf(theme);
    this.recolour();
  }

  /** Search from outside, as if it had been typed. */
  find(text: string): void {
    this.toolbar.input.value = text;
    this.search(text);
    this.stepHit(1);
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** Show all frames below one, which `expand` asked for. */
  showWindow(data: FlameData, id: number): void {
    if (!this.state.openWindow(data, id)) return;
    this.scene.hover = -1;
    this.recolour();
    this.refresh();
  }

  destroy(): void {
    this.viewport.destroy();
  }

  private firstScene(palette: Scene["palette"]): Scene {
    const colouring = colourTree(this.state.tree, this.mode, palette, this.options.cellFile);
    const share = (node: number) => this.shareOf(this.state.tree.width[node] as number);
    return { state: this.state, palette, colouring, hover: -1, inverted: false, hasFocus: false, font: "", share };
  }

  private shareOf(seconds: number): number | null {
    const whole = this.options.sampled_s || (this.state.tree.width[WHOLE] as number);
    return whole > 0 ? seconds / whole : null;
  }

  private recolour(): void {
    this.scene.colouring = colourTree(this.state.tree, this.mode, this.scene.palette, this.options.cellFile);
    this.legend.replaceChildren(...legendItems(this.scene.colouring.swatches, this.options.folded_fraction));
    this.viewport.redraw();
  }

  private setColour(mode: ColourMode): void {
    this.mode = mode;
    this.recolour();
  }

  private toggle(name: "inverted" | "hidden" | "table", on: boolean): void {
    if (name === "inverted") this.scene.inverted = on;
    if (name === "table") this.asTable = on;
    if (name === "hidden") {
      this.state.hideLibrary(on);
      this.scene.hover = -1;
      this.recolour();
    }
    this.refresh();
  }

  /** Everything that depends on where the reader is: heights, trail, legend, table, outline, picture. */
  private refresh(): void {
    const { state } = this;
    if (this.options.data.n === 0) return;
    this.viewport.setHeight(fullHeight(state.tree), SHOWN_ROWS * ROW);
    this.stage.hidden = this.asTable;
    this.legend.hidden = this.asTable;
    const zoom = (node: number) => this.zoom(node);
    this.trailBox.replaceChildren(trail(state.tree, state.above, state.focus, zoom, () => this.reset()));
    if (!this.legend.childElementCount) this.recolour();
    this.reportSearch();
    this.showTwin();
    this.reveal(state.focus);
    this.moved();
  }

  private showTwin(): void {
    this.twin.hidden = !this.asTable;
    const { tree, focus } = this.state;
    const choose = (node: number) => this.choose(node);
    const options = { tree, focus, cellFile: this.options.cellFile, share: this.scene.share, choose };
    this.twin.replaceChildren(...(this.asTable ? [createTwin(options)] : []));
  }

  /** The cursor or the choice is elsewhere: tell those who listen instead of look, and draw. */
  private moved(): void {
    const { tree, place, selected } = this.state;
    this.outline.show(tree, place, this.scene.share, selected);
    this.viewport.redraw();
  }

  /** Scroll so that the row of a node can be seen. */
  private reveal(node: number): void {
    const { top, height } = this.viewport.view();
    const row = rowTop(this.scene, Math.max(0, this.state.tree.depth[node] as number));
    if (row < top) this.viewport.scrollTo(Math.max(0, row - 2 * ROW));
    else if (row + ROW > top + height) this.viewport.scrollTo(row + 3 * ROW - height);
  }

  private search(query: string): void {
    if (!this.state.search(query)) return;
    this.reportSearch();
    this.viewport.redraw();
  }

  private reportSearch(): void {
    const { found } = this.state;
    this.toolbar.report(found, found && this.shareOf(found.seconds));
  }

  private stepHit(way: 1 | -1): void {
    const { focus } = this.state;
    if (!this.state.stepHit(way)) return;
    if (focus !== this.state.focus) this.refresh();
    this.reveal(this.state.cursor);
    this.moved();
  }

  private leaveSearch(): void {
    this.search("");
    this.viewport.canvas.focus();
  }

  private zoom(node: number): void {
    if (this.state.zoom(node)) this.arrive();
  }

  private choose(node: number): void {
    const { focus } = this.state;
    const id = this.state.choose(node);
    this.options.select(id === null ? [] : [id]);
    if (focus === this.state.focus) this.moved();
    else this.arrive();
  }

  /** After a zoom: show it, and ask for the frames that were folded away. */
  private arrive(): void {
    this.refresh();
    const id = this.options.expand ? this.state.foldedBelow(this.state.focus) : null;
    if (id !== null) this.options.expand?.(id);
  }

  private back(): void {
    const { tree } = this.state;
    if (!this.state.back()) return;
    if (tree !== this.state.tree) this.recolour();
    this.refresh();
  }

  private reset(): void {
    this.state.reset();
    this.recolour();
    this.refresh();
  }

  private listen(): void {
    const { canvas } = this.viewport;
    canvas.addEventListener("keydown", (event) => this.onKey(event));
    canvas.addEventListener("click", (event) => {
      const node = this.under(event);
      if (node >= 0) this.choose(node);
    });
    canvas.addEventListener("pointermove", (event) => this.hover(event));
    canvas.addEventListener("pointerleave", () => this.unhover());
    canvas.addEventListener("focus", () => this.setFocus(true));
    canvas.addEventListener("blur", () => this.setFocus(false));
  }

  private setFocus(on: boolean): void {
    this.scene.hasFocus = on;
    if (on) this.state.cursor = this.state.place;
    this.moved();
  }

  private under(event: MouseEvent): number {
    return nodeAt(this.scene, this.viewport.view(), event.offsetX, event.offsetY);
  }

  private hover(event: PointerEvent): void {
    const node = this.under(event);
    this.viewport.canvas.style.cursor = node >= 0 ? "pointer" : "default";
    if (node < 0) {
      this.unhover();
      return;
    }
    if (node !== this.scene.hover) {
      this.scene.hover = node;
      this.viewport.redraw();
    }
    const { tree } = this.state;
    const facts = factsOf(tree, node, this.scene.share(node), this.options.cellFile);
    this.tooltip.show(tree.label(node), facts, event.offsetX, event.offsetY);
  }

  private unhover(): void {
    this.tooltip.hide();
    if (this.scene.hover < 0) return;
    this.scene.hover = -1;
    this.viewport.redraw();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [up, down]: [Step, Step] = this.scene.inverted ? ["child", "parent"] : ["parent", "child"];
    const keys: Record<string, () => void> = {
      ArrowUp: () => this.move(up),
      ArrowDown: () => this.move(down),
      ArrowLeft: () => this.move("previous"),
      ArrowRight: () => this.move("next"),
      Enter: () => this.choose(this.state.place),
      Escape: () => this.back(),
      "0": () => this.reset(),
      "/": () => this.toolbar.input.focus(),
      n: () => this.stepHit(1),
      N: () => this.stepHit(-1),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    this.unhover();
    act();
  }

  private move(step: Step): void {
    const { tree, focus } = this.state;
    const { width } = this.viewport.view();
    if (!this.state.move(step, width > 0 ? (tree.width[focus] as number) / width : 0)) return;
    this.reveal(this.state.cursor);
    this.moved();
  }
}
