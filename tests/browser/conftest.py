"""The whole portal, started as `make run` starts it, and Chromium to walk it with."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests import chromium

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 120  # seconds
STEP = 30  # seconds an app shows a code
NARROWEST = 320  # pixels


@dataclass
class Portal:
    """A running portal and what its demonstration says."""

    var: Path
    port: int
    process: subprocess.Popen[bytes]
    demo: dict[str, Any] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    shown: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address people type."""
        return f"http://localhost:{self.port}"

    @property
    def sandbox(self) -> str:
        """The address of the outside world."""
        return f"http://localhost:{self.port + 1}"

    def person(self, role: str, place: int = 0) -> dict[str, Any]:
        """The demonstration person of a role."""
        people: list[dict[str, Any]] = self.demo["people"]
        return [person for person in people if person["role"] == role][place]

    def by_number(self, number: str) -> dict[str, Any]:
        """The demonstration person with a personal number."""
        people: list[dict[str, Any]] = self.demo["people"]
        return next(person for person in people if person["personal_number"] == number)

    def message(self, phone: str) -> str:
        """The newest text message on a phone that was not read yet, waited for."""
        address = f"{self.sandbox}/phones/{phone}/latest.json"
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own sandbox
                    latest = json.load(answer)
            except urllib.error.HTTPError:
                latest = None  # nothing there yet
            if latest and latest["message_id"] not in self.read:
                self.read.add(latest["message_id"])
                return str(latest["text"])
            time.sleep(0.1)
        raise AssertionError("no text message came")

    def app_code(self, secret: str) -> str:
        """An authenticator app's code that was not used yet: this step's, or the next, which is taken early."""
        step = max(int(time.time()) // STEP, self.shown.get(secret, 0) + 1)
        while int(time.time()) // STEP < step - 1:
            time.sleep(0.2)
        self.shown[secret] = step
        return pyotp.TOTP(secret, interval=STEP).at(step * STEP)


def free_port() -> int:
    """A port whose next one is free too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture(scope="package")
def portal() -> Iterator[Portal]:
    """Everything running in a folder of its own, from the first start."""
    chromium.require()
    with tempfile.TemporaryDirectory(prefix="eid-story-") as folder:
        Path(folder).chmod(0o711)
        var, port = Path(folder) / "var", free_port()
        kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env |= {"EID_VAR": str(var), "EID_PORT": str(port)}
        with (Path(folder) / "run.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "eid_portal.run"], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        try:
            running = Portal(var, port, process)
            _wait_until_ready(running, Path(folder) / "run.log")
            running.demo = json.loads((var / "demo.json").read_text(encoding="utf-8"))
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait_until_ready(running: Portal, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        assert running.process.poll() is None, log.read_text()[-3000:]
        try:
            address = f"http://127.0.0.1:{running.port}/readyz"
            with urllib.request.urlopen(address) as answer:
                if answer.status == 200 and (running.var / "demo.json").exists():
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the folder; it ends with it, because Playwright's event loop keeps Django from its database."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium.require(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield started
        started.close()


@dataclass
class Eyes:
    """A page that is looked at: axe-core, console and sideways scroll after every step."""

    page: Page
    javascript: bool = True
    seen: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    shots: Path | None = None

    def look(self, what: str) -> None:
        """Check the page as it stands; complaints are collected and raised at the end of the test."""
        self.seen.append(what)
        if self.javascript:
            violations = Axe().run(self.page).response["violations"]
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
        self.page.emulate_media(media="screen")

    def _scrolls(self, what: str) -> None:
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.complaints.append(f"{what}: scrolls sideways")

    def _shoot(self, what: str) -> None:
        if self.shots:
            path = self.shots / f"{len(self.seen):02d}-{what}.png"
            self.page.screenshot(path=path, full_page=True)


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Eyes]]:
    """Open a browser window: ``window(width=390, language="vi")``; asserts at the end that nothing was wrong.

    ``EID_SHOTS`` names a folder for screenshots of every page looked at.
    """
    opened: list[Eyes] = []

    def open_window(*, width: int, language: str, name: str = "", javascript: bool = True) -> Eyes:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale={"vi": "vi-VN", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            bypass_csp=False,
        )
        page = context.new_page()
        window = Eyes(page, javascript)
        if os.environ.get("EID_SHOTS"):
            window.shots = Path(os.environ["EID_SHOTS"]) / f"{name}-{language}-{width}"
            window.shots.mkdir(parents=True, exist_ok=True)
        page.on("console", lambda message: _heard(window, message))
        page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
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
        window.complaints.append(f"console: {message.text}")
