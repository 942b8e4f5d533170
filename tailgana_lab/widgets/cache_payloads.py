"""What is sent to the browser of caches; `js/src/replayed.ts` is the other side.

Plain JSON without NaN: a missing figure is None. Nothing here imports numpy, pandas or a widget library.
"""

from typing import TYPE_CHECKING, Any

from tailgana_lab.charts.curves import POLICY_LABELS, Curve, capacities_of, curves_of, hit_axis, policy_label
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.cache_overview import asked_again_fraction
from tailgana_lab.results.caching import BELADY
from tailgana_lab.results.visible import visible
from tailgana_lab.widgets.payloads import VERSION, Payload, plain

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.cache_overview import CacheOverview, Counting

MAX_POINTS = 240  # of the exact curve: more can't be told apart
_FIELDS = (
    *("name", "policy", "capacity", "ttl_s", "predicted_hit_fraction", "reachable", "limit_hit_fraction", "reason"),
    *("target_hit_fraction", "infinite_hit_fraction", "n_requests", "n_keys", "old_hit_fraction", "gain_points"),
    *("saved_s", "is_sampled", "sampled_fraction", "notes"),
)

_LIVE = (
    *("size", "hit_fraction", "loads_per_request", "hit_latency_ms", "miss_latency_ms", "time_saved_s"),
    "age_at_eviction_s",
)


def advice_payload(advice: "CacheAdvice") -> Payload:
    """The advice, and what every policy would bring at every capacity that was replayed."""
    curves = curves_of(advice)
    capacities = capacities_of(curves)
    now = advice.old_hit_fraction
    return {
        "v": VERSION,
        "kind": advice.kind,
        **{field: plain(getattr(advice, field)) for field in _FIELDS},
        "label": plain(policy_label(advice.policy)),
        "predicted_loads_fraction": plain(loads_at(curves, advice.policy, advice.capacity)),
        "old": setting_payload(advice.old),
        "is_live": advice.cache is not None,
        "can_look_again": advice.again is not None,
        "capacities": capacities,
        "curves": [_curve_columns(curve, capacities, now) for curve in curves],
        "axis": list(hit_axis(advice, curves)),
        "lru_curve": _exact_curve(advice, capacities),
        "ttl_curve": plain(advice.columns("ttl_curve")),
    }


def setting_payload(setting: CacheSetting | None) -> Payload | None:
    """How a cache is set, with the word of its policy."""
    if setting is None:
        return None
    fields: Payload = {"policy": setting.policy, "capacity": setting.capacity, "ttl_s": setting.ttl_s}
    return {**plain(fields), "label": plain(policy_label(setting.policy))}


def caches_payload(overview: "CacheOverview") -> Payload:
    """All caches as they are now."""
    rows = overview.columns_now()
    caches = {**plain(rows), "label": [plain(policy_label(policy)) for policy in rows["policy"]]}
    return {"v": VERSION, "kind": overview.kind, "caches": caches}


def live_payload(cache: "Counting") -> Payload:
    """What a cache did since its last change."""
    seen = cache.statistics()
    return {
        "setting": setting_payload(CacheSetting.of(cache)),
        **{field: plain(getattr(seen, field)) for field in _LIVE},
        "n_requests": seen.hits + seen.misses,
        "utilization_fraction": seen.size / seen.capacity if seen.capacity else None,
        "asked_again_fraction": plain(asked_again_fraction(seen)),
        "evictions": sorted(([visible(cause), n] for cause, n in seen.evictions.items() if n), key=_most_first),
    }


def _most_first(row: list[Any]) -> tuple[int, str]:
    return -row[1], row[0]


def state_payload(setting: CacheSetting, verdict: str | None) -> Payload:
    """How a cache is set, and whether the last change kept its promise; None where nothing was changed."""
    return {"setting": setting_payload(setting), "is_applied": verdict is not None, "said": plain(verdict or "")}


def loads_at(curves: list[Curve], policy: str, capacity: int) -> float:
    """Misses and prefetches a request of one replay; NaN where there is none."""
    for curve in curves:
        if curve.policy == policy and capacity in curve.capacity:
            return curve.loads_fraction[curve.capacity.index(capacity)]
    return float("nan")


def _curve_columns(curve: Curve, capacities: list[int], now: float) -> Payload:
    """A curve at every capacity of the picture; None where its policy was not replayed there."""
    places = {capacity: row for row, capacity in enumerate(curve.capacity)}
    rows = [places.get(capacity) for capacity in capacities]
    hits = [None if row is None else curve.hit_fraction[row] for row in rows]
    order = list(POLICY_LABELS)
    return {
        "policy": plain(curve.policy),
        "label": plain(policy_label(curve.policy)),
        "style": order.index(curve.policy) if curve.policy in order else len(order),
        "is_limit": curve.policy == BELADY,
        "hit_fraction": hits,
        "loads_fraction": plain([None if row is None else curve.loads_fraction[row] for row in rows]),
        "gain_points": plain([None if value is None else 100 * (value - now) for value in hits]),
    }


def _exact_curve(advice: "CacheAdvice", capacities: list[int]) -> dict[str, list[Any]]:
    """The exact curve of LRU within the picture, thinned to what can be seen."""
    exact = advice.columns("lru_curve")
    ends = (capacities[0], capacities[-1]) if capacities else (1, 0)
    points = zip(exact.get("capacity", ()), exact.get("hit_fraction", ()), strict=True)
    inside = [point for point in points if ends[0] <= point[0] <= ends[1]]
    drawn = inside[:: max(1, -(-len(inside) // MAX_POINTS))]
    return {"capacity": [point[0] for point in drawn], "hit_fraction": [point[1] for point in drawn]}
