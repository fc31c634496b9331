"""What the copy of a person's data holds of payments: theirs, all of it, and nothing of anybody else."""

import json
from typing import Any

import pytest
from django.utils import translation

from accounts.models import Account
from eid_portal.core import clock, exporting
from eid_portal.core.events import Actor
from payments.enums import CaseState, Difference, OrderState, PaymentState, ReportKind
from payments.models import MoneyCase
from payments.services import data_copy, money_cases, refund_decisions
from tests import factories
from tests.payments.factories import make_biller, make_link, make_order
from tests.payments.paying import CODE, make_bill, save_code
from tests.payments.receipts import make_paid
from tests.payments.staff import approve, refuse

pytestmark = pytest.mark.django_db
WORDS = "Bên nhận báo đã thu thừa của quý vị."


@pytest.fixture
def account() -> Account:
    return factories.make_account()


@pytest.fixture
def other() -> Account:
    return factories.make_account(factories.make_citizen(16, full_name="Phan Thị Khác"))


def sections(account: Account) -> dict[str, exporting.Section]:
    person = exporting.Person(citizen_id=account.citizen_id, now=clock.now())
    with translation.override("en"):
        return {section.code: section for section in data_copy.EXPORTER.sections(person)}


def entries(account: Account, code: str) -> list[dict[str, Any]]:
    section = sections(account).get(code)
    return section.entries if section else []


def copied(account: Account) -> str:
    """All of it, as a program and as a person reads it."""
    found = sections(account).values()
    return json.dumps([(each.entries, each.shown) for each in found], ensure_ascii=False)


# --- Refunds ----------------------------------------------------------------------------------------
def test_the_words_of_a_refund_are_given_once_two_agreed(
    account: Account, maker: Actor, checker: Actor
) -> None:
    payment = make_paid(make_link(account))
    approval = refund_decisions.propose(
        payment_id=payment.pk, amount=100_000, words=WORDS, actor=maker, now=clock.now()
    )
    (proposed,) = entries(account, "refund_proposals")
    assert (proposed["amount"], proposed["decision"]) == (100_000, "Proposed")
    assert (proposed["words_to_you"], proposed["decided_at"]) == ("", None)
    assert WORDS not in copied(account)

    approve(approval, checker)

    (decided,) = entries(account, "refund_proposals")
    assert (decided["decision"], decided["words_to_you"]) == ("Approved", WORDS)
    assert decided["order_reference"] == payment.order.reference
    assert decided["decided_at"] is not None


def test_what_a_second_officer_refused_was_said_to_nobody(
    account: Account, maker: Actor, checker: Actor
) -> None:
    payment = make_paid(make_link(account))
    refuse(
        refund_decisions.propose(
            payment_id=payment.pk, amount=100_000, words=WORDS, actor=maker, now=clock.now()
        ),
        checker,
    )
    (entry,) = entries(account, "refund_proposals")
    assert (entry["decision"], entry["words_to_you"]) == ("Refused", "")
    assert WORDS not in copied(account)


# --- Differences ------------------------------------------------------------------------------------
@pytest.mark.parametrize("about", ["order", "payment"])
def test_a_difference_is_told_with_its_outcome_and_without_notes(
    account: Account, other: Account, maker: Actor, about: str
) -> None:
    payment = make_paid(make_link(account))
    now = clock.now()
    case = MoneyCase.objects.create(
        state=CaseState.OPEN, party="evn", day=clock.today(now), kind=ReportKind.PAYMENT,
        reference=payment.public_id, difference=Difference.DUPLICATE, ours=415_000, theirs=830_000,
        opened_at=now, since=now, **{about: payment.order if about == "order" else payment},
    )  # fmt: skip
    money_cases.take(case_id=case.pk, actor=maker, now=now)
    money_cases.note(case_id=case.pk, words="Như khoản của bà Phan Thị Khác.", actor=maker, now=now)
    money_cases.resolve(case_id=case.pk, words="Ngân hàng đã sửa.", actor=maker, now=now)

    (entry,) = entries(account, "payment_differences")
    assert (entry["state"], entry["difference"]) == ("RESOLVED", "DUPLICATE")
    assert (entry["ours"], entry["theirs"]) == (415_000, 830_000)
    assert entry["order_reference"] == payment.order.reference
    assert [step.partition(":")[0] for step in entry["steps"]] == ["Taken", "Note", "Resolved"]
    text = copied(account)
    assert "Phan Thị Khác" not in text
    assert "Ngân hàng đã sửa" not in text
    assert str(maker.account_id) not in text
    assert entries(other, "payment_differences") == []


