"""The whole portal, started as `make run` starts it, and Chromium to walk it with."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests import chromium
from tests.running import Portal, started

expect.set_options(timeout=15_000)  # milliseconds; other tests take the machine at the same time

__all__ = ["Eyes", "Portal"]

NARROWEST = 320  # pixels
AXE = {
    "preload": False
}  # it would draw imported style sheets into the page, which our policy refuses


@pytest.fixture(scope="package")
def portal() -> Iterator[Portal]:
    """Everything running in a folder of its own, from the first start."""
    chromium.require()
    with started() as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the folder; it ends with it, because Playwright's event loop keeps Django from its database."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium.require(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield launched
        launched.close()


@dataclass
class Eyes:
    """A page that is looked at: axe-core, console, server errors and sideways scroll at every step."""

    page: Page
    javascript: bool = True
    touch: bool = False
    seen: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    shots: Path | None = None

    def look(self, what: str) -> None:
        """Check the page as it stands; complaints are collected and raised at the end of the test."""
        self.seen.append(what)
        self.page.wait_for_load_state()  # an address is there before its page is
        if self.javascript:
            try:
                violations = self._violations()
            except Error:  # the page went away under our eyes: the next one is looked at
                self.page.wait_for_load_state()
                violations = self._violations()
            self.complaints += [
                f"{what}: {v['id']} {[n['target'] for n in v['nodes']]}" for v in violations
            ]
        self._scrolls(what)
        self._shoot(what)
        size = self.page.viewport_size
        assert size
        if size["width"] > NARROWEST:
            self.page.set_viewport_size({"width": NARROWEST, "height": size["height"]})
            self._scrolls(f"{what} at {NARROWEST} px")
            self.page.set_viewport_size(size)

    def look_printed(self, what: str) -> None:
        """Take a picture of the page as it is printed."""
        self.page.emulate_media(media="print")
        self._shoot(what)
        self.page.emulate_media(media="null")  # as the page is used: on screen and on paper

    def _violations(self) -> list[Any]:
        found: list[Any] = Axe().run(self.page, options=AXE).response["violations"]
        return found

    def _scrolls(self, what: str) -> None:
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.complaints.append(f"{what}: scrolls sideways")

    def _shoot(self, what: str) -> None:
        if self.shots:
            path = self.shots / f"{len(self.seen):02d}-{what}.png"
            size = self.page.viewport_size
            if (
                self.touch and size
            ):  # a picture larger than the window is taken as if there were a mouse
                whole = self.page.evaluate("document.documentElement.scrollHeight")
                self.page.set_viewport_size({"width": size["width"], "height": whole})
                self.page.screenshot(path=path)
                self.page.set_viewport_size(size)
            else:
                self.page.screenshot(path=path, full_page=True)


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Eyes]]:
    """Open a browser window: ``window(width=390, language="vi")``; asserts at the end that nothing was wrong.

    ``EID_SHOTS`` names a folder for screenshots of every page looked at.
    """
    opened: list[Eyes] = []

    def open_window(
        *,
        width: int,
        language: str,
        name: str = "",
        javascript: bool = True,
        touch: bool = False,
    ) -> Eyes:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale={"vi": "vi-VN", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            bypass_csp=False,
            has_touch=touch,
            is_mobile=touch,
        )
        page = context.new_page()
        window = Eyes(page, javascript, touch)
        if os.environ.get("EID_SHOTS"):
            window.shots = Path(os.environ["EID_SHOTS"]) / f"{name}-{language}-{width}"
            window.shots.mkdir(parents=True, exist_ok=True)
        page.on("console", lambda message: _heard(window, message))
        page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
        page.on("response", lambda response: _answered(window, response))
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.page.context.close()
    complaints = [complaint for window in opened for complaint in window.complaints]
    assert not complaints, "\n".join(complaints)


def _heard(window: Eyes, message: ConsoleMessage) -> None:
    # A page that answers 4xx on purpose is logged by the browser as a failed resource.
    if message.type == "error" and "Failed to load resource" not in message.text:
        window.complaints.append(f"{window.page.url}: console: {message.text}")


def _answered(window: Eyes, response: Response) -> None:
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        window.complaints.append(f"{response.status}: {response.url}")
