"""The live panel of a profile: hands over what is drawn, tells which frames were chosen, fetches folded ones."""

from typing import TYPE_CHECKING, Any

import traitlets

from tailgana_lab.widgets.base import Panel
from tailgana_lab.widgets.contract import bare_payload, flame_of

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

CHOSEN = ("id", "function", "file", "line", "self_s", "total_s", "thread")
"""Columns of `frames` that a chosen frame is told by."""


class ProfileWidget(Panel):
    """Flame graph, hot lines, functions, threads and bottlenecks of a profile.

    Parameters
    ----------
    profile : Profile
        A complete one.

    Raises
    ------
    LabError
        If the profile is not complete.
    """

    view = "profile"

    flame_data = traitlets.Bytes().tag(sync=True)
    """The flame graph's binary, as `payload["flame"]` describes it."""
    selected_ids = traitlets.List(traitlets.Int()).tag(sync=True)
    """`id` of the frames chosen in the panel by a click or Enter."""
    selected = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The chosen rows of `profile.frames`; empty until one is chosen."""
    window = traitlets.Dict().tag(sync=True)
    """What `window_data` holds: all that can be seen below the frame `id`, with its own `strings`."""
    window_data = traitlets.Bytes().tag(sync=True)
    """Binary of the frames below one whose narrow frames the panel asked for."""

    def __init__(self, profile: "Profile") -> None:
        flame = flame_of(profile)
        super().__init__(bare_payload(profile, flame), flame_data=flame.blob)
        self._profile = profile
        self._n_windows = 0

    @property
    def profile(self) -> "Profile":
        """What the panel shows."""
        return self._profile

    @traitlets.observe("selected_ids")
    def _choose(self, change: Any) -> None:
        frames = self._profile.columns("frames")
        known = [frame for frame in change.new if 0 <= frame < len(frames["id"])]
        self.selected = [{name: frames[name][frame] for name in CHOSEN} for frame in known]

    def answer(self, message: dict[str, Any]) -> None:
        """Send what is below a frame, when the panel asks for it by `{"type": "window", "id": frame}`."""
        if message.get("type") != "window":
            return
        frame = message["id"]
        if not 0 <= frame < len(self._profile.columns("frames")["id"]):
            raise ValueError(f"the profile has no frame `{frame}`")
        flame = flame_of(self._profile, root=frame)
        self._n_windows += 1  # a window asked for twice is sent twice
        self.window_data = flame.blob
        self.window = {**flame.head, "id": frame, "strings": flame.strings, "number": self._n_windows}
