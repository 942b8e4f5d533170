// Tabs as the ARIA practices describe them: one stop for the Tab key, arrows move between them.

import { h, uniqueId } from "./dom";
import { count } from "./format";

export interface Tab {
  label: string;
  /** Rows inside, shown beside the label. */
  n?: number;
  content: HTMLElement;
}

export function createTabs(label: string, tabs: readonly Tab[]): HTMLElement {
  const prefix = uniqueId("tab");
  const buttons = tabs.map((tab, k) => {
    const inner = tab.n === undefined ? [tab.label] : [tab.label, h("span", { class: "tgl-tab-count" }, count(tab.n))];
    return h(
      "button",
      { type: "button", role: "tab", class: "tgl-tab", id: `${prefix}-${k}`, "aria-controls": `${prefix}-panel-${k}` },
      ...inner,
    );
  });
  const panels = tabs.map((tab, k) =>
    h(
      "div",
      { role: "tabpanel", class: "tgl-tab-panel", id: `${prefix}-panel-${k}`, "aria-labelledby": `${prefix}-${k}` },
      tab.content,
    ),
  );
  const show = (shown: number) => {
    buttons.forEach((button, k) => {
      button.setAttribute("aria-selected", String(k === shown));
      button.tabIndex = k === shown ? 0 : -1;
    });
    panels.forEach((panel, k) => {
      panel.hidden = k !== shown;
    });
  };
  buttons.forEach((button, k) => {
    button.addEventListener("click", () => show(k));
    button.addEventListener("keydown", (event) => {
      const to = { ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      const next = (to + tabs.length) % tabs.length;
      event.preventDefault();
      show(next);
      buttons[next]?.focus();
    });
  });
  show(0);
  return h(
    "div",
    { class: "tgl-tabs" },
    h("div", { role: "tablist", class: "tgl-tablist", "aria-label": label }, ...buttons),
    ...panels,
  );
}
