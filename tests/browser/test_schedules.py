"""Bills that are paid by themselves: agreed to once with a code, one left out, and all of it stopped."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.test_paying import finds

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOME = "/payments/schedules/"
BEGIN = """
from eid_portal.core import clock
from payments.services import scheduled_bills
scheduled_bills.begin(now=clock.now())
"""


@pytest.mark.parametrize(
    ("language", "width", "javascript", "electricity"),
    [("vi", 390, True, "PE09000417000"), ("en", 1280, False, "PE09000418000")],
)
def test_bills_are_paid_automatically_until_it_is_stopped(
    portal: Portal,
    window: Callable[..., Eyes],
    language: str,
    width: int,
    javascript: bool,
    electricity: str,
) -> None:
    person: dict[str, Any] = portal.person("citizen with an empty wallet", 0)
    eyes = window(width=width, language=language, name="schedules", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    steps.known_for_long(portal)
    # Another walk of this person stopped their transfers; that day is not waited for here either.
    portal.sql(
        "UPDATE accounts_account SET money_held_until = NULL WHERE money_held_until IS NOT NULL"
    )
    finds(eyes, portal, "evn-hcmc", electricity)
    page.locator(f'nav a[href="{HOME}"]').click()
    steps.at(eyes, HOME)
    eyes.look("none-yet")

    page.select_option("#id_code", index=page.locator("#id_code option").count() - 1)
    page.fill("#id_cap", "không biết")
    steps.press(eyes, HOME)
    expect(page.locator("#id_cap_error, #id_cap-error").first).to_be_visible()
    eyes.look("not-an-amount")
    page.fill("#id_cap", "500.000")
    steps.press(eyes, HOME)
    expect(page.locator(".big-amt")).to_contain_text("500")
    eyes.look("confirm")
    steps.press(eyes, "/code/")
    eyes.look("code-sent")
    page.fill("#id_code", portal.code(person["phone"]))
    steps.press(eyes, "/code/")
    steps.at(eyes, HOME)
    expect(page.locator('form[action$="/stop/"]')).to_have_count(1)
    eyes.look("in-force")

    portal.python("manage.py", "shell", "-c", BEGIN)
    page.reload()
    expect(page.locator('form[action$="/skip/"]')).to_have_count(1)
    eyes.look("will-be-paid")
    steps.press(eyes, "/skip/")
    steps.at(eyes, HOME)
    expect(page.locator('form[action$="/skip/"]')).to_have_count(0)
    eyes.look("left-out")
    steps.press(eyes, "/stop/")
    steps.at(eyes, HOME)
    expect(page.locator('form[action$="/stop/"]')).to_have_count(0)
    eyes.look("stopped")