# --- Received ---------------------------------------------------------------------------------------
def test_who_received_a_transfer_reads_what_their_bank_was_told(
    account: Account, other: Account
) -> None:
    link = make_link(account, holder_name="PHAN THI GUI", ending="1234")
    order, (payment,) = make_order(
        link, amounts=[200_000], billers=[None], payment=PaymentState.SETTLED, state=OrderState.DEBITED
    )  # fmt: skip
    payment.payee_bank, payment.payee_account, payment.payee_index = "", None, None
    payment.payee_link = make_link(other, bank="970415")
    payment.message, payment.settled_at = "Tiền chợ", clock.now()
    payment.save()

    (entry,) = entries(other, "received_transfers")
    assert {name: entry[name] for name in ("amount", "payer_name", "payer_message")} == {
        "amount": 200_000,
        "payer_name": "PHAN THI GUI",
        "payer_message": "Tiền chợ",
    }
    assert set(entry) == {"amount", "settled_at", "bank_name", "payer_name", "payer_message"}
    text = copied(other)
    for theirs in (
        "1234", account.citizen.full_name, account.citizen.personal_number, payment.public_id,
        str(order.pk), str(account.pk),
    ):  # fmt: skip
        assert theirs not in text, theirs
    assert entries(account, "received_transfers") == []

    payment.message = None
    payment.save()
    assert entries(other, "received_transfers")[0]["payer_message"] == order.reference


@pytest.mark.parametrize("state", sorted(set(PaymentState) - {PaymentState.SETTLED}))
def test_what_did_not_arrive_is_nothing_received(
    account: Account, other: Account, state: PaymentState
) -> None:
    _order, (payment,) = make_order(make_link(account), billers=[None], payment=state)
    payment.payee_bank, payment.payee_account, payment.payee_index = "", None, None
    payment.payee_link = make_link(other)
    payment.save()
    assert entries(other, "received_transfers") == []


# --- Bills ------------------------------------------------------------------------------------------
def test_bills_of_saved_codes_and_paid_ones_are_given(account: Account, other: Account) -> None:
    details = {"customer_name": "D. T. M.", "meter_no": "CT-7", "lines": [], "net": 1, "vat": 0}
    make_bill(415_000, details=details)
    save_code(account, make_biller())
    (entry,) = entries(account, "bills")
    assert (entry["amount"], entry["state"], entry["customer_code"]) == (415_000, "OPEN", CODE)
    assert entry["details"] == details
    assert ("What the bill says", "Customer: D. T. M.; Meter: CT-7; Before VAT: 1; VAT: 0") in (
        sections(account)["bills"].shown[0]
    )
    assert entries(other, "bills") == []

    make_paid(make_link(other), amount=98_000, bill=make_bill(98_000, state="PAID"))
    assert [bill["amount"] for bill in entries(other, "bills")] == [98_000]


def test_a_code_that_was_removed_leads_to_no_bill(account: Account) -> None:
    make_bill()
    code = save_code(account, make_biller())
    code.forgotten_at = clock.now()
    code.save()
    assert entries(account, "bills") == []
    assert [row["code"] for row in entries(account, "customer_codes")] == [CODE]


# --- Why not ----------------------------------------------------------------------------------------
def test_why_it_was_not_paid_is_said_in_words(account: Account) -> None:
    link = make_link(account)
    make_order(link, payment=PaymentState.NOT_PAID, state=OrderState.REFUSED, code="no_money")
    make_paid(link, state=PaymentState.REFUNDED, code="withdrawn")
    make_paid(link)
    orders = [row["why_not"] for row in entries(account, "payment_orders")]
    payments = [row["why_not"] for row in entries(account, "payments")]
    assert [bool(why) for why in orders] == [True, False, False]
    assert "not enough money" in orders[0]
    assert sorted(payments) == ["", "", "The biller withdrew this bill"]
