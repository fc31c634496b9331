"""Which payments can be disputed."""

from datetime import datetime
from typing import Final, Literal

from payments import policy
from payments.enums import OrderState, PaymentState

Flaw = Literal["no_money", "refunded", "too_late"]
# The bank was asked, so that the payer may find it in their account.
_ASKED: Final = frozenset({OrderState.AUTHORISED, OrderState.UNKNOWN, OrderState.DEBITED})


def flaw(
    *,
    state: str,
    order_state: str,
    begun_at: datetime | None,
    paid: int,
    back: int,
    now: datetime,
) -> Flaw | None:
    """Why a payment cannot be disputed; None if it can be.

    ``begun_at`` is when it was debited, or agreed to; ``back`` is what went back of ``paid``, or is on its way.
    """
    if state == PaymentState.NOT_PAID or order_state not in _ASKED or begun_at is None:
        return "no_money"
    if state in {PaymentState.REFUNDING, PaymentState.REFUNDED} or back >= paid:
        return "refunded"
    if now >= begun_at + policy.DISPUTABLE:
        return "too_late"
    return None
