// The cache panel: what an advice says, its curves with a choice that moves over them, and buttons that change the cache
// that runs. What the choice brings was replayed in Python; nothing is computed here.

import { barCell } from "./cells";
import { rowCount, textAt } from "./contract";
import { Curves, type Level, type Now } from "./curves";
import { h, uniqueId } from "./dom";
import { count, MISSING, percent, time, visible } from "./format";
import { LiveFigures } from "./livefigures";
import { type Fact, head, listOf, remark, warning } from "./pieces";
import {
  type AdvicePayload,
  type CurveColumns,
  isAdvice,
  type LivePayload,
  type Setting,
  type StatePayload,
  settingWords,
} from "./replayed";
import { createShell, type Shell } from "./shell";
import { type Column, createTable } from "./table";
import { createTabs, type Tab } from "./tabs";

export interface Hooks {
  /** Give the running cache this policy and capacity. */
  apply(policy: string, capacity: number): void;
  undo(): void;
  /** Ask for an advice on the requests so far. */
  advise(): void;
}

export interface CachePanel extends Shell {
  setLive(live: LivePayload): void;
  setState(state: StatePayload): void;
  /** Show what went wrong; an empty text takes it away. */
  tell(text: string): void;
  /** The kernel has answered. */
  answered(): void;
}

const HOW =
  "Share of hits by capacity, replayed from the recorded requests. Dashed curve: Belady's optimum, which knows the future; no cache that loads on demand passes it.";
const NOTHING =
  "No request has been recorded yet, so there is nothing to replay. Use the cache (call its function), then press Look again.";

export function mountCaching(host: Element, payload: AdvicePayload, hooks: Hooks | null): CachePanel {
  if (!isAdvice(payload)) throw new Error(`this panel cannot show a ${(payload as { kind: string }).kind}`);
  const shell = createShell(host, () => undefined);
  const panel = new AdvicePanel(payload, payload.is_live ? hooks : null);
  shell.root.append(...panel.parts);
  return Object.assign(shell, {
    setLive: (live: LivePayload) => panel.live.show(live),
    setState: (state: StatePayload) => panel.setState(state),
    tell: (text: string) => panel.tell(text),
    answered: () => panel.setBusy(false),
  });
}

class AdvicePanel {
  readonly parts: HTMLElement[];
  readonly live = new LiveFigures();
  private readonly curves: Curves | null;
  private readonly slider = h("input", { type: "range", class: "tgl-range-input", min: 0, step: 1 });
  private readonly at = h("span", { class: "tgl-at" });
  private readonly policies: HTMLElement[];
  private readonly shares: HTMLElement[] = [];
  private readonly said = h("p", { class: "tgl-cache-said", role: "status" });
  private readonly notice = h("p", { class: "tgl-note", role: "alert", hidden: true });
  private readonly here = h("div");
  private readonly actions = new Map<string, HTMLButtonElement>();
  private stop: number;
  private curve: number;
  private state: StatePayload = {};

  constructor(
    private readonly payload: AdvicePayload,
    private readonly hooks: Hooks | null,
  ) {
    [this.stop, this.curve] = this.advised();
    const hasCurves = payload.capacities.length > 0;
    this.curves = hasCurves ? this.createCurves() : null;
    this.policies = payload.curves.map((curve, k) => this.policyButton(curve, k));
    this.parts = [this.head(), this.notice, ...(hasCurves ? this.choiceParts() : [empty(hooks !== null)])];
    if (hooks) this.parts.push(this.buttons(hasCurves), this.said, this.live.element);
    if (hasCurves) this.parts.push(this.tabs(), ...present(listOf("To know", payload.notes)));
    if (hasCurves) this.move(this.stop, this.curve);
  }

  setState(state: StatePayload): void {
    this.state = state;
    const { setting } = state;
    this.curves?.setNow(setting ? this.nowAt(setting) : null);
    const undo = this.actions.get("undo");
    if (undo) undo.disabled = !state.is_applied;
    const words = setting ? `The cache now: ${settingWords(setting)}.` : "";
    this.said.textContent = visible([words, sentence(state.said ?? "")].filter(Boolean).join(" "));
  }

  tell(text: string): void {
    this.notice.textContent = visible(text);
    this.notice.hidden = text === "";
  }

  setBusy(isBusy: boolean): void {
    for (const [name, button] of this.actions) {
      button.disabled = isBusy || (name === "undo" && !this.state.is_applied);
    }
  }

