// The profile panel: head, flame graph, and tabs with the tables. The same in a widget and in a report.

import { bottleneckList } from "./bottlenecks";
import { type BottleneckPayload, type FlameData, type ProfilePayload, rowCount } from "./contract";
import { h } from "./dom";
import { createHead } from "./facts";
import { FlameGraph } from "./flame";
import { time, visible } from "./format";
import { createShell } from "./shell";
import { childrenTable, functionsTable, linesTable, memoryTable } from "./tables";
import { createTabs, type Tab } from "./tabs";
import type { Theme } from "./theme";
import { ThreadsView } from "./threads";

export interface Hooks {
  select(ids: number[]): void;
  expand?(id: number): void;
}

export interface ProfilePanel {
  /** Show what went wrong above the flame graph; an empty text takes it away. */
  tell(text: string): void;
  showWindow(data: FlameData, id: number): void;
  destroy(): void;
}

const NO_BOTTLENECK = "No bottleneck: nothing waited or worked long enough to stand out.";

export function mountProfile(host: Element, payload: ProfilePayload, data: FlameData, hooks: Hooks): ProfilePanel {
  const drawn: { setTheme(theme: Theme): void; destroy(): void }[] = [];
  const shell = createShell(host, (theme) => {
    for (const part of drawn) part.setTheme(theme);
  });
  const { facts } = payload;
  const flame = new FlameGraph({
    data,
    title: `Flame graph of ${visible(facts.name) || "the profile"}`,
    theme: shell.theme,
    sampled_s: facts.sampled_s,
    folded_fraction: payload.flame.folded_fraction,
    cellFile: payload.cell?.file ?? "",
    empty: noSamples(payload),
    ...hooks,
  });
  const threads = new ThreadsView(
    { threads: payload.threads ?? {}, lanes: payload.lanes ?? {}, facts, data },
    shell.theme,
  );
  drawn.push(flame, threads);
  const find = data.n > 0 ? (name: string) => flame.find(name) : undefined;
  const tabs = tabsOf(payload, threads, find);
  const notice = h("p", { class: "tgl-note", role: "alert", hidden: true });
  shell.root.append(createHead(facts, payload.process ?? {}), notice, flame.element);
  if (tabs.length) shell.root.append(createTabs("Tables of the profile", tabs));
  return {
    tell(text) {
      notice.textContent = visible(text);
      notice.hidden = text === "";
    },
    showWindow: (window, id) => flame.showWindow(window, id),
    destroy() {
      for (const part of drawn) part.destroy();
      shell.destroy();
    },
  };
}

export function mountBottlenecks(host: Element, payload: BottleneckPayload): { destroy(): void } {
  const shell = createShell(host, () => undefined);
  shell.root.append(
    createHead(payload.facts, {}),
    bottleneckList(payload.bottlenecks, NO_BOTTLENECK, payload.cell?.file ?? ""),
  );
  return shell;
}

function tabsOf(payload: ProfilePayload, threads: ThreadsView, find: ((name: string) => void) | undefined): Tab[] {
  const cellFile = payload.cell?.file ?? "";
  const { lines, functions, bottlenecks, memory, children } = payload;
  const tabs: Tab[] = [
    { label: "Hot lines", n: rowCount(lines), content: linesTable(lines, cellFile, find, "No line was seen.") },
    {
      label: "Functions",
      n: rowCount(functions),
      content: functionsTable(functions, cellFile, find, "None was seen."),
    },
    { label: "Threads", n: threads.n, content: threads.element },
    { label: "Bottlenecks", n: rowCount(bottlenecks), content: bottleneckList(bottlenecks, NO_BOTTLENECK, cellFile) },
  ];
  if (rowCount(memory)) tabs.push({ label: "Memory", n: rowCount(memory), content: memoryTable(memory, cellFile) });
  if (rowCount(children)) tabs.push({ label: "Processes", n: rowCount(children), content: childrenTable(children) });
  return tabs.some(({ n }) => n) ? tabs : [];
}

function noSamples({ facts }: ProfilePayload): string {
  const interval = facts.interval_ms === null ? null : facts.interval_ms / 1e3;
  const every = interval ? `, one sample is taken every ${time(interval)}` : "";
  return `No sample fell into this cell: it ran for ${time(facts.duration_s)}${every}. Let it run longer, or ask for a shorter interval.`;
}
