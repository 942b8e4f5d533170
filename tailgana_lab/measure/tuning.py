"""The tuner: replays a workload against every policy, and advises on a policy and a size with the limit beside it.

It changes nothing; the advice does, when it is asked to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from math import nan
from numbers import Integral, Real
from typing import Any

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.measure.least_capacity import least_capacity
from tailgana_lab.measure.miss_costs import MissCosts, miss_costs_of
from tailgana_lab.measure.policy_choice import ROBUST_FIRST, Judge, choose_policy
from tailgana_lab.measure.promise import Promise
from tailgana_lab.measure.replay import spread_capacities
from tailgana_lab.measure.time_to_live import LifeCurve, request_times
from tailgana_lab.measure.workload import NEVER_SAMPLED, Workload
from tailgana_lab.results.cache_advice import CacheAdvice, CacheSetting
from tailgana_lab.results.caching import BELADY, POLICIES, PREDICTIVE
from tailgana_lab.units import format_fraction

HITS, TIME = "hits", "time"
"""What a choice is best in."""
NEAR_POINTS = 0.5  # of the hits that any cache can have: with an unreachable target, the size that comes so near
FEW_REQUESTS = 1_000


@dataclass(frozen=True)
class Question:
    """What the tuner is asked; checked when built."""

    target_hit_fraction: float = 0.90
    """Share of hits to reach, 0 to 1; not looked at where a capacity is given."""
    capacity: int | None = None
    """Entries that there is room for."""
    optimise: str = HITS
    """`hits`, or `time` for the time that hits save."""
    wants_ttl: bool = False
    """Whether a time to live is to be advised."""

    def __post_init__(self) -> None:
        target, capacity = self.target_hit_fraction, self.capacity
        if not isinstance(target, Real) or not 0 < float(target) <= 1:
            raise InvalidRequestError(
                f"`target_hit_fraction` must be above 0 and at most 1, got `{target!r}`: 0.90 is 90 %"
            )
        is_whole = isinstance(capacity, Integral) and not isinstance(capacity, bool)
        if capacity is not None and not (is_whole and capacity >= 1):
            raise InvalidRequestError(f"`capacity` must be a whole number of entries from 1, got `{capacity!r}`")
        if self.optimise not in (HITS, TIME):
            raise InvalidRequestError(f"`optimise` is `{HITS}` or `{TIME}`, got `{self.optimise!r}`")
        if self.optimise == TIME and capacity is None:
            raise InvalidRequestError(f'`optimise="{TIME}"` needs `capacity`: give the entries that there is room for')


@dataclass(frozen=True)
class Found:
    """What the search found."""

    policy: str
    """Policy advised."""
    capacity: int
    """Entries advised."""
    is_reachable: bool
    """Whether the target can be reached."""
    reason: str
    """Why this one, one line."""


class Tuning:
    """One question to the tuner.

    Parameters
    ----------
    subject : cached function, Cache, recording, array, Series, list, or path
        A live cache with its recorded requests, or the key of each request, in order.
    policies : sequence of str, optional
        Those to choose from; all that load on demand by default.

    Raises
    ------
    InvalidRequestError
        If there are no requests, or the keys cannot be read.
    """

    def __init__(self, subject: Any, policies: Sequence[str] = POLICIES) -> None:
        self._cache = subject if hasattr(subject, "set_policy") else None
        records = hasattr(subject, "trace") and not hasattr(subject, "dtype")  # an array has a `trace` of another kind
        self._name = str(getattr(subject, "name", "")) if records else ""
        self._old = None if self._cache is None else CacheSetting.of(self._cache)
        self._subject, self._policies = subject, policies
        self._work = Workload(subject.trace() if records else subject)
        if not self._work.n_requests:
            raise InvalidRequestError(f"no requests to learn from: {self._way_out()}")

    def _way_out(self) -> str:
        """What to do where there are no requests."""
        if self._cache is None:
            return "give the key of each request"
        info = self._cache.cache_info()
        return "make the cache with `record=True`" if info.hits + info.misses else "call the function first"

    def advise(self, question: Question) -> CacheAdvice:
        """Advise on the least capacity for a target, or on the policy for a capacity.

        Raises
        ------
        InvalidRequestError
            If time is to be saved, and no times of misses are known.
        """
        table = self._work.table(self._replayed(), self._capacities(question.capacity))
        if question.capacity is None:
            found = self._for_target(question.target_hit_fraction, table)
        else:
            found = self._for_capacity(question.capacity, question.optimise)
        if found.capacity not in table["capacity"]:  # it is looked at most, so every policy stands there
            more = self._work.table(self._replayed(), [found.capacity])
            table = {column: [*values, *more[column]] for column, values in table.items()}
        advice = self._advice(found, table)
        advice.target_hit_fraction = question.target_hit_fraction if question.capacity is None else nan
        advice.optimised = question.optimise
        advice.saved_s = self._saved_s(found)
        self._look_at_life(advice, question)
        subject, policies = self._subject, self._policies  # not `self`, which holds every replayed request
        advice.again = lambda: Tuning(subject, policies).advise(question)
        return advice

    def _replayed(self) -> list[str]:
        """Policies of the table: those to choose from, and the one that loads ahead, where the cache may have it."""
        has_it = self._old is not None and self._old.policy == PREDICTIVE
        return [*self._policies, *((PREDICTIVE,) if has_it or self._is_pure else ())]

    @property
    def _is_pure(self) -> bool:
        """Whether the function behind the cache may be called before anybody asks."""
        return bool(getattr(getattr(self._cache, "store", None), "is_pure", False))

    def _capacities(self, capacity: int | None) -> list[int]:
        known = {capacity or 0, 0 if self._old is None else self._old.capacity}
        return sorted({*spread_capacities(self._work.n_keys), *(size for size in known if size > 0)})

    # ---- a target

    def _for_target(self, target: float, table: dict[str, list[Any]]) -> Found:
        limit = self._work.infinite_hit_fraction
        if self._work.can_reach(target):
            least = least_capacity(self._work, self._policies, table, target)
            return Found(least.policy, least.capacity, True, self._reached(target))
        reason = (
            f"no cache of any size reaches {format_fraction(target)}: {format_fraction(1 - limit)} of the requests "
            "ask for a key for the first time"
        )
        near = limit - NEAR_POINTS / 100
        if self._old is not None and self._hits_now() >= near:
            return Found(self._old.policy, self._old.capacity, False, f"{reason}; no size does better than this one")
        if near <= 0:
            return Found(ROBUST_FIRST[0], 1, False, f"{reason}; no size helps")
        least = least_capacity(self._work, self._policies, table, near)
        text = f"{reason}; this size comes within {NEAR_POINTS:g} points of an endless cache"
        return Found(least.policy, least.capacity, False, text)

    def _reached(self, target: float) -> str:
        lru = self._work.least_lru_capacity(target)
        return f"fewest entries that reach {format_fraction(target)}; lru would need {lru:,}"

    def _hits_now(self) -> float:
        """Share of hits of the cache as it is set."""
        return nan if self._old is None else self._work.hit_fraction(self._old.policy, self._old.capacity)

    # ---- a capacity

    def _for_capacity(self, capacity: int, optimise: str) -> Found:
        order = [policy for policy in ROBUST_FIRST if policy in self._policies]
        current = "" if self._old is None else self._old.policy
        choice = choose_policy(self._judge(optimise), capacity, order, current)
        lru = choice.points_behind.get("lru", nan)
        text = f"judged on the later half of the requests, at {len(choice.capacities)} sizes round this one"
        if optimise == TIME:
            text += ", by the time that misses cost"
        if choice.policy != "lru" and lru == lru:
            text += f"; lru is {lru:.1f} points behind there"
        return Found(choice.policy, capacity, True, text)

    def _judge(self, optimise: str) -> Judge:
        if optimise == HITS:
            return self._work.later_misses_pct
        costs = self._costs
        if costs is None:
            raise InvalidRequestError(
                f'`optimise="{TIME}"` needs the times of misses: tune a function of `cached` that was called'
            )
        return lambda jobs: costs.later_spent_pct(self._work, jobs)

    # ---- times

    @cached_property
    def _costs(self) -> MissCosts | None:
        return miss_costs_of(self._subject, self._work.keys)

    def _saved_s(self, found: Found) -> float:
        """Time that the hits save over these requests; NaN where it is not known."""
        if self._costs is None or self._work.share < 1:
            return nan
        spent = self._costs.spent_s(self._work.trace, [(found.policy, found.capacity)])[0]
        return self._costs.without_cache_s - spent

    def _look_at_life(self, advice: CacheAdvice, question: Question) -> None:
        """Take the time to live into account, where there is one or one is asked for."""
        ttl_s = None if self._old is None else self._old.ttl_s
        if ttl_s is None and not question.wants_ttl:
            return
        times = None if self._cache is None else request_times(self._cache, self._work.n_requests)
        if times is None:
            advice.notes.append("the times of these requests are not known: nothing is said about a time to live")
            return
        life = LifeCurve(self._work.trace, times)
        advice.curves["ttl_curve"] = life.columns()
        if question.wants_ttl:
            advice.ttl_s = ttl_s = life.least_s() or ttl_s
        if ttl_s is not None:
            _bound_by_life(advice, life.hit_fraction(ttl_s), ttl_s)

    # ---- the answer

    def _advice(self, found: Found, table: dict[str, list[Any]]) -> CacheAdvice:
        work, old = self._work, self._old
        jobs = [(found.policy, found.capacity), (BELADY, found.capacity)]
        (misses, _), (least_misses, _) = work.exact(jobs)
        return CacheAdvice(
            policy=found.policy,
            capacity=found.capacity,
            ttl_s=None if old is None else old.ttl_s,
            predicted_hit_fraction=work.hits_of(misses),
            reachable=found.is_reachable,
            limit_hit_fraction=work.hits_of(least_misses),
            reason=found.reason,
            infinite_hit_fraction=work.infinite_hit_fraction,
            n_requests=work.n_requests,
            n_keys=work.n_keys,
            name=self._name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            old=old,
            old_hit_fraction=self._hits_now(),
            sampled_fraction=work.share,
            notes=[*self._notes(), *self._about_loading_ahead(found, misses)],
            rows=table,
            curves={"lru_curve": work.lru_columns()},
            cache=self._cache,
            watch=None if self._cache is None else Promise(self._cache),
            predict=None if self._cache is None else work.hit_fraction,
        )

    def _about_loading_ahead(self, found: Found, misses: int) -> list[str]:
        """What loading ahead would bring, and what it costs; that a replay supposes it, where it is not allowed."""
        if not self._is_pure:
            has_it = self._old is not None and self._old.policy == PREDICTIVE
            return ["predictive loads ahead only what is marked `pure`: this cache hits less than its replay"] * has_it
        fewer, loads = self._work.exact([(PREDICTIVE, found.capacity)])[0]
        if fewer >= misses:
            return []
        n, hits = self._work.n_requests, format_fraction(self._work.hits_of(fewer))
        return [
            f"predictive would hit {hits} at this size, if all that it loads ahead came in "
            f"time, with {loads / n:.2f} loads a request instead of {misses / n:.2f}"
        ]

    def _notes(self) -> list[str]:
        work, notes = self._work, []
        if work.n_requests < FEW_REQUESTS:
            notes.append(f"only {work.n_requests:,} requests: too few to rely on")
        if work.share < 1:
            exact = ", ".join(NEVER_SAMPLED)
            notes.append(
                f"the table rests on {format_fraction(work.share)} of the keys; {exact}, small sizes, the LRU curve "
                "and the advice itself are exact"
            )
        return notes


def tune(subject: Any, target_hit_fraction: float = 0.90, capacity: int | None = None, **asked: Any) -> CacheAdvice:
    """Advise on a cache; see `tailgana_lab.tune`. Nothing is remembered."""
    question = Question(target_hit_fraction, capacity, **asked)
    return Tuning(subject).advise(question)


def _bound_by_life(advice: CacheAdvice, most: float, ttl_s: float) -> None:
    """Promise no more than entries that live so long can keep."""
    if most >= advice.predicted_hit_fraction:
        return
    advice.notes.append(
        f"entries that live {ttl_s:g} s let at most {format_fraction(most)} of these requests hit, whatever the size; "
        f"for ever, this size would let {format_fraction(advice.predicted_hit_fraction)}"
    )
    advice.predicted_hit_fraction = most
    advice.reachable = advice.reachable and not most < advice.target_hit_fraction
