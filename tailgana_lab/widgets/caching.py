"""The live panel of a cache: curves, a choice that changes the running cache, what it does now; or a list of all."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import traitlets

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.results.cache_advice import CacheSetting
from tailgana_lab.results.caching import LIVE_POLICIES
from tailgana_lab.widgets.base import Panel
from tailgana_lab.widgets.cache_payloads import advice_payload, caches_payload, live_payload, state_payload
from tailgana_lab.widgets.watching import Watcher

if TYPE_CHECKING:
    from tailgana_lab.results.cache_advice import CacheAdvice
    from tailgana_lab.results.cache_overview import CacheOverview

_BEATS = ("watch", "unwatch")
JUDGE_EVERY_S = 3.0  # seconds; a verdict on 300,000 requests takes some 60 ms of CPU


class Verdict:
    """Whether the last change kept its promise, judged anew not too often: it replays what was asked since.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._advice: CacheAdvice | None = None
        self._said = ""
        self._again_at = 0.0

    def on(self, advice: "CacheAdvice | None") -> str | None:
        """What is said of an advice that was applied; None without one."""
        if advice is None:
            return None
        if advice is not self._advice or self._clock() >= self._again_at:
            self._advice, self._said = advice, str(advice.achieved())
            self._again_at = self._clock() + JUDGE_EVERY_S
        return self._said


class CacheWidget(Panel):
    """An advice on a cache, or all live caches.

    Parameters
    ----------
    result : CacheAdvice or CacheOverview
        What is shown.
    """

    view = "caching"

    advice = traitlets.Dict().tag(sync=True)
    """The newest advice, where the panel has asked for one."""
    caches = traitlets.Dict().tag(sync=True)
    """Figures of all caches now; empty for an advice."""
    live = traitlets.Dict().tag(sync=True)
    """What the cache did since its last change."""
    state = traitlets.Dict().tag(sync=True)
    """How the cache is set, and what came of the last change."""
    n_beats = traitlets.Int().tag(sync=True)
    """Beats of the panel that were heard."""
    n_answers = traitlets.Int().tag(sync=True)
    """Messages of the panel that were answered, a refusal included."""

    def __init__(self, result: "CacheAdvice | CacheOverview") -> None:
        shown: Any = result
        self._overview: CacheOverview | None = shown if shown.kind == "caches" else None
        self._advice: CacheAdvice | None = None if shown.kind == "caches" else shown
        self._applied: list[CacheAdvice] = []
        self._verdict = Verdict()
        super().__init__(caches_payload(shown) if shown.kind == "caches" else advice_payload(shown))
        self._watcher = Watcher(self.look)
        self._refresh()

    @property
    def result(self) -> "CacheAdvice | CacheOverview | None":
        """What the panel shows: the newest advice, else the list."""
        return self._advice or self._overview

    def answer(self, message: dict[str, Any]) -> None:
        """Do what the panel asks for: `apply`, `undo`, `advise` again, or `pick` a cache of the list."""
        kind = message.get("type")
        if kind == "apply":
            self._apply(message["policy"], message["capacity"])
        elif kind == "undo":
            self._undo()
        elif kind == "advise" and self._advice is not None and self._advice.again is not None:
            self._take(self._advice.again())
        elif kind == "pick" and self._overview is not None:
            self._take(self._overview.advise(message["name"]))
        self._refresh()

    def _apply(self, policy: str, capacity: int) -> None:
        if self._advice is None:
            raise InvalidRequestError("no cache is picked: press its name first")
        if policy not in LIVE_POLICIES:
            raise InvalidRequestError(f"`{policy}` is no policy: there are {', '.join(LIVE_POLICIES)}")
        chosen = self._advice.at(policy, capacity)
        chosen.apply()
        self._applied.append(chosen)

    def _undo(self) -> None:
        applied = self._last_applied()
        if applied is not None:
            applied.undo()
            self._applied.remove(applied)

    def _last_applied(self) -> "CacheAdvice | None":
        """The newest change of the cache that is shown."""
        name = "" if self._advice is None else self._advice.name
        return next((each for each in reversed(self._applied) if each.name == name), None)

    def _take(self, advice: "CacheAdvice") -> None:
        self._advice = advice
        self.live, self.state = {}, {}
        self.advice = advice_payload(advice)

    def look(self) -> bool:
        """Send what has changed; False where there is nothing to look at."""
        self._refresh()
        return self.comm is not None

    def _refresh(self) -> None:
        if self._overview is not None:
            self.caches = caches_payload(self._overview)["caches"]
        if self._advice is not None and self._advice.cache is not None:
            cache: Any = self._advice.cache
            self.live = live_payload(cache)
            self.state = state_payload(CacheSetting.of(cache), self._verdict.on(self._last_applied()))

    def close(self) -> None:
        """End the panel, and looking with it."""
        self._watcher.stop()
        super().close()

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("type") in _BEATS:
            self._hear(content["type"])
            return
        super()._receive(widget, content, buffers)
        self.n_answers += 1

    def _hear(self, beat: str) -> None:
        if beat == "watch":
            self._watcher.beat()
        else:
            self._watcher.stop()
        self.n_beats += 1
