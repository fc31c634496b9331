"""Book movements of money: an entry with its postings in one statement, in the caller's transaction, each once.

Who moves a row's state books in the same transaction, so the books and the states agree at every commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from eid_portal.core import ids, statements
from payments.enums import EntryKind, PaymentState
from payments.models import Payment, PaymentOrder, Refund
from payments.rules import books

# Accounts are opened in the order of their codes: two that open the same ones do not wait for each other in a circle.
_BOOK: Final = """
WITH entry AS (
    INSERT INTO payments_journalentry (id, kind, key, booked_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (key) DO NOTHING RETURNING id),
line AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])
        AS line(id, account, kind, payment, amount)),
opened AS (
    INSERT INTO payments_ledgeraccount (code, kind)
    SELECT DISTINCT line.account, line.kind FROM line, entry ORDER BY 1 ON CONFLICT DO NOTHING)
INSERT INTO payments_posting (id, entry_id, account_id, payment_id, amount)
SELECT line.id, entry.id, line.account, line.payment, line.amount FROM line, entry"""
_BOOKED: Final = """
SELECT entry.kind, posting.account_id, posting.amount, posting.payment_id
FROM payments_journalentry entry JOIN payments_posting posting ON posting.entry_id = entry.id
WHERE entry.key = %s"""


class BookedOtherwise(Exception):
    """Something else was booked under this key: the caller is wrong about what moved, and must not commit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement to be booked under a key that is its own.

    Raises:
        ValueError: the lines are no entry: fewer than two, a zero, or they do not balance.
    """

    kind: EntryKind
    key: str
    lines: Sequence[books.Line]

    def __post_init__(self) -> None:
        for fault in books.faults(self.lines):
            raise ValueError(f"{self.key}: {fault}")

    def step(self, now: datetime) -> statements.Step:
        """What books it, for who sends more in the same trip and asks :meth:`is_new` before the commit."""
        return _BOOK, [
            ids.uuid7(),
            self.kind.value,
            self.key,
            now,
            [ids.uuid7() for _line in self.lines],
            [line.account for line in self.lines],
            [books.kind_of(line.account).value for line in self.lines],
            [line.payment_id for line in self.lines],
            [line.amount for line in self.lines],
        ]

    def is_new(self, written: int) -> bool:
        """Whether the step wrote it, by how many rows it wrote; False if the very same was booked before.

        Raises:
            BookedOtherwise: see the class.
        """
        if written:
            return True
        there = sorted(statements.fetch_all(_BOOKED, [self.key]), key=str)
        meant = [
            (self.kind.value, line.account, line.amount, line.payment_id) for line in self.lines
        ]
        if there != sorted(meant, key=str):
            raise BookedOtherwise(self.key)
        return False


def book(*, kind: EntryKind, key: str, lines: Sequence[books.Line], now: datetime) -> bool:
    """Write an entry in the caller's transaction; False if the very same was booked before.

    Raises:
        BookedOtherwise: see the class; nothing was written.
        ValueError: the lines are no entry: fewer than two, a zero, or they do not balance.
    """
    entry = Entry(kind, key, lines)
    return entry.is_new(statements.run(*entry.step(now)))


def debit_entry(*, order: PaymentOrder, payments: Sequence[Payment]) -> Entry:
    """The payer's bank debited an order of these payments.

    Raises:
        ValueError: the payments, with their fees, are not the order's amount.
    """
    lines = books.debit(
        bank_account=books.bank(order.link.bank),
        total=order.amount,
        parts=[_part(payment) for payment in payments],
    )
    return Entry(EntryKind.DEBIT, f"debit:{order.pk}", lines)


def settle_entry(payment: Payment) -> Entry:
    """A payee has a payment."""
    return Entry(EntryKind.SETTLE, f"settle:{payment.pk}", books.settle(_part(payment)))


def refund_entry(refund: Refund) -> Entry:
    """The payer's bank took a refund: of what is in flight, or of a settled payment."""
    payment = refund.payment
    lines = books.refund(
        _part(payment),
        settled=payment.state == PaymentState.SETTLED,
        amount=refund.amount,
        bank_account=books.bank(payment.order.link.bank),
    )
    return Entry(EntryKind.REFUND, f"refund:{refund.pk}", lines)


def keys_of(payment: Payment) -> list[str]:
    """Under which keys a payment is booked, as far as it came: its order's debit, its payee's part, its refunds."""
    refunds = Refund.objects.filter(payment=payment).values_list("pk", flat=True)
    refunded = [f"refund:{refund}" for refund in refunds]
    return [f"debit:{payment.order_id}", f"settle:{payment.pk}", *refunded]


def book_settlement(
    *, settlement_id: UUID, biller: str | None, bank: str, amount: int, now: datetime
) -> bool:
    """A biller, or the switch if none is named, was given what it was owed, out of what a bank holds; as :func:`book`.

    Raises:
        BookedOtherwise: see the class.
        ValueError: the amount is zero.
    """
    lines = books.settlement(
        account=books.PAYOUT if biller is None else books.biller(biller),
        bank_account=books.bank(bank),
        amount=amount,
    )
    return book(kind=EntryKind.SETTLEMENT, key=f"settlement:{settlement_id}", lines=lines, now=now)


def _part(payment: Payment) -> books.Part:
    return books.Part(
        payment_id=payment.pk,
        amount=payment.amount,
        fee=payment.fee,
        biller=payment.biller_id,
    )
