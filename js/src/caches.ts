// All live caches in one table; the one that is picked shows its own panel below.

import { type CachePanel, type Hooks, mountCaching } from "./caching";
import { barCell } from "./cells";
import { type Columns, numberAt, rowCount, textAt } from "./contract";
import { h } from "./dom";
import { count, visible } from "./format";
import { head, remark } from "./pieces";
import { type AdvicePayload, type CachesPayload, isCaches } from "./replayed";
import { createShell, type Shell } from "./shell";
import { type Column, createChangingTable } from "./table";

export interface ListHooks extends Hooks {
  /** Look at one cache. */
  pick(name: string): void;
}

export interface CachesPanel extends Shell {
  /** Newer figures of all caches. */
  setCaches(caches: Columns): void;
  /** The panel of the cache that was picked. */
  showAdvice(payload: AdvicePayload): CachePanel;
  tell(text: string): void;
  answered(): void;
}

const HOW =
  "Press a name to replay what was asked of that cache, see what other sizes and policies would bring, and change it.";
const NONE = "No cache is live. Put @tgl.cached(capacity=1000) above a function, call it, and run this again.";

export function mountCaches(host: Element, payload: CachesPayload, hooks: ListHooks | null): CachesPanel {
  if (!isCaches(payload)) throw new Error(`this panel cannot show a ${(payload as { kind: string }).kind}`);
  const shell = createShell(host, () => undefined);
  let caches = payload.caches;
  const pick = (name: string) => {
    shell.root.setAttribute("aria-busy", "true");
    said.textContent = `Replaying what was asked of ${visible(name)} …`;
    hooks?.pick(name);
  };
  const said = h("p", { class: "tgl-cache-said", role: "status" });
  const notice = h("p", { class: "tgl-note", role: "alert", hidden: true });
  const table = createChangingTable({
    caption: "Live caches",
    n: rowCount(caches),
    empty: "",
    columns: columnsOf(() => caches, hooks ? pick : null),
  });
  const none = h("p", { class: "tgl-empty" }, NONE);
  const below = h("div", { class: "tgl-part", hidden: true });
  let detail: CachePanel | null = null;
  const show = () => {
    none.hidden = rowCount(caches) > 0;
    table.element.hidden = rowCount(caches) === 0;
  };
  show();
  const how = hooks && rowCount(caches) ? [remark(HOW)].filter((part) => part !== null) : [];
  shell.root.append(head("Live caches", null, []), ...how, notice, none, table.element, said, below);
  return Object.assign(shell, {
    setCaches(newer: Columns) {
      caches = newer;
      show();
      table.refresh(rowCount(caches));
    },
    showAdvice(advice: AdvicePayload) {
      detail?.destroy();
      below.hidden = false;
      detail = mountCaching(below, advice, hooks);
      said.textContent = "";
      return detail;
    },
    tell(text: string) {
      notice.textContent = visible(text);
      notice.hidden = text === "";
    },
    answered() {
      shell.root.removeAttribute("aria-busy");
      said.textContent = "";
    },
  });
}

function columnsOf(caches: () => Columns, pick: ((name: string) => void) | null): Column[] {
  const number = (key: string) => (row: number) => numberAt(caches(), key, row);
  const counted = (key: string, label: string, spare?: 0 | 1 | 2): Column => ({
    key,
    label,
    numeric: true,
    ...(spare === undefined ? {} : { spare }),
    value: number(key),
    cell: (row) => count(numberAt(caches(), key, row)),
  });
  const share = (key: string, label: string, hint: string, spare?: 0 | 1 | 2): Column => ({
    key,
    label,
    hint,
    numeric: true,
    ...(spare === undefined ? {} : { spare }),
    value: number(key),
    cell: (row) => barCell(numberAt(caches(), key, row)),
  });
  return [
    {
      key: "name",
      label: "Cache",
      grows: true,
      value: (row) => textAt(caches(), "name", row),
      cell: (row) => nameCell(textAt(caches(), "name", row), pick),
    },
    { key: "policy", label: "Policy", spare: 1, value: (row) => visible(textAt(caches(), "label", row)) },
    counted("size", "Entries"),
    counted("capacity", "Capacity", 1),
    counted("requests", "Requests", 2),
    share("hit_fraction", "Hit rate", "Since the last change"),
    counted("evictions", "Evicted", 1),
    share("asked_again_fraction", "Asked again", "Evicted entries that were asked for again", 2),
  ];
}

function nameCell(name: string, pick: ((name: string) => void) | null): HTMLElement {
  const shown = visible(name);
  if (!pick) return h("span", { class: "tgl-name", title: shown }, shown);
  const attributes = {
    type: "button",
    class: "tgl-link tgl-name",
    title: `Look at ${shown}`,
    onclick: () => pick(name),
  };
  return h("button", attributes, shown);
}
