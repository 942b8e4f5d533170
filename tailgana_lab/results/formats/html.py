"""`.html`: the offline one-file report of this one profile."""

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile


def write(profile: "Profile", stream: BinaryIO) -> None:
    """Write the page."""
    from tailgana_lab.reporting.report import render_report

    stream.write(render_report([profile]).encode("utf-8", "backslashreplace"))
