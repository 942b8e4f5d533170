"""Advices on caches, and lists of them, as HTML without a script, and as plain text."""

from math import isfinite, isnan
from typing import TYPE_CHECKING

from tailgana_lab.charts.curves import POLICY_LABELS, Curve, capacities_of, curves_of, hit_axis, policy_label
from tailgana_lab.reporting.curves import Level, Picture, Spot, render_curves
from tailgana_lab.reporting.escape import Html, element, joined
from tailgana_lab.reporting.rows import bullets, facts_line, number_cell, table, text_cell, text_table
from tailgana_lab.results.visible import visible
from tailgana_lab.units import MISSING, format_fraction, format_points, format_seconds

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice, CacheSetting
    from tailgana_lab.results.cache_overview import CacheOverview

MAX_CAPACITIES = 6  # columns of the table
NO_CACHE = "No cache is live: put `@tgl.cached(capacity=1000)` above a function."


def advice_name(advice: "CacheAdvice") -> str:
    """Which cache it is about."""
    return str(advice.name or "for a trace")


def setting_words(setting: "CacheSetting") -> str:
    """How a cache is set.

    Examples
    --------
    >>> from tailgana_lab.results.cache_advice import CacheSetting
    >>> setting_words(CacheSetting("s3fifo", 1000))
    'S3-FIFO, 1,000 entries'
    """
    lives = "" if setting.ttl_s is None else f", {format_seconds(setting.ttl_s)} to live"
    return f"{visible(policy_label(setting.policy))}, {setting.capacity:,} entries{lives}"


def sentence_of(advice: "CacheAdvice") -> str:
    """What is advised, and what it would bring."""
    if isnan(advice.predicted_hit_fraction):
        return "nothing to replay yet"
    words = f"{setting_words(advice.setting)}: {format_fraction(advice.predicted_hit_fraction)} hits predicted"
    gain = "" if isnan(advice.gain_points) else f", {format_points(advice.gain_points)} against now"
    return f"{words}{gain}; the limit there is {format_fraction(advice.limit_hit_fraction)}"


def facts_of_advice(advice: "CacheAdvice") -> list[str]:
    """What it rests on, in short pieces."""
    facts = []
    if advice.n_requests:
        facts.append(f"{advice.n_requests:,} requests for {advice.n_keys:,} keys")
    if advice.old is not None:
        hits = "" if isnan(advice.old_hit_fraction) else f" ({format_fraction(advice.old_hit_fraction)} hits)"
        facts.append(f"found as {setting_words(advice.old)}{hits}")
    if not isnan(advice.infinite_hit_fraction):
        facts.append(f"holding everything {format_fraction(advice.infinite_hit_fraction)}")
    if not isnan(advice.saved_s):
        facts.append(f"its hits save {format_seconds(advice.saved_s)}")
    if advice.is_sampled:
        facts.append(f"a sample of {format_fraction(advice.sampled_fraction)} of the keys")
    return facts


def reason_of(advice: "CacheAdvice") -> Html:
    """Why it was chosen; that the target is out of reach stands out."""
    is_met = isnan(advice.target_hit_fraction) or advice.reachable is not False
    if not advice.reason:
        return Html("")
    return element("p", advice.reason, class_="tgls-note" if is_met else "tgls-weak")


def advice_body(advice: "CacheAdvice") -> Html:
    """What is advised, the curves of all policies with the limit, and their figures."""
    curves = curves_of(advice)
    head = f"Cache {advice_name(advice)}:"
    return joined(
        element("p", element("span", head, class_="tgls-name"), " ", sentence_of(advice)),
        facts_line(facts_of_advice(advice)),
        reason_of(advice),
        render_curves(picture_of(advice, curves)),
        _table(advice, curves),
        bullets("To know", advice.notes),
    )


def picture_of(advice: "CacheAdvice", curves: list[Curve]) -> Picture:
    """The curves with their levels and spots."""
    levels = [
        Level(advice.target_hit_fraction, "tgls-target", "target"),
        Level(advice.infinite_hit_fraction, "tgls-infinite", "holding everything"),
    ]
    spots = [Spot(advice.capacity, advice.predicted_hit_fraction, advice.policy, "advised")]
    if advice.old is not None:
        spots.append(Spot(advice.old.capacity, advice.old_hit_fraction, advice.old.policy, "now"))
    return Picture(
        curves=curves,
        axis=hit_axis(advice, curves),
        levels=[level for level in levels if isfinite(level.value)],
        spots=[spot for spot in spots if isfinite(spot.value)],
        label=f"Share of hits of {len(curves)} policies by capacity; the table below holds the figures",
    )


