"""Look a person up by number, for a case or a reason; the look is an event before anything is shown.

Little is shown at first, more for words that the person reads, and after some minutes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events, policy
from accounts.enums import LookField, LookReason
from accounts.models import ActivationSlip, CardCase, Citizen, LookUp
from accounts.selectors import look_ups as pages
from accounts.services import court_orders, register, watching
from eid_portal.core import audit, clock, ids, limits
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval

PURPOSE: Final = "look_up"
NAME: Final = "name"  # what every look shows: name, year of birth, sex
NEEDS_REFERENCE: Final = (
    LookReason.OFFICIAL_LETTER,
    LookReason.EMERGENCY,
    LookReason.COURT_ORDER,
)


class LookRefused(Exception):
    """Nothing is shown; ``code`` says why, ``field`` where, and ``message`` tells the officer what to do."""

    code = "look_refused"
    field = "number"
    message: Any = gettext_lazy("This cannot be looked up.")


class NoReason(LookRefused):
    """Neither a case nor a reason."""

    code = "no_reason"
    field = "reason"
    message = gettext_lazy("Enter a case number, or choose a reason")


class NoSuchCase(LookRefused):
    """The officer's office has no case of that number."""

    code = "no_such_case"
    field = "case"
    message = gettext_lazy("Your office has no case with this number. Check it, or choose a reason")


class CaseOfAnother(LookRefused):
    """The case is about another person."""

    code = "case_of_another"
    field = "case"
    message = gettext_lazy(
        "This case is about another person. Check the number, or choose a reason"
    )


class Oneself(LookRefused):
    """The officer's own number."""

    code = "oneself"
    message = gettext_lazy(
        "This is your own number. You see your data in your own account, like everybody"
    )


class Nobody(LookRefused):
    """No citizen has the number."""

    code = "nobody"
    message = gettext_lazy("Nobody we know has this number. The try was counted and recorded")


class NotYet(LookRefused):
    """The order was not approved, or too long ago, or it is another officer's."""

    code = "not_yet"
    field = "__all__"
    message = gettext_lazy("This look was not approved, or the approval has lapsed.")


class MaskedAgain(LookRefused):
    """The time is over."""

    code = "masked_again"
    field = "__all__"
    message = gettext_lazy("This look is over, and everything is masked. Look the person up again.")


class NotAtCounter(LookRefused):
    """Whoever acts has no account or no office: the portal itself, a party."""

    code = "not_at_counter"


