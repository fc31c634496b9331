"""A payer disputes a payment from its receipt; two administrators uphold it, or one answers with words."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal
from tests.browser.test_money_admin import enters

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
PAYER = "citizen, active"
SAID = "Tôi không trả khoản này. Hôm đó tôi ở bệnh viện, điện thoại để ở nhà.\nXin xem giúp."
ANSWER = "Điện lực xác nhận đã thu hai lần, nên xin hoàn lại một lần."
PAID = """
from accounts.models import Account
from accounts.services import register
from eid_portal.core import clock
from payments.enums import OrderState, PaymentState
from payments.models import BankLink, Biller, Payment
from tests.payments import booking
from tests.payments.factories import make_link, make_order
account = Account.objects.get(kind="citizen", citizen=register.find_citizen("{number}"))
order, payments = make_order(
    BankLink.objects.filter(account=account).first() or make_link(account), amounts=[415_000],
    payment=PaymentState.SETTLED, state=OrderState.DEBITED, billers=[Biller.objects.get(code="evn-hcmc")],
    debited_at=clock.now(), reference="{reference}",
)
Payment.objects.filter(order=order).update(settled_at=clock.now())
booking.book_debit(order=order, payments=payments, now=clock.now())
booking.book_settle(payment=payments[0], now=clock.now())
"""


def paid(portal: Portal, person: dict[str, Any], reference: str) -> str:
    """A bill that was paid; the public id of its payment."""
    code = PAID.format(number=person["personal_number"], reference=reference)
    portal.python("manage.py", "shell", "-c", code)
    return portal.sql(
        "SELECT payment.public_id FROM payments_payment AS payment JOIN payments_paymentorder AS ordered"
        f" ON ordered.id = payment.order_id WHERE ordered.reference = '{reference}'"
    ).strip()


def asks(eyes: Eyes, portal: Portal, payment: str) -> None:
    """From the receipt to the day of the answer."""
    page, place = eyes.page, f"/payments/{payment}/dispute/"
    page.goto(f"{portal.url}/payments/{payment}/")
    eyes.look("receipt")
    page.locator(f'main a[href="{place}"]').click()
    steps.at(eyes, place)
    eyes.look("dispute")
    steps.press(eyes, place)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look("nothing-chosen")
    page.check('input[name="what"][value="NOT_MINE"]')
    page.fill("#id_words", SAID)
    steps.press(eyes, place)
    steps.at(eyes, place)
    expect(page.locator("main ol a[href='/account/lock/']")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Hôm đó tôi ở bệnh viện")
    eyes.look("asked")
    page.goto(f"{portal.url}/payments/{payment}/")
    eyes.look("receipt-with-dispute")


def opens(eyes: Eyes, portal: Portal, reference: str) -> None:
    """The dispute, by the reference of what was paid."""
    page = eyes.page
    page.goto(f"{portal.url}/admin/payments/dispute/")
    eyes.look("list")
    page.fill("#searchbar", reference)
    page.press("#searchbar", "Enter")
    page.locator("#result_list tbody th a").last.click()  # the newest of that payment
    steps.at(eyes, "/change/")


def test_two_administrators_uphold_a_dispute(portal: Portal, window: Window) -> None:
    person, reference = portal.person(PAYER), "TT-261126-D5PT7A2K"
    payment = paid(portal, person, reference)
    payer = window(width=390, language="vi", name="dispute")
    steps.signs_in(payer, portal, person)
    asks(payer, portal, payment)

    first = window(width=1280, language="vi", name="dispute-maker")
    enters(first, portal, 0)
    page = first.page
    page.goto(f"{portal.url}/admin/payments/ledgeraccount/")
    first.look("all-money")
    opens(first, portal, reference)
    first.look("one")
    page.locator('form[action$="/take/"] [type="submit"]').click()
    expect(page.locator('form[action$="/take/"]')).to_have_count(0)
    page.locator('a[href$="/propose/"]').click()
    first.look("propose")
    page.fill("#id_words", ANSWER)
    page.locator("form [type=submit].default").click()
    steps.at(first, "/change/")
    first.look("proposed")

    second = window(width=1280, language="en", name="dispute-checker")
    enters(second, portal, 1)
    opens(second, portal, reference)
    second.page.locator('a[href$="/decide/"]').click()
    expect(second.page.get_by_text(ANSWER)).to_be_visible()
    expect(second.page.get_by_text("Hôm đó tôi ở bệnh viện")).to_be_visible()
    second.look("decide")
    second.page.locator('button[value="approve"]').click()
    steps.at(second, "/change/")

    payer.page.goto(f"{portal.url}/payments/{payment}/dispute/")
    expect(payer.page.locator("main")).to_contain_text(ANSWER)
    payer.look("upheld")
    payer.page.goto(f"{portal.url}/payments/{payment}/")
    payer.look("receipt-upheld")


def test_withdrawn_asked_anew_and_answered_without_a_script(portal: Portal, window: Window) -> None:
    person, reference = portal.person(PAYER), "TT-261126-D6PT7A2K"
    payment = paid(portal, person, reference)
    payer = window(width=1280, language="en", name="dispute", javascript=False)
    steps.signs_in(payer, portal, person)
    asks(payer, portal, payment)
    place = f"/payments/{payment}/dispute/"
    payer.page.goto(portal.url + place)
    steps.press(payer, place, value="withdraw")
    expect(payer.page.locator('input[value="TWICE"]')).to_be_visible()
    payer.look("withdrawn")
    payer.page.check('input[value="TWICE"]')
    steps.press(payer, place)
    expect(payer.page.locator('button[value="withdraw"]')).to_be_visible()
    payer.look("asked-anew")

    officer = window(width=1280, language="en", name="dispute-officer")
    enters(officer, portal, 0)
    opens(officer, portal, reference)
    page = officer.page
    page.locator('a[href$="/reject/"]').click()
    officer.look("answer")
    page.fill("#id_words", ANSWER)
    page.locator("form [type=submit].default").click()
    steps.at(officer, "/change/")
    officer.look("answered")

    payer.page.goto(portal.url + place)
    expect(payer.page.locator("main")).to_contain_text(ANSWER)
    payer.look("answer-read")
