"""Bills that are paid under a standing consent (``scheduling``): told of a day before, paid once, or left out.

A bill up to the cap is told of a day before it is paid, with a way to say no; one above it is told of and left alone.
Each bill of a consent is one row, and one order under one key: however many beats and workers come at once, it is paid
once.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.enums import AccountState, NoticeKind
from accounts.models import Account
from accounts.services import notices
from eid_portal.core import clock, jobs, sealed
from eid_portal.core.events import SYSTEM, Actor
from payments import events, policy
from payments.enums import BillState, OrderState, PaymentState, ScheduledBillState, ScheduleState
from payments.models import Bill, Payment, PaymentSchedule, ScheduledBill
from payments.models.billing import CUSTOMER_CODE
from payments.rules import amounts
from payments.services import authorising, ordering, scheduling
from payments.services.ordering import BillWanted

PAY: Final = "payments.pay_scheduled"


def begin(*, now: datetime) -> int:
    """End consents that cannot pay any more, and tell of bills that are new under the others; returns how many bills.

    Two beats at once tell once: all that is written waits on the account, and a bill is one row of a consent.
    """
    scheduling.end_broken(now=now)
    told = 0
    for pk in list(_with_news().values_list("pk", flat=True)):
        told += _prepare(pk, now)
    return told


def pay(claim: jobs.Claim) -> None:
    """Pay one bill whose payer was told a day ago.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    with transaction.atomic():
        pay_one(claim.subject_id, now=clock.now())
        claim.finish()


def pay_one(scheduled: UUID, *, now: datetime) -> ScheduledBill:
    """Draft and authorise one order for a bill that is due under its consent, or tell why not; once, whoever asks."""
    with transaction.atomic():
        whose = ScheduledBill.objects.select_related("schedule__account").get(pk=scheduled)
        scheduling.hold(whose.schedule.account)
        row = scheduling.bills().get(pk=scheduled)
        if row.state != ScheduledBillState.WAITING or row.pay_at is None or row.pay_at > now:
            return row
        schedule, bill = row.schedule, row.bill
        gone = scheduling.why_ended(schedule)
        if gone:
            scheduling.end(schedule, code=gone, actor=SYSTEM, now=now)
            scheduling.tell_ended(schedule, now)
            row.refresh_from_db()
        elif schedule.account.state != AccountState.ACTIVE:
            _not_paid(row, "account_locked", now)
        elif bill.state != BillState.OPEN:
            _not_paid(row, "bill_closed", now)
        elif bill.amount > schedule.cap:
            _over_cap(row, now)
        elif bill.amount != row.amount:
            _tell_again(row, now)
        else:
            _order(row, now)
        return row


def _order(row: ScheduledBill, now: datetime) -> None:
    schedule, account = row.schedule, row.schedule.account
    try:
        with transaction.atomic():
            drafted = ordering.draft(
                account=account,
                link=schedule.link.public_id,
                wanted=[BillWanted(bill=row.bill.public_id)],
                key=f"schedule:{schedule.public_id}:{row.bill.public_id}",
                device_id=None,
                actor=SYSTEM,
                now=now,
                standing=True,
            )
            order = drafted.order
            if order.amount > schedule.cap:  # with its fee
                raise ordering.AmountChanged
            authorising.by_schedule(order=order, actor=SYSTEM, now=now)
    except (ordering.OrderRefused, authorising.NotAuthorised) as refused:
        _not_paid(row, refused.code, now)
        return
    event = events.ScheduledBillOrdered(biller=row.bill.biller_id, amount=row.amount)
    scheduling.move_bill(row, ScheduledBillState.ORDERED, event, SYSTEM, now, order=order)


def skip(*, account: Account, bill: str, actor: Actor, now: datetime) -> bool:
    """Not this time: leave one waiting bill, by the public id of its row, unpaid. False if it is too late.

    Raises:
        scheduling.NoSuchSchedule: there is no such row of the payer.
    """
    with transaction.atomic():
        scheduling.hold(account)
        row = scheduling.bills().filter(schedule__account=account, public_id=bill).first()
        if row is None:
            raise scheduling.NoSuchSchedule
        if row.state == ScheduledBillState.SKIPPED:
            return True
        if row.state != ScheduledBillState.WAITING:
            return False
        event = events.ScheduledBillSkipped(biller=row.bill.biller_id, amount=row.amount)
        scheduling.move_bill(row, ScheduledBillState.SKIPPED, event, actor, now)
    return True


# --- Parts ---------------------------------------------------------------------------------------------
def _news() -> QuerySet[Bill]:
    """Open bills that nobody pays yet, and that nobody said no to."""
    paid = Payment.objects.filter(
        bill=OuterRef("pk"),
        state__in=[
            PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.SETTLED,
        ],
    ).exclude(order__state=OrderState.DRAFTED)  # fmt: skip
    return Bill.objects.filter(~Exists(paid), state=BillState.OPEN)


