"""The live panel of what slows a program down: the bottlenecks of a profile, and what to try."""

from typing import TYPE_CHECKING

from tailgana_lab.widgets.base import Panel
from tailgana_lab.widgets.contract import bare_payload, flame_of

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

SHOWN = ("v", "facts", "bottlenecks", "cell")


class BottleneckWidget(Panel):
    """The bottlenecks in the order of their weight, each with its evidence and fixes.

    Parameters
    ----------
    profile : Profile
        A complete one.
    """

    view = "bottleneck"

    def __init__(self, profile: "Profile") -> None:
        whole = bare_payload(profile, flame_of(profile))
        super().__init__({"kind": "bottleneck", **{name: whole[name] for name in SHOWN}})
