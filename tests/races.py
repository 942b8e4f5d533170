"""Stand-ins of the baseline workflow: a race that finds what it is told, and a store in a list."""

from collections.abc import Mapping
from typing import Any

from tailgana_lab.errors import LabError, WorkloadError
from tailgana_lab.results.comparison import Comparison
from tailgana_lab.storage.record import Record


def race(verdict: str, ratio: float = 1.0) -> Comparison:
    return Comparison(
        verdict=verdict,
        reason="because",
        ratio=ratio,
        ratio_low=ratio,
        ratio_high=ratio,
        smallest_detectable_pct=2.0,
        n_rounds=200,
        n_processes=3,
        isolated=True,
        disturbed=False,
        clock="wall",
    )


class FakeStore:
    """Keeps records in a list; all payloads are trusted unless told otherwise."""

    def __init__(self) -> None:
        self.kept: list[tuple[Record, bytes | None]] = []
        self.refuses: LabError | None = None

    def add(self, content: str, metadata: Mapping[str, Any], *, payload: bytes | None = None) -> Record:
        if self.refuses is not None:
            raise self.refuses
        record = Record(len(self.kept) + 1, "then", "short_term", content, dict(metadata), payload is not None)
        self.kept.append((record, payload))
        return record

    def search(self, query: str = "", *, limit: int = 10, type: str, workload: str) -> list[Record]:  # noqa: A002
        wanted = {"type": type, "workload": workload}
        found = [record for record, _ in reversed(self.kept) if wanted.items() <= record.metadata.items()]
        return found[:limit]

    def payload_of(self, record: Record) -> bytes:
        if self.refuses is not None:
            raise self.refuses
        return next(payload for each, payload in self.kept if each is record and payload is not None)


class FakeRace:
    """Notes what it is given and finds what it is told; payloads can be refused."""

    def __init__(self, verdict: str = "same", *, refuses: str = "") -> None:
        self.sides: list[tuple[Any, Any]] = []
        self._verdict, self._refuses = verdict, refuses

    def __call__(self, old: Any, new: Any) -> Comparison:
        self.sides.append((old, new))
        if self._refuses and isinstance(new, bytes):
            raise WorkloadError(self._refuses)
        return race(self._verdict)