def _table(advice: "CacheAdvice", curves: list[Curve]) -> Html:
    """Hits of each policy at some capacities, the advised one among them, and loads at that one."""
    capacities = shown_capacities(advice, curves)
    rows = [
        [
            _policy_cell(curve.policy),
            *(number_cell(hits_text(curve, capacity)) for capacity in capacities),
            element("td", loads_text(curve, advice.capacity), class_="tgls-number tgls-roomy"),
        ]
        for curve in curves
    ]
    heads = [("policy", ""), *((f"{capacity:,}", "number") for capacity in capacities)]
    heads.append((f"loads a request at {advice.capacity:,}", "number roomy"))
    return table("Share of hits by capacity", heads, rows)


def _policy_cell(policy: str) -> Html:
    return element("td", policy_label(policy), class_="tgls-word" if policy in POLICY_LABELS else "tgls-any")


def shown_capacities(advice: "CacheAdvice", curves: list[Curve]) -> list[int]:
    """Some capacities from the smallest to the largest, evenly spread, with the advised one."""
    known = capacities_of(curves)
    if len(known) <= MAX_CAPACITIES:
        return known
    places = {round(k * (len(known) - 1) / (MAX_CAPACITIES - 2)) for k in range(MAX_CAPACITIES - 1)}
    if advice.capacity in known:
        places.add(known.index(advice.capacity))
    return [known[place] for place in sorted(places)]


def hits_text(curve: Curve, capacity: int) -> str:
    """A policy's share of hits at a capacity; a dash where it was not replayed."""
    if capacity not in curve.capacity:
        return MISSING
    return format_fraction(curve.hit_fraction[curve.capacity.index(capacity)])


def loads_text(curve: Curve, capacity: int) -> str:
    """A policy's loads a request at a capacity."""
    loads = curve.loads_fraction[curve.capacity.index(capacity)] if capacity in curve.capacity else float("nan")
    return MISSING if isnan(loads) else f"{loads:.4f}"


def render_advice_text(advice: "CacheAdvice") -> str:
    """The same as lines."""
    curves = curves_of(advice)
    capacities = shown_capacities(advice, curves)
    lines = [f"Cache {visible(advice_name(advice))}: {sentence_of(advice)}"]
    lines += [" · ".join(facts_of_advice(advice)), visible(advice.reason)]
    if curves:
        head = ("policy", *(f"{capacity:,}" for capacity in capacities), f"loads at {advice.capacity:,}")
        rows = [
            (
                policy_label(curve.policy),
                *(hits_text(curve, capacity) for capacity in capacities),
                loads_text(curve, advice.capacity),
            )
            for curve in curves
        ]
        lines.append(text_table([head, *rows]))
    lines += [f"  - {visible(text)}" for text in advice.notes]
    return "\n".join(line for line in lines if line)


_OVERVIEW_HEAD = ("cache", "policy", "entries", "capacity", "requests", "hit rate", "evicted", "asked again")


def _overview_rows(overview: "CacheOverview") -> list[tuple[str, ...]]:
    rows = overview.columns()
    return [
        (
            name,
            policy_label(policy),
            *(f"{count:,}" for count in (size, capacity, requests)),
            format_fraction(hits),
            f"{evictions:,}",
            format_fraction(again),
        )
        for name, policy, size, capacity, requests, hits, evictions, again in zip(
            *(rows[name] for name in ("name", "policy", "size", "capacity", "requests")),
            *(rows[name] for name in ("hit_fraction", "evictions", "asked_again_fraction")),
            strict=True,
        )
    ]


def overview_body(overview: "CacheOverview") -> Html:
    """All caches one a row."""
    rows = [
        [text_cell(row[0]), text_cell(row[1]), *(number_cell(text) for text in row[2:])]
        for row in _overview_rows(overview)
    ]
    if not rows:
        return element("p", NO_CACHE, class_="tgls-note")
    kinds = ("", "", "number", "number", "number roomy", "number", "number", "number roomy")
    return table("Live caches", list(zip(_OVERVIEW_HEAD, kinds, strict=True)), rows)


def render_overview_text(overview: "CacheOverview") -> str:
    """The same as lines."""
    rows = _overview_rows(overview)
    return text_table([_OVERVIEW_HEAD, *rows]) if rows else NO_CACHE
