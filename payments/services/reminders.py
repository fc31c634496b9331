"""Remind people of bills before their last day, each bill as often as the policy says and never twice for one day.

A bill is of whoever saved its code; who forgot the code, or whose payment of it is under way, is not reminded.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from accounts.enums import AccountState, NoticeKind
from accounts.models import Account
from accounts.services import notices
from eid_portal.core import clock, sealed
from payments import policy
from payments.enums import BillState, PaymentState
from payments.models import Bill, CustomerCode, Payment
from payments.models.billing import CUSTOMER_CODE
from payments.rules import amounts


def remind(*, now: datetime) -> int:
    """Tell everybody whose bills end in so many days of the policy; run again the same day it tells nobody twice.

    Returns how many people were told of a bill, or would have been the first time.
    """
    return sum(_remind(before, now) for before in policy.REMINDED)


def _remind(before: timedelta, now: datetime) -> int:
    day = clock.today(now) + before
    paying = Payment.objects.filter(
        bill=OuterRef("pk"),
        state__in=[PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.SETTLED],
    )
    bills = Bill.objects.filter(~Exists(paying), state=BillState.OPEN, due_on=day)
    told = 0
    for bill in bills.select_related("biller").order_by("pk").iterator(chunk_size=500):
        for account in _whose(bill):
            notices.tell(
                account=account,
                kind=NoticeKind.BILL_DUE,
                values={
                    "payee": bill.biller.name,
                    "amount": amounts.written(bill.amount),
                    "date": f"{day:%d/%m/%Y}",
                },
                event_key=f"bill:{bill.pk}:{account.pk}:{before.days}",
                now=now,
            )
            told += 1
    return told


def _whose(bill: Bill) -> list[Account]:
    codes = CustomerCode.objects.filter(
        biller=bill.biller_id,
        code_index__in=sealed.blind_indexes(CUSTOMER_CODE, bill.customer_code),
        forgotten_at__isnull=True,
        account__state=AccountState.ACTIVE,
    ).select_related("account")
    return [code.account for code in codes.order_by("pk")]
