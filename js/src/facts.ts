// The head of a panel: what was profiled, how long, how it was read, and what to know before trusting it.

import { type Columns, type Facts, numberAt } from "./contract";
import { h, ICONS, icon } from "./dom";
import { bytes, count, percent, time, visible } from "./format";

const TORN_NOTED = 0.01; // share of stacks cut short from which a note is shown

export function createHead(facts: Facts, process: Columns): HTMLElement {
  const items = factItems(facts, process).map(([name, value, hint]) =>
    h("div", { class: "tgl-fact", title: hint }, h("dt", {}, name), h("dd", {}, value)),
  );
  return h(
    "div",
    { class: "tgl-head" },
    h("h2", { class: "tgl-title", title: visible(facts.name) }, visible(facts.name) || "Profile"),
    h("dl", { class: "tgl-facts" }, ...items),
    ...notes(facts).map((text) => h("p", { class: "tgl-note", role: "note" }, icon(ICONS.note), h("span", {}, text))),
  );
}

type Fact = [name: string, value: string, hint: string];

function factItems(facts: Facts, process: Columns): Fact[] {
  const cost = facts.sampler_cpu_s !== null && facts.duration_s ? facts.sampler_cpu_s / facts.duration_s : null;
  const interval = facts.interval_ms === null ? null : facts.interval_ms / 1e3;
  const items: Fact[] = [
    ["Duration", time(facts.duration_s), "Wall-clock time of the cell"],
    [
      "Samples",
      facts.n_samples ? `${count(facts.n_samples)} every ${time(interval)}` : "none",
      "Ticks of the sampler and the mean time between them",
    ],
    ["Sampler", `${percent(cost)} of a core`, "CPU time that the sampler itself used"],
    ["Cut short", percent(facts.torn_fraction), "Samples whose stack could not be read in full"],
    ["Method", visible(facts.method) || "–", "How stacks and states were read"],
  ];
  const peak = numberAt(process, "rss_peak_bytes", 0);
  if (peak !== null) items.push(["Peak memory", bytes(peak), "Resident memory of the kernel at its highest"]);
  const gc = numberAt(process, "gc_s", 0);
  if (gc !== null && gc > 0) items.push(["Garbage collector", time(gc), "Time within garbage collection"]);
  if (facts.memory_overhead_s !== null) {
    items.push(["Memory tracking", `+ ${time(facts.memory_overhead_s)}`, "Time that tracking memory added"]);
  }
  return items;
}

function notes(facts: Facts): string[] {
  const notes = [];
  if (facts.method_reason) notes.push(`A weaker method was used: ${visible(facts.method_reason)}`);
  if ((facts.torn_fraction ?? 0) >= TORN_NOTED) {
    notes.push(
      `${percent(facts.torn_fraction)} of the stacks were cut short; their time counts at the last frame that was sure`,
    );
  }
  return notes;
}
