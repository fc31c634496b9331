"""The steps of the story: what an officer and a citizen do in a browser, with or without JavaScript.

They find things by address, name and id, which are the same in every language.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Eyes, Portal

PASSWORD = "con mèo ngồi bên cửa sổ"
MEDIA_BOX = re.compile(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]")
A5 = (420, 595)  # points
RECEIPTS = (
    'main dd a[href^="/payments/"]'  # on the page of an order, one for each payment that is certain
)


def press(eyes: Eyes, action: str = "", *, name: str = "", value: str = "") -> None:
    """Press the button of the form that goes to ``action``, or the one with a name and value."""
    button = f'main form[action$="{action}"] button' if action else "main form button"
    button += f'[name="{name}"]' if name else ""
    button += f'[value="{value}"]' if value else ""
    eyes.page.locator(f'{button}[type="submit"]').first.click()


def at(eyes: Eyes, path: str) -> None:
    """The browser has come to this address."""
    expect(eyes.page).to_have_url(re.compile(re.escape(path) + r"(\?.*)?$"))


def local(phone: str) -> str:
    """A phone number as it is typed in the country."""
    return "0" + phone.removeprefix("+84")


# --- The officer --------------------------------------------------------------------------------
def officer_signs_in(eyes: Eyes, portal: Portal, officer: dict[str, Any]) -> None:
    """From the counter's address to its box."""
    eyes.page.goto(f"{portal.url}/counter/")
    at(eyes, "/counter/sign-in/")
    eyes.look("officer-sign-in")
    officer_signs_in_here(eyes, portal, officer)
    at(eyes, "/counter/")
    eyes.look("counter")


def officer_signs_in_here(eyes: Eyes, portal: Portal, officer: dict[str, Any]) -> None:
    """Password, then the app's code; ends where the officer wanted to go."""
    page = eyes.page
    page.fill("#id_username", officer["sign_in_name"])
    page.fill("#id_password", officer["password"])
    press(eyes)
    at(eyes, "/sign-in/code/")
    eyes.look("officer-code")
    page.fill("#id_code", portal.app_code(officer["totp_secret"]))
    press(eyes)
    expect(page.locator('form[action="/sign-out/"]')).to_be_visible()


def officer_scans(eyes: Eyes, payload: str) -> None:
    """A card into the box; ends at the case."""
    eyes.page.fill("#id_card", payload)
    press(eyes)
    expect(eyes.page.locator("#h-who")).to_be_visible()


def officer_confirms_phone(eyes: Eyes, portal: Portal, phone: str) -> None:
    """A code to the citizen's phone, read out by the citizen."""
    page = eyes.page
    page.fill("#id_phone", local(phone))
    press(eyes, "/phone/")
    expect(page.locator("#id_code")).to_be_visible()
    eyes.look("phone-code")
    page.fill("#id_code", portal.code(phone))
    press(eyes, "/phone/code/")
    expect(page.locator('form[action$="/phone/change/"]')).to_be_visible()
    eyes.look("phone-confirmed")


def officer_issues(eyes: Eyes) -> str:
    """Every check, the account, the slip; the slip's code."""
    page = eyes.page
    for box in page.locator('input[name="checks"]').all():
        box.check()
    press(eyes, "/issue/")
    code = page.locator(".slip__code strong")
    expect(code).to_be_visible()
    eyes.look("slip")
    eyes.look_printed("slip-printed")
    return code.inner_text()


def slip_fits_a_sheet(eyes: Eyes) -> None:
    """One A5 page; to be asked without JavaScript, with which the page is being printed already."""
    sheets = MEDIA_BOX.findall(eyes.page.pdf(prefer_css_page_size=True))
    assert [tuple(round(float(side)) for side in sheet) for sheet in sheets] == [A5]


