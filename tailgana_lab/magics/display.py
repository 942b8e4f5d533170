"""How a profile is shown in a notebook: one output with the live panel and, for all else, the static forms."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile

WIDGET = "application/vnd.jupyter.widget-view+json"


def has_widgets(shell: Any) -> bool:
    """Whether a front end may be there that draws widgets: a kernel that can talk to it."""
    return getattr(shell, "kernel", None) is not None and find_spec("anywidget") is not None


def prepare(shell: Any) -> None:
    """Import all that showing a profile needs."""
    import tailgana_lab.reporting.bundle

    if has_widgets(shell):
        import tailgana_lab.widgets.profile  # noqa: F401


def bundle_of(profile: "Profile", shell: Any, *, top: int | None = None) -> dict[str, Any]:
    """The profile in every form that a front end may choose from.

    Parameters
    ----------
    profile : Profile
        A complete one.
    shell : InteractiveShell
        Where it is shown.
    top : int, optional
        Hot lines in the static forms.

    Returns
    -------
    dict
        MIME type to content.
    """
    from tailgana_lab.reporting.bundle import profile_bundle

    bundle: dict[str, Any] = profile_bundle(profile) if top is None else profile_bundle(profile, top=top)
    if has_widgets(shell):
        shown: Any = profile.to_widget()._repr_mimebundle_()
        bundle[WIDGET] = (shown[0] if isinstance(shown, tuple) else shown)[WIDGET]
    return bundle


def show(profile: "Profile", shell: Any, *, top: int, snakeviz: bool) -> None:
    """Put the profile into the output of the cell that runs."""
    from IPython.display import display

    shell.display_pub.publish(bundle_of(profile, shell, top=top))
    if snakeviz:
        display(profile.snakeviz())  # type: ignore[no-untyped-call]
