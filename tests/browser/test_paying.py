"""Bills paid on a phone and at a desk, from the first page to a receipt that verifies; with and without a script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = pytest.mark.browser
Window = Callable[..., Eyes]
NARROW_SHEET, A4_WITHIN_MARGINS = 390, 672  # pixels of CSS


@pytest.fixture
def person(portal: Portal) -> dict[str, Any]:
    """Somebody whose bank account is linked, whose phone no other walk writes to, and whose bills none pays."""
    return portal.person("citizen with an empty wallet", 3)


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


def comes(eyes: Eyes, text: re.Pattern[str] | str) -> None:
    """The page says so by itself, with a script or by loading itself again."""
    expect(eyes.page.locator("main")).to_contain_text(text, timeout=30_000)


def nothing_is_covered(eyes: Eyes, sheet: int) -> None:
    """Printed on a sheet of this width the receipt ends within it, and no value runs under the code beside it."""
    page = eyes.page
    before = page.viewport_size
    assert before
    page.emulate_media(media="print")
    page.set_viewport_size({"width": sheet, "height": before["height"]})
    assert (
        page.evaluate(
            """() => {
        const column = document.querySelector(".receipt .kv").getBoundingClientRect();
        const drawn = document.createRange();
        const covered = [...document.querySelectorAll(".receipt dd")].filter((value) => {
            drawn.selectNodeContents(value);
            return drawn.getBoundingClientRect().right > column.right + 1;
        });
        const over = document.documentElement.scrollWidth - window.innerWidth;
        return [...covered.map((value) => value.innerText), ...(over > 0 ? [over] : [])];
    }"""
        )
        == []
    ), f"something is covered on a sheet of {sheet} px"
    page.set_viewport_size(before)
    page.emulate_media(media="null")


@pytest.mark.parametrize(
    ("language", "width", "javascript", "electricity", "water", "sum_"),
    [
        ("vi", 390, True, "PE01000123456", "0712345678", "638.500"),
        ("en", 390, False, "PE09000415000", "0900152000", "567,000"),
        ("en", 1280, True, "PE09000416000", "0900153000", "569,000"),
    ],
)
def test_two_bills_are_paid_in_three_clicks_and_a_code(
    portal: Portal,
    window: Window,
    person: dict[str, Any],
    language: str,
    width: int,
    javascript: bool,
    electricity: str,
    water: str,
    sum_: str,
) -> None:
    eyes = window(width=width, language=language, name="paying", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    steps.known_for_long(portal)
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
    steps.pays_with_a_code(eyes, portal, person)  # three
    expect(page.locator(steps.RECEIPTS)).to_have_count(2, timeout=30_000)
    order = page.url
    eyes.look("result")
    page.go_back()
    page.goto(order)
    eyes.look("result-again")

    page.goto(f"{portal.url}/payments/")
    eyes.look("history")
    shown, paid = portal.sql(
        "SELECT payment.public_id, payment.amount FROM payments_payment AS payment"
        " JOIN payments_bill AS bill ON bill.id = payment.bill_id"
        " WHERE payment.state = 'SETTLED' AND bill.amount % 1000 IN (0, 200)"
        " ORDER BY payment.id DESC LIMIT 1"
    ).split("|")
    page.goto(f"{portal.url}/payments/{shown}/")
    code = page.locator("#receipt-code").inner_text()
    eyes.look("receipt")
    eyes.look_printed("receipt-printed")
    sheets = steps.MEDIA_BOX.findall(page.pdf(format="A4"))
    assert len(sheets) == 1
    for sheet in NARROW_SHEET, A4_WITHIN_MARGINS:
        nothing_is_covered(eyes, sheet)

    stranger = window(width=width, language=language, name="receipt", javascript=javascript)
    stranger.page.goto(f"{portal.url}/verify/")
    stranger.page.fill("#id_code", code)
    steps.press(stranger)
    stranger.look("verify")
    steps.press(stranger)
    total = f"{int(paid):,}".replace(",", "." if language == "vi" else ",")
    expect(stranger.page.locator(".big-amt")).to_contain_text(total)
    expect(stranger.page.locator("main .verdict:not([class*='--'])")).to_be_visible()
    stranger.look("verified")


HOUSEHOLD, SOCIAL = "/bills/premiums/household/", "/bills/premiums/social/"


def asks_the_insurer(eyes: Eyes, portal: Portal, address: str) -> None:
    """The page of a premium, for which the insurer is asked once."""
    eyes.page.goto(portal.url + address)
    if not eyes.page.locator("#premium").count():
        eyes.look("not-asked")
        steps.press(eyes, address, name="action", value="ask")
    expect(eyes.page.locator("#premium")).to_be_visible()


def works_out(eyes: Eyes, address: str) -> None:
    """The choice is worked out anew; ends at the same page."""
    steps.press(eyes, address, name="action", value="work_out")
    steps.at(eyes, address)


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("vi", 390, True), ("en", 390, False), ("vi", 1280, False), ("en", 1280, True)],
)
def test_members_income_and_months_are_chosen_and_worked_out(
    portal: Portal, window: Window, language: str, width: int, javascript: bool
) -> None:
    eyes = window(width=width, language=language, name="premiums", javascript=javascript)
    page = eyes.page
    steps.signs_in(eyes, portal, portal.person("citizen, guardian of a child"))
    page.goto(f"{portal.url}/bills/")
    page.locator(f'main a[href="{HOUSEHOLD}"]').click()
    asks_the_insurer(eyes, portal, HOUSEHOLD)
    members = page.locator('main input[name="members"]')
    expect(members).to_have_count(5)
    expect(page.locator(".big-amt")).to_contain_text(written("4.043.520", language))
    eyes.look("household")
    for place in range(5):
        members.nth(place).uncheck()
    works_out(eyes, HOUSEHOLD)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("household-nobody")
    members.nth(1).check()
    members.nth(4).check()
    page.check("#id_months_1")
    works_out(eyes, HOUSEHOLD)
    expect(page.locator(".big-amt")).to_contain_text(written("1.074.060", language))
    expect(members.nth(4)).to_be_checked()
    eyes.look("household-two")
    steps.press(eyes, HOUSEHOLD, name="action", value="make")
    expect(page.locator("main .big-amt")).to_contain_text(written("1.074.060", language))
    eyes.look("household-made")
    page.goto(portal.url + HOUSEHOLD)
    expect(page.locator(".govuk-inset-text")).to_contain_text(written("1.074.060", language))
    eyes.look("household-again")

    asks_the_insurer(eyes, portal, SOCIAL)
    eyes.look("social")
    page.fill("#id_income", "1.499.999")
    works_out(eyes, SOCIAL)
    expect(page.locator(".govuk-error-summary")).to_contain_text("1.500.000")
    eyes.look("social-low")
    page.fill("#id_income", "5.000.000")
    page.check("#id_months_3")
    works_out(eyes, SOCIAL)
    eyes.look("social-year")
    total = page.locator(".paybar .big-amt").inner_text()
    steps.press(eyes, SOCIAL, name="action", value="make")
    expect(page.locator("main .big-amt")).to_have_text(total)
    eyes.look("social-made")


def written(amount: str, language: str) -> str:
    """An amount as a language groups it."""
    return amount if language == "vi" else amount.replace(".", ",")


def test_the_households_premium_is_paid_for_five(portal: Portal, window: Window) -> None:
    person = portal.person("citizen, guardian of a child")
    eyes = window(width=390, language="vi", name="household")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    steps.known_for_long(portal)
    asks_the_insurer(eyes, portal, HOUSEHOLD)
    for box in page.locator('main input[name="members"]').all():
        box.check()
    page.check("#id_months_2")
    steps.press(eyes, HOUSEHOLD, name="action", value="make")
    expect(page.locator("main dt:has(small)")).to_have_count(5)
    for share in ("100 %", "70 %", "60 %", "50 %", "40 %"):
        expect(page.locator("main")).to_contain_text(share)
    eyes.look("household")
    steps.press(eyes, "/payments/start/")
    expect(page.locator(".big-amt")).to_contain_text("4.043.520")
    eyes.look("household-confirm")
    steps.pays_with_a_code(eyes, portal, person)
    expect(page.locator(steps.RECEIPTS)).to_have_count(1, timeout=30_000)
    eyes.look("household-result")
    page.goto(portal.url + HOUSEHOLD)
    steps.press(eyes, HOUSEHOLD, name="action", value="ask")
    expect(page.locator('main input[name="members"]')).to_have_count(0)
    eyes.look("household-insured")


def test_what_is_not_certain_says_so_and_settles_by_itself(
    portal: Portal, window: Window, person: dict[str, Any]
) -> None:
    """The biller takes the money and says nothing; nobody is thanked before it is certain."""
    eyes = window(width=390, language="en", name="unknown")
    page = eyes.page
    steps.signs_in(eyes, portal, person)
    steps.known_for_long(portal)
    finds(eyes, portal, "evn-hcmc", "PE09000500204")
    bill = portal.sql("SELECT public_id FROM payments_bill WHERE amount = 500204")
    page.goto(f"{portal.url}/bills/{bill}/")
    steps.press(eyes, "/payments/start/")
    steps.pays_with_a_code(eyes, portal, person)
    comes(eyes, re.compile("Do not pay", re.IGNORECASE))
    # At once: the payee is asked again within seconds, and a slow machine looks for longer than that.
    expect(page.locator("main")).to_contain_text("Last asked: Today")
    expect(page.locator(steps.RECEIPTS)).to_have_count(0)
    eyes.look("not-certain")
    order = page.url
    payment = portal.sql("SELECT public_id FROM payments_payment WHERE amount = 500204")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{portal.url}/payments/{payment}/")
        eyes.look(f"payment-not-certain-{width}")
    # The page becomes the receipt by itself.
    expect(page.locator("[data-progress]")).to_have_count(0, timeout=60_000)
    expect(page.locator(".govuk-panel--confirmation")).to_be_visible()
    page.goto(order)
    expect(page.locator(steps.RECEIPTS)).to_have_count(1)
    eyes.look("certain")