def _with_news() -> QuerySet[PaymentSchedule]:
    """Consents under whose code there is a bill they do not know.

    While the keys of blind indexes are changed a code and its bill may stand under different ones: such a bill is found
    as soon as both are indexed anew.
    """
    known = ScheduledBill.objects.filter(
        schedule__customer_code=OuterRef(OuterRef("customer_code")),
        bill=OuterRef("pk"),
    ).filter(Q(schedule=OuterRef(OuterRef("pk"))) | Q(state=ScheduledBillState.SKIPPED))
    new = _news().filter(
        ~Exists(known),
        biller=OuterRef("customer_code__biller"),
        customer_code_index=OuterRef("customer_code__code_index"),
    )
    return PaymentSchedule.objects.filter(
        Exists(new), state=ScheduleState.ACTIVE, account__state=AccountState.ACTIVE
    ).order_by("pk")


@transaction.atomic
def _prepare(pk: UUID, now: datetime) -> int:
    """Tell of the new bills of one consent."""
    found = PaymentSchedule.objects.select_related("account").get(pk=pk)
    scheduling.hold(found.account)
    row = scheduling.find(found.account, found.public_id)
    if (
        row.state != ScheduleState.ACTIVE
        or scheduling.why_ended(row)
        or row.account.state != AccountState.ACTIVE
    ):
        return 0
    known = ScheduledBill.objects.filter(schedule__customer_code=row.customer_code_id).filter(
        Q(schedule=row) | Q(state=ScheduledBillState.SKIPPED)
    )
    bills = _news().filter(
        biller=row.customer_code.biller_id,
        customer_code_index__in=sealed.blind_indexes(CUSTOMER_CODE, row.customer_code.code),
    )
    told = 0
    for bill in bills.exclude(pk__in=known.values("bill")).select_related("biller").order_by("pk"):
        over, pay_at = bill.amount > row.cap, now + policy.SCHEDULED_AHEAD
        waits = ScheduledBill.objects.create(
            state=ScheduledBillState.OVER_CAP if over else ScheduledBillState.WAITING,
            schedule=row,
            bill=bill,
            amount=bill.amount,
            told_at=now,
            pay_at=None if over else pay_at,
            since=now,
        )
        if over:
            _tell_over_cap(waits, now)
        else:
            _tell_before(waits, pay_at, now)
        told += 1
    return told


def _tell_before(row: ScheduledBill, pay_at: datetime, now: datetime) -> None:
    until = pay_at.astimezone(clock.VIET_NAM)
    notices.tell(
        account=row.schedule.account,
        kind=NoticeKind.PAYMENT_SCHEDULED,
        values={
            "amount": amounts.written(row.amount),
            "payee": row.bill.biller.name,
            "until_time": f"{until:%H:%M}",
            "until_date": f"{until:%d/%m/%Y}",
        },
        event_key=f"scheduled:{row.pk}:{pay_at:%Y%m%d%H%M%S}",
        now=now,
    )
    jobs.enqueue(PAY, subject_id=row.pk, at=pay_at)


def _tell_again(row: ScheduledBill, now: datetime) -> None:
    """The biller changed the amount below the cap: the payer has another day to say no."""
    pay_at = now + policy.SCHEDULED_AHEAD
    row.amount, row.told_at, row.pay_at = row.bill.amount, now, pay_at
    row.save(update_fields=["amount", "told_at", "pay_at"])
    _tell_before(row, pay_at, now)


def _tell_over_cap(row: ScheduledBill, now: datetime) -> None:
    notices.tell(
        account=row.schedule.account,
        kind=NoticeKind.PAYMENT_OVER_CAP,
        values={
            "payee": row.bill.biller.name,
            "amount": amounts.written(row.bill.amount),
            "cap": amounts.written(row.schedule.cap),
        },
        event_key=f"scheduled:{row.pk}:over",
        now=now,
    )


def _over_cap(row: ScheduledBill, now: datetime) -> None:
    event = events.ScheduledBillOverCap(biller=row.bill.biller_id, amount=row.bill.amount)
    scheduling.move_bill(
        row, ScheduledBillState.OVER_CAP, event, SYSTEM, now, amount=row.bill.amount
    )
    _tell_over_cap(row, now)


def _not_paid(row: ScheduledBill, code: str, now: datetime) -> None:
    event = events.ScheduledBillNotPaid(biller=row.bill.biller_id, amount=row.amount, code=code)
    scheduling.move_bill(row, ScheduledBillState.NOT_PAID, event, SYSTEM, now, code=code)
    notices.tell(
        account=row.schedule.account,
        kind=NoticeKind.PAYMENT_NOT_SCHEDULED,
        values={"payee": row.bill.biller.name, "amount": amounts.written(row.amount)},
        event_key=f"scheduled:{row.pk}:not_paid",
        now=now,
    )
