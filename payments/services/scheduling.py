"""Pay bills by a standing consent: agreed to once for a customer code, a cap and a bank account.

A bill up to the cap is told of a day before it is paid, with a way to say no; one above it is told of and left alone.
Each bill of a consent is one row, and one order under one key: however many beats and workers come at once, it is paid
once. Locks are taken in one order: the account, the consent, its bill, the order.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.enums import AccountState, CodePurpose, NoticeKind
from accounts.models import Account
from accounts.policy import SECOND_FACTOR
from accounts.services import codes, notices, passkeys, tries
from accounts.services.passkeys import Purpose
from accounts.services.sessions import Session
from eid_portal.core import clock, jobs, sealed, text
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import move
from payments import events, policy, states
from payments.enums import (
    Assurance,
    AuthorisedBy,
    BillState,
    LinkState,
    OrderState,
    PaymentPurpose,
    PaymentState,
    ScheduledBillState,
    ScheduleState,
)
from payments.models import (
    BankLink,
    Bill,
    CustomerCode,
    Payment,
    PaymentSchedule,
    ScheduledBill,
)
from payments.models.billing import CUSTOMER_CODE
from payments.rules import amounts
from payments.services import authorising, needs, ordering
from payments.services.ordering import BillWanted

PAY: Final = "payments.pay_scheduled"
_NAME_MOST: Final = 20  # characters of a biller in a message
_ACTIVE, _ENDED = ScheduleState.ACTIVE, ScheduleState.ENDED


class ScheduleRefused(Exception):
    """Nothing was agreed to; ``message`` says why."""

    code = "schedule_refused"
    message: Any = _("Automatic payment was not set up.")


class NoSuchSchedule(ScheduleRefused):
    """There is none of this payer."""

    code = "no_such_schedule"


class NotTheirs(ScheduleRefused):
    """The customer code is not saved, or the bank account not linked."""

    code = "not_theirs"
    message = _("Choose one of your saved codes and one of your linked bank accounts.")


class CapTooHigh(ScheduleRefused):
    """So much cannot be paid at once."""

    code = "cap_too_high"
    message = _("A cap so high cannot be set. Choose a lower one.")


class TooLate(ScheduleRefused):
    """The draft's time ran out, it ended, or what it names is gone."""

    code = "too_late"
    message = _("This took too long, or something has changed. Nothing was set up. Begin again.")


class PasskeyNeeded(ScheduleRefused):
    """A code is not enough on this device, or now."""

    code = "passkey_needed"
    message = _("This needs a passkey: the device is new, or the account was recovered lately.")


# --- Agreeing ------------------------------------------------------------------------------------------
def draft(
    *, account: Account, code: str, link: str, cap: int, actor: Actor, now: datetime
) -> PaymentSchedule:
    """Write down what is to be agreed to; pressed twice it is one draft. ``code`` and ``link`` are public ids.

    Raises:
        ScheduleRefused: see its subclasses; nothing was written.
    """
    with transaction.atomic():
        _hold(account)
        saved = CustomerCode.objects.filter(
            account=account, public_id=code, forgotten_at__isnull=True
        ).first()
        source = BankLink.objects.filter(
            account=account, public_id=link, state=LinkState.ACTIVE
        ).first()
        if saved is None or source is None:
            raise NotTheirs
        mine = PaymentSchedule.objects.filter(account=account, customer_code=saved)
        for old in mine.filter(state=ScheduleState.DRAFTED).select_related(
            "account", "customer_code"
        ):
            if (old.link_id, old.cap) == (source.pk, cap) and old.expires_at > now:
                return old
            _end(old, code="chosen_anew", actor=actor, now=now)
        row = PaymentSchedule(
            state=ScheduleState.DRAFTED,
            account=account,
            customer_code=saved,
            link=source,
            cap=cap,
            drafted_at=now,
            expires_at=now + policy.DRAFT_LASTS,
            since=now,
        )
        if _needs(row, None, now, standing=True) == Assurance.NONE:
            raise CapTooHigh
        row.save(force_insert=True)
        return row


