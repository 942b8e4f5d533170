import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mountBaseline } from "../src/baseline";
import type {
  BaselinePayload,
  ComparisonPayload,
  HistoryPayload,
  PerformancePayload,
  ReportPayload,
} from "../src/measured";
import { figure } from "../src/pieces";
import { mountRegression } from "../src/regression";

let host: HTMLElement;
const select = vi.fn();
const brush = vi.fn();
const hooks = { select, brush };

beforeEach(() => {
  host = document.body.appendChild(document.createElement("div"));
  select.mockClear();
  brush.mockClear();
});
afterEach(() => host.remove());

const words = () => (host.textContent ?? "").replaceAll("\u00a0", " ");

const COMPARISON: ComparisonPayload = {
  v: 1,
  kind: "comparison",
  name: "clean",
  old_name: "old",
  new_name: "new",
  created: "2026-01-01T00:00:00+00:00",
  verdict: "slower",
  reason: "the 99 % interval lies above `1.01`",
  ratio: 1.4,
  ratio_low: 1.392,
  ratio_high: 1.408,
  smallest_detectable_pct: 1.1,
  n_rounds: 6,
  n_processes: 3,
  isolated: true,
  disturbed: false,
  clock: "cpu",
  is_confirmed: true,
  old_ns: 1000,
  new_ns: 1400,
  rounds: { process: [0, 0, 1, 1, 2, 2], round: [0, 1, 2, 3, 4, 5], ratio: [1.39, 1.4, 1.41, 1.4, 1.4, 1.39] },
  axis: [0.98, 1.45],
  n_outside: 0,
};

const REPORT: ReportPayload = {
  v: 1,
  kind: "regression",
  workload: "clean",
  verdict: "slower",
  reason: "40 % slower",
  has_regression: true,
  severity: "major",
  severity_at_least: "moderate",
  figures: { figure: ["memory, MB"], old: [10], new: [14], change_pct: [40] },
  commits: ["0123456789abcdef", ""],
  regressions: ["Time of a call increased by 40 %"],
  warnings: [],
  improvements: [],
  recommendations: ["Profile code to find throughput bottleneck"],
  comparison: COMPARISON,
};

const HISTORY: HistoryPayload = {
  v: 1,
  kind: "history",
  name: "clean",
  points: {
    created: ["day 1", "day 2", "day 3", "day 4"],
    commit_hash: ["aaaaaaaaaaaaaaaa", "", "cccc", "dddd"],
    median_ns: [1000, 1010, 1400, null],
    low_ns: [990, 1000, 1390, null],
    high_ns: [1010, 1020, 1410, null],
    ratio: [null, 1.01, 1.4, null],
    verdict: ["", "same", "slower", "inconclusive"],
    environment: ["one", "one", "other", "other"],
    record_id: [1, 2, 3, 4],
  },
  change_points: { index: [2], before: [1005], after: [1400], change_pct: [39.3], confidence: [0.99], suspect: [true] },
  environment_changes: [2],
  axis: [980, 1420],
};

