"""Locked from another browser by the code of a text message, unlocked after proving both factors, and "not me"."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
ROLE = "citizen, active"
STOP_CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4}\b")


def sign_in(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """Number, password and the app's code; ends wherever that leads."""
    page = eyes.page
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    steps.press(eyes)
    steps.at(eyes, "/sign-in/code/")
    page.goto(f"{portal.url}/sign-in/code/?way=TOTP")
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(eyes)


def stop_code(portal: Portal, phone: str) -> str:
    """The stop code of the next text message that has one."""
    while True:
        found = STOP_CODE.search(portal.message(phone))
        if found:
            return found[0]


def unlocks(eyes: Eyes, portal: Portal, person: dict[str, Any], what: str) -> None:
    """Sign in to the locked account, read why, and press the one button."""
    sign_in(eyes, portal, person)
    button = eyes.page.locator('form[action="/account/unlock/"] button')
    expect(button).to_be_visible()
    eyes.look(what)
    button.click()
    steps.at(eyes, "/account/lock/")


def types_code(eyes: Eyes, code: str) -> None:
    eyes.page.fill("#id_code", code)
    steps.press(eyes)


def stops_without_javascript(eyes: Eyes, portal: Portal, code: str) -> None:
    """Mistyped, guessed, then right and pressed twice."""
    page = eyes.page
    page.goto(f"{portal.url}/stop/")
    eyes.look("stop")
    for wrong in ("O0O0 1111", "2222 2222"):
        types_code(eyes, wrong)
        expect(page.locator("#id_code_error")).to_be_visible()
        eyes.look("stop-wrong")
    page.fill("#id_code", f"  {code.lower()} ")
    page.locator('main form button[type="submit"]').first.dblclick()
    expect(page.locator(".govuk-panel")).to_be_visible()
    eyes.look("stopped")


def reads_what_was_stopped(eyes: Eyes, portal: Portal, code: str) -> None:
    """The same code again, and a link of nothing."""
    eyes.page.goto(f"{portal.url}/stop/")
    eyes.look("stop")
    types_code(eyes, code)
    expect(eyes.page.locator(".govuk-panel")).to_be_visible()
    eyes.look("stopped-before")
    eyes.page.goto(f"{portal.url}/stop/nothing/")
    eyes.look("stop-nothing")


@pytest.mark.parametrize(("width", "language"), [(390, "vi"), (1280, "en")])
def test_a_new_device_is_stopped_and_the_account_unlocked(
    portal: Portal, window: Window, width: int, language: str
):
    person = portal.person(ROLE)
    own = window(width=width, language=language, name="locking-own")
    other = window(width=width, language=language, name="locking-other")
    for eyes in (own, other):
        sign_in(eyes, portal, person)
        steps.at(eyes, "/")
    code = stop_code(portal, person["phone"])
    own.page.goto(f"{portal.url}/account/lock/")
    own.look("lock")
    own.page.goto(f"{portal.url}/account/devices/")
    own.look("devices")

    plain = window(width=320, language=language, name="locking-plain", javascript=False)
    stops_without_javascript(plain, portal, code)
    reads_what_was_stopped(
        window(width=width, language=language, name="locking-again"), portal, code
    )
    for eyes in (own, other):
        eyes.page.goto(f"{portal.url}/account/devices/")
        steps.at(eyes, "/sign-in/")
    unlocks(own, portal, person, "locked")
    own.look("unlocked")

    sign_in(other, portal, person)
    steps.at(other, "/")
    own.page.goto(f"{portal.url}/account/devices/")
    own.look("devices-ended")
    own.page.locator('button[value="not-me"]').first.click()
    expect(own.page.locator(".govuk-panel")).to_be_visible()
    own.look("locked-now")
    unlocks(own, portal, person, "locked-not-me")

    own.page.locator("main form.card button[type=submit]").click()
    expect(own.page.locator(".govuk-error-summary")).to_be_visible()
    own.look("lock-without-reason")
    own.page.check('input[value="LOST_PHONE"]')
    own.page.locator("main form.card button[type=submit]").click()
    expect(own.page.locator(".govuk-panel")).to_be_visible()
    own.look("locked-lost-phone")
    unlocks(own, portal, person, "locked-by-owner")