  /** Stop and curve of the advice; the first ones where it was not replayed there. */
  private advised(): [stop: number, curve: number] {
    const { capacities, capacity, curves, policy } = this.payload;
    const stop = capacities.indexOf(capacity ?? 0);
    const curve = curves.findIndex((each) => each.policy === policy);
    return [Math.max(0, stop), Math.max(0, curve)];
  }

  private head(): HTMLElement {
    const { payload: p } = this;
    const title = p.name ? `Cache ${p.name}` : "Cache for a trace";
    const facts: Fact[] = [];
    if (p.old) facts.push(["Found as", settingWords(p.old), "How the cache was set when it was asked about"]);
    if (p.n_requests) {
      facts.push(["Its hit rate", percent(p.old_hit_fraction), "Of the recorded requests, replayed"]);
      facts.push(["Requests", count(p.n_requests)], ["Keys", count(p.n_keys)]);
      facts.push(["Holding everything", percent(p.infinite_hit_fraction), "Hit rate of a cache that never evicts"]);
    }
    if (p.ttl_s !== null) facts.push(["Time to live", time(p.ttl_s)]);
    const box = head(title, null, facts);
    if (p.capacities.length) box.append(...this.advice());
    return box;
  }

  /** The recommendation, and that it cannot be met where it cannot. */
  private advice(): HTMLElement[] {
    const { payload: p } = this;
    const words = h("p", { class: "tgl-advice-words" });
    words.append("Advised: ", h("strong", {}, `${visible(p.label)}, ${count(p.capacity)} entries`));
    words.append(`: ${percent(p.predicted_hit_fraction)} hits predicted`);
    if (p.gain_points !== null) words.append(`, ${points(p.gain_points)} against now`);
    words.append(`; the limit there is ${percent(p.limit_hit_fraction)}.`);
    const box = h("div", { class: "tgl-advice" }, words, remark(reasonOf(p)));
    if (p.target_hit_fraction === null || p.reachable) return [box];
    const most = percent(p.infinite_hit_fraction);
    return [box, warning(`No policy reaches ${percent(p.target_hit_fraction)}: holding everything gives ${most}.`)];
  }

  private createCurves(): Curves {
    const { payload: p } = this;
    return new Curves({
      label: `Hit rate of ${count(p.curves.length)} policies by capacity`,
      curves: p.curves.map((curve) => ({
        style: `tgl-policy-${curve.style}`,
        isLimit: curve.is_limit,
        label: visible(curve.label),
        points: pointsOf(curve, p),
        stops: curve.hit_fraction,
      })),
      capacities: p.capacities,
      axis: p.axis,
      levels: levelsOf(p),
      now: p.old ? this.nowAt(p.old, p.old_hit_fraction) : null,
      choose: (stop, curve) => this.move(stop, curve),
      confirm: () => this.apply(),
      leave: () => this.move(...this.advised()),
    });
  }

  /** Where the cache stands in the picture; null where that was not replayed. */
  private nowAt(setting: Setting, known: number | null = null): Now | null {
    const curve = this.payload.curves.find((each) => each.policy === setting.policy);
    const stop = this.payload.capacities.indexOf(setting.capacity ?? 0);
    return nowMark(setting, curve, known ?? curve?.hit_fraction[stop] ?? null);
  }

