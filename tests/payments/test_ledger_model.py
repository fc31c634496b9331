"""A model of the ledger, driven ten thousand steps beside the real one.

Each run is a savepoint that is taken back; what waits for a commit is checked after every step.
"""

from collections import Counter
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Account
from eid_portal.core import clock, ids
from payments.enums import EntryKind, OrderState, PaymentState, RefundState
from payments.models import JournalEntry, Payment, Refund
from payments.rules import books
from payments.rules.books import FEES, PAYOUT, TRANSIT, Line
from payments.selectors import ledger as reading
from payments.services import ledger
from payments.services.ledger import BookedOtherwise
from tests.factories import make_account
from tests.payments import booking
from tests.payments.factories import make_biller, make_link, make_order, make_refund

RUNS: Final = 27
STEPS: Final = 100
AT_LEAST: Final = 10_000
BANKS: Final = ("970436", "970415")
BILLERS: Final = ("evn-mau", "water-mau", None)
AMOUNTS: Final = st.integers(1, 499_999_999)
FEES_ASKED: Final = st.sampled_from([0, 0, 1_100])
_steps: Counter[str] = Counter()


class LedgerModel(RuleBasedStateMachine):
    """What the books should hold, kept as plain sums per account and per payment."""

    account: Account

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.balances: Counter[str] = Counter()
        self.flying: dict[UUID, int] = {}
        self.entries = 0
        self.payments: list[Payment] = []
        self.refunds: list[Refund] = []
        self.given: Counter[UUID] = Counter()  # of a settled payment, to its payer
        self.links = [make_link(self.account, bank=bank) for bank in BANKS]

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def post(self, *lines: tuple[str, int]) -> None:
        for account, amount in lines:
            self.balances[account] += amount
        self.entries += 1

    def move(self, row: Payment | Refund, state: str) -> None:
        """As the services do, without the event: the books are what is tried here."""
        type(row).objects.filter(pk=row.pk).update(state=state)
        row.state = state

    def some(self, data: st.DataObject, *states: PaymentState) -> Payment | None:
        fit = [payment for payment in self.payments if payment.state in states]
        return data.draw(st.sampled_from(fit)) if fit else None

    # --- What happens to money ----------------------------------------------------------------------
    @rule(
        link=st.integers(0, 1),
        parts=st.lists(
            st.tuples(AMOUNTS, FEES_ASKED, st.sampled_from(BILLERS)), min_size=1, max_size=3
        ),
    )
    def debit(self, link: int, parts: list[tuple[int, int, str | None]]) -> None:
        order, payments = make_order(
            self.links[link],
            amounts=[amount for amount, _fee, _biller in parts],
            fees=[fee for _amount, fee, _biller in parts],
            billers=[code and make_biller(code) for _amount, _fee, code in parts],  # type: ignore[misc]
            state=OrderState.DEBITED,
            payment=PaymentState.IN_FLIGHT,
        )
        assert booking.book_debit(order=order, payments=payments, now=clock.now())
        self.post(
            (books.bank(BANKS[link]), order.amount),
            *((TRANSIT, -payment.amount - payment.fee) for payment in payments),
        )
        self.flying |= {payment.pk: payment.amount + payment.fee for payment in payments}
        self.payments += payments

    @rule(data=st.data())
    def hear_nothing(self, data: st.DataObject) -> None:
        payment = self.some(data, PaymentState.IN_FLIGHT)
        if payment:
            self.move(payment, PaymentState.UNKNOWN)

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        payment = self.some(data, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN)
        if payment:
            self.move(payment, PaymentState.SETTLED)
            assert booking.book_settle(payment=payment, now=clock.now())
            payee = books.biller(payment.biller_id) if payment.biller_id else PAYOUT
            self.post(
                (TRANSIT, payment.amount + payment.fee),
                (payee, -payment.amount),
                (FEES, -payment.fee),
            )
            del self.flying[payment.pk]

    @rule(data=st.data())
    def be_refused(self, data: st.DataObject) -> None:
        payment = self.some(data, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN)
        if payment:
            self.move(payment, PaymentState.REFUNDING)
            self.refunds.append(make_refund(payment))

    @rule(data=st.data())
    def decide_a_refund(self, data: st.DataObject) -> None:
        payment = self.some(data, PaymentState.SETTLED)
        left = payment.amount - self.given[payment.pk] if payment else 0
        if payment and left:
            amount = data.draw(st.integers(1, left))
            self.given[payment.pk] += amount
            self.refunds.append(make_refund(payment, amount))

    @precondition(lambda self: self.refunds)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        refund = self.refunds.pop(data.draw(st.integers(0, len(self.refunds) - 1)))
        payment, bank = refund.payment, books.bank(refund.payment.order.link.bank)
        source = books.biller(payment.biller_id) if payment.biller_id else PAYOUT
        self.move(refund, RefundState.DONE)
        if payment.state != PaymentState.SETTLED:
            self.move(payment, PaymentState.REFUNDED)
            del self.flying[payment.pk]
            source = TRANSIT
        assert booking.book_refund(refund=refund, now=clock.now())
        assert not booking.book_refund(refund=refund, now=clock.now())
        self.post((source, refund.amount), (bank, -refund.amount))

    @rule(data=st.data(), biller=st.sampled_from(BILLERS), bank=st.sampled_from(BANKS))
    def pay_a_biller(self, data: st.DataObject, biller: str | None, bank: str) -> None:
        account = books.biller(biller) if biller else PAYOUT
        owed = -self.balances[account]
        if owed > 0:
            amount = data.draw(st.integers(1, owed))
            now, settlement = clock.now(), uuid4()
            assert ledger.book_settlement(
                settlement_id=settlement, biller=biller, bank=bank, amount=amount, now=now
            )
            self.post((account, amount), (books.bank(bank), -amount))

    # --- What must change nothing -------------------------------------------------------------------
    @rule(data=st.data())
    def hear_it_again(self, data: st.DataObject) -> None:
        payment = self.some(data, PaymentState.SETTLED)
        if payment:
            assert not booking.book_settle(payment=payment, now=clock.now())
            payment.amount += 1
            with pytest.raises(BookedOtherwise):
                booking.book_settle(payment=payment, now=clock.now())
            payment.amount -= 1

    @rule(amount=AMOUNTS, off=st.sampled_from([-1, 1, 1_000]))
    def unbalance(self, amount: int, off: int) -> None:
        lines = [Line(TRANSIT, amount), Line("difference", -amount - off)]
        with pytest.raises(ValueError, match="sum to zero"):
            ledger.book(kind=EntryKind.ADJUSTMENT, key="x", lines=lines, now=clock.now())

    @precondition(lambda self: self.entries)
    @rule(amount=AMOUNTS, off=st.sampled_from([0, 1]), old=st.booleans())
    def go_past_the_service(self, amount: int, off: int, old: bool) -> None:
        """Raw SQL: a pair for an entry that is there, or an entry that does not balance."""
        raw: psycopg.Connection = connection.connection
        entry = JournalEntry.objects.order_by("id").values_list("id", flat=True)[0]
        with pytest.raises(psycopg.errors.IntegrityError), raw.transaction():  # noqa: PT012
            if not old:
                entry = ids.uuid7()
                raw.execute(
                    "INSERT INTO payments_journalentry (id, kind, key, booked_at) VALUES (%s, 'DEBIT', 'raw', now())",
                    [entry],
                )
            raw.execute(
                "INSERT INTO payments_posting (id, entry_id, account_id, amount)"
                " VALUES (gen_random_uuid(), %s, 'transit', %s), (gen_random_uuid(), %s, 'transit', %s)",
                [entry, amount, entry, -amount - (off or 1)],
            )
            raw.execute("SET CONSTRAINTS ALL IMMEDIATE")

    # --- After every step ---------------------------------------------------------------------------
    @invariant()
    def the_books_are_the_model(self) -> None:
        _steps["all"] += 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        held = {each.account: each.amount for each in reading.find_balances() if each.amount}
        assert held == {account: amount for account, amount in self.balances.items() if amount}
        assert reading.in_flight() == self.flying
        sums = reading.sums()
        assert (sums.off, sums.in_flight) == (0, sum(self.flying.values()))
        assert reading.find_faults() == []
        assert JournalEntry.objects.count() == self.entries


def test_the_books_are_what_a_model_of_them_is(db: None) -> None:
    LedgerModel.account = make_account()
    _steps.clear()
    while _steps["all"] < AT_LEAST:  # a run may be shorter than it might be
        run_state_machine_as_test(
            LedgerModel,
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=STEPS,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
