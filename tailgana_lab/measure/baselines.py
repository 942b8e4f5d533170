"""Named baselines in a store: keeping code with all it needs, and finding both sides of a check again.

Runs nothing itself; a payload leaves the store only if this user has signed or trusts it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.measure.opened import pack_operation
from tailgana_lab.measure.payload import Payload, Recipe, pack, pack_cell, pack_today, unpack
from tailgana_lab.measure.repository import Repository
from tailgana_lab.results.baseline import NAMED_SCOPE, RECORD_TYPE, Baseline
from tailgana_lab.storage.record import LONG_TERM, Record
from tailgana_lab.storage.store import Store

REPORT_TYPE = "regression_report"
"""`type` of the records of checks."""
_MOST = 10_000


@dataclass(frozen=True)
class Kept:
    """A baseline and its record."""

    baseline: Baseline
    """Figures."""
    record: Record
    """Where it is kept."""

    @property
    def is_cell(self) -> bool:
        """Whether it is a cell's text rather than a function."""
        return self.record.metadata.get("payload_kind") == "cell"


Side = bytes | Recipe


class BaselineBook:
    """The named baselines of a store.

    Parameters
    ----------
    store : Store
        Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, baseline: Baseline, payload: Payload) -> Baseline:
        """Store a baseline with its code; gives it with its record's number."""
        extra = {
            "payload_kind": payload.kind,
            "root": root_of(payload),
            "why_not": payload.why_not,
            "setup": payload.setup,
        }
        record = self._store.add(
            f"Performance baseline {baseline.name}: {baseline.ops_per_second:.4g} ops/sec",
            {**baseline.to_metadata(), **extra},
            tier=LONG_TERM,
            payload=payload.data,
        )
        return Baseline.from_metadata(record.metadata, record.id)

    def all_of(self, name: str, commit: str | None = None) -> list[Kept]:
        """Baselines of that name, newest first."""
        found = self._store.search("", limit=_MOST, type=RECORD_TYPE, workload=name, commit=commit)
        return [
            Kept(Baseline.from_metadata(r.metadata, r.id), r) for r in found if r.metadata.get("scope") == NAMED_SCOPE
        ]

    def newest(self) -> dict[str, Kept]:
        """The newest baseline of each name, by name in the order of their making."""
        found = self._store.search("", limit=_MOST, type=RECORD_TYPE)
        kept: dict[str, Kept] = {}
        for record in reversed(found):
            if record.metadata.get("scope") == NAMED_SCOPE:
                kept[record.metadata["workload"]] = Kept(Baseline.from_metadata(record.metadata, record.id), record)
        return kept

    def find(self, name: str) -> Kept:
        """The newest baseline of that name.

        Raises
        ------
        InvalidRequestError
            If there is none; the message names those that are there.
        """
        found = self.all_of(name)
        if found:
            return found[0]
        names = list(self.newest())
        there = f"there are {', '.join(f'`{each}`' for each in names[-10:])}" if names else "the store has none yet"
        raise InvalidRequestError(f"no baseline `{name}`: {there}; keep one with `tgl.baseline({name!r}, function)`")

    def remove(self, name: str) -> int:
        """Drop all baselines of that name; gives how many."""
        self.find(name)
        found = self.all_of(name)
        for kept in found:
            self._store.remove(kept.record.id)
        return len(found)

    def last_verdicts(self) -> dict[str, str]:
        """Verdict of the newest check of each workload."""
        found: dict[str, str] = {}
        for record in self._store.search("", limit=_MOST, type=REPORT_TYPE):
            found.setdefault(str(record.metadata.get("workload")), str(record.metadata.get("verdict") or ""))
        return found

    def checks_of(self, name: str) -> list[Record]:
        """Records of the checks of a workload, oldest first."""
        return list(reversed(self._store.search("", limit=_MOST, type=REPORT_TYPE, workload=name)))

    def old_side(self, kept: Kept) -> bytes:
        """The kept code, which this user has signed or trusts.

        Raises
        ------
        UntrustedPayloadError
            If it is another's, or altered.
        LabError
            If the code could not be kept.
        """
        if not kept.record.has_payload:
            why = kept.record.metadata.get("why_not") or "it has no code"
            raise LabError(f"`{kept.baseline.name}` cannot be run again: {why}")
        return self._store.payload_of(kept.record)

    def today(self, kept: Kept, namespace: Mapping[str, Any] | None = None) -> Payload:
        """The same workload as the code is now: imported afresh, or the cell's text over today's names."""
        if kept.is_cell:
            return self.today_of_source(kept, namespace)
        data = self.old_side(kept)
        baseline = kept.baseline
        names = _names_of(namespace)
        operation = pack_operation(baseline.operation) if baseline.operation else None
        if operation is not None:
            return operation
        if baseline.module == "__main__":
            recipe = unpack(data)
            call = _attribute(names, baseline.qualname, baseline.name)
            return pack(call, recipe.args, recipe.kwargs, setup=recipe.setup, name=baseline.name)
        root = Path(kept.record.metadata.get("root") or ".")
        return pack_today(baseline.module, baseline.qualname, root=root, args_from=data, name=baseline.name)

    def today_of_source(self, kept: Kept, namespace: Mapping[str, Any] | None = None) -> Payload:
        """A cell's kept text over today's names.

        Raises
        ------
        LabError
            If it is no cell: its arguments are not known without its code.
        """
        baseline, metadata = kept.baseline, kept.record.metadata
        if kept.is_cell:
            setup = str(metadata.get("setup") or "")
            return pack_cell(baseline.source, _names_of(namespace), setup=setup, name=baseline.name)
        why = metadata.get("why_not") or "it has no code"
        raise LabError(f"`{baseline.name}` cannot be run again: {why}; give today's function to compare by numbers")

    @contextmanager
    def at_commit(self, kept: Kept, commit: str) -> Iterator[tuple[Payload, str]]:
        """The same workload as a commit has it, and that commit's full name."""
        if kept.is_cell or kept.baseline.module in ("", "__main__"):
            raise LabError(
                f"`{kept.baseline.name}` is no function of a module, so no commit has it: compare without `commit`"
            )
        root = Path(kept.record.metadata.get("root") or ".").resolve()
        repository = Repository.find(root)
        if repository is None:
            raise LabError(
                f"`{root}` is in no git repository, so there is no commit `{commit}`: compare without `commit`"
            )
        whole = repository.resolve(commit)
        with repository.worktree(whole) as folder:
            inside = folder / root.relative_to(Path(repository.root).resolve())
            data = self.old_side(kept)
            baseline = kept.baseline
            name = baseline.name
            yield (
                pack_today(baseline.module, baseline.qualname, root=inside, args_from=data, name=name, instead_of=root),
                whole,
            )


def root_of(payload: Payload) -> str:
    """The folder from which the payload's module is imported; the working folder where it has none."""
    if not payload.file or payload.kind == "cell" or payload.module in ("", "__main__"):
        return str(Path.cwd())
    path = Path(payload.file).resolve()
    depth = payload.module.count(".") + (1 if path.name == "__init__.py" else 0)
    return str(path.parents[depth]) if depth < len(path.parents) else str(path.parent)


def _names_of(namespace: Mapping[str, Any] | None) -> Mapping[str, Any]:
    main = sys.modules.get("__main__")
    return vars(main) if namespace is None and main is not None else namespace or {}


def _attribute(names: Mapping[str, Any], qualname: str, name: str) -> Callable[..., Any]:
    head, *rest = qualname.split(".")
    found: Any = names.get(head)
    for each in rest:
        found = getattr(found, each, None)
    if not callable(found):
        raise LabError(
            f"there is no `{qualname}` now, which the baseline `{name}` calls: define it, or give the function"
        )
    return found  # type: ignore[no-any-return]
