"""The whole story in a real browser: from a scan at the counter to the citizen's first page."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]


def home_shows(eyes: Eyes, person: dict[str, Any]) -> None:
    """The card, and what happened just now."""
    page = eyes.page
    expect(page.locator(".doc--id")).to_contain_text(person["name"].upper())
    expect(page.locator(".doc--id")).to_contain_text(person["personal_number"][-4:])
    assert person["personal_number"] not in page.content()
    assert page.locator('section[aria-labelledby="h-act"] time').count() >= 3


@pytest.mark.parametrize(
    ("language", "width", "number", "officer"),
    [("vi", 390, "048195000007", 0), ("en", 1280, "092178000008", 1)],
)
def test_a_scan_becomes_an_account_that_its_citizen_activates_and_signs_in_with(
    portal: Portal, window: Window, language: str, width: int, number: str, officer: int
):
    person = portal.by_number(number)
    counter = window(width=width, language=language, name="counter")
    phone = window(width=width, language=language, name="citizen")

    steps.officer_signs_in(counter, portal, portal.person("counter officer", officer))
    steps.officer_scans(counter, person["qr"])
    counter.look("case")
    steps.officer_confirms_phone(counter, portal, person["phone"])
    slip_code = steps.officer_issues(counter)

    secret = steps.citizen_activates(phone, portal, person, slip_code)
    home_shows(phone, person)
    phone.look("home-first")
    steps.citizen_signs_out(phone)
    phone.look("signed-out")
    steps.citizen_signs_in(phone, portal, number, secret)
    home_shows(phone, person)

    assert counter.page.locator("html").get_attribute("lang") == language
    assert phone.page.locator("html").get_attribute("lang") == language
