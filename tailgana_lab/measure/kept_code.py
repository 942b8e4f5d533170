"""The code of operations, kept with their baseline so that it can be raced against today's.

The lab's own operations are kept by name alone: their code of then is whatever version of the lab was installed.
"""

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tailgana_lab.errors import LabError
from tailgana_lab.measure.operations import Operation, recipe_of
from tailgana_lab.results.baseline import RECORD_TYPE

if TYPE_CHECKING:
    from tailgana_lab.results.comparison import Comparison
    from tailgana_lab.storage.record import Record

Compare = Callable[[Any, Any], "Comparison"]
"""Races old against new code, each as trusted bytes for fresh processes or as a recipe for this one."""
_FORMAT = "tailgana operations 1"
_LOOKED_AT = 50  # newest records of a workload


class Keeping(Protocol):
    """Where records are kept: `storage.store.Store`, or a stand-in."""

    def add(self, content: str, metadata: Mapping[str, Any], *, payload: bytes | None = None) -> "Record":
        """Keep a record."""
        ...

    def search(self, query: str = "", *, limit: int = 10, type: str, workload: str) -> "Sequence[Record]":  # noqa: A002
        """Records, newest first."""
        ...

    def payload_of(self, record: "Record") -> bytes:
        """Trusted code of a record."""
        ...


@dataclass(frozen=True)
class KeptCode:
    """What a stored baseline holds of its operations."""

    code: Mapping[str, bytes] = field(default_factory=dict)
    """Payload of each operation that could be kept."""
    why_not: Mapping[str, str] = field(default_factory=dict)
    """Why another one could not."""
    implementations: Mapping[str, str] = field(default_factory=dict)
    """What each ran."""
    timestamp: str = ""
    """When it was measured."""

    @classmethod
    def of(cls, operations: Sequence[Operation]) -> "KeptCode":
        """Pack the operations as they are now; the lab's own need no code."""
        from tailgana_lab.measure.payload import pack

        code, why_not = {}, {}
        for operation in operations:
            if operation.is_standard:
                continue
            with operation.opened() as call:
                packed = pack(call, name=operation.name)
            if packed.data is None:
                why_not[operation.name] = packed.why_not
            else:
                code[operation.name] = packed.data
        return cls(code, why_not)

    def to_bytes(self) -> bytes | None:
        """As the payload of a record; None where there is nothing to keep."""
        if not self.code and not self.why_not:
            return None
        texts = {name: b64encode(data).decode() for name, data in self.code.items()}
        kept = {"format": _FORMAT, "python": _python(), "code": texts, "why_not": dict(self.why_not)}
        return json.dumps(kept).encode()

    @classmethod
    def from_record(cls, store: Keeping, record: "Record") -> "KeptCode | None":
        """What a record holds; None where another Python, or something else than operations, was kept.

        Raises
        ------
        LabError
            If the payload is not trusted.
        """
        if not record.metadata.get("operation_metrics"):
            return None
        kept: dict[str, Any] = json.loads(store.payload_of(record)) if record.has_payload else {"python": _python()}
        if kept.get("python") != _python():
            return None
        code = {name: b64decode(text) for name, text in kept.get("code", {}).items()}
        facts = record.metadata.get("implementations") or {}
        return cls(code, kept.get("why_not", {}), facts, str(record.metadata.get("timestamp") or record.created))


def last_kept(store: Keeping, workload: str) -> KeptCode | None:
    """What the newest baseline of the same operations holds that can be raced by this Python.

    Raises
    ------
    LabError
        If the store fails, or that baseline is another user's.
    """
    for record in store.search("", limit=_LOOKED_AT, type=RECORD_TYPE, workload=workload):
        kept = KeptCode.from_record(store, record)
        if kept is not None:
            return kept
    return None


def race_operation(operation: Operation, kept: KeptCode, compare: Compare) -> "Comparison":
    """One operation as it is now against its code of then.

    Raises
    ------
    LabError
        If there is nothing to race, or the code fails.
    """
    then, now = kept.implementations.get(operation.name, ""), operation.implementation
    if operation.is_standard:
        if then != now:
            raise LabError(f"it was `{then}`, it is `{now}`: measure a new baseline")
        with operation.opened() as old, operation.opened() as new:
            return _same_code(_named(compare(recipe_of(old), recipe_of(new)), operation.name))
    if operation.name not in kept.code:
        raise LabError(kept.why_not.get(operation.name) or "its code was not kept")
    with operation.opened() as call:
        return _named(_race_user_code(operation.name, call, kept.code[operation.name], compare), operation.name)


def _race_user_code(name: str, call: Callable[[], Any], old: bytes, compare: Compare) -> "Comparison":
    """In fresh processes; in this one where today's code cannot travel, or finds there nothing of what it needs."""
    from tailgana_lab.measure.payload import pack, unpack

    today = pack(call, name=name)
    why = today.why_not
    if today.data is not None:
        try:
            found = compare(old, today.data)
        except LabError as error:
            why = str(error)
        else:
            return _same_code(found) if old == today.data else found
    found = compare(unpack(old), today.recipe)
    found.reason = f"{found.reason}; it ran in this process, because elsewhere {why}"
    return found


def _same_code(found: "Comparison") -> "Comparison":
    """Say so where both sides are the same code: then the race shows the noise of the machine."""
    found.reason = f"{found.reason}; both sides are the same code"
    return found


def _named(found: "Comparison", name: str) -> "Comparison":
    found.name = found.name or name
    found.old_name, found.new_name = "last baseline", "now"
    return found


def _python() -> str:
    """Kept code is bytecode, which another minor version cannot run."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
