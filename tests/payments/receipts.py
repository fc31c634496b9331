"""Payments that were made, as rows alone: whose they are, when, and of what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from eid_portal.core import clock, ids
from payments.enums import OrderState, PaymentState
from payments.models import BankLink, Bill, Payment
from tests.payments.factories import make_order
from tests.payments.paying import make_bill


def key_at(moment: datetime) -> UUID:
    """A key as it would have been made then."""
    return UUID(int=ids.uuid7_at(moment).int | ids.uuid7().int & (1 << 80) - 1)


def make_paid(
    link: BankLink,
    *,
    amount: int = 415_000,
    at: datetime | None = None,
    state: PaymentState = PaymentState.SETTLED,
    bill: Bill | None = None,
    **columns: Any,
) -> Payment:
    """A payment for a bill, made at a moment, in a state."""
    moment = at or clock.now()
    bill = bill or make_bill(amount, state="PAID")
    _order, (payment,) = make_order(
        link,
        amounts=[amount],
        billers=[bill.biller],
        payment=state,
        id=key_at(moment),
        state=OrderState.DEBITED,
        bank_reference="FT26327 8814402",
        drafted_at=moment,
        authorised_at=moment,
        debited_at=moment,
    )
    settled = moment if state == PaymentState.SETTLED else None
    values = {"bill": bill, "sent_at": moment, "settled_at": settled, "payee_reference": "EVN-1"}
    Payment.objects.filter(pk=payment.pk).update(**values | columns)
    return Payment.objects.get(pk=payment.pk)


def make_transfer(
    link: BankLink, name: str, *, amount: int = 200_000, message: str = ""
) -> Payment:
    """A transfer that reached somebody."""
    moment = clock.now()
    _order, (payment,) = make_order(
        link,
        amounts=[amount],
        billers=[None],
        payment=PaymentState.SETTLED,
        state=OrderState.DEBITED,
        debited_at=moment,
    )
    payment.payee_name = name
    payment.message = message or None
    payment.settled_at = moment
    payment.save()
    return payment
