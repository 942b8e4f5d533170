"""A real JupyterLab on a free port with settings of its own, and a notebook in it that is driven by its commands."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Locator, Page

START_S = 60  # seconds until the server answers at the latest
LOAD_MS = 60_000
NARROW = 700  # CSS pixels of the window
OPTIONS = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token=", "--expose-app-in-browser"]
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
EVALUATE = f"""async expression => {{
  const kernel = {NOTEBOOK}.sessionContext.session.kernel;
  const request = {{code: "", silent: true, store_history: false, user_expressions: {{it: expression}}}};
  return (await kernel.requestExecute(request).done).content.user_expressions.it;
}}"""
RUN = f"""async ([place, source]) => {{
  const {{content, sessionContext}} = {NOTEBOOK};
  content.activeCellIndex = place;
  content.widgets[place].model.sharedModel.setSource(source);
  document.querySelectorAll(".tgl").forEach(panel => {{ panel.dataset.old = "yes"; }});
  await window.jupyterapp.commands.execute("notebook:run-cell");
  await sessionContext.session.kernel.info;
  const outputs = content.widgets[place].model.outputs.toJSON();
  return outputs.filter(o => o.output_type === "error").map(o => `${{o.ename}}: ${{o.evalue}}`).join("; ");
}}"""


class LabServer:
    """The server of `jupyter lab` in a folder; `with` ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines: list[str] = []
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            f"--port={port}",
            f"--ServerApp.root_dir={self.folder}",
            *OPTIONS,
        ]
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, cwd=self.folder, env=self._environment(), **pipes)
        self._reader = threading.Thread(target=self._follow)
        self._reader.start()
        if not self._ready.wait(START_S) or self._process.poll() is not None:
            self.__exit__()
            raise RuntimeError("JupyterLab does not start:\n" + "".join(self._lines[-20:]))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._reader.join()
        if self._process.stderr:
            self._process.stderr.close()

    def _environment(self) -> dict[str, str]:
        """Empty settings, so that neither the user's own nor those of another run change what is seen."""
        settings = self.folder / ".settings"
        news = settings / "user/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text(NO_NEWS)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAILGANA_", "JUPYTER"))}
        own = {f"JUPYTER_{kind}_DIR": str(settings / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        own |= {"JUPYTERLAB_SETTINGS_DIR": str(settings / "user"), "IPYTHONDIR": str(settings / "ipython")}
        return {**kept, **own, "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces")}

    def _follow(self) -> None:
        """Read the log to its end; the line with the address means that requests are answered."""
        assert self._process.stderr
        for line in self._process.stderr:
            self._lines.append(line)
            if self.address in line:
                self._ready.set()
        self._ready.set()


class Notebook:
    """A notebook of the given cells, open in a page."""

    def __init__(self, server: LabServer, page: Page, cells: list[str]) -> None:
        self.page = page
        self.cells = cells
        path = server.folder / "notebook.ipynb"
        path.write_text(json.dumps(_notebook(cells)))
        page.goto(f"{server.address}/lab/tree/{path.name}?reset")
        page.wait_for_function(f"window.jupyterapp && {NOTEBOOK}?.content?.widgets?.length", timeout=LOAD_MS)
        page.evaluate(f"""async () => {{
          await {NOTEBOOK}.context.ready;
          await {NOTEBOOK}.sessionContext.ready;
          await {NOTEBOOK}.sessionContext.session.kernel.info;
        }}""")

    def run(self, place: int, source: str | None = None) -> None:
        """Run a cell, with another source if one is given, and wait for its end."""
        error = self.page.evaluate(RUN, [place, source if source is not None else self.cells[place]])
        assert not error, f"cell {place}: {error}"

    def show(self, place: int, source: str) -> Locator:
        """Run a cell that ends in a panel; the panel when it stands in the page."""
        self.run(place, source)
        panel = self.page.locator(".tgl:not([data-old])").first
        panel.wait_for()
        panel.scroll_into_view_if_needed()
        return panel

    def value(self, expression: str) -> Any:
        """What an expression gives in the kernel, as JSON holds it."""
        code = f"__import__('json').dumps({expression})"
        got = self.page.evaluate(EVALUATE, code)
        assert got["status"] == "ok", f"{expression}: {got.get('evalue')}"
        return json.loads(ast.literal_eval(got["data"]["text/plain"]))

    def wait_until(self, expression: str) -> None:
        """Wait until an expression is true in the kernel."""
        code = f"bool({expression})"
        holds = f"async code => (await ({EVALUATE})(code)).data['text/plain'] === 'True'"
        self.page.wait_for_function(holds, arg=code, timeout=10_000)

    def resize(self, width: int, height: int = 900) -> None:
        """Make the window as wide as given; where it is narrow, without the file browser, as its users have it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(
            "isOpen => window.jupyterapp.shell[isOpen ? 'expandLeft' : 'collapseLeft']()", width >= NARROW
        )

    @property
    def state(self) -> dict[str, Any]:
        """What keys would change if the notebook got them."""
        script = f"""() => {{
          const {{mode, activeCellIndex, widgets}} = {NOTEBOOK}.content;
          return {{mode, activeCellIndex, sources: widgets.map(w => w.model.sharedModel.getSource())}};
        }}"""
        state: dict[str, Any] = self.page.evaluate(script)
        return state

    def use_theme(self, name: str) -> None:
        """Change JupyterLab's theme and wait until the page has it."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {name}"
        )
        self.page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {name}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")


def _notebook(cells: list[str]) -> dict[str, Any]:
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = [{**code, "id": f"cell-{place}", "source": source} for place, source in enumerate(cells)]
    return {"cells": whole, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
