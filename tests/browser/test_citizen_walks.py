"""Citizens in a hurry: they press twice, go back, mistype, lose the network. Nothing is lost by it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error, expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
RUBBISH = "\u202eỶ<b>'; --\t🐟" * 3
WRONG = "000000"


def press_twice(eyes: Eyes, action: str = "") -> None:
    """A double click where one was meant; without JavaScript both are sent."""
    named = f'[value="{action}"]' if action else ":not([name])"
    eyes.page.locator(f'main form button[type="submit"]{named}').first.dblclick()


def go_back(eyes: Eyes) -> None:
    """The back button leads to an answer to a form, which the browser does not keep: it is sent again."""
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        eyes.page.go_back()
    try_again(eyes)


def try_again(eyes: Eyes) -> None:
    """Where a page should be stands the browser's own error: its "reload" sends the form."""
    eyes.page.wait_for_url("chrome-error://**")
    eyes.page.wait_for_load_state()
    eyes.page.reload()


def signs_in_with_recovery_code(eyes: Eyes, portal: Portal, number: str, code: str) -> None:
    """In a browser that knows nothing yet; ends at the first page."""
    page = eyes.page
    page.context.clear_cookies()
    page.goto(f"{portal.url}/sign-in/")
    page.fill("#id_username", number)
    page.fill("#id_password", steps.PASSWORD)
    press_twice(eyes)
    steps.at(eyes, "/sign-in/code/")
    page.goto(f"{page.url}?way=RECOVERY_CODES")
    eyes.look("recovery-code")
    page.fill("#id_code", code)
    steps.press(eyes)
    steps.at(eyes, "/")


def test_an_activation_survives_double_clicks_rubbish_and_going_back(
    portal: Portal, window: Window
):
    person = portal.person("citizen with a slip, not yet activated")
    eyes = window(width=390, language="vi", name="clumsy-activation", javascript=False)
    page = eyes.page

    page.goto(f"{portal.url}/activate/")
    page.fill("#id_username", RUBBISH)
    page.fill("#id_code", RUBBISH)
    press_twice(eyes)
    expect(page.locator("#id_username_error")).to_be_visible()
    eyes.look("activate-rubbish")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_code", person["slip_code"].lower())
    press_twice(eyes)
    steps.at(eyes, "/activate/code/")

    page.fill("#id_code", WRONG)
    press_twice(eyes)
    expect(page.locator("#id_code_error")).to_be_visible()
    eyes.look("activate-wrong-code")
    page.fill("#id_code", portal.code(person["phone"]))
    press_twice(eyes)
    steps.at(eyes, "/activate/password/")

    page.fill("#id_password", "mật khẩu")  # shorter than allowed
    press_twice(eyes)
    expect(page.locator("#id_password_error")).to_be_visible()
    eyes.look("activate-short-password")
    page.fill("#id_password", steps.PASSWORD)
    press_twice(eyes)
    steps.at(eyes, "/activate/factor/")

    go_back(eyes)  # the password again, which replaces the first
    steps.at(eyes, "/activate/password/")
    page.fill("#id_password", steps.PASSWORD)
    press_twice(eyes)
    steps.at(eyes, "/activate/factor/")
    press_twice(eyes, "sms")
    steps.at(eyes, "/activate/recovery-codes/")
    press_twice(eyes, "make")
    expect(page.locator(".codes li")).to_have_count(8)
    recovery_code = page.locator(".codes li").first.inner_text()
    press_twice(eyes, "kept")
    steps.at(eyes, "/activate/routes/")
    press_twice(eyes)
    steps.at(eyes, "/activate/try/")
    page.fill("#id_code", recovery_code)
    press_twice(eyes)
    expect(page).not_to_have_url(f"{portal.url}/activate/try/")
    eyes.look("activated")

    page.goto(f"{portal.url}/activate/code/")  # what is over stays over
    expect(page).not_to_have_url(f"{portal.url}/activate/code/")
    signs_in_with_recovery_code(eyes, portal, person["personal_number"], recovery_code)
    expect(page.locator(".doc--id")).to_contain_text(person["name"].upper())


def test_signing_in_survives_wrong_words_a_lost_network_and_going_back(
    portal: Portal, window: Window
):
    person = portal.person("citizen, active")
    eyes = window(width=390, language="en", name="clumsy-sign-in")
    page, context = eyes.page, eyes.page.context

    page.goto(f"{portal.url}/sign-in/")
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    eyes.look("sign-in-empty")
    page.fill("#id_username", person["personal_number"])
    page.fill("#id_password", RUBBISH)
    steps.press(eyes)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator("#id_username")).to_have_value(person["personal_number"])
    eyes.look("sign-in-wrong")
    page.fill("#id_password", person["password"])
    context.set_offline(True)
    steps.press(eyes)
    page.wait_for_url("chrome-error://**")
    context.set_offline(False)
    try_again(eyes)
    steps.at(eyes, "/sign-in/code/")

    page.fill("#id_code", WRONG)
    steps.press(eyes)
    expect(page.locator("#id_code_error")).to_be_visible()
    eyes.look("sign-in-wrong-code")
    page.fill("#id_code", portal.app_code(person["totp_secret"]))
    page.locator("main form button").first.dblclick()
    steps.at(eyes, "/")

    go_back(eyes)
    eyes.look("gone-back")
    page.goto(f"{portal.url}/sign-in/")
    steps.at(eyes, "/")  # still signed in
    page.goto(f"{portal.url}/no-such-page/")
    eyes.look("not-found")
