"""Whom a payer has paid before."""

from accounts.models import Account
from eid_portal.core import sealed
from payments.enums import PaymentState
from payments.models import Payment
from payments.models.paying import PAYEE


def was_paid(account: Account, payment: Payment) -> bool:
    """Whether a transfer goes to somebody who has had money of this payer."""
    paid = Payment.objects.filter(order__account=account, state=PaymentState.SETTLED)
    if payment.payee_link is not None:  # the person, from whichever account they took it
        return paid.filter(payee_link__account=payment.payee_link.account_id).exists()
    return paid.filter(
        payee_bank=payment.payee_bank,
        payee_index__in=sealed.blind_indexes(PAYEE, payment.payee_account or ""),
    ).exists()