  private choiceParts(): HTMLElement[] {
    const { payload: p, slider } = this;
    const id = uniqueId("capacity");
    slider.id = id;
    slider.max = String(p.capacities.length - 1);
    slider.addEventListener("input", () => this.move(Number(slider.value), this.curve));
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.apply();
      else if (event.key === "Escape") this.move(...this.advised());
    });
    const label = h("label", { for: id, class: "tgl-slider-label" }, "Capacity");
    const group = h("div", { class: "tgl-policies", role: "group", "aria-label": "Policies" }, ...this.policies);
    const line = h("div", { class: "tgl-slider" }, label, this.at, slider);
    return present(this.curves?.element ?? null, levelLegend(p), line, group, remark(HOW));
  }

  private policyButton(curve: CurveColumns, k: number): HTMLElement {
    const share = h("span", { class: "tgl-policy-share" });
    this.shares.push(share);
    const swatch = h("span", { class: `tgl-policy-swatch tgl-policy-${curve.style}`, "aria-hidden": "true" });
    const inside = [swatch, h("span", { class: "tgl-policy-name" }, visible(curve.label)), share];
    if (curve.is_limit) return h("span", { class: "tgl-policy tgl-policy-limit" }, ...inside);
    const onclick = () => this.move(this.stop, k);
    return h("button", { type: "button", class: "tgl-button tgl-policy", onclick }, ...inside);
  }

  private buttons(hasCurves: boolean): HTMLElement {
    const button = (name: string, label: string, title: string, onclick: () => void) => {
      const made = h("button", { type: "button", class: "tgl-button", title, onclick }, label);
      this.actions.set(name, made);
      return made;
    };
    const line = h("div", { class: "tgl-actions" });
    if (hasCurves) {
      line.append(
        button("apply", "Apply", "Give the running cache the chosen policy and capacity", () => this.apply()),
      );
      const undo = button("undo", "Undo", "Give the cache back what it had before", () => this.ask((to) => to.undo()));
      undo.disabled = true;
      line.append(undo);
      this.actions.get("apply")?.classList.add("tgl-button-main");
    }
    const title = "Replay what was asked for by now";
    if (this.payload.can_look_again) {
      line.append(button("advise", "Look again", title, () => this.ask((to) => to.advise())));
    }
    return line;
  }

  private apply(): void {
    const { capacities, curves } = this.payload;
    const [capacity, curve] = [capacities[this.stop], curves[this.curve]];
    if (capacity === undefined || !curve || this.actions.get("apply")?.disabled !== false) return;
    this.ask((to) => to.apply(curve.policy, capacity));
  }

  private ask(what: (to: Hooks) => void): void {
    if (!this.hooks) return;
    this.setBusy(true);
    what(this.hooks);
  }

  /** Put the choice on a stop and a curve, everywhere. */
  private move(stop: number, curve: number): void {
    const { capacities, curves } = this.payload;
    [this.stop, this.curve] = [stop, curve];
    const [capacity, chosen] = [capacities[stop], curves[curve]];
    const value = chosen?.hit_fraction[stop];
    this.slider.value = String(stop);
    this.slider.setAttribute(
      "aria-valuetext",
      `${count(capacity)} entries, ${visible(chosen?.label ?? "")} ${percent(value)}`,
    );
    this.at.textContent = `${count(capacity)} entries`;
    this.policies.forEach((button, k) => {
      if (!curves[k]?.is_limit) button.setAttribute("aria-pressed", String(k === curve));
    });
    this.shares.forEach((share, k) => {
      share.textContent = percent(curves[k]?.hit_fraction[stop]);
    });
    this.curves?.show(stop, curve);
    this.here.replaceChildren(hereTable(this.payload, stop));
  }

  private tabs(): HTMLElement {
    const { payload: p } = this;
    const n = p.curves.reduce((sum, curve) => sum + curve.hit_fraction.filter((value) => value !== null).length, 0);
    const tabs: Tab[] = [
      { label: "At this capacity", content: this.here },
      { label: "All replays", n, content: replaysTable(p) },
    ];
    const nTtl = rowCount(p.ttl_curve);
    if (nTtl) tabs.push({ label: "Time to live", n: nTtl, content: ttlTable(p) });
    return createTabs("Tables of the cache", tabs);
  }
}

function present(...parts: (HTMLElement | null)[]): HTMLElement[] {
  return parts.filter((part) => part !== null);
}

function empty(isLive: boolean): HTMLElement {
  const text = isLive ? NOTHING : "No request was recorded, so there is nothing to replay.";
  return h("p", { class: "tgl-empty" }, text);
}

/** Signed percentage points. */
export function points(value: number | null | undefined): string {
  if (typeof value !== "number") return MISSING;
  const size = Math.abs(value).toFixed(1);
  const unit = size === "1.0" ? "point" : "points";
  return `${Number(size) === 0 ? "" : value > 0 ? "+" : "−"}${size}\u00a0${unit}`;
}

