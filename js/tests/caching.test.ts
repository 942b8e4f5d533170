import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mountCaches } from "../src/caches";
import { points } from "../src/cachetables";
import { mountCaching } from "../src/caching";
import { ticksOf } from "../src/curves";
import type { AdvicePayload, CachesPayload, CurveColumns } from "../src/replayed";

let host: HTMLElement;
const hooks = { apply: vi.fn(), undo: vi.fn(), advise: vi.fn(), pick: vi.fn() };

beforeEach(() => {
  host = document.body.appendChild(document.createElement("div"));
  for (const hook of Object.values(hooks)) hook.mockClear();
});
afterEach(() => host.remove());

function curve(policy: string, hits: (number | null)[], style = 0): CurveColumns {
  return {
    policy,
    label: policy.toUpperCase(),
    style,
    is_limit: policy === "belady",
    hit_fraction: hits,
    loads_fraction: hits.map((value) => (value === null ? null : 1 - value)),
    gain_points: hits.map((value) => (value === null ? null : 100 * (value - 0.5))),
  };
}

const ADVICE: AdvicePayload = {
  v: 1,
  kind: "cache_advice",
  name: "simplify",
  policy: "arc",
  label: "ARC",
  capacity: 1000,
  ttl_s: null,
  predicted_hit_fraction: 0.9,
  predicted_loads_fraction: 0.1,
  reachable: true,
  limit_hit_fraction: 0.95,
  reason: "smallest that reaches `0.9`",
  target_hit_fraction: 0.9,
  infinite_hit_fraction: 0.97,
  n_requests: 50_000,
  n_keys: 1234,
  old: { policy: "lru", label: "LRU", capacity: 10, ttl_s: null },
  old_hit_fraction: 0.5,
  gain_points: 40,
  saved_s: 1.5,
  is_sampled: false,
  sampled_fraction: 1,
  notes: ["a scan passes through it"],
  is_live: true,
  can_look_again: true,
  capacities: [10, 100, 1000],
  curves: [curve("lru", [0.5, 0.7, 0.85]), curve("arc", [0.55, null, 0.9], 7), curve("belady", [0.6, 0.8, 0.95], 11)],
  axis: [0.4, 1],
  lru_curve: { capacity: [10, 50, 1000], hit_fraction: [0.5, 0.65, 0.85] },
  ttl_curve: { ttl_s: [1, 60], hit_fraction: [0.3, 0.9] },
};

const words = () => (host.textContent ?? "").replaceAll("\u00a0", " ");
const slider = () => host.querySelector("input[type=range]") as HTMLInputElement;
const picture = () => host.querySelector("svg.tgl-plot-picture") as SVGElement;
const button = (name: string) =>
  [...host.querySelectorAll("button")].find((each) => each.textContent === name) as HTMLButtonElement;
const policy = (name: string) =>
  [...host.querySelectorAll<HTMLButtonElement>("button.tgl-policy")].find((each) => each.textContent?.startsWith(name));
const place = () => picture().querySelector("[data-tgl-chosen]")?.getAttribute("cx");

