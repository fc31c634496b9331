"""Entries by themselves, without the states that they belong to."""

from collections.abc import Sequence
from datetime import datetime

from eid_portal.core import statements
from payments.models import Payment, PaymentOrder, Refund
from payments.services import ledger
from payments.services.ledger import Entry


def book_debit(*, order: PaymentOrder, payments: Sequence[Payment], now: datetime) -> bool:
    """A debit; False if the very same was booked before."""
    return _book(ledger.debit_entry(order=order, payments=payments), now)


def book_settle(*, payment: Payment, now: datetime) -> bool:
    """A payment that reached its payee; as :func:`book_debit`."""
    return _book(ledger.settle_entry(payment), now)


def book_refund(*, refund: Refund, now: datetime) -> bool:
    """A refund that the bank took; as :func:`book_debit`."""
    return _book(ledger.refund_entry(refund), now)


def _book(entry: Entry, now: datetime) -> bool:
    return entry.is_new(statements.run(*entry.step(now)))
