"""What every panel is made of: an anywidget with its built front end, and messages that fail visibly.

Importing this module imports anywidget, so others import it inside functions only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

BUILT = Path(__file__).parent.parent / "static"


class Panel(anywidget.AnyWidget):
    """A live panel of one result.

    Parameters
    ----------
    payload : dict
        What is shown, as `tailgana_lab.widgets.contract` describes it.
    **traits
        First values of the traits that a subclass adds.
    """

    view: ClassVar[str]
    """Name of the view: of `js/src/views/<view>.ts`, and of the files built from it."""

    payload = traitlets.Dict().tag(sync=True)
    """What is shown; set once."""
    notice = traitlets.Unicode().tag(sync=True)
    """What went wrong in answering the panel's last message; shown above it."""

    def __init__(self, payload: dict[str, Any], **traits: Any) -> None:
        self._esm, self._css = front_end(self.view)
        super().__init__(payload=payload, **traits)
        self.on_msg(self._receive)

    def answer(self, message: dict[str, Any]) -> None:
        """Do what a message from the front end asks for; a panel that expects none ignores it."""

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        try:
            self.answer(content)
            self.notice = ""
        except Exception as error:  # the front end waits for an answer: the failure is one
            self.notice = f"{type(error).__name__}: {error}"


@cache
def front_end(view: str) -> tuple[str, str]:
    """Script and style sheet of a view; a script that says what to do where they were not built."""
    script, style = BUILT / f"{view}.js", BUILT / f"{view}.css"
    try:
        return script.read_text("utf-8"), style.read_text("utf-8")
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        return _script_that_says(f"The front end was not built: `{missing}` is missing. Run `make install`."), ""


def _script_that_says(text: str) -> str:
    """A view that shows one sentence."""
    shown = json.dumps(text).replace("</", "<\\/")
    return f"export default {{ render({{ el }}) {{ el.setAttribute('role', 'alert'); el.textContent = {shown}; }} }};"
