"""The ways into an account in a real browser: each is added, named, replaced, removed, and a new phone taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
HOME = "/account/security/"
ANOTHER_PASSWORD = "đám mây bay qua mái nhà"
NEW_PHONE = "+84512345671"


def signs_in(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """Ends at the page of the ways to sign in."""
    page = eyes.page
    page.goto(f"{portal.url}{HOME}")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", person["password"])
    steps.press(eyes)
    steps.at(eyes, "/sign-in/code/")
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    steps.press(eyes)
    steps.at(eyes, HOME)


def goes(eyes: Eyes, portal: Portal, path: str, what: str) -> None:
    eyes.page.goto(f"{portal.url}{HOME}{path}")
    steps.at(eyes, HOME + path)
    eyes.look(what)


def adds_names_and_removes_an_app(eyes: Eyes, portal: Portal) -> None:
    page = eyes.page
    goes(eyes, portal, "app/add/", "app-before")
    steps.press(eyes, name="action", value="begin")
    eyes.look("app")
    secret = "".join(page.locator(".secret").inner_text().split())
    page.fill("#id_code", "12345")
    steps.press(eyes)
    expect(page.locator("#id_code_error")).to_be_visible()
    page.fill("#id_code", portal.app_code(secret))
    page.fill("#id_label", "Máy tính bảng của cả gia đình ở quê nhà")
    steps.press(eyes)
    steps.at(eyes, HOME)
    eyes.look("app-added")
    row = page.locator(".todo li", has_text="Máy tính bảng")
    row.locator('form[action$="/name/"] button').click()
    eyes.look("app-name")
    page.fill("#id_label", "Tablet")
    steps.press(eyes)
    steps.at(eyes, HOME)
    row = page.locator(".todo li", has_text="Tablet")
    row.locator('form[action$="/remove/"] button').click()
    eyes.look("app-remove")
    steps.press(eyes, name="action", value="remove")
    steps.at(eyes, HOME)
    expect(page.locator(".todo li", has_text="Tablet")).to_have_count(0)
    page.locator("details summary").click()
    expect(page.locator(".kv")).to_contain_text("Tablet")
    eyes.look("app-removed")


def is_asked_before_it_goes(eyes: Eyes, what: str) -> None:
    eyes.page.locator(f'.todo__act:has(a[href$="/{what}/"]) form button').click()
    eyes.look(f"{what}-remove")
    eyes.page.locator('main a.govuk-link[href="/account/security/"]').last.click()
    steps.at(eyes, HOME)


def prints_new_codes(eyes: Eyes, portal: Portal) -> None:
    page = eyes.page
    goes(eyes, portal, "recovery-codes/", "codes-before")
    steps.press(eyes, name="action", value="make")
    expect(page.locator(".codes li")).to_have_count(8)
    eyes.look("codes")
    steps.press(eyes, name="action", value="keep")
    steps.at(eyes, HOME)


def changes_the_password(eyes: Eyes, portal: Portal, password: str) -> None:
    page = eyes.page
    goes(eyes, portal, "password/", "password")
    page.fill("#id_password", "mật khẩu")
    steps.press(eyes)
    expect(page.locator("#id_password_error")).to_be_visible()
    eyes.look("password-refused")
    page.fill("#id_password", password)
    page.locator("main form button").last.dblclick()
    steps.at(eyes, HOME)


def changes_the_phone_and_takes_it_back(eyes: Eyes, portal: Portal) -> None:
    page = eyes.page
    goes(eyes, portal, "phone/", "phone")
    page.fill("#id_contact", "0123")
    steps.press(eyes, name="action", value="send")
    expect(page.locator("#id_contact_error")).to_be_visible()
    eyes.look("phone-refused")
    page.fill("#id_contact", steps.local(NEW_PHONE))
    steps.press(eyes, name="action", value="send")
    expect(page.locator("#id_code")).to_be_visible()
    eyes.look("phone-code")
    page.fill("#id_code", portal.code(NEW_PHONE))
    steps.press(eyes, name="action", value="check")
    steps.at(eyes, HOME)
    eyes.look("phone-changed")
    goes(eyes, portal, "phone/", "phone-waits")
    page.goto(f"{portal.url}{HOME}")
    steps.press(eyes, "/take-back/")
    steps.at(eyes, "/sign-in/")
    eyes.look("taken-back")


@pytest.mark.parametrize(("language", "width"), [("vi", 390), ("en", 1280)])
def test_an_owner_looks_after_their_ways_to_sign_in(
    portal: Portal, window: Window, language: str, width: int
):
    person = portal.person("citizen, active")
    eyes = window(width=width, language=language, name="security")

    signs_in(eyes, portal, person)
    eyes.look("security")
    adds_names_and_removes_an_app(eyes, portal)
    prints_new_codes(eyes, portal)
    for what in ("recovery-codes", "phone"):
        is_asked_before_it_goes(eyes, what)
    goes(eyes, portal, "email/", "email")
    changes_the_password(eyes, portal, ANOTHER_PASSWORD)
    changes_the_password(eyes, portal, person["password"])  # as the other walks know it
    changes_the_phone_and_takes_it_back(eyes, portal)

    assert eyes.page.locator("html").get_attribute("lang") == language
