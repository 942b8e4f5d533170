"""One headless Chromium that reaches this machine only; what else is asked for is refused and counted."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, WebSocket, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "file:", "data:", "blob:", "about:")
TIMEOUT_MS = 20_000


class Visitor:
    """Opens pages of one browser, and remembers the addresses outside this machine and the errors of the pages."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._contexts: list[BrowserContext] = []

    def page(self, *, width: int = 1280, height: int = 900, scheme: str = "light", scripts: bool = True) -> Page:
        """A new page of a size and colour scheme."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        self._contexts.append(context)
        context.route("**/*", self._pass)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("websocket", self._connected)
        page.on("pageerror", self._failed)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _connected(self, socket: WebSocket) -> None:
        self._note(socket.url)

    def _failed(self, error: Error) -> None:
        self.errors.append(str(error))

    def _note(self, url: str) -> bool:
        if url.startswith(LOCAL):
            return True
        self.outside.append(url)
        return False

    def _pass(self, route: Route) -> None:
        if self._note(route.request.url):
            route.continue_()
        else:
            route.abort()


@pytest.fixture(scope="module")
def visitor(chromium: str) -> Iterator[Visitor]:
    """A browser that ends with the module: its event loop would be in the way of other tests' own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        visitor = Visitor(browser)
        yield visitor
        visitor.close()
        browser.close()
