import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mountBottlenecks, mountProfile, type ProfilePanel } from "../src/panel";
import { flameOf, payloadOf, type Row, TREE } from "./samples";

let host: HTMLElement;
let panel: ProfilePanel | { destroy(): void } | undefined;
const select = vi.fn();
const expand = vi.fn();

beforeEach(() => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom draws nothing
  host = document.body.appendChild(document.createElement("div"));
  select.mockClear();
  expand.mockClear();
});

afterEach(() => {
  panel?.destroy();
  host.remove();
});

function mount(rows: readonly Row[] = TREE, changes = {}): HTMLElement {
  panel = mountProfile(host, payloadOf(rows, changes), flameOf(rows), { select, expand });
  return host.querySelector("canvas") as HTMLElement;
}

function press(target: Element, ...keys: string[]): void {
  for (const key of keys) target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

const active = (canvas: Element) =>
  canvas.querySelector(`#${canvas.getAttribute("aria-activedescendant")}`)?.getAttribute("aria-label");

describe("flame graph", () => {
  test("arrows and Enter choose a frame and hand its id to Python", () => {
    const canvas = mount();
    press(canvas, "ArrowDown", "ArrowDown", "Enter");
    expect(select).toHaveBeenLastCalledWith([1]);
    expect(host.querySelector(".tgl-trail [aria-current]")?.textContent).toBe("parse");
    press(canvas, "Escape");
    expect(host.querySelector(".tgl-trail [aria-current]")).toBeNull();
  });

  test("says where the cursor is to those who listen", () => {
    const canvas = mount();
    press(canvas, "ArrowDown", "ArrowDown");
    expect(active(canvas)?.replaceAll("\u00a0", " ")).toBe("parse, 60.0 % of the time, 1.00 s own");
    const levels = [...canvas.querySelectorAll("[role=treeitem]")].map((item) =>
      Number(item.getAttribute("aria-level")),
    );
    expect(Math.max(...levels)).toBe(4);
  });

  test("keys do not reach the page around it", () => {
    const outside = vi.fn();
    document.addEventListener("keydown", outside);
    press(mount(), "ArrowDown", "a", "d", "Escape");
    press(host.querySelector("input") as Element, "x");
    document.removeEventListener("keydown", outside);
    expect(outside).not.toHaveBeenCalled();
  });

  test("search tells the share that matches", () => {
    const canvas = mount();
    const input = host.querySelector("input[type=search]") as HTMLInputElement;
    press(canvas, "/");
    expect(document.activeElement).toBe(input);
    input.value = "parse";
    input.dispatchEvent(new Event("input"));
    const result = host.querySelector(".tgl-result");
    expect(result?.textContent?.replaceAll("\u00a0", " ")).toBe("60.0 % of the time in 1 frame");
    input.value = "absent";
    input.dispatchEvent(new Event("input"));
    expect(result?.textContent).toBe("no frame matches");
  });

  test("zooming to a frame whose frames were folded asks for them", () => {
    press(mount(), "ArrowDown", "Enter");
    expect(expand).toHaveBeenCalledWith(0);
    (panel as ProfilePanel).showWindow(flameOf([{ name: "<module>", parent: -1, self: 10, total: 10 }]), 0);
    expect(host.querySelector(".tgl-trail")?.textContent).toContain("MainThread");
  });

  test("the table shows the same frames", () => {
    mount();
    const toggle = [...host.querySelectorAll("button")].find((button) => button.textContent === "Table");
    toggle?.click();
    const names = [...host.querySelectorAll(".tgl-twin tbody tr")].map((row) => row.firstElementChild?.textContent);
    expect(names).toEqual(["<module>", "parse", "loads", "hook", "wait", "other"]);
  });
});

describe("panel", () => {
  test("without samples it is a sentence, not an empty picture", () => {
    mount([]);
    expect(host.querySelector("canvas")).toBeNull();
    expect(host.textContent).toContain("No sample fell into this cell");
  });

  test("a weaker method is told", () => {
    const payload = payloadOf(TREE);
    mount(TREE, { facts: { ...payload.facts, method_reason: "`process_vm_readv` is not permitted" } });
    expect(host.querySelector(".tgl-note")?.textContent).toContain("is not permitted");
  });

  test("threads that only waited are shown when asked for", () => {
    const threads = { thread: ["MainThread", "Heartbeat"], on_cpu_s: [9, 0], socket_s: [0, 10] };
    mount(TREE, { threads });
    const names = () => [...host.querySelectorAll(".tgl-threads tbody tr")].map((row) => row.children[0]?.textContent);
    expect(names()).toEqual(["MainThread"]);
    const more = [...host.querySelectorAll("button")].find(({ textContent }) => textContent?.includes("idle thread"));
    expect(more?.textContent?.replaceAll("\u00a0", " ")).toBe("Show 1 idle thread");
    more?.click();
    expect(names()).toEqual(["MainThread", "Heartbeat"]);
  });

  test("hostile names stay text", () => {
    const name = '<img src=x onerror="alert(1)">\u202e';
    const payload = payloadOf(TREE);
    mount([{ name, parent: -1, self: 1, total: 1, file: name, thread: name }], {
      facts: { ...payload.facts, name },
      lines: {
        file: [name],
        line: [1],
        source: [name],
        self_s: [1],
        total_s: [1],
        self_fraction: [1],
        verdict: [name],
      },
      threads: { thread: [name], on_cpu_s: [1] },
    });
    expect(host.querySelector("img")).toBeNull();
    expect(host.textContent).toContain("\\u202e");
    expect(host.innerHTML).not.toContain("\u202e");
  });

  test("is gone without a trace when destroyed", () => {
    mount();
    panel?.destroy();
    expect(host.childElementCount).toBe(0);
  });
});

test("bottlenecks show type, place, share with interval, evidence and fixes", () => {
  const bottlenecks = {
    bottleneck_type: ["lock_contention"],
    location: ["fetch (9.py:31)"],
    time_spent_pct: [24.1],
    low_pct: [22.8],
    high_pct: [25.4],
    evidence: ["91 % of its time waits for a lock"],
    call_count: [null],
    avg_duration_ms: [null],
    priority: [1],
    suggested_fixes: [["Hold the lock only around the `write`"]],
  };
  panel = mountBottlenecks(host, {
    v: 1,
    kind: "bottleneck",
    facts: payloadOf(TREE).facts,
    bottlenecks,
    cell: payloadOf(TREE).cell,
  });
  const text = host.querySelector(".tgl-bottleneck")?.textContent?.replaceAll("\u00a0", " ");
  for (const part of ["lock contention", "fetch (cell:31)", "24.1 %", "22.8–25.4 %", "91 % of its time"])
    expect(text).toContain(part);
  expect(host.querySelector(".tgl-fixes code")?.textContent).toBe("write");
});
