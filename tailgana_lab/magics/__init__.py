"""The magics of the lab: text in, a call of the lab, text out. `load` adds them to a shell, `unload` removes them."""

from typing import Any

from tailgana_lab.magics.display import bundle_of
from tailgana_lab.magics.options import MODES, ProfileOptions
from tailgana_lab.magics.profile import MAGIC, ProfileMagics
from tailgana_lab.settings import options_of

_PROFILE_CLASS = ("tailgana_lab.results.profile", "Profile")
_COMPLETED = (f"%%{MAGIC}", f"%{MAGIC}")


def load(shell: Any) -> None:
    """Add the magics, their completion and the display of a Profile to a shell."""
    unload(shell)
    magics = ProfileMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_post.append(magics.rewrite)
    shell.events.register("pre_run_cell", magics.cell_starts)
    shell.events.register("post_run_cell", magics.cell_ends)
    for key in _COMPLETED:
        shell.set_hook("complete_command", _complete, str_key=key)
    bundles = shell.display_formatter.mimebundle_formatter
    bundles.for_type_by_name(*_PROFILE_CLASS, lambda profile: bundle_of(profile, shell))


def unload(shell: Any) -> None:
    """Take everything out again; a profile that runs is ended."""
    magics = shell.magics_manager.registry.pop(ProfileMagics.__name__, None)
    if not isinstance(magics, ProfileMagics):
        return
    magics.stop_all()
    shell.input_transformers_post.remove(magics.rewrite)
    shell.events.unregister("pre_run_cell", magics.cell_starts)
    shell.events.unregister("post_run_cell", magics.cell_ends)
    for kind, names in magics.magics.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
    for key in _COMPLETED:
        shell.strdispatchers["complete_command"].strs.pop(key, None)
    shell.display_formatter.mimebundle_formatter.pop(".".join(_PROFILE_CLASS), None)


def _complete(shell: Any, event: Any) -> list[str]:
    """Words that may follow on a magic's line."""
    if not event.line.lstrip().startswith("%%"):
        return list(MODES)
    return [word for word, this, _ in options_of(ProfileOptions).values() if not this.is_positional]
