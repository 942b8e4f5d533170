"""How results are shown in a notebook: one output with the live panel and, for all else, the static forms."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailgana_lab.results.profile import Profile
    from tailgana_lab.results.shown import Shown

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
    return bundle | _live(profile, shell)


def bundle_of_shown(result: "Shown", shell: Any) -> dict[str, Any]:
    """The same of a baseline, a comparison, a check or a history."""
    return result._repr_mimebundle_() | _live(result, shell)


def _live(result: "Profile | Shown", shell: Any) -> dict[str, Any]:
    """The live panel's part of a bundle, where it can be drawn."""
    if not has_widgets(shell):
        return {}
    shown: Any = result.to_widget()._repr_mimebundle_()
    return {WIDGET: (shown[0] if isinstance(shown, tuple) else shown)[WIDGET]}


def show(profile: "Profile", shell: Any, *, top: int, snakeviz: bool) -> None:
    """Put the profile into the output of the cell that runs."""
    from IPython.display import display

    shell.display_pub.publish(bundle_of(profile, shell, top=top))
    if snakeviz:
        display(profile.snakeviz())  # type: ignore[no-untyped-call]
