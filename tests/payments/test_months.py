"""Bars of earlier months: of one's own bills alone, and read as a table by whoever cannot see them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.template import engines
from django.utils import translation

from accounts.models import Account
from eid_portal.core import clock, sealed
from payments.enums import BillState, LinkState, OrderState, PaymentState
from payments.models import BankLink, Bill, Biller, CustomerCode, Payment, PaymentOrder
from payments.models.billing import CUSTOMER_CODE
from payments.selectors import months
from tests import factories

pytestmark = pytest.mark.django_db
CODE = "PE01000123456"
NOW = clock.now()


@pytest.fixture
def account() -> Account:
    return factories.make_account()


def make_bill(period: str, amount: int, *, fetched_at: datetime = NOW, **columns: Any) -> Bill:
    values: dict[str, Any] = {
        "biller": Biller.objects.get(code="evn-hcmc"),
        "reference": f"{period}-{amount}-{columns.get('customer_code', '')}",
        "customer_code": CODE,
        "customer_code_index": sealed.blind_index(
            CUSTOMER_CODE, columns.get("customer_code", CODE)
        ),
        "period": period,
        "amount": amount,
        "details": {},
        "since": NOW,
        "fetched_at": fetched_at,
        "state": BillState.OPEN,
    }
    return Bill.objects.create(**values | columns)


def save_code(account: Account, saved_at: datetime = NOW, **columns: Any) -> CustomerCode:
    biller = Biller.objects.get(code="evn-hcmc")
    return CustomerCode.objects.create(
        account=account, biller=biller, code=CODE, code_index=sealed.blind_index(CUSTOMER_CODE, CODE), label="Nhà",
        saved_at=saved_at, **columns,
    )  # fmt: skip


def pay(account: Account, bill: Bill) -> None:
    """The row of a payment that reached its biller."""
    link = BankLink.objects.create(
        account=account, bank="970436", token="x", state=LinkState.ACTIVE, since=NOW, begun_at=NOW
    )
    order = PaymentOrder.objects.create(
        reference="TT-261123-425Q-B62Z", account=account, link=link, key="k", body_hash=b"x", amount=bill.amount,
        needs="CODE", authorised_by="CODE", drafted_at=NOW, expires_at=NOW, since=NOW, state=OrderState.DEBITED,
    )  # fmt: skip
    Payment.objects.create(
        order=order, purpose="BILL", amount=bill.amount, biller=bill.biller, bill=bill, since=NOW,
        state=PaymentState.SETTLED,
    )  # fmt: skip


def bars(account: Account, bill: Bill) -> list[tuple[str, int, int, bool]]:
    found = months.list_months(account, bill)
    return [(month.label, month.amount, month.share, month.is_this) for month in found]


def test_earlier_months_stand_beside_this_one(account: Account) -> None:
    save_code(account)
    make_bill("2026-09", 200_000, state=BillState.PAID)
    make_bill("2026-10", 1)
    make_bill("2026-12", 900_000)
    make_bill("2026-10", 300_000, state=BillState.WITHDRAWN)
    make_bill("2026-10", 600_000, customer_code="PE01000999999")
    bill = make_bill("2026-11", 400_000)

    assert bars(account, bill) == [
        ("09/2026", 200_000, 50, False),
        ("10/2026", 1, 2, False),
        ("11/2026", 400_000, 100, True),
    ]


def test_two_bills_of_a_month_are_one_bar(account: Account) -> None:
    save_code(account)
    make_bill("2026-10", 100_000)
    make_bill("2026-10", 50_000)
    assert bars(account, make_bill("2026-11", 50_000))[0] == ("10/2026", 150_000, 100, False)


def test_no_more_than_so_many(account: Account) -> None:
    save_code(account)
    for month in range(1, 11):
        make_bill(f"2026-{month:02}", 100)
    assert [bar[0] for bar in bars(account, make_bill("2026-11", 100))] == [
        f"{month:02}/2026" for month in range(5, 12)
    ]


def test_without_anything_earlier_there_is_no_chart(account: Account) -> None:
    save_code(account)
    assert bars(account, make_bill("2026-11", 100)) == []


def test_whoever_has_the_code_does_not_see_what_was_billed_before_them(account: Account) -> None:
    make_bill("2026-09", 100, fetched_at=NOW - timedelta(days=60))
    make_bill("2026-10", 200, fetched_at=NOW)
    bill = make_bill("2026-11", 300)

    assert bars(account, bill) == [], "a code that is not saved"
    save_code(account, forgotten_at=NOW)
    assert bars(account, bill) == [], "one that was forgotten"
    save_code(factories.make_account(factories.make_citizen(16)), NOW - timedelta(days=90))
    assert bars(account, bill) == [], "another's"
    save_code(account, NOW - timedelta(days=1))
    assert [bar[0] for bar in bars(account, bill)] == ["10/2026", "11/2026"]


def test_what_one_paid_oneself_stays_theirs(account: Account) -> None:
    paid = make_bill("2026-09", 100, fetched_at=NOW - timedelta(days=60), state=BillState.PAID)
    bill = make_bill("2026-11", 300)
    pay(account, paid)

    assert [bar[0] for bar in bars(account, bill)] == ["09/2026", "11/2026"]
    assert bars(factories.make_account(factories.make_citizen(16)), bill) == []


def test_the_chart_is_a_table_to_whoever_cannot_see_bars(account: Account) -> None:
    save_code(account)
    make_bill("2026-10", 243_100)
    rows = months.list_months(account, make_bill("2026-11", 486_200))
    page = engines["jinja2"].from_string(
        '{% import "components/ui.html" as ui %}{{ ui.months(rows, "Tiền <điện>") }}'
    )

    with translation.override("vi"):
        html = page.render({"rows": rows})

    assert "<caption>Tiền &lt;điện&gt;</caption>" in html
    assert '<th scope="row" class="num">10/2026</th>' in html
    assert "243.100 ₫" in html
    assert '<rect width="50" height="10"/>' in html
    assert html.count('aria-hidden="true"') == 2
    assert html.count('class="is-this"') == 1
