"""Operations as plain functions that can travel: opened at the first call, so that a fresh process can run them."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tailgana_lab.measure.operations import DEFAULT_OPERATIONS, STANDARD, OperationBook
from tailgana_lab.measure.payload import Payload, pack
from tailgana_lab.measure.standard_operations import STANDARD_OPERATIONS


class OpenedOperation:
    """One of the lab's own operations, or all six one after the other; stays open until it is dropped.

    Parameters
    ----------
    name : str
        An operation, or `standard`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._stack = ExitStack()
        self._steps: list[Callable[[], Any]] = []

    def __reduce__(self) -> Any:
        return OpenedOperation, (self.name,)

    def __call__(self) -> None:
        """Run each once."""
        for step in self._steps or self._open():
            step()

    def __del__(self) -> None:
        self._stack.close()

    def _open(self) -> list[Callable[[], Any]]:
        names = list(STANDARD_OPERATIONS) if self.name == STANDARD else [self.name]
        self._steps = [self._stack.enter_context(STANDARD_OPERATIONS[name][0]()) for name in names]
        return self._steps


def pack_operation(name: str, book: OperationBook = DEFAULT_OPERATIONS) -> Payload | None:
    """The payload of an operation as it is now; None where there is none of that name."""
    if name == STANDARD or name in STANDARD_OPERATIONS:
        return pack(OpenedOperation(name), name=name)
    if name not in book.names:
        return None
    with book.get(name).opened() as call:
        return pack(call, name=name)
