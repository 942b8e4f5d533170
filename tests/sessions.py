"""A stand-in for the profiler: gives a synthetic profile, and refuses what the real one refuses."""

import time
from typing import Any, ClassVar

from tailgana_lab.errors import InvalidRequestError, ProfileActiveError
from tailgana_lab.results.profile import Profile
from tests.factories import make_profile


class FakeSession:
    """Behaves as `measure.session.ProfileSession` does, without a sampler.

    `running` holds the sessions that were started and not stopped yet, of all threads.
    """

    running: ClassVar[list["FakeSession"]] = []

    def __init__(self, name: str = "", *, interval_ms: Any = "auto", memory: bool = False, exclude: Any = ()) -> None:
        if interval_ms != "auto" and not 0.1 <= interval_ms <= 100:
            raise InvalidRequestError(f"`interval_ms` must be `auto` or between 0.1 and 100, got {interval_ms:g}")
        self.name, self.interval_ms, self.memory = name, interval_ms, memory
        self.profile: Profile | None = None

    def start(self) -> None:
        if self.running:
            raise ProfileActiveError("a profile is running already: end it first")
        self.running.append(self)
        self._begun = time.perf_counter()

    def stop(self) -> Profile:
        if self.profile is None:
            if self not in self.running:
                return Profile.pending(self.name)
            self.running.remove(self)
            interval_ms = 1.0 if self.interval_ms == "auto" else float(self.interval_ms)
            lasted = time.perf_counter() - self._begun
            self.profile = make_profile(30, name=self.name, interval_ms=interval_ms, duration_s=lasted)
        return self.profile
