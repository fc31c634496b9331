"""What the pages of transfers show besides the form."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Sum

from accounts.models import Account
from eid_portal.core import clock
from payments.enums import OrderState, PaymentPurpose
from payments.models import Payment, PaymentOrder
from payments.rules.assurance import Limits
from payments.selectors import tariffs

_STOPPED_SHOWN = timedelta(hours=24)
_NO_MONEY = (OrderState.DRAFTED, OrderState.CANCELLED, OrderState.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was transferred today, and the limits of the day."""

    sent: int
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a stop took back, and until when no transfer goes out."""

    amount: int
    until: datetime | None


def today(account: Account, now: datetime) -> Today:
    """Transfers of today, and the limits."""
    day = clock.today(now)
    begins = datetime.combine(day, time(), tzinfo=clock.VIET_NAM)
    sent = Payment.objects.filter(
        order__account=account, order__authorised_at__gte=begins, purpose=PaymentPurpose.TRANSFER
    ).exclude(order__state__in=_NO_MONEY)
    return Today(sent=sent.aggregate(Sum("amount"))["amount__sum"] or 0, limits=tariffs.limits(day))


def stopped(account: Account, now: datetime) -> Stopped:
    """What the last stops took back."""
    orders = PaymentOrder.objects.filter(
        account=account,
        state=OrderState.CANCELLED,
        code="stopped",
        since__gt=now - _STOPPED_SHOWN,
    )
    until = account.money_held_until
    return Stopped(
        amount=orders.aggregate(Sum("amount"))["amount__sum"] or 0,
        until=until if until and until > now else None,
    )