# --- The citizen --------------------------------------------------------------------------------
def signs_in(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """A demonstration citizen, with password and app; ends at the first page."""
    eyes.page.goto(f"{portal.url}/sign-in/")
    signs_in_here(eyes, portal, person)
    at(eyes, "/")


def signs_in_here(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """Password, then the app's code; ends where the person wanted to go."""
    page = eyes.page
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    press(eyes)
    at(eyes, "/sign-in/code/")
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    press(eyes)
    expect(page.locator('form[action="/sign-out/"]')).to_be_visible()


# --- Paying ---------------------------------------------------------------------------------------
def known_for_long(portal: Portal) -> None:
    """This browser is no new device: that day is not waited for here."""
    portal.sql("UPDATE accounts_device SET first_seen_at = first_seen_at - interval '3 days'")


def pays_with_a_code(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """The one press that takes money; ends at the result."""
    eyes.page.fill("#id_code", portal.code(person["phone"]))
    press(eyes, "/code/")


# --- Waiting and keeping --------------------------------------------------------------------------
def come_back(eyes: Eyes, there: Callable[[], bool]) -> None:
    """Load the page again, as people do, until something made in the background is there."""
    for _time in range(60):
        if there():
            return
        eyes.page.wait_for_timeout(1000)
        eyes.page.reload()


def saved(eyes: Eyes, button: Locator, folder: Path) -> Path:
    """What the browser downloads when something is pressed."""
    with eyes.page.expect_download() as coming:
        button.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def citizen_enters_slip(eyes: Eyes, portal: Portal, number: str, slip_code: str) -> None:
    """Number and slip; ends where the phone's code is asked."""
    page = eyes.page
    page.goto(f"{portal.url}/activate/")
    eyes.look("activate")
    page.fill("#id_username", number)
    page.fill("#id_code", slip_code)
    press(eyes)
    at(eyes, "/activate/code/")


def citizen_activates(eyes: Eyes, portal: Portal, person: dict[str, Any], slip_code: str) -> str:
    """From the slip to the first page; the secret of the authenticator app."""
    page = eyes.page
    citizen_enters_slip(eyes, portal, person["personal_number"], slip_code)
    eyes.look("activate-code")
    page.fill("#id_code", portal.code(person["phone"]))
    press(eyes)
    at(eyes, "/activate/password/")
    eyes.look("activate-password")
    page.fill("#id_password", PASSWORD)
    press(eyes)
    at(eyes, "/activate/factor/")
    eyes.look("activate-factor")
    secret = "".join(page.locator(".secret").inner_text().split())
    page.fill("#id_code", portal.app_code(secret))
    press(eyes, name="action", value="app")
    at(eyes, "/activate/recovery-codes/")
    eyes.look("recovery-codes-before")
    press(eyes, name="action", value="make")
    expect(page.locator(".codes li")).to_have_count(8)
    eyes.look("recovery-codes")
    eyes.look_printed("recovery-codes-printed")
    code = recovery_codes_shown(eyes)[0]
    citizen_chooses_ways_back(eyes)
    page.fill("#id_code", code)
    press(eyes)
    at(eyes, "/")
    return secret


def recovery_codes_shown(eyes: Eyes) -> list[str]:
    """The sheet as it stands on the page."""
    return [item.inner_text() for item in eyes.page.locator(".codes li").all()]


def citizen_chooses_ways_back(eyes: Eyes) -> None:
    """A recovery code and a counter, as the page suggests; ends where a code is tried."""
    press(eyes, name="action", value="kept")
    at(eyes, "/activate/routes/")
    eyes.look("activate-routes")
    press(eyes)
    at(eyes, "/activate/try/")
    eyes.look("activate-try")


def citizen_signs_out(eyes: Eyes) -> None:
    """By the button in the header."""
    eyes.page.locator('form[action="/sign-out/"] button').click()
    at(eyes, "/sign-in/")


def citizen_signs_in(eyes: Eyes, portal: Portal, number: str, secret: str) -> None:
    """Number and password, then the app's code; ends at the first page."""
    page = eyes.page
    page.fill("#id_username", number)
    page.fill("#id_password", PASSWORD)
    press(eyes)
    at(eyes, "/sign-in/code/")
    eyes.look("sign-in-code")
    page.fill("#id_code", portal.app_code(secret))
    press(eyes)
    at(eyes, "/")
    eyes.look("home")
