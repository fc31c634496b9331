"""Bills paid on a phone's width, from the first page to a receipt that verifies, with a code and without a script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = pytest.mark.browser
Window = Callable[..., Eyes]


@pytest.fixture
def person(portal: Portal) -> dict[str, Any]:
    """Somebody whose bank account is linked, whose phone no other walk writes to, and whose bills none pays."""
    return portal.person("citizen with an empty wallet", 3)


def known_for_long(portal: Portal) -> None:
    """This browser is no new device: that day is not waited for here."""
    portal.sql("UPDATE accounts_device SET first_seen_at = first_seen_at - interval '3 days'")


def finds(eyes: Eyes, portal: Portal, biller: str, code: str) -> None:
    """A bill by its customer code; ends among the bills."""
    page = eyes.page
    page.goto(f"{portal.url}/bills/find/")
    page.select_option("#id_biller", biller)
    page.fill("#id_code", code)
    page.fill("#id_label", "Nhà của bà ngoại ở quê, tầng trên")
    eyes.look("find")
    steps.press(eyes, "/bills/find/")
    steps.at(eyes, "/bills/")


def pays_with_a_code(eyes: Eyes, portal: Portal, person: dict[str, Any]) -> None:
    """The one press that takes money; ends at the result."""
    eyes.page.fill("#id_code", portal.code(person["phone"]))
    steps.press(eyes, "/code/")


def comes(eyes: Eyes, text: re.Pattern[str] | str) -> None:
    """The page says so by itself, with a script or by loading itself again."""
    expect(eyes.page.locator("main")).to_contain_text(text, timeout=30_000)


@pytest.mark.parametrize(
    ("language", "javascript", "electricity", "water", "sum_"),
    [
        ("vi", True, "PE01000123456", "0712345678", "638.500"),
        ("en", False, "PE09000415000", "0900152000", "567,000"),
    ],
)
def test_two_bills_are_paid_in_three_clicks_and_a_code(
    portal: Portal,
    window: Window,
    person: dict[str, Any],
    language: str,
    javascript: bool,
    electricity: str,
    water: str,
    sum_: str,
) -> None:
    eyes = window(width=390, language=language, name="paying", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    known_for_long(portal)
    page.goto(f"{portal.url}/bills/")
    eyes.look("bills")
    finds(eyes, portal, "evn-hcmc", electricity)
    finds(eyes, portal, "sawaco", water)
    portal.sql("UPDATE payments_bill SET due_on = current_date + 3 WHERE state = 'OPEN'")

    page.goto(f"{portal.url}/")
    eyes.look("first-page")
    page.locator('main a[href="/bills/"]').first.click()  # one
    expect(page.locator('input[name="bill"]:checked')).to_have_count(2)
    eyes.look("chosen")
    page.locator(".paybar button").click()  # two
    expect(page.locator(".big-amt")).to_contain_text(sum_)
    eyes.look("confirm")
    pays_with_a_code(eyes, portal, person)  # three
    receipts = page.locator('main a[href^="/payments/"]')
    expect(receipts.first).to_be_visible(timeout=30_000)
    order = page.url
    eyes.look("result")
    page.go_back()
    page.goto(order)
    eyes.look("result-again")

    page.goto(f"{portal.url}/payments/")
    eyes.look("history")
    shown = portal.sql(
        "SELECT payment.public_id FROM payments_payment AS payment"
        " JOIN payments_bill AS bill ON bill.id = payment.bill_id"
        " WHERE payment.state = 'SETTLED' AND bill.amount % 1000 IN (0, 200)"
        " ORDER BY payment.id DESC LIMIT 1"
    )
    page.goto(f"{portal.url}/payments/{shown}/")
    code = page.locator("#receipt-code").inner_text()
    eyes.look("receipt")
    eyes.look_printed("receipt-printed")
    sheets = steps.MEDIA_BOX.findall(page.pdf(format="A4"))
    assert len(sheets) == 1

    stranger = window(width=390, language=language, name="receipt", javascript=javascript)
    stranger.page.goto(f"{portal.url}/verify/")
    stranger.page.fill("#id_code", code)
    steps.press(stranger)
    stranger.look("verify")


def test_the_households_premium_is_paid_for_five(portal: Portal, window: Window) -> None:
    person = portal.person("citizen, guardian of a child")
    eyes = window(width=390, language="vi", name="household")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    known_for_long(portal)
    page.goto(f"{portal.url}/bills/find/")
    steps.press(eyes, "/bills/premiums/")
    steps.at(eyes, "/bills/")
    eyes.look("premiums")
    bill = portal.sql(
        "SELECT public_id FROM payments_bill WHERE state = 'OPEN' AND biller_id IN"
        " (SELECT code FROM payments_biller WHERE kind = 'HEALTH_INSURANCE')"
    )
    page.goto(f"{portal.url}/bills/{bill}/")
    expect(page.locator("main dt:has(small)")).to_have_count(5)
    for share in ("100 %", "70 %", "60 %", "50 %", "40 %"):
        expect(page.locator("main")).to_contain_text(share)
    eyes.look("household")
    steps.press(eyes, "/payments/start/")
    expect(page.locator(".big-amt")).to_contain_text("4.043.520")
    eyes.look("household-confirm")
    pays_with_a_code(eyes, portal, person)
    expect(page.locator('main a[href^="/payments/"]').first).to_be_visible(timeout=30_000)
    eyes.look("household-result")


def test_what_is_not_certain_says_so_and_settles_by_itself(
    portal: Portal, window: Window, person: dict[str, Any]
) -> None:
    """The biller takes the money and says nothing; nobody is thanked before it is certain."""
    eyes = window(width=390, language="en", name="unknown")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    known_for_long(portal)
    finds(eyes, portal, "evn-hcmc", "PE09000500204")
    bill = portal.sql("SELECT public_id FROM payments_bill WHERE amount = 500204")
    page.goto(f"{portal.url}/bills/{bill}/")
    steps.press(eyes, "/payments/start/")
    pays_with_a_code(eyes, portal, person)
    comes(eyes, re.compile("Do not pay", re.IGNORECASE))
    eyes.look("not-certain")
    order = page.url
    expect(page.locator('main a[href^="/payments/"]').first).to_be_visible(timeout=60_000)
    page.goto(order)
    eyes.look("certain")
