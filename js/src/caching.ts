// The cache panel: what an advice says, its curves with a choice that moves over them, and buttons that change the cache
// that runs. What the choice brings was replayed in Python; nothing is computed here.

import { levelLegend, levelsOf, nowMark, pointsOf } from "./cachepicture";
import { hereTable, points, replaysTable, ttlTable } from "./cachetables";
import { prose } from "./cells";
import { rowCount } from "./contract";
import { Curves, type Now } from "./curves";
import { h, uniqueId } from "./dom";
import { count, percent, time, visible } from "./format";
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
const NOTHING = "No request was recorded, so there is nothing to replay.";

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
    this.parts = [
      this.head(),
      this.notice,
      ...(hasCurves
        ? this.choiceParts()
        : [h("p", { class: "tgl-empty" }, ...prose(sentence(payload.reason) || NOTHING))]),
    ];
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
    return isMet(p) ? [box] : [box, warning(sentence(p.reason) || outOfReach(p))];
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

function isMet(p: AdvicePayload): boolean {
  return p.target_hit_fraction === null || p.reachable !== false;
}

function outOfReach(p: AdvicePayload): string {
  return `No policy reaches ${percent(p.target_hit_fraction)}: holding everything gives ${percent(p.infinite_hit_fraction)}.`;
}

/** Why it was chosen, and what else the choice means; why a target is out of reach is said elsewhere. */
function reasonOf(p: AdvicePayload): string {
  const said = isMet(p) ? [sentence(p.reason)] : [];
  if (p.saved_s !== null) said.push(`Its hits save ${time(p.saved_s)}.`);
  if (p.predicted_loads_fraction !== null) said.push(`Loads a request: ${p.predicted_loads_fraction.toFixed(4)}.`);
  if (p.is_sampled) said.push(`Replayed: a sample of ${percent(p.sampled_fraction)} of the keys.`);
  return said.filter(Boolean).join(" ");
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