def send_code(*, session: Session, schedule: str, now: datetime) -> datetime:
    """Send the account's phone a code that names biller and cap and opens this consent alone; until when it is good.

    Raises:
        ScheduleRefused: see its subclasses.
        authorising.NoPhone: see the class.
        codes.TooManyCodes: see the class.
    """
    row = _draft_of(session.account, schedule, now)
    _refuse_weak(row, session, now)
    return codes.send(
        purpose=CodePurpose.PAYMENT,
        request_id=row.pk,
        account=session.account,
        to=_phone_of(session.account, now),
        action_text=pgettext("sms", "PAY bills of %(payee)s BY ITSELF, each up to %(cap)sd")
        % {
            "payee": text.without_marks(row.customer_code.biller.short_name)[:_NAME_MOST].upper(),
            "cap": amounts.written(row.cap),
        },
        lasts=policy.CODE_LASTS,
        now=now,
    ).expires_at


def by_code(
    *, session: Session, schedule: str, code: str, actor: Actor, now: datetime
) -> PaymentSchedule:
    """Agree with the code that was sent for it; what is agreed to already is given as it stands.

    Raises:
        ScheduleRefused: see its subclasses.
        authorising.NoPhone: see the class.
        codes.CodeRefused: see its subclasses.
    """
    row = find(session.account, schedule)
    if row.state == _ACTIVE:
        return row
    row = _draft_of(session.account, schedule, now)
    _refuse_weak(row, session, now)
    try:
        codes.check(
            purpose=CodePurpose.PAYMENT,
            request_id=row.pk,
            to=_phone_of(session.account, now),
            code=code,
            now=now,
        )
    except codes.NoCode:
        row = find(session.account, schedule)
        if row.state == _ACTIVE:  # the same press, sent twice
            return row
        raise
    with transaction.atomic():
        return _agree(row, AuthorisedBy.CODE, actor=actor, now=now)


def passkey_options(*, account: Account, schedule: str, now: datetime) -> dict[str, Any]:
    """What a browser is asked to sign: this consent, its biller, code, cap and bank account. Read only.

    Raises:
        ScheduleRefused: see its subclasses.
    """
    row = _draft_of(account, schedule, now)
    return passkeys.options(Purpose.PAYMENT, binding=binding_of(row), account=account, now=now)


def by_passkey(
    *, session: Session, schedule: str, answer: str, actor: Actor, now: datetime
) -> PaymentSchedule:
    """Agree with a passkey's answer; what is agreed to already is given as it stands.

    Raises:
        ScheduleRefused: see its subclasses.
        passkeys.PasskeyRefused: see the class; also of an answer to another consent, cap or biller.
        proofs.NoAuthenticator: it failed too often.
        tries.TooManyTries: see the class.
    """
    account = session.account
    row = find(account, schedule)
    if row.state == _ACTIVE:
        return row
    row = _draft_of(account, schedule, now)
    tries.within(SECOND_FACTOR, f"{account.pk}:{session.device_id}", now)
    proved = passkeys.verify(
        answer,
        purpose=Purpose.PAYMENT,
        binding=binding_of(row),
        account_id=account.pk,
        known_device=True,
        now=now,
    )
    with transaction.atomic():
        passkeys.use(proved, now=now)
        return _agree(row, AuthorisedBy.PASSKEY, actor=actor, now=now)


def binding_of(row: PaymentSchedule) -> str:
    """What a passkey's challenge is derived from."""
    said = ["schedule", str(row.pk), str(row.customer_code_id), str(row.link_id), row.cap]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def needed(row: PaymentSchedule, device_id: UUID, now: datetime) -> Assurance:
    """What agreeing to a consent needs on a device: what one bill as high as its cap would."""
    return _needs(row, device_id, now, standing=False)


def find(account: Account, schedule: str) -> PaymentSchedule:
    """A consent of the payer, by its public id.

    Raises:
        NoSuchSchedule: see the class.
    """
    rows = PaymentSchedule.objects.select_related("account", "customer_code__biller", "link")
    row = rows.filter(account=account, public_id=schedule).first()
    if row is None:
        raise NoSuchSchedule
    return row


