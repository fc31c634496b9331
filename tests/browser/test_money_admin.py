"""Two administrators refund a payment, and its payer reads why; the windows on money look right on the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Eyes, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., Eyes]
REFERENCE = "TT-261126-5QF2K7MX"
WORDS = "Công ty điện lực xác nhận đã thu hai lần."
PAID = f"""
from accounts.models import Account
from eid_portal.core import clock
from payments.enums import OrderState, PaymentState
from payments.models import Biller
from tests.payments import booking
from tests.payments.factories import make_link, make_order
account = Account.objects.get(public_id="%s")
order, payments = make_order(
    make_link(account), amounts=[415_000], payment=PaymentState.SETTLED, state=OrderState.DEBITED,
    billers=[Biller.objects.get(code="evn-hcmc")], debited_at=clock.now(), reference="{REFERENCE}",
)
booking.book_debit(order=order, payments=payments, now=clock.now())
booking.book_settle(payment=payments[0], now=clock.now())
"""


def enters(eyes: Eyes, portal: Portal, place: int) -> None:
    """An administrator signs in and is at the admin's first page."""
    boss, page = portal.person("administrator", place), eyes.page
    page.goto(f"{portal.url}/admin/")
    page.fill("#id_username", boss["sign_in_name"])
    page.fill("#id_password", boss["password"])
    steps.press(eyes)
    page.fill("#id_code", portal.app_code(boss["totp_secret"]))
    steps.press(eyes)
    steps.at(eyes, "/admin/")


def finds(eyes: Eyes, portal: Portal) -> None:
    """The payment, by its reference."""
    page = eyes.page
    page.goto(f"{portal.url}/admin/payments/payment/")
    page.fill("#searchbar", REFERENCE)
    page.press("#searchbar", "Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator("#result_list tbody th a").click()
    steps.at(eyes, "/change/")


def test_two_administrators_refund_and_the_payer_reads_why(portal: Portal, window: Window):
    person = portal.person("citizen, active")
    account = portal.sql(
        "SELECT public_id FROM accounts_account WHERE kind = 'citizen' AND state = 'ACTIVE' ORDER BY id LIMIT 1"
    ).strip()
    portal.python("manage.py", "shell", "-c", PAID % account)
    first = window(width=1280, language="en", name="money-maker")
    enters(first, portal, 0)
    page = first.page
    for model in (
        "ledgeraccount",
        "paymentorder",
        "moneycase",
        "settlement",
        "statementfile",
        "posting",
    ):
        page.goto(f"{portal.url}/admin/payments/{model}/")
        first.look(f"money-{model}")
    page.goto(f"{portal.url}/admin/payments/statementfile/add/")
    first.look("money-upload")
    finds(first, portal)
    first.look("money-payment")
    page.get_by_role("link", name="Propose a refund").click()
    first.look("money-propose")
    page.fill("#id_amount", "500.000")
    page.fill("#id_words", WORDS)
    page.locator("form [type=submit].default").click()
    expect(page.locator("#id_amount_error")).to_contain_text("more than was paid")
    first.look("money-too-much")
    page.fill("#id_amount", "15.000")
    page.locator("form [type=submit].default").click()
    expect(page.get_by_text("Another administrator decides")).to_be_visible()
    first.look("money-proposed")

    second = window(width=1280, language="vi", name="money-checker")
    enters(second, portal, 1)
    finds(second, portal)
    second.page.locator('a[href$="/decide/"]').click()
    expect(second.page.get_by_text(WORDS)).to_be_visible()
    expect(second.page.get_by_text("15.000 ₫", exact=True)).to_be_visible()
    second.look("money-decide")
    second.page.locator('button[value="approve"]').click()
    steps.at(second, "/change/")
    second.look("money-decided")
    second.page.goto(f"{portal.url}/admin/payments/refund/")
    ours = second.page.locator("#result_list tbody tr", has_text=REFERENCE)
    expect(ours).to_have_count(1)
    second.look("money-refunds")
    assert person["name"] not in second.page.content()
