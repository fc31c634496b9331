"""What bills under a code came to in earlier months, for a chart beside this one's."""

import re
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, Q, Sum

from accounts.models import Account
from eid_portal.core import sealed
from payments.enums import BillState, PaymentState
from payments.models import Bill, CustomerCode, Payment
from payments.models.billing import CUSTOMER_CODE

EARLIER: Final = 6
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_LEAST: Final = 2  # of a hundred: so that the smallest bar is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A bar: its length is ``share`` of a hundred."""

    label: str  # 11/2026
    amount: int
    share: int
    is_this: bool


def list_months(account: Account, bill: Bill) -> list[Month]:
    """The bill's period and those before it, oldest first; empty if there is nothing to compare.

    Whoever has a code sees what is to be paid under it. What was billed earlier is of whoever lived there: a person
    sees of it what they paid themselves, and what came while the code was among theirs.
    """
    codes = sealed.blind_indexes(CUSTOMER_CODE, bill.customer_code)
    saved = CustomerCode.objects.filter(
        account=account,
        biller=bill.biller_id,
        code_index__in=codes,
        forgotten_at__isnull=True,
    )
    paid = Payment.objects.filter(
        bill=OuterRef("pk"), order__account=account, state=PaymentState.SETTLED
    )
    since = saved.values_list("saved_at", flat=True).first()
    mine = Q(Exists(paid)) if since is None else Q(Exists(paid)) | Q(fetched_at__gte=since)
    rows = Bill.objects.filter(
        mine,
        biller=bill.biller_id,
        customer_code_index__in=codes,
        period__lt=bill.period,
    ).exclude(state=BillState.WITHDRAWN)
    totals = rows.values("period").annotate(total=Sum("amount")).order_by("-period")[:EARLIER]
    found = [(row["period"], row["total"]) for row in totals][::-1]
    if not found:
        return []
    found.append((bill.period, bill.amount))
    most = max(amount for _period, amount in found)
    return [
        Month(
            label=_MONTH.sub(r"\2/\1", period),
            amount=int(amount),
            share=max(_LEAST, int(100 * amount / most)),
            is_this=period == bill.period,
        )
        for period, amount in found
    ]