function press(target: Element, ...keys: string[]): void {
  for (const key of keys) target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

function slide(stop: number): void {
  slider().value = String(stop);
  slider().dispatchEvent(new Event("input"));
}

describe("cache panel", () => {
  test("it says what is advised, what that brings, and where the limit is", () => {
    mountCaching(host, ADVICE, hooks);
    for (const part of ["Cache simplify", "ARC, 1,000 entries", "90.0 % hits", "+40.0 points", "limit there is 95.0 %"])
      expect(words()).toContain(part);
    expect(words()).toContain("Loads a request: 0.1000");
    expect(host.querySelector("code")?.textContent).toBe("0.9");
  });

  test("there is a curve for each policy, levels across, and the cache as it is", () => {
    mountCaching(host, ADVICE, hooks);
    expect(picture().querySelectorAll("path.tgl-curve")).toHaveLength(3);
    expect(picture().querySelectorAll("path.tgl-curve-limit")).toHaveLength(1);
    expect(picture().querySelector(".tgl-curves-target title")?.textContent).toContain("target: 90.0");
    expect(picture().querySelector(".tgl-curves-infinite title")?.textContent).toContain("97.0");
    expect(picture().querySelector("[data-tgl-now] title")?.textContent).toContain("LRU, 10 entries");
  });

  test("the slider starts at the advice and moves the point and every figure", () => {
    mountCaching(host, ADVICE, hooks);
    expect(slider().value).toBe("2");
    expect(place()).toBe("100%");
    slide(0);
    expect(place()).toBe("0%");
    expect(host.querySelector(".tgl-at")?.textContent).toBe("10 entries");
    expect(policy("LRU")?.textContent?.replaceAll("\u00a0", " ")).toContain("50.0 %");
    expect(slider().getAttribute("aria-valuetext")?.replaceAll("\u00a0", " ")).toBe("10 entries, ARC 55.0 %");
  });

  test("a policy that was not replayed there has no point and no figure", () => {
    mountCaching(host, ADVICE, hooks);
    slide(1);
    expect(place()).toBeUndefined();
    expect(policy("ARC")?.textContent).toContain("–");
  });

  test("a pressed policy is chosen, Belady's cannot be", () => {
    mountCaching(host, ADVICE, hooks);
    policy("LRU")?.click();
    expect(policy("LRU")?.getAttribute("aria-pressed")).toBe("true");
    expect(policy("ARC")?.getAttribute("aria-pressed")).toBe("false");
    expect(policy("BELADY")).toBeUndefined();
    expect(words()).toContain("BELADY");
  });

  test("arrows move over capacities and curves, Enter applies, Escape returns to the advice", () => {
    mountCaching(host, ADVICE, hooks);
    press(picture(), "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft");
    expect(slider().value).toBe("0");
    press(picture(), "End", "Home", "ArrowRight", "Enter");
    expect(hooks.apply).toHaveBeenCalledExactlyOnceWith("lru", 100);
    press(picture(), "Escape");
    expect(slider().value).toBe("2");
    expect(policy("ARC")?.getAttribute("aria-pressed")).toBe("true");
  });

  test("a click in the picture chooses the capacity and the nearest curve", () => {
    mountCaching(host, ADVICE, hooks);
    picture().getBoundingClientRect = () => ({ left: 0, top: 0, width: 200, height: 230 }) as DOMRect;
    const at = { clientX: 20, clientY: 185, button: 0, bubbles: true };
    picture().dispatchEvent(Object.assign(new MouseEvent("pointerdown", at), { pointerId: 1 }));
    expect(slider().value).toBe("0");
    expect(policy("LRU")?.getAttribute("aria-pressed")).toBe("true");
    picture().dispatchEvent(Object.assign(new MouseEvent("pointermove", { ...at, clientX: 190 }), { pointerId: 1 }));
    expect(slider().value).toBe("2");
    picture().dispatchEvent(new MouseEvent("pointerup", at));
    picture().dispatchEvent(Object.assign(new MouseEvent("pointermove", { ...at, clientX: 5 }), { pointerId: 1 }));
    expect(slider().value).toBe("2");
  });

  test("apply hands over the choice, waits for the kernel, and shows its answer", () => {
    const panel = mountCaching(host, ADVICE, hooks);
    expect(button("Undo").disabled).toBe(true);
    button("Apply").click();
    expect(hooks.apply).toHaveBeenCalledExactlyOnceWith("arc", 1000);
    expect(button("Apply").disabled).toBe(true);
    button("Apply").click();
    press(slider(), "Enter");
    expect(hooks.apply).toHaveBeenCalledTimes(1);
    const setting = { policy: "arc", label: "ARC", capacity: 1000, ttl_s: null };
    panel.setState({ setting, is_applied: true, said: "as promised" });
    panel.answered();
    expect(host.querySelector("[role=status]")?.textContent).toBe("The cache now: ARC, 1,000 entries. As promised.");
    expect(picture().querySelector("[data-tgl-now] title")?.textContent).toContain("ARC, 1,000 entries");
    button("Undo").click();
    expect(hooks.undo).toHaveBeenCalledOnce();
    panel.setState({ setting: ADVICE.old ?? undefined, is_applied: false });
    panel.answered();
    expect([button("Apply").disabled, button("Undo").disabled]).toEqual([false, true]);
  });

  test("what the kernel refuses is shown, and taken away again", () => {
    const panel = mountCaching(host, ADVICE, hooks);
    panel.tell("InvalidRequestError: no such policy");
    expect(host.querySelector("[role=alert]:not([hidden])")?.textContent).toContain("no such policy");
    panel.tell("");
    expect(host.querySelector("[role=alert]:not([hidden])")).toBeNull();
  });

  test("figures of now are written in place", () => {
    const panel = mountCaching(host, ADVICE, hooks);
    const figure = (key: string) =>
      host.querySelector(`[data-tgl-live=${key}]`)?.textContent?.replaceAll("\u00a0", " ");
    expect(figure("hits")).toBe("–");
    panel.setLive({
      setting: ADVICE.old ?? undefined,
      size: 7,
      utilization_fraction: 0.7,
      hit_fraction: 0.75,
      n_requests: 1200,
      evictions: [
        ["capacity", 3],
        ["expired", 1],
      ],
      hit_latency_ms: 2e-4,
      miss_latency_ms: 1,
      time_saved_s: 2,
      asked_again_fraction: null,
    });
    expect(figure("hits")).toBe("75.0 %");
    expect(figure("size")).toBe("7 of 10 (70.0 %)");
    expect(figure("evictions")).toBe("3 for room, 1 expired");
    expect([figure("hit"), figure("miss"), figure("saved"), figure("again")]).toEqual([
      "200 ns",
      "1.00 ms",
      "2.00 s",
      "–",
    ]);
  });

  test("every replay stands in a table, and the times to live where there are some", () => {
    mountCaching(host, ADVICE, hooks);
    const tabs = [...host.querySelectorAll("[role=tab]")].map((tab) => tab.textContent);
    expect(tabs).toEqual(["At this capacity", "All replays8", "Time to live2"]);
    expect(host.querySelectorAll("[role=tabpanel] tbody tr")).toHaveLength(3 + 8 + 2);
  });

  test("a target that nothing reaches is said", () => {
    const beyond = { ...ADVICE, reachable: false, target_hit_fraction: 0.99 };
    mountCaching(host, { ...beyond, reason: "no cache reaches it: all is asked once" }, hooks);
    expect(host.querySelector("[role=note]")?.textContent).toBe("No cache reaches it: all is asked once.");
    host.replaceChildren();
    mountCaching(host, { ...beyond, reason: "" }, hooks);
    expect(words()).toContain("No policy reaches 99.0 %: holding everything gives 97.0 %.");
  });

  test("where it is not known whether a target is reached, nobody says that it is not", () => {
    mountCaching(host, { ...ADVICE, reachable: null, target_hit_fraction: 0.99, reason: "use it first" }, hooks);
    expect(host.querySelector("[role=note]")).toBeNull();
    expect(words()).toContain("Use it first.");
  });

  test("a trace, or a saved page, has nothing to apply", () => {
    mountCaching(host, { ...ADVICE, is_live: false, old: null, name: "" }, hooks);
    expect(button("Apply")).toBeUndefined();
    expect(host.querySelector(".tgl-live-figures")).toBeNull();
    press(picture(), "Enter");
    expect(hooks.apply).not.toHaveBeenCalled();
    host.replaceChildren();
    mountCaching(host, ADVICE, null);
    expect(button("Apply")).toBeUndefined();
  });

  test("without a request it says what to do", () => {
    const nothing = { capacities: [], curves: [], predicted_hit_fraction: null, n_requests: 0 };
    mountCaching(host, { ...ADVICE, ...nothing, reason: "no request yet: use `f`, then look again" }, hooks);
    expect(host.querySelector("svg.tgl-plot-picture")).toBeNull();
    expect(words()).toContain("No request yet: use f, then look again.");
    button("Look again").click();
    expect(hooks.advise).toHaveBeenCalledOnce();
  });

  test("names cannot become markup", () => {
    const name = '<img src=x onerror="alert(1)">\u202e';
    const panel = mountCaching(host, { ...ADVICE, name, reason: name, notes: [name], label: name }, hooks);
    panel.tell(name);
    panel.setState({ said: name });
    expect(host.querySelector("img")).toBeNull();
    expect(host.innerHTML).not.toContain("\u202e");
  });

  test("it refuses what is not its own", () => {
    expect(() => mountCaching(host, { ...ADVICE, kind: "history" }, hooks)).toThrow("cannot show a history");
  });
});

describe("list of caches", () => {
  const CACHES: CachesPayload = {
    v: 1,
    kind: "caches",
    caches: {
      name: ["simplify", "price"],
      label: ["LRU", "ARC"],
      capacity: [100, 10],
      size: [7, 10],
      requests: [1000, 0],
      hit_fraction: [0.9, null],
      evictions: [3, 0],
      asked_again_fraction: [0.5, null],
    },
  };
  const names = () => [...host.querySelectorAll("button.tgl-name")].map((each) => each.textContent);

  test("every cache has a row, and a pressed name asks for its panel", () => {
    const list = mountCaches(host, CACHES, hooks);
    expect(names()).toEqual(["simplify", "price"]);
    button("price").click();
    expect(hooks.pick).toHaveBeenCalledExactlyOnceWith("price");
    expect(host.querySelector("[role=status]")?.textContent).toContain("price");
    const panel = list.showAdvice(ADVICE);
    list.answered();
    expect(words()).toContain("ARC, 1,000 entries");
    panel.tell("refused");
    expect(words()).toContain("refused");
    list.showAdvice({ ...ADVICE, name: "price" });
    expect(host.querySelectorAll("input[type=range]")).toHaveLength(1);
  });

  test("newer figures are written without moving the focus", () => {
    const list = mountCaches(host, CACHES, hooks);
    button("price").focus();
    list.setCaches({ ...CACHES.caches, size: [8, 10], hit_fraction: [0.95, 0.1] });
    expect(document.activeElement).toBe(button("price"));
    expect(words()).toContain("95.0 %");
    const grown = Object.fromEntries(Object.entries(CACHES.caches).map(([key, [one, two]]) => [key, [one, two, one]]));
    list.setCaches(grown as CachesPayload["caches"]);
    expect(names()).toEqual(["simplify", "price", "simplify"]);
  });

  test("where there is none it says how to make one", () => {
    mountCaches(host, { ...CACHES, caches: { name: [] } }, hooks);
    expect(words()).toContain("@tgl.cached(capacity=1000)");
  });

  test("it refuses what is not its own", () => {
    expect(() => mountCaches(host, { ...CACHES, kind: "profile" }, hooks)).toThrow("cannot show a profile");
  });
});

test.each([
  [
    [1, 100_000],
    [1, 10, 100, 1000, 10_000, 100_000],
  ],
  [
    [20, 400],
    [20, 50, 100, 200],
  ],
  [[7, 7], [7]],
  [[], [1]],
])("round capacities stand below %j", (capacities, ticks) => {
  expect(ticksOf(capacities)).toEqual(ticks);
});

test.each([
  [null, "–"],
  [0.04, "0.0 points"],
  [1.02, "+1.0 point"],
  [-12.34, "−12.3 points"],
])("%s percentage points are written as %s", (value, text) => {
  expect(points(value).replaceAll("\u00a0", " ")).toBe(text);
});
