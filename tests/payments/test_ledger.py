"""The books: each movement is booked once, and whatever does not agree with them is named."""

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from eid_portal.core import clock, ids
from payments.enums import EntryKind, OrderState, PaymentState, RefundState
from payments.models import JournalEntry, LedgerAccount, Payment, PaymentOrder, Posting
from payments.rules import books
from payments.rules.books import FEES, PAYOUT, TRANSIT, Line
from payments.selectors import ledger as reading
from payments.services import ledger
from payments.services.ledger import BookedOtherwise
from tests.payments import booking
from tests.payments.factories import BANK, make_biller, make_link, make_order, make_refund

pytestmark = pytest.mark.django_db
AT_BANK = books.bank(BANK)
EVN = books.biller("evn-mau")


def debited(
    state: PaymentState = PaymentState.IN_FLIGHT, **columns: Any
) -> tuple[PaymentOrder, list[Payment]]:
    order, payments = make_order(payment=state, state=OrderState.DEBITED, **columns)
    booking.book_debit(order=order, payments=payments, now=clock.now())
    return order, payments


def settled(**columns: Any) -> Payment:
    _order, [payment] = debited(PaymentState.SETTLED, **columns)
    booking.book_settle(payment=payment, now=clock.now())
    return payment


def balances() -> dict[str, int]:
    return {each.account: each.amount for each in reading.find_balances()}


def faults() -> list[str]:
    return [f"{fault.what} {fault.why}" for fault in reading.find_faults()]


# --- The flow ---------------------------------------------------------------------------------------
def test_a_debit_puts_money_in_flight_for_each_payment() -> None:
    _order, payments = debited(amounts=(500_000, 120_000), fees=(0, 1_100))

    assert balances() == {AT_BANK: 621_100, TRANSIT: -621_100}
    assert reading.in_flight() == {payments[0].pk: 500_000, payments[1].pk: 121_100}
    assert faults() == []


def test_what_is_settled_is_owed_to_its_payee_and_no_longer_in_flight() -> None:
    settled(amounts=(120_000,), fees=(1_100,))

    assert balances() == {AT_BANK: 121_100, EVN: -120_000, FEES: -1_100, TRANSIT: 0}
    assert reading.in_flight() == {}
    assert faults() == []


def test_a_transfer_is_owed_to_the_switch() -> None:
    settled(amounts=(70_000,), billers=(None,))
    assert balances() == {AT_BANK: 70_000, PAYOUT: -70_000, TRANSIT: 0}


def test_what_the_payee_refused_goes_back_with_its_fee() -> None:
    _order, [payment] = debited(PaymentState.REFUNDED, amounts=(50_000,), fees=(1_100,))
    refund = make_refund(payment, state=RefundState.DONE)
    booking.book_refund(refund=refund, now=clock.now())

    assert balances() == {AT_BANK: 0, TRANSIT: 0}
    assert faults() == []


def test_a_refund_of_a_settled_payment_is_no_longer_owed_to_its_payee() -> None:
    payment = settled(amounts=(50_000,))
    refund = make_refund(payment, 20_000, state=RefundState.DONE)
    booking.book_refund(refund=refund, now=clock.now())

    assert balances() == {AT_BANK: 30_000, EVN: -30_000, TRANSIT: 0}
    assert faults() == []


def test_a_biller_is_given_what_it_is_owed() -> None:
    settled(amounts=(50_000,))
    paid = ledger.book_settlement(
        settlement_id=uuid4(), biller="evn-mau", bank=BANK, amount=50_000, now=clock.now()
    )

    assert paid
    assert balances() == {AT_BANK: 0, EVN: 0, TRANSIT: 0}
    assert reading.balance(EVN) == 0
    assert faults() == []


# --- Once -------------------------------------------------------------------------------------------
def test_a_movement_is_booked_once() -> None:
    order, payments = debited(amounts=(500_000, 1))
    assert not booking.book_debit(order=order, payments=payments[::-1], now=clock.now())
    assert JournalEntry.objects.count() == 1
    assert Posting.objects.count() == 3


def test_something_else_under_the_same_key_is_told_apart() -> None:
    _order, [payment] = debited(amounts=(500_000,))
    booking.book_settle(payment=payment, now=clock.now())
    payment.amount += 1

    with pytest.raises(BookedOtherwise):
        booking.book_settle(payment=payment, now=clock.now())
    assert balances()[EVN] == -500_000


@pytest.mark.parametrize(
    "amounts", [(), (5,), (5, -4), (0, 0), (2**63, -(2**63)), (-(2**63), 2**63 - 1, 1)]
)
def test_lines_that_are_no_entry_are_refused(amounts: tuple[int, ...]) -> None:
    lines = [Line(TRANSIT, amount) for amount in amounts]
    with pytest.raises(ValueError, match="x: "):
        ledger.book(kind=EntryKind.ADJUSTMENT, key="x", lines=lines, now=clock.now())
    assert not JournalEntry.objects.exists()


def test_payments_that_are_not_their_orders_amount_are_not_booked() -> None:
    order, payments = make_order(amounts=(500_000, 2))
    with pytest.raises(ValueError, match="sum to zero"):
        booking.book_debit(order=order, payments=payments[:1], now=clock.now())


def test_an_unknown_account_is_refused() -> None:
    lines = [Line("pocket", 1), Line(TRANSIT, -1)]
    with pytest.raises(ValueError, match="POCKET"):
        ledger.book(kind=EntryKind.ADJUSTMENT, key="x", lines=lines, now=clock.now())


def test_accounts_are_opened_when_they_are_first_booked_on() -> None:
    settled(amounts=(5,))
    settled(amounts=(5,), link=make_link(PaymentOrder.objects.get().account))
    assert set(LedgerAccount.objects.values_list("code", "kind")) == {
        (AT_BANK, "BANK"),
        (EVN, "BILLER"),
        (TRANSIT, "TRANSIT"),
    }


