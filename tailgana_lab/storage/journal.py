"""Events as records of a store, for whoever asks for it."""

from collections.abc import Mapping
from typing import Any

from tailgana_lab.events import DEFAULT_BUS, EventBus, Subscription
from tailgana_lab.storage.record import plain
from tailgana_lab.storage.store import Store

TYPE = "event"


def persist_events(store: Store, pattern: str = "*", *, bus: EventBus = DEFAULT_BUS) -> Subscription:
    """Keep each event whose name fits as a short-term record, until the subscription is cancelled.

    Parameters
    ----------
    store : Store
        Where to.
    pattern : str
        Shell pattern of names, such as `*` or `regression_detection.*`.
    bus : EventBus
        Whose events.

    Returns
    -------
    Subscription
        A store that fails stops nobody's work: `n_failed` counts the events that were lost, `last_error` says why.
    """

    def keep(name: str, payload: Mapping[str, Any]) -> None:
        store.add(f"Event {name}", {"type": TYPE, "event": name, "payload": plain(payload, is_strict=False)})

    return bus.subscribe(pattern, keep)
