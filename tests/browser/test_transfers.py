"""Link a bank account at the bank and back, and transfer by a VietQR code, on a phone's width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from payments.rules import vietqr
from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = pytest.mark.browser
BANK = "970418"


@pytest.mark.parametrize(
    ("language", "width", "javascript", "place"),
    [("vi", 390, True, 0), ("en", 390, False, 1), ("en", 1280, True, 2)],
)
def test_a_bank_account_is_linked_and_a_code_is_paid(
    portal: Portal,
    window: Callable[..., Eyes],
    language: str,
    width: int,
    javascript: bool,
    place: int,
) -> None:
    person = portal.person("citizen with an empty wallet", place)
    other = portal.person("citizen with an empty wallet", 3)
    eyes = window(width=width, language=language, name="transfers", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)

    page.goto(f"{portal.url}/banks/")
    eyes.look("banks")
    page.goto(f"{portal.url}/banks/link/?next=/transfers/qr/")
    page.check(f'input[name="bank"][value="{BANK}"]')
    eyes.look("which-bank")
    steps.press(eyes, "/banks/link/")
    expect(page.locator('main a[rel="noreferrer"]')).to_be_visible()
    eyes.look("to-the-bank")
    page.locator('main a[rel="noreferrer"]').click()
    expect(page.locator('button[value="agree"]')).to_be_visible()
    page.locator('button[value="agree"]').click()
    steps.at(eyes, "/banks/return/")
    eyes.look("back-from-the-bank")
    steps.press(eyes, "/banks/return/")
    steps.at(eyes, "/transfers/qr/")
    eyes.look("back-where-they-came-from")
    page.goto(f"{portal.url}/banks/")
    expect(page.locator('a[href$="/unlink/"]')).to_have_count(2)  # the demonstration's and this one
    eyes.look("linked")

    account = other["bank_accounts"][0]
    code = vietqr.make(
        vietqr.Code(
            bank=account["bank"], account=account["account"], amount=75_000, is_dynamic=True
        )
    )
    page.goto(f"{portal.url}/transfers/")
    eyes.look("transfer")
    page.locator(".qrscan summary").click()
    page.fill("#id_code", code)
    page.locator('button[name="read"]').click()
    expect(page.locator("#id_account")).to_have_value(account["account"])
    eyes.look("code-read")
    page.locator('form:has(#id_account) button[type="submit"]').click()
    expect(page.locator('form[action="/transfers/stop/"]')).to_be_visible()
    expect(page.locator("main")).to_contain_text(account["name"])
    eyes.look("confirm-with-warning")
    steps.press(eyes, "/transfers/stop/")
    steps.at(eyes, "/transfers/stopped/")
    eyes.look("stopped")
    for way in ("number", "phone"):
        page.goto(f"{portal.url}/transfers/?by={way}")
        eyes.look(f"by-{way}")
    page.goto(f"{portal.url}/transfers/qr/")
    eyes.look("my-code")