def test_a_booking_is_one_trip(django_assert_num_queries: Any) -> None:
    order, payments = make_order(amounts=(1, 2, 3))
    with django_assert_num_queries(1):
        booking.book_debit(order=order, payments=payments, now=clock.now())


def test_a_booking_that_is_rolled_back_never_was() -> None:
    order, payments = make_order()
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        booking.book_debit(order=order, payments=payments, now=clock.now())
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert balances() == {}
    assert booking.book_debit(order=order, payments=payments, now=clock.now())


# --- Proof ------------------------------------------------------------------------------------------
def test_books_that_agree_say_so() -> None:
    settled(amounts=(50_000,))
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "the books are off by 0" in out.getvalue()
    assert "WRONG" not in out.getvalue()


def test_books_that_do_not_agree_name_the_row_and_fail() -> None:
    order, _payments = make_order(state=OrderState.DEBITED, payment=PaymentState.WAITING)
    out = StringIO()
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_ledger", stdout=out)
    assert f"WRONG order {order.pk} is debited, but no entry says so" in out.getvalue()


def test_a_debit_of_an_order_that_is_not_debited_is_named() -> None:
    order, payments = make_order()
    booking.book_debit(order=order, payments=payments, now=clock.now())
    assert f"order is AUTHORISED, but an entry debits 500000 at {AT_BANK}" in faults()


def test_a_debit_at_another_bank_is_named() -> None:
    order, payments = make_order(payment=PaymentState.IN_FLIGHT, state=OrderState.DEBITED)
    order.link.bank = "970415"
    booking.book_debit(order=order, payments=payments, now=clock.now())
    assert faults() == ["order is DEBITED, but an entry debits 500000 at bank:970415"]


@pytest.mark.parametrize(
    "state",
    [PaymentState.WAITING, PaymentState.SETTLED, PaymentState.REFUNDED, PaymentState.NOT_PAID],
)
def test_a_payment_whose_money_still_flies_is_named(state: PaymentState) -> None:
    debited(state)
    assert f"payment is {state}, but its postings say in flight 500000" in faults()[-1]
    assert reading.sums().off == 500_000


@pytest.mark.parametrize(
    "state", [PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.REFUNDING]
)
def test_a_payment_whose_money_flies_is_right_and_wrong_once_settled_in_the_books(
    state: PaymentState,
) -> None:
    _order, [payment] = debited(state)
    assert faults() == []
    assert reading.sums().off == 0
    booking.book_settle(payment=payment, now=clock.now())
    assert "in flight 0, owed 500000" in faults()[0]
    assert reading.sums().off == 500_000


def test_a_payment_settled_to_another_payee_by_hand_is_named() -> None:
    _order, [payment] = debited(PaymentState.SETTLED)
    lines = [Line(TRANSIT, 500_000, payment.pk), Line("difference", -500_000, payment.pk)]
    ledger.book(kind=EntryKind.SETTLE, key=f"settle:{payment.pk}", lines=lines, now=clock.now())
    assert "owed 0" in faults()[0]


def test_a_payment_owed_to_the_wrong_biller_is_named() -> None:
    _order, [payment] = debited(PaymentState.SETTLED)
    payment.biller = make_biller("water-mau")
    booking.book_settle(payment=payment, now=clock.now())
    assert faults() == ["payment is owed to biller:evn-mau, but postings say biller:water-mau"]


def test_a_refund_without_entry_and_an_entry_without_refund_are_named() -> None:
    _order, [payment] = debited(PaymentState.REFUNDING)
    waiting = make_refund(payment)
    booking.book_refund(refund=waiting, now=clock.now())
    assert "refund is SENDING, but an entry gives back 500000" in faults()

    done = make_refund(settled(link=payment.order.link), 1, state=RefundState.DONE)
    assert f"refund {done.pk} is done, but no entry says so" in map(str, reading.find_faults())


def test_refunds_above_what_was_captured_are_named() -> None:
    payment = settled(amounts=(500_000,), fees=(1_100,))
    make_refund(payment, 300_000)
    make_refund(payment, 200_000, state=RefundState.REFUSED)  # gives nothing back
    assert faults() == []
    make_refund(payment, 200_001)
    assert faults() == ["payment is refunded 500001, above the 500000 it captured"]


def test_an_order_that_is_not_the_sum_of_its_payments_is_named() -> None:
    make_order(amounts=(5, 6), amount=12)
    assert faults() == ["order is of 12, its payments of 11"]


@pytest.mark.parametrize(("amounts", "total"), [((5, -4), 1), ((), 0), ((5,), 5)])
def test_an_entry_that_came_past_the_checks_is_named(amounts: tuple[int, ...], total: int) -> None:
    """As after a restore with triggers off. The check waits for the end of the transaction, which never comes here."""
    entry = ids.uuid7()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO payments_ledgeraccount VALUES ('difference', 'DIFFERENCE')")
        cursor.execute(
            "WITH entry AS (INSERT INTO payments_journalentry (id, kind, key, booked_at)"
            " VALUES (%s, 'ADJUSTMENT', 'x', now()))"
            " INSERT INTO payments_posting (id, entry_id, account_id, amount)"
            " SELECT gen_random_uuid(), %s, 'difference', amount FROM unnest(%s::bigint[]) AS line(amount)",
            [entry, entry, list(amounts)],
        )
    found, off = [str(fault) for fault in reading.find_faults()], reading.sums().off
    connection.set_rollback(True)
    assert found == [f"entry {entry} has {len(amounts)} postings and sums to {total}"]
    assert off == total
