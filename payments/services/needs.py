"""What an order needs before the bank is asked, from what is known of its payer, their device and its payees."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Sum

from accounts.models import Account, Device
from eid_portal.core import clock
from payments import policy
from payments.enums import OrderState
from payments.models import Payment
from payments.rules import assurance
from payments.rules.assurance import Asked, Decision, Limits, Payee
from payments.selectors import payees, tariffs

_NO_MONEY: tuple[str, ...] = (OrderState.DRAFTED, OrderState.CANCELLED, OrderState.REFUSED)


def decide(
    *,
    account: Account,
    payments: Sequence[Payment],
    device_id: UUID | None,
    now: datetime,
    standing: bool = False,
) -> tuple[Decision, Limits, bool]:
    """What an order of these payments needs, the limits of the day, and whether it is held before it is sent.

    A ``standing`` consent pays from no device: the one it was agreed to on was looked at then.

    Raises:
        tariffs.NoFigures: no limits are known for the day.
    """
    limits = tariffs.limits(clock.today(now))
    order = [_asked(account, payment) for payment in payments]
    decision = assurance.decide(
        order,
        day_total=_day_total(account, now),
        new_device=not standing and _is_new(account, device_id, now),
        since_recovery=timedelta(0)
        if account.money_held_until and account.money_held_until > now
        else None,
        limits=limits,
    )
    return decision, limits, any(assurance.is_held(each, limits) for each in order)


def _asked(account: Account, payment: Payment) -> Asked:
    if payment.biller_id is not None:
        return Asked(amount=payment.amount, payee=Payee.BILLER)
    known = payees.was_paid(account, payment)
    return Asked(amount=payment.amount, payee=Payee.KNOWN if known else Payee.NEW)


def _day_total(account: Account, now: datetime) -> int:
    begins = datetime.combine(clock.today(now), time(), tzinfo=clock.VIET_NAM)
    transfers = Payment.objects.filter(
        order__account=account, order__authorised_at__gte=begins, biller__isnull=True
    ).exclude(order__state__in=_NO_MONEY)
    return transfers.aggregate(Sum("amount"))["amount__sum"] or 0


def _is_new(account: Account, device_id: UUID | None, now: datetime) -> bool:
    """Whether the browser is not known for long, or none is: an order without one comes from nowhere known."""
    devices = Device.objects.filter(account=account, forgotten_at__isnull=True)
    device = devices.filter(pk=device_id).first() if device_id else None
    if device is None:
        return True
    return device.confirmed_at is None and device.first_seen_at > now - policy.NEW_DEVICE
