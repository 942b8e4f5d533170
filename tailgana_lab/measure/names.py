"""Names of threads, also of those that end before the profile does.

A thread's name is known to Python only while it lives, so threads are noted as they start.
"""

import threading
from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, ref

_HOOK = "_set_native_id"  # called by every `threading.Thread` at its start; without it only living threads have names


class ThreadNames:
    """Collects the names of all threads from `start` to `stop`."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._threads: dict[int, ReferenceType[threading.Thread]] = {}
        self._original: Callable[..., Any] | None = None
        self._hook: Callable[..., Any] | None = None

    def start(self) -> None:
        """Note the threads that live, and each that starts from now on."""
        for thread in threading.enumerate():
            self._note(thread)
        original = self._original = getattr(threading.Thread, _HOOK, None)
        if original is None:
            return

        def hook(thread: threading.Thread) -> None:
            original(thread)
            self._note(thread)

        self._hook = hook
        setattr(threading.Thread, _HOOK, hook)

    def stop(self) -> dict[int, str]:
        """Stop noting; names by the kernel's thread id, as they are now where the thread is still known."""
        if self._hook is not None and getattr(threading.Thread, _HOOK, None) is self._hook:
            setattr(threading.Thread, _HOOK, self._original)
        for native_id, reference in self._threads.items():
            thread = reference()
            if thread is not None:
                self._names[native_id] = thread.name
        return self._names

    def _note(self, thread: threading.Thread) -> None:
        if thread.native_id is not None:
            self._names[thread.native_id] = thread.name
            self._threads[thread.native_id] = ref(thread)
