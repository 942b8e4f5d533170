// What Python sends of baselines, races, checks and histories. Mirrors tailgana_lab/widgets/payloads.py; field names
// stay in snake_case so that one search finds both sides.

import type { Columns } from "./contract";

type Maybe = number | null;

export interface ComparisonPayload {
  v: number;
  kind: string;
  name: string;
  old_name: string;
  new_name: string;
  created: string;
  verdict: string;
  reason: string;
  ratio: Maybe;
  ratio_low: Maybe;
  ratio_high: Maybe;
  smallest_detectable_pct: Maybe;
  n_rounds: Maybe;
  n_processes: Maybe;
  isolated: boolean | null;
  disturbed: boolean | null;
  clock: string;
  is_confirmed: boolean | null;
  old_ns: Maybe;
  new_ns: Maybe;
  rounds: { process: number[]; round: number[]; ratio: number[] };
  axis: [number, number];
  n_outside: number;
}

export interface ReportPayload {
  v: number;
  kind: string;
  workload: string;
  verdict: string;
  reason: string;
  has_regression: boolean | null;
  severity: string;
  severity_at_least: string | null;
  figures: Columns;
  commits: [string, string];
  regressions: string[] | null;
  warnings: string[] | null;
  improvements: string[] | null;
  recommendations: string[] | null;
  comparison: ComparisonPayload | null;
}

export interface HistoryPayload {
  v: number;
  kind: string;
  name: string;
  points: Columns;
  change_points: Columns;
  environment_changes: number[];
  axis: [number, number];
}

export interface BaselinePayload {
  v: number;
  kind: string;
  name: string;
  created: string;
  commit_hash: string | null;
  n_rounds: Maybe;
  median_ns: Maybe;
  low_ns: Maybe;
  high_ns: Maybe;
  p95_ns: Maybe;
  peak_bytes: Maybe;
  isolated: boolean | null;
  module: string | null;
  qualname: string | null;
  source: string | null;
  environment: [string, string][];
  rounds: { round: number[]; ns: Maybe[] };
  axis: [number, number];
}

export interface PerformancePayload {
  v: number;
  kind: string;
  scope: string;
  timestamp: string;
  ops_per_second: Maybe;
  latency_p50_ms: Maybe;
  latency_p95_ms: Maybe;
  latency_p99_ms: Maybe;
  cpu_usage_pct: Maybe;
  memory_usage_mb: Maybe;
  bottlenecks: string[];
  recommendations: string[];
  operations: Columns;
  comparisons: (Omit<ComparisonPayload, "rounds" | "axis" | "n_outside"> & { operation: string })[];
}

export type RegressionPayload = ComparisonPayload | ReportPayload | HistoryPayload;
export type BaselineKindPayload = BaselinePayload | PerformancePayload;

/** Is it one that the regression panel draws? */
export function isRegression(payload: { kind: string }): payload is RegressionPayload {
  return ["comparison", "regression", "history"].includes(payload.kind);
}

/** Is it one that the baseline panel draws? */
export function isBaseline(payload: { kind: string }): payload is BaselineKindPayload {
  return ["baseline", "performance-baseline"].includes(payload.kind);
}