describe("regression panel", () => {
  test("a comparison shows its verdict, interval and rounds", () => {
    mountRegression(host, COMPARISON, hooks);
    expect(host.querySelector(".tgl-badge-slower")?.textContent).toBe("slower");
    for (const part of ["1.400", "1.392 to 1.408", "1.00 µs", "6 in 3 fresh processes", "CPU time", "second batch"])
      expect(words()).toContain(part);
    expect(host.querySelectorAll("[data-tgl-point]")).toHaveLength(6);
    expect(host.querySelector("code")?.textContent).toBe("1.01");
  });

  test("a comparison without rounds says what is known and draws nothing", () => {
    const rounds = { process: [], round: [], ratio: [] };
    const unknown = { ratio: null, ratio_low: null, ratio_high: null, smallest_detectable_pct: null };
    mountRegression(host, { ...COMPARISON, ...unknown, verdict: "inconclusive", rounds }, hooks);
    expect(host.querySelector("svg.tgl-plot-picture")).toBeNull();
    expect(words()).toContain("– to –");
  });

  test("a report shows severity with its bound, figures, lists and the race", () => {
    mountRegression(host, REPORT, hooks);
    for (const part of ["major, at least moderate", "0123456789", "+40.0 %", "Profile code", "1.392 to 1.408"])
      expect(words()).toContain(part);
    expect(words()).not.toContain("Warnings");
  });

  test("a click on a record of a history shows it and hands its row to Python", () => {
    mountRegression(host, HISTORY, hooks);
    const picture = host.querySelector("svg.tgl-plot-picture") as SVGElement;
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "Enter"])
      picture.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    expect(select).toHaveBeenLastCalledWith([2]);
    const record = host.querySelector(".tgl-record") as HTMLElement;
    expect(record.hidden).toBe(false);
    expect(record.textContent).toContain("cccc");
    picture.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    expect(record.hidden).toBe(true);
    expect(select).toHaveBeenLastCalledWith([]);
  });

  test("a history marks where it changed and where the machine did", () => {
    mountRegression(host, HISTORY, hooks);
    expect(host.querySelector(".tgl-plot-suspect title")?.textContent?.replaceAll("\u00a0", " ")).toBe("+39.3 %");
    expect(host.querySelector(".tgl-plot-other title")?.textContent).toContain("other");
    expect(words()).toContain("not yet");
  });

  test("an empty history is a sentence", () => {
    mountRegression(host, { ...HISTORY, points: { created: [] }, change_points: { index: [] } }, hooks);
    expect(words()).toContain("No record is kept.");
  });

  test("names cannot become markup", () => {
    const name = '<img src=x onerror="alert(1)">\u202e';
    mountRegression(host, { ...COMPARISON, name, reason: name, verdict: name }, hooks);
    mountRegression(host, { ...REPORT, workload: name, regressions: [name] }, hooks);
    expect(host.querySelector("img")).toBeNull();
    expect(host.innerHTML).not.toContain("\u202e");
  });

  test("it refuses what is not its own", () => {
    expect(() => mountRegression(host, { ...COMPARISON, kind: "profile" }, hooks)).toThrow("cannot show a profile");
  });
});

describe("baseline panel", () => {
  const BASELINE: BaselinePayload = {
    v: 1,
    kind: "baseline",
    name: "clean",
    created: "2026-01-01T00:00:00+00:00",
    commit_hash: null,
    n_rounds: 3,
    median_ns: 2_500_000,
    low_ns: 2_400_000,
    high_ns: 2_600_000,
    p95_ns: null,
    peak_bytes: 1_048_576,
    isolated: true,
    module: "pipeline",
    qualname: "clean",
    source: "def clean(n):\n    return n\n",
    environment: [["CPU", "some processor"]],
    rounds: { round: [0, 1, 2], ns: [2_500_000, 2_450_000, 2_550_000] },
    axis: [2_400_000, 2_600_000],
  };
  const PERFORMANCE: PerformancePayload = {
    v: 1,
    kind: "performance-baseline",
    scope: "regression",
    timestamp: "2026-01-01T00:00:00+00:00",
    ops_per_second: 1234,
    latency_p50_ms: 0.8,
    latency_p95_ms: 1.2,
    latency_p99_ms: null,
    cpu_usage_pct: 99,
    memory_usage_mb: 12,
    bottlenecks: ["file_io: slow"],
    recommendations: [],
    operations: {
      operation: ["file_io"],
      ops_per_second: [1234],
      latency_p50_ms: [0.8],
      implementation: ["real file"],
    },
    comparisons: [{ ...COMPARISON, operation: "file_io" }],
  };

  test("a baseline shows its figures, rounds, machine and code", () => {
    mountBaseline(host, BASELINE);
    for (const part of ["2.50 ms", "2.40 ms to 2.60 ms", "1.00 MiB", "in fresh processes", "some processor"])
      expect(words()).toContain(part);
    expect(host.querySelector("code")?.textContent).toBe("def clean(n):\n    return n");
    expect(host.querySelectorAll("[data-tgl-point]")).toHaveLength(3);
  });

  test("operations stand in a table, with their verdicts where there are some", () => {
    mountBaseline(host, PERFORMANCE);
    for (const part of ["file_io", "1234", "real file", "1.392 to 1.408", "file_io: slow"])
      expect(words()).toContain(part);
    expect(host.querySelector(".tgl-badge-slower")).not.toBeNull();
  });

  test("it refuses what is not its own", () => {
    expect(() => mountBaseline(host, { ...BASELINE, kind: "history" })).toThrow("cannot show a history");
  });
});

test("a figure has three digits, a small one two that tell something", () => {
  expect([1234.4, 12.34, 0.5, 0.00123, 0, null].map(figure)).toEqual(["1234", "12.3", "0.50", "0.0012", "0.00", "–"]);
});
