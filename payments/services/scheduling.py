"""Consents to pay bills automatically: agreed to once for a customer code, a cap and a bank account, and ended.

``scheduled_bills`` pays under them. Locks are taken in one order: the account, the consent, its bill, the order.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.enums import AccountState, CodePurpose, NoticeKind
from accounts.models import Account
from accounts.policy import SECOND_FACTOR
from accounts.services import codes, notices, passkeys, tries
from accounts.services.passkeys import Purpose
from accounts.services.sessions import Session
from eid_portal.core import text
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import move
from payments import events, policy, states
from payments.enums import (
    Assurance,
    AuthorisedBy,
    LinkState,
    PaymentPurpose,
    ScheduledBillState,
    ScheduleState,
)
from payments.models import (
    BankLink,
    CustomerCode,
    Payment,
    PaymentSchedule,
    ScheduledBill,
)
from payments.rules import amounts
from payments.services import authorising, needs

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
        hold(account)
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
            end(old, code="chosen_anew", actor=actor, now=now)
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
        hold(account)
        row = find(account, schedule)
        if row.state != _ENDED:
            end(row, code="stopped", actor=actor, now=now)
    return row


# --- What bills under a consent need ------------------------------------------------------------------
def hold(account: Account) -> None:
    """Have everything else about the consents of an account wait until this transaction ends."""
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


def end(row: PaymentSchedule, *, code: str, actor: Actor, now: datetime) -> None:
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
    for waiting in bills().filter(schedule=row, state=ScheduledBillState.WAITING).order_by("pk"):
        event = events.ScheduledBillNotPaid(
            biller=waiting.bill.biller_id, amount=waiting.amount, code=code
        )
        move_bill(waiting, ScheduledBillState.NOT_PAID, event, actor, now, code=code)


def why_ended(row: PaymentSchedule) -> str:
    """Why a consent cannot pay any more; empty if it can."""
    if row.account.state == AccountState.CLOSED:
        return "closed"
    if row.link.state != LinkState.ACTIVE:
        return "unlinked"
    return "forgotten" if row.customer_code.forgotten_at else ""


def end_broken(*, now: datetime) -> None:
    """End the consents that cannot pay any more, and tell their payers."""
    for pk in list(_broken().values_list("pk", flat=True)):
        _end_broken(pk, now)


def tell_ended(row: PaymentSchedule, now: datetime) -> None:
    """Tell the payer that a consent ended by itself."""
    notices.tell(
        account=row.account,
        kind=NoticeKind.PAYMENT_SCHEDULE_ENDED,
        values={"payee": row.customer_code.biller.name},
        event_key=f"schedule:{row.pk}:ended",
        now=now,
    )


def bills() -> QuerySet[ScheduledBill]:
    """Bills under consents, with all that paying one reads."""
    return ScheduledBill.objects.select_related(
        "bill__biller",
        "schedule__account",
        "schedule__customer_code__biller",
        "schedule__link",
    )


def move_bill(
    row: ScheduledBill,
    to: ScheduledBillState,
    event: events.ScheduledBillEvent,
    actor: Actor,
    now: datetime,
    **values: Any,
) -> None:
    """Change a bill's state under its consent, with its event; the account is held."""
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


# --- Parts ---------------------------------------------------------------------------------------------
def _draft_of(account: Account, schedule: str, now: datetime) -> PaymentSchedule:
    row = find(account, schedule)
    if row.state != ScheduleState.DRAFTED or row.expires_at <= now or why_ended(row):
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
    hold(row.account)
    row = find(row.account, row.public_id)
    if row.state == _ACTIVE:
        return row
    if row.state == _ENDED or why_ended(row):
        raise TooLate
    mine = PaymentSchedule.objects.select_related("account", "customer_code")
    for old in mine.filter(customer_code=row.customer_code, state=_ACTIVE):
        end(old, code="replaced", actor=actor, now=now)
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
    hold(row.account)
    row = find(row.account, row.public_id)
    gone = why_ended(row)
    if row.state == _ACTIVE and gone:
        end(row, code=gone, actor=SYSTEM, now=now)
        tell_ended(row, now)