# --- Stopping ------------------------------------------------------------------------------------------
def stop(*, account: Account, schedule: str, actor: Actor, now: datetime) -> PaymentSchedule:
    """End a consent; bills that wait under it are not paid. Pressed twice it is one end.

    Raises:
        NoSuchSchedule: see the class.
    """
    with transaction.atomic():
        _hold(account)
        row = find(account, schedule)
        if row.state != _ENDED:
            _end(row, code="stopped", actor=actor, now=now)
    return row


def skip(*, account: Account, bill: str, actor: Actor, now: datetime) -> bool:
    """Not this time: leave one waiting bill, by the public id of its row, unpaid. False if it is too late.

    Raises:
        NoSuchSchedule: there is no such row of the payer.
    """
    with transaction.atomic():
        _hold(account)
        row = _bills().filter(schedule__account=account, public_id=bill).first()
        if row is None:
            raise NoSuchSchedule
        if row.state == ScheduledBillState.SKIPPED:
            return True
        if row.state != ScheduledBillState.WAITING:
            return False
        event = events.ScheduledBillSkipped(biller=row.bill.biller_id, amount=row.amount)
        _move_bill(row, ScheduledBillState.SKIPPED, event, actor, now)
    return True


# --- The beat ------------------------------------------------------------------------------------------
def begin(*, now: datetime) -> int:
    """End consents that cannot pay any more, and tell of bills that are new under the others; returns how many bills.

    Two beats at once tell once: all that is written waits on the account, and a bill is one row of a consent.
    """
    for pk in list(_broken().values_list("pk", flat=True)):
        _end_broken(pk, now)
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
        _hold(whose.schedule.account)
        row = _bills().get(pk=scheduled)
        if row.state != ScheduledBillState.WAITING or row.pay_at is None or row.pay_at > now:
            return row
        schedule, bill = row.schedule, row.bill
        gone = _why_ended(schedule)
        if gone:
            _end(schedule, code=gone, actor=SYSTEM, now=now)
            _tell_ended(schedule, now)
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
    _move_bill(row, ScheduledBillState.ORDERED, event, SYSTEM, now, order=order)


# --- Parts ---------------------------------------------------------------------------------------------
def _hold(account: Account) -> None:
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


def _bills() -> QuerySet[ScheduledBill]:
    return ScheduledBill.objects.select_related(
        "bill__biller",
        "schedule__account",
        "schedule__customer_code__biller",
        "schedule__link",
    )


def _draft_of(account: Account, schedule: str, now: datetime) -> PaymentSchedule:
    row = find(account, schedule)
    if row.state != ScheduleState.DRAFTED or row.expires_at <= now or _why_ended(row):
        raise TooLate
    return row


def _needs(
    row: PaymentSchedule, device_id: UUID | None, now: datetime, *, standing: bool
) -> Assurance:
    highest = Payment(
        purpose=PaymentPurpose.BILL, biller_id=row.customer_code.biller_id, amount=row.cap
    )
    decision, _limits, _held = needs.decide(
        account=row.account, payments=[highest], device_id=device_id, now=now, standing=standing
    )
    return decision.needs


def _refuse_weak(row: PaymentSchedule, session: Session, now: datetime) -> None:
    if needed(row, session.device_id, now) != Assurance.CODE:
        raise PasskeyNeeded


def _phone_of(account: Account, now: datetime) -> str:
    phone = authorising.find_phone(account, now)
    if phone is None:
        raise authorising.NoPhone
    return phone


def _agree(
    row: PaymentSchedule, how: AuthorisedBy, *, actor: Actor, now: datetime
) -> PaymentSchedule:
    _hold(row.account)
    row = find(row.account, row.public_id)
    if row.state == _ACTIVE:
        return row
    if row.state == _ENDED or _why_ended(row):
        raise TooLate
    mine = PaymentSchedule.objects.select_related("account", "customer_code")
    for old in mine.filter(customer_code=row.customer_code, state=_ACTIVE):
        _end(old, code="replaced", actor=actor, now=now)
    move(
        row,
        states.SCHEDULE,
        to=_ACTIVE,
        event=events.ScheduleAgreed(biller=row.customer_code.biller_id, cap=row.cap, how=how.value),
        actor=actor,
        subject_id=row.account.citizen_id,
        now=now,
        agreed_by=how.value,
        agreed_at=now,
        since=now,
    )
    return row


