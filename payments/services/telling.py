"""Tell payers what became of their money, in the transaction in which it is booked, each event once.

A payment that went as expected is a line in the inbox. A text message goes out where somebody waits for certainty, or
has to do something: what was not certain and then settled, what a bank refused, what came back.
"""

from datetime import datetime
from typing import Any

from accounts.enums import NoticeChannel, NoticeKind
from accounts.models import Account, Notice
from accounts.services import notices
from eid_portal.core import clock, statements
from payments import policy
from payments.models import Dispute, Payment, PaymentOrder, Refund
from payments.rules import amounts


def settled(payment: Payment, now: datetime) -> list[statements.Step]:
    """What tells that a payee has a payment; once an order was uncertain, by text message for the first of it."""
    order = payment.order
    values = {
        "amount": amounts.written(payment.amount),
        "payee": payee_of(payment),
        "reference": order.reference,
    }
    if payment.unanswered or order.unanswered:
        notices.tell(
            account=order.account,
            kind=NoticeKind.PAYMENT_SETTLED,
            values=values,
            channels=(NoticeChannel.SMS,),
            event_key=f"order:{order.pk}:certain",
            now=now,
        )
    return [
        notices.telling(
            account=order.account,
            kind=NoticeKind.PAYMENT_SETTLED,
            values=values,
            event_key=f"payment:{payment.pk}:settled",
            now=now,
        )
    ]


def refunded(refund: Refund, now: datetime) -> None:
    """Tell that a payment is back."""
    order = refund.payment.order
    notices.tell(
        account=order.account,
        kind=NoticeKind.PAYMENT_REFUNDED,
        values={
            "amount": amounts.written(refund.amount),
            "payee": payee_of(refund.payment),
            "reference": order.reference,
        },
        event_key=f"refund:{refund.pk}:done",
        now=now,
    )


def refused(order: PaymentOrder, now: datetime) -> None:
    """Tell that the bank did not pay."""
    _tell(order, NoticeKind.PAYMENT_REFUSED, "refused", now)


def unknown(order: PaymentOrder, now: datetime) -> None:
    """Tell that it is not certain yet, once an order."""
    _tell(order, NoticeKind.PAYMENT_UNKNOWN, "unknown", now)


def disputed(row: Dispute, now: datetime) -> None:
    """Tell until when a dispute is answered."""
    due = row.due_at.astimezone(clock.VIET_NAM)
    _of_dispute(row, NoticeKind.DISPUTE_ASKED, {"due": f"{due:%d/%m/%Y}"}, now)


def disputed_in_vain(row: Dispute, now: datetime) -> None:
    """Tell that a dispute was answered without a refund; of one that is upheld the refund tells."""
    _of_dispute(row, NoticeKind.DISPUTE_ANSWERED, {"words": row.answer}, now)


def transfers_stopped(account: Account, now: datetime) -> None:
    """Tell until when no transfer goes out; the caller holds the account's row, and has set that.

    Raises:
        ValueError: its money is not held.
    """
    if account.money_held_until is None:
        raise ValueError("nothing is stopped")
    until = account.money_held_until.astimezone(clock.VIET_NAM)
    lately = Notice.objects.filter(
        account=account,
        kind=NoticeKind.TRANSFERS_STOPPED,
        created_at__gt=now - policy.STOP_TOLD_AGAIN,
    )
    notices.tell(
        account=account,
        kind=NoticeKind.TRANSFERS_STOPPED,
        values={"until_time": f"{until:%H:%M}", "until_date": f"{until:%d/%m/%Y}"},
        channels=(NoticeChannel.INBOX,) if lately.exists() else (),
        now=now,
    )


def _of_dispute(row: Dispute, kind: NoticeKind, values: dict[str, Any], now: datetime) -> None:
    payment = row.payment
    notices.tell(
        account=payment.order.account,
        kind=kind,
        values={
            "amount": amounts.written(payment.amount),
            "payee": payee_of(payment),
            "reference": payment.order.reference,
        }
        | values,
        event_key=f"dispute:{row.pk}:{kind}",
        now=now,
    )


def payee_of(payment: Payment) -> str:
    """Who is paid, in the words of the bill or of the payee's bank."""
    return payment.biller.name if payment.biller else payment.payee_name or ""


def _tell(order: PaymentOrder, kind: NoticeKind, what: str, now: datetime) -> None:
    notices.tell(
        account=order.account,
        kind=kind,
        values={"amount": amounts.written(order.amount), "reference": order.reference},
        event_key=f"order:{order.pk}:{what}",
        now=now,
    )