/** Why it was chosen, and what else the choice means. */
function reasonOf(p: AdvicePayload): string {
  const said = [sentence(p.reason)];
  if (p.saved_s !== null) said.push(`Its hits save ${time(p.saved_s)}.`);
  if (p.predicted_loads_fraction !== null) said.push(`Loads a request: ${p.predicted_loads_fraction.toFixed(4)}.`);
  if (p.is_sampled) said.push(`Replayed: a sample of ${percent(p.sampled_fraction)} of the keys.`);
  return said.filter(Boolean).join(" ");
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** The line of a policy: its replays, or LRU's exact curve where it was sent. */
function pointsOf(curve: CurveColumns, p: AdvicePayload): [number, number][] {
  if (curve.policy === "lru" && p.lru_curve.capacity.length) {
    return p.lru_curve.capacity.map((capacity, k) => [capacity, p.lru_curve.hit_fraction[k] ?? 0]);
  }
  return p.capacities.flatMap((capacity, k): [number, number][] => {
    const value = curve.hit_fraction[k];
    return typeof value === "number" ? [[capacity, value]] : [];
  });
}

function levelsOf(p: AdvicePayload): Level[] {
  const levels: [number | null, string, string][] = [
    [p.target_hit_fraction, "tgl-curves-target", "target"],
    [p.infinite_hit_fraction, "tgl-curves-infinite", "holding everything"],
  ];
  return levels.flatMap(([value, style, word]) =>
    value === null ? [] : [{ value, style, title: `${word}: ${percent(value)}` }],
  );
}

/** What the lines and shapes of the picture mean. */
function levelLegend(p: AdvicePayload): HTMLElement {
  const entry = (style: string, text: string) =>
    h("span", { class: "tgl-legend-entry" }, h("span", { class: `tgl-legend-line ${style}` }), text);
  const entries = levelsOf(p).map(({ style, title }) => entry(`${style}-key`, title));
  if (p.old) entries.push(entry("tgl-curves-now-key", "the cache now"));
  entries.push(entry("tgl-curves-chosen-key", "the choice"));
  return h("div", { class: "tgl-curves-legend tgl-muted" }, ...entries);
}

function nowMark(setting: Setting, curve: CurveColumns | undefined, value: number | null): Now | null {
  if (value === null || setting.capacity === null) return null;
  const title = `The cache now: ${settingWords(setting)}, ${percent(value)} hits`;
  return { capacity: setting.capacity, value, style: `tgl-policy-${curve?.style ?? 0}`, title: visible(title) };
}

function fractionColumn(key: string, label: string, value: (row: number) => number | null): Column {
  return { key, label, numeric: true, value, cell: (row) => barCell(value(row)) };
}

function loadsColumn(value: (row: number) => number | null): Column {
  const hint = "Misses and what was loaded ahead, for each request";
  const cell = (row: number) => value(row)?.toFixed(4) ?? MISSING;
  return { key: "loads", label: "Loads a request", hint, numeric: true, spare: 0, value, cell };
}

/** What every policy does at one capacity, best first. */
function hereTable(p: AdvicePayload, stop: number): HTMLElement {
  const at = (row: number) => p.curves[row];
  const gain = (row: number) => at(row)?.gain_points[stop] ?? null;
  const columns: Column[] = [
    { key: "policy", label: "Policy", grows: true, value: (row) => visible(at(row)?.label ?? "") },
    fractionColumn("hits", "Hits", (row) => at(row)?.hit_fraction[stop] ?? null),
    loadsColumn((row) => at(row)?.loads_fraction[stop] ?? null),
  ];
  if (p.old) {
    columns.push({
      key: "gain",
      label: "Against now",
      numeric: true,
      spare: 1,
      value: gain,
      cell: (row) => points(gain(row)),
    });
  }
  const caption = `Policies at ${count(p.capacities[stop])} entries`;
  const sort = { key: "hits", descending: true };
  return createTable({ caption, n: p.curves.length, empty: "Nothing was replayed.", columns, sort, shown: 20 });
}

/** Every replay, one a row. */
function replaysTable(p: AdvicePayload): HTMLElement {
  const rows = p.curves.flatMap((curve) =>
    p.capacities.flatMap((capacity, k) =>
      curve.hit_fraction[k] === null
        ? []
        : [{ label: visible(curve.label), capacity, hits: curve.hit_fraction[k], loads: curve.loads_fraction[k] }],
    ),
  );
  return createTable({
    caption: "All replays",
    n: rows.length,
    empty: "Nothing was replayed.",
    columns: [
      { key: "policy", label: "Policy", grows: true, value: (row) => rows[row]?.label ?? null },
      {
        key: "capacity",
        label: "Capacity",
        numeric: true,
        value: (row) => rows[row]?.capacity ?? null,
        cell: (row) => count(rows[row]?.capacity),
      },
      fractionColumn("hits", "Hits", (row) => rows[row]?.hits ?? null),
      loadsColumn((row) => rows[row]?.loads ?? null),
    ],
  });
}

/** Hit rate by the time that entries live, without evictions. */
function ttlTable({ ttl_curve }: AdvicePayload): HTMLElement {
  const number = (key: string) => (row: number) => {
    const text = textAt(ttl_curve, key, row);
    return text === "" ? null : Number(text);
  };
  const ttl = number("ttl_s");
  return createTable({
    caption: "Hit rate by time to live, where nothing is evicted",
    n: rowCount(ttl_curve),
    empty: "",
    columns: [
      { key: "ttl_s", label: "Time to live", grows: true, value: ttl, cell: (row) => time(ttl(row)) },
      fractionColumn("hits", "Hits", number("hit_fraction")),
    ],
  });
}
