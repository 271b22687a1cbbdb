"""Chromium against the real app: served from a thread on loopback, on the test's own database."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from aidnet import clock
from aidnet.policy import Actor
from tests import factories
from tests.world import Client, World

#: Without these, Chromium keeps asking hosts on the internet for updates.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        told = "no Chromium on this machine: `apt-get install chromium` (or `bash .ci/run`) brings it"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the worker."""
    path = _chromium()
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


class _Silent(WSGIRequestHandler):
    """Our own log has what is needed."""

    def log(self, kind: str, message: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="session")
def served(world: World) -> Iterator[str]:
    """The address of the worker's app, whichever database it has now."""

    def at_now(environ: Any, start: Any) -> Any:
        with clock.at(factories.NOW):  # the chosen time does not reach the server's threads by itself
            return world.app(environ, start)

    server = make_server("127.0.0.1", 0, at_now, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Windows:
    """Browsers' pages of one test, and what went wrong in them."""

    chromium: Browser
    served: str
    #: The name of the session's cookie.
    cookie: str
    contexts: list[BrowserContext] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)

    def open(
        self,
        who: Client | None,
        *,
        javascript: bool = True,
        width: int = 1280,
        language: str = "en",
        dark: bool = False,
    ) -> Page:
        """A page where whoever is signed in with `who`, a browser without a screen, is signed in too."""
        context = self.chromium.new_context(
            base_url=self.served,
            java_script_enabled=javascript,
            viewport={"width": width, "height": 800},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.contexts.append(context)
        context.set_default_timeout(10_000)
        kept = who.get_cookie(self.cookie) if who else None
        if kept:
            context.add_cookies([{"name": self.cookie, "value": kept.value, "url": self.served}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrongs.append(f"uncaught: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)
        return page

    def _said(self, said: ConsoleMessage) -> None:
        """Chromium reports every answer of 400 and above as an error; tests look at those themselves."""
        expected = said.text.startswith("Failed to load resource: the server responded with a status of 4")
        if said.type == "error" and not expected:
            self.wrongs.append(f"console: {said.text}")

    def _asked(self, asked: Request) -> None:
        if not asked.url.startswith((self.served, "data:", "blob:")):
            self.wrongs.append(f"asked {asked.url}")

    def close(self) -> None:
        """Close every window; fail where anything went wrong in one."""
        for context in self.contexts:
            context.close()
        assert not self.wrongs, "\n".join(self.wrongs)


@pytest.fixture
def windows(world: World, chromium: Browser, served: str) -> Iterator[Windows]:
    """Windows onto whichever database the worker's app has."""
    made = Windows(chromium, served, world.app.config["SESSION_COOKIE_NAME"])
    yield made
    made.close()


@pytest.fixture
def browser_as(world: World, windows: Windows, sign_in: Callable[..., Client]) -> Callable[..., Page]:
    """`browser_as("donor")`, `browser_as(actor)`, `browser_as(None)`: a page of a browser where that actor is signed in."""

    def enter(who: Actor | str | None, **how: Any) -> Page:
        window = {name: how.pop(name) for name in ("javascript", "width", "language", "dark") if name in how}
        browser = sign_in(who, **how) if who is not None else None
        world.hand_over()
        return windows.open(browser, **window)

    return enter