def _end(row: PaymentSchedule, *, code: str, actor: Actor, now: datetime) -> None:
    """End a consent and leave what waits under it unpaid; the account is held."""
    move(
        row,
        states.SCHEDULE,
        to=_ENDED,
        event=events.ScheduleEnded(biller=row.customer_code.biller_id, cap=row.cap, code=code),
        actor=actor,
        subject_id=row.account.citizen_id,
        now=now,
        ended_at=now,
        code=code,
        since=now,
    )
    for waiting in _bills().filter(schedule=row, state=ScheduledBillState.WAITING).order_by("pk"):
        event = events.ScheduledBillNotPaid(
            biller=waiting.bill.biller_id, amount=waiting.amount, code=code
        )
        _move_bill(waiting, ScheduledBillState.NOT_PAID, event, actor, now, code=code)


def _why_ended(row: PaymentSchedule) -> str:
    """Why a consent cannot pay any more; empty if it can."""
    if row.account.state == AccountState.CLOSED:
        return "closed"
    if row.link.state != LinkState.ACTIVE:
        return "unlinked"
    return "forgotten" if row.customer_code.forgotten_at else ""


def _broken() -> QuerySet[PaymentSchedule]:
    cannot = (
        ~Q(link__state=LinkState.ACTIVE)
        | Q(customer_code__forgotten_at__isnull=False)
        | Q(account__state=AccountState.CLOSED)
    )
    return PaymentSchedule.objects.filter(cannot, state=_ACTIVE).order_by("pk")


@transaction.atomic
def _end_broken(pk: UUID, now: datetime) -> None:
    row = PaymentSchedule.objects.select_related("account").get(pk=pk)
    _hold(row.account)
    row = find(row.account, row.public_id)
    gone = _why_ended(row)
    if row.state == _ACTIVE and gone:
        _end(row, code=gone, actor=SYSTEM, now=now)
        _tell_ended(row, now)


def _tell_ended(row: PaymentSchedule, now: datetime) -> None:
    notices.tell(
        account=row.account,
        kind=NoticeKind.PAYMENT_SCHEDULE_ENDED,
        values={"payee": row.customer_code.biller.name},
        event_key=f"schedule:{row.pk}:ended",
        now=now,
    )


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
        Exists(new), state=_ACTIVE, account__state=AccountState.ACTIVE
    ).order_by("pk")


@transaction.atomic
def _prepare(pk: UUID, now: datetime) -> int:
    """Tell of the new bills of one consent."""
    found = PaymentSchedule.objects.select_related("account").get(pk=pk)
    _hold(found.account)
    row = find(found.account, found.public_id)
    if row.state != _ACTIVE or _why_ended(row) or row.account.state != AccountState.ACTIVE:
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
    _move_bill(row, ScheduledBillState.OVER_CAP, event, SYSTEM, now, amount=row.bill.amount)
    _tell_over_cap(row, now)


def _not_paid(row: ScheduledBill, code: str, now: datetime) -> None:
    event = events.ScheduledBillNotPaid(biller=row.bill.biller_id, amount=row.amount, code=code)
    _move_bill(row, ScheduledBillState.NOT_PAID, event, SYSTEM, now, code=code)
    notices.tell(
        account=row.schedule.account,
        kind=NoticeKind.PAYMENT_NOT_SCHEDULED,
        values={"payee": row.bill.biller.name, "amount": amounts.written(row.amount)},
        event_key=f"scheduled:{row.pk}:not_paid",
        now=now,
    )


def _move_bill(
    row: ScheduledBill,
    to: ScheduledBillState,
    event: events.ScheduledBillEvent,
    actor: Actor,
    now: datetime,
    **values: Any,
) -> None:
    move(
        row,
        states.SCHEDULED_BILL,
        to=to,
        event=event,
        actor=actor,
        subject_id=row.schedule.account.citizen_id,
        now=now,
        since=now,
        **values,
    )
