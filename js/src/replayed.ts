// What Python sends of caches: an advice with its curves, the list of live caches, and what a cache does now.
// Mirrors tailgana_lab/widgets/cache_payloads.py; field names stay in snake_case so that one search finds both sides.

import type { Columns } from "./contract";
import { count, visible } from "./format";

type Maybe = number | null;

export interface Setting {
  policy: string;
  label: string;
  capacity: Maybe;
  ttl_s: Maybe;
}

/** One policy at every capacity of `AdvicePayload.capacities`; null where it was not replayed. */
export interface CurveColumns {
  policy: string;
  label: string;
  /** Number of its colour. */
  style: number;
  /** Whether it is Belady's optimum, which no cache can follow. */
  is_limit: boolean;
  hit_fraction: Maybe[];
  /** Misses and prefetches a request. */
  loads_fraction: Maybe[];
  /** Percentage points above the cache as it is. */
  gain_points: Maybe[];
}

export interface AdvicePayload {
  v: number;
  kind: string;
  name: string;
  policy: string;
  label: string;
  capacity: Maybe;
  ttl_s: Maybe;
  predicted_hit_fraction: Maybe;
  predicted_loads_fraction: Maybe;
  /** Null where nothing was asked yet. */
  reachable: boolean | null;
  limit_hit_fraction: Maybe;
  reason: string;
  target_hit_fraction: Maybe;
  infinite_hit_fraction: Maybe;
  n_requests: Maybe;
  n_keys: Maybe;
  old: Setting | null;
  old_hit_fraction: Maybe;
  gain_points: Maybe;
  saved_s: Maybe;
  is_sampled: boolean;
  sampled_fraction: Maybe;
  notes: string[];
  is_live: boolean;
  can_look_again: boolean;
  capacities: number[];
  curves: CurveColumns[];
  axis: [number, number];
  /** Exact curve of LRU at more capacities than were replayed; may be empty. */
  lru_curve: { capacity: number[]; hit_fraction: number[] };
  ttl_curve: Columns;
}

export interface CachesPayload {
  v: number;
  kind: string;
  caches: Columns;
}

/** What a cache did since its last change, and how it is set. */
export interface LivePayload {
  setting?: Setting;
  size?: Maybe;
  utilization_fraction?: Maybe;
  n_requests?: Maybe;
  hit_fraction?: Maybe;
  loads_per_request?: Maybe;
  /** Cause and number, most first. */
  evictions?: [string, number][];
  hit_latency_ms?: Maybe;
  miss_latency_ms?: Maybe;
  time_saved_s?: Maybe;
  age_at_eviction_s?: Maybe;
  /** Share of the evicted that were asked for again. */
  asked_again_fraction?: Maybe;
}

/** What the kernel says of the last change. */
export interface StatePayload {
  setting?: Setting;
  is_applied?: boolean;
  /** What was promised and what came, one line. */
  said?: string;
}

export function isAdvice(payload: { kind: string }): payload is AdvicePayload {
  return payload.kind === "cache_advice";
}

export function isCaches(payload: { kind: string }): payload is CachesPayload {
  return payload.kind === "caches";
}

/** Words of a setting. */
export function settingWords(setting: Setting | null | undefined): string {
  return setting ? `${visible(setting.label)}, ${count(setting.capacity)} entries` : "";
}
