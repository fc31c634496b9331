"""Mandates: a person lets another file one procedure for them, until a day, and takes it back when they like.

The holder is named by number and name, and whoever names them hears only whether both agree: nobody there and another
name are one answer, and few are asked for in a day. Who is named reads in their data log that somebody did.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, AccountState, Action, NoticeKind
from accounts.models import Account
from accounts.services import assurance, notices, register, sessions
from accounts.services.sessions import Session
from eid_portal.core import audit, clock, limits
from eid_portal.core.spelling import Sameness, compare_names
from procedures import events, policy
from procedures.enums import Capacity
from procedures.models import Mandate, Procedure
from procedures.rules.values import in_language
from procedures.selectors import revisions
from procedures.services import results


class MandateRefused(Exception):
    """It is not given; ``message`` says why, at ``field`` of the form."""

    code = "mandate_refused"
    field = ""
    message: Any = _("This cannot be given.")


class NoMatch(MandateRefused):
    """Nobody of that number has an account, or the name is another."""

    code = "no_match"
    message = _("No account here has this number and this name. Check both with the person.")


class Oneself(MandateRefused):
    """The holder would be the giver."""

    code = "oneself"
    field = "number"
    message = _("This is your own number. Enter that of the person who files for you.")


class NotByMandate(MandateRefused):
    """The procedure is not offered, or nobody files it for another by mandate."""

    code = "not_by_mandate"
    field = "procedure"
    message = _("Choose one of the procedures on this page")


class NotThatLong(MandateRefused):
    """The day has passed, or is too far away."""

    code = "not_that_long"
    field = "until"
    message = _("Enter a day from today on, at most a year away")


class TooManyNamed(MandateRefused):
    """So many people were named today that the next must wait."""

    code = "too_many_named"
    message = _("You named many people today. Try again tomorrow.")


class NoSuchMandate(LookupError):
    """There is no such mandate of this person."""


def give(
    *, session: Session, number: str, name: str, procedure: str, until: date, now: datetime
) -> Mandate:
    """Let somebody file a procedure until a day; given again, it is the same with the new day.

    Raises:
        StepUpNeeded: the session must prove afresh who it is.
        MandateRefused: see its subclasses.
    """
    assurance.require(session, Action.SHARE, now=now)
    giver, today = session.account.citizen, clock.today(now)
    found = revisions.find_in_force(procedure)
    if found is None or Capacity.MANDATE not in found[1].data["filers"]["for"]:
        raise NotByMandate
    if not today <= until <= today + policy.MANDATE_MOST:
        raise NotThatLong
    if isinstance(
        limits.hit(policy.NAME_HOLDER, str(session.account.pk), now=now), limits.LockedUntil
    ):
        raise TooManyNamed
    holder = _holder(session, number, name, now)
    actor = sessions.actor_of(session)
    try:
        with transaction.atomic():
            rows = Mandate.objects.select_for_update().filter(
                giver=giver, holder=holder, procedure__code=procedure, withdrawn_at__isnull=True
            )
            row = rows.first()
            if row is not None and row.valid_until == until:
                return row
            if row is None:
                row = Mandate(
                    giver=giver, holder=holder, procedure=Procedure.objects.get(code=procedure)
                )
            row.given_at, row.valid_until = now, until
            row.save()
            for subject in (giver, holder):
                audit.record(
                    events.MandateGiven(procedure=procedure, until=until.isoformat()),
                    actor=actor,
                    subject_id=subject.pk,
                    target=row,
                    now=now,
                )
            _tell(row, NoticeKind.MANDATE_GIVEN, now=now, until_date=f"{until:%d/%m/%Y}")
    except IntegrityError:  # the other press of the button
        return Mandate.objects.get(
            giver=giver, holder=holder, procedure__code=procedure, withdrawn_at__isnull=True
        )
    return row


def withdraw(*, session: Session, public_id: str, now: datetime) -> Mandate:
    """End a mandate at once, by who gave it or who holds it; once is enough. What was filed stays filed.

    Raises:
        NoSuchMandate: see the class.
    """
    me = session.account.citizen_id
    with transaction.atomic():
        rows = Mandate.objects.select_for_update(of=("self",)).select_related(
            "procedure", "giver", "holder"
        )
        row = rows.filter(Q(giver_id=me) | Q(holder_id=me), public_id=public_id).first()
        if row is None:
            raise NoSuchMandate
        if row.withdrawn_at is not None:
            return row
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        for subject in (row.giver_id, row.holder_id):
            audit.record(
                events.MandateWithdrawn(procedure=row.procedure.code),
                actor=sessions.actor_of(session),
                subject_id=subject,
                target=row,
                now=now,
            )
        _tell(row, NoticeKind.MANDATE_ENDED, now=now)
    return row


def _tell(row: Mandate, kind: NoticeKind, *, now: datetime, **values: str) -> None:
    """Write to both people, in the caller's transaction."""
    found = revisions.find_in_force(row.procedure.code)
    for citizen in (row.giver, row.holder):
        for account in results.accounts_of(citizen.pk):
            with translation.override(account.language):
                procedure = in_language(found[1].name) if found else row.procedure.code
            notices.tell(
                account=account,
                kind=kind,
                values={
                    "giver": row.giver.full_name,
                    "holder": row.holder.full_name,
                    "procedure": procedure,
                    **values,
                },
                event_key=f"mandate:{row.pk.hex}:{account.pk.hex[-8:]}:{int(now.timestamp() * 1000)}",
                now=now,
            )


def _holder(session: Session, number: str, name: str, now: datetime) -> Any:
    """The person of a number, if they have an account and the name agrees.

    Raises:
        Oneself, NoMatch: see the classes.
    """
    holder = register.find_citizen(number)
    if holder is not None and holder.pk == session.account.citizen_id:
        raise Oneself
    account = None
    if holder is not None:
        account = Account.objects.filter(
            citizen=holder, kind=AccountKind.CITIZEN, state=AccountState.ACTIVE
        ).first()
    if holder is None or account is None:
        raise NoMatch
    agrees = compare_names(name, holder.full_name) is not Sameness.OTHER
    audit.record(
        events.HolderNamed(agrees=agrees),
        actor=sessions.actor_of(session),
        subject_id=holder.pk,
        now=now,
    )
    if not agrees:
        raise NoMatch
    return holder