class TooManyLooks(LookRefused):
    """So many numbers were asked for that the next must wait ``until``."""

    code = "too_many_looks"
    field = "__all__"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _(
            "You looked up %(count)s numbers within an hour. Your supervisor has been told."
            " You can go on after %(time)s."
        ) % {"count": policy.LOOK_UPS.allowed, "time": f"{local:%H:%M}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom an officer asks for, and why; ``case`` or ``reason`` with its ``reference``."""

    number: str
    case: str = ""
    reason: LookReason | None = None
    reference: str = ""
    hidden_until: date | None = None  # by court order


def look_up(*, asked: Asked, actor: Actor, now: datetime) -> LookUp | Approval:
    """Look a person up. A court order is put before a supervisor first: then the proposal comes back.

    Every number counts, known or not: a number may not be guessed by asking.

    Raises:
        TooManyLooks, NoSuchCase, CaseOfAnother, Oneself, Nobody: see there.
        court_orders.DayRefused: see the class.
        approvals.AlreadyOpen: the same look waits for a decision.
    """
    answer = limits.hit(policy.LOOK_UPS, str(actor.account_id), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyLooks(answer.until)
    case = _case(asked, actor) if asked.case else None
    reason = LookReason.CASE if case else asked.reason
    if reason is None:
        raise NoReason
    citizen = register.find_citizen(asked.number)
    if citizen is not None and citizen.pk == actor.citizen_id:
        raise Oneself
    if case is not None and not _is_about(case, asked.number, citizen):
        raise CaseOfAnother
    if citizen is None:
        _record_failure(reason, actor=actor, now=now)
        raise Nobody
    if reason == LookReason.COURT_ORDER:
        if asked.hidden_until is None:
            raise court_orders.DayRefused
        return court_orders.propose(
            citizen=citizen,
            order_number=asked.reference,
            hidden_until=asked.hidden_until,
            actor=actor,
            now=now,
        )
    with transaction.atomic():
        return _begin(
            citizen=citizen,
            reason=reason,
            reference=asked.case or asked.reference,
            actor=actor,
            now=now,
        )


@transaction.atomic
def open_approved(*, approval: Approval, actor: Actor, now: datetime) -> LookUp:
    """Take the look that a supervisor agreed to, once; afterwards it is the one that was taken.

    Raises:
        NotYet: see the class.
    """
    watching.hold(actor)
    taken = LookUp.objects.filter(pk=approval.pk).first()
    if taken is not None:
        return taken
    if not pages.may_open(approval, account_id=actor.account_id, now=now):
        raise NotYet
    return _begin(
        pk=approval.pk,
        citizen=Citizen.objects.get(pk__in=[approval.subject_citizen_id]),
        reason=LookReason.COURT_ORDER,
        reference=court_orders.order_of(approval).order_number,
        actor=actor,
        now=now,
    )


@transaction.atomic
def unmask(
    *, look: LookUp, fields: Collection[LookField], need: str, actor: Actor, now: datetime
) -> None:
    """Show more, for words the person reads; what is shown already is not recorded again.

    Raises:
        MaskedAgain: see the class.
    """
    row = LookUp.objects.select_for_update().get(pk=look.pk)
    if row.masked_at <= now:
        raise MaskedAgain
    wanted = [field.value for field in LookField if field in fields]
    more = [code for code in wanted if code not in row.fields_shown]
    if not more:
        return
    _record(row, fields=more, words=need, actor=actor, now=now)
    row.fields_shown = [*row.fields_shown, *more]
    row.save(update_fields=["fields_shown"])


def mask(*, look: LookUp, now: datetime) -> None:
    """Mask everything at once; a look that is over stays so."""
    LookUp.objects.filter(pk=look.pk, masked_at__gt=now).update(masked_at=now)


# --- Parts --------------------------------------------------------------------------------------
def _begin(
    *,
    citizen: Citizen,
    reason: LookReason,
    reference: str,
    actor: Actor,
    now: datetime,
    pk: UUID | None = None,
) -> LookUp:
    """Write the look down, tell of it, and see whether it stands out."""
    if actor.account_id is None or actor.office_id is None:
        raise NotAtCounter
    watching.hold(actor)
    look = LookUp(
        pk=pk or ids.uuid7(),
        officer_id=actor.account_id,
        office_id=actor.office_id,
        citizen=citizen,
        reason=reason,
        reference=reference,
        looked_at=now,
        masked_at=now + policy.LOOK_MASKED_AFTER,
    )
    look.save(force_insert=True)
    _record(look, fields=[NAME], words=reference, actor=actor, now=now)
    watching.looked(actor=actor, citizen_id=citizen.pk, look_up=look, now=now)
    return look


def _record(look: LookUp, *, fields: list[str], words: str, actor: Actor, now: datetime) -> None:
    event = audit.record(
        events.LookedUp(reason=look.reason, fields=fields, reference=words),
        actor=actor,
        subject_id=look.citizen_id,
        target=look,
        purpose=PURPOSE,
        now=now,
    )
    court_orders.hide(event, look_up=look, now=now)


@transaction.atomic
def _record_failure(reason: LookReason, *, actor: Actor, now: datetime) -> None:
    watching.hold(actor)
    audit.record(events.LookUpFailed(reason=reason.value), actor=actor, purpose=PURPOSE, now=now)
    watching.looked(actor=actor, citizen_id=None, now=now)


def _case(asked: Asked, actor: Actor) -> CardCase:
    """The office's case of that number; the number of its slip does too.

    Raises:
        NoSuchCase: see the class.
    """
    named = ActivationSlip.objects.filter(number=asked.case, case__isnull=False).values("case_id")
    rows = CardCase.objects.select_related("citizen").filter(office_id__in=[actor.office_id])
    case = rows.filter(public_id=asked.case).first() or rows.filter(pk__in=named).first()
    if case is None:
        raise NoSuchCase
    return case


def _is_about(case: CardCase, number: str, citizen: Citizen | None) -> bool:
    if case.citizen_id is not None and citizen is not None:
        return case.citizen_id == citizen.pk
    return bool(case.card_reading["number"] == number)
