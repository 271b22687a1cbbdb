"""Chromium against the real app: served from a thread on loopback, on the test's own database."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from aidnet import clock
from aidnet.policy import Actor
from tests import factories
from tests.world import World, token_for

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


@pytest.fixture
def browser_as(app: Flask, world: World, chromium: Browser, served: str) -> Iterator[Callable[..., Page]]:
    """`browser_as("donor")`, `browser_as(actor)`, `browser_as(None)`: a page of a browser where that actor is signed in."""
    contexts: list[BrowserContext] = []
    wrongs: list[str] = []

    def enter(
        who: Actor | str | None,
        *,
        javascript: bool = True,
        width: int = 1280,
        language: str = "en",
        dark: bool = False,
        **where: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=served,
            java_script_enabled=javascript,
            viewport={"width": width, "height": 800},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if who is not None:
            actor = who if isinstance(who, Actor) else factories.actor(who, **where)
            context.add_cookies(
                [{"name": world.app.config["SESSION_COOKIE_NAME"], "value": _cookie(app, actor), "url": served}]
            )
        world.hand_over()
        page = context.new_page()
        page.on("pageerror", lambda error: wrongs.append(f"uncaught: {error}"))
        page.on(
            "console",
            lambda said: (
                wrongs.append(f"console: {said.text}") if said.type == "error" and not _expected(said.text) else None
            ),
        )
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((served, "data:", "blob:")) else wrongs.append(f"asked {asked.url}")
            ),
        )
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not wrongs, "\n".join(wrongs)


def _expected(text: str) -> bool:
    """Chromium reports every answer of 400 and above as an error; tests look at those themselves."""
    return text.startswith("Failed to load resource: the server responded with a status of 4")


def _cookie(app: Flask, who: Actor) -> str:
    """The session cookie of a browser in which `who` is signed in."""
    token = token_for(who)
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    kept = browser.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    return kept.value
