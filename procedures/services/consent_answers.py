"""What becomes of a question to another person: they agree or not, are reminded, or it lapses; the clock goes on.

Lapsing is a job at its very moment, never earlier: a question whose person can no longer answer, because their account
was locked or closed, stays open like one that reached nobody. Who filed does not learn which it was.
"""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import Action, NoticeKind
from accounts.services import assurance, sessions
from accounts.services.sessions import Session
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import move
from procedures import events, policy, states
from procedures.enums import ConsentState
from procedures.models import Application, ConsentRequest
from procedures.selectors import revisions
from procedures.services import consents, lifecycle, telling

C = ConsentState
_EVENTS: Final = {
    C.GIVEN: events.ConsentGiven,
    C.DENIED: events.ConsentDenied,
    C.LAPSED: events.ConsentLapsed,
}


class NoSuchQuestion(LookupError):
    """Nobody asked this person that."""


class CannotAnswer(Exception):
    """It was answered, lapsed, or is no longer needed; ``message`` says so."""

    code = "cannot_answer"
    message: Any = _("This question needs no answer any more. Here is how it ended.")


class RemindedToday(Exception):
    """The person was written to within the last day; ``message`` says so."""

    code = "reminded_today"
    message: Any = _("They were reminded within the last 24 hours. Try again tomorrow.")


def answer(*, session: Session, public_id: str, agrees: bool, now: datetime) -> ConsentRequest:
    """Agree to what is asked, or not; the same answer twice is one. The office goes on either way.

    Raises:
        NoSuchQuestion, CannotAnswer: see the classes.
        StepUpNeeded: who agrees must prove afresh who they are.
    """
    to = C.GIVEN if agrees else C.DENIED
    mine = ConsentRequest.objects.filter(citizen_id=session.account.citizen_id, public_id=public_id)
    found = mine.first()
    if found is None:
        raise NoSuchQuestion
    if agrees and found.state == C.ASKED and found.lapses_at > now:
        assurance.require(session, Action.SHARE, now=now)
    with transaction.atomic():
        row = lifecycle.hold(found.application_id)
        asked = mine.get()
        if asked.state == to:
            return asked
        if asked.state != C.ASKED or asked.lapses_at <= now:
            raise CannotAnswer
        _end(asked, row, to=to, actor=sessions.actor_of(session), now=now)
    return asked


def remind(*, session: Session, application: Application, public_id: str, now: datetime) -> None:
    """Write once more to who is asked, ``policy.REMIND_AGAIN`` after the last time; for who filed.

    The caller has made sure that they may act in the application still. Whether anybody was reached is not told.

    Raises:
        NoSuchQuestion, CannotAnswer, RemindedToday: see the classes.
    """
    with transaction.atomic():
        rows = ConsentRequest.objects.select_for_update(of=("self",)).select_related(
            "application__citizen", "citizen"
        )
        mine = rows.filter(application=application, application__filer=session.account)
        asked = mine.filter(public_id=public_id).first()
        if asked is None:
            raise NoSuchQuestion
        if asked.state != C.ASKED or asked.lapses_at <= now:
            raise CannotAnswer
        if now - (asked.reminded_at or asked.asked_at) < policy.REMIND_AGAIN:
            raise RemindedToday
        asked.reminded_at = now
        asked.save(update_fields=["reminded_at"])
        account = consents.account_of(asked.citizen) if asked.citizen else None
        if account is not None:
            document = revisions.document(asked.application.revision_id)
            consents.tell(asked, account, document, now)


def lapse(claim: jobs.Claim) -> None:
    """End one question whose time is over; a job.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    with transaction.atomic():
        _lapse(ConsentRequest.objects.get(pk=claim.subject_id), now=clock.now())
        claim.finish()


def _lapse(found: ConsentRequest, *, now: datetime) -> None:
    row = lifecycle.hold(found.application_id)
    asked = ConsentRequest.objects.get(pk=found.pk)
    if asked.state == C.ASKED and asked.lapses_at <= now:
        _end(asked, row, to=C.LAPSED, actor=SYSTEM, now=now)


def _end(
    asked: ConsentRequest, row: Application, *, to: ConsentState, actor: Actor, now: datetime
) -> None:
    """Write down how it ended; the application, held by the caller, goes on."""
    event = _EVENTS[to](**lifecycle.of(row), field=asked.field)
    move(
        asked, states.CONSENT, to=to, event=event, actor=actor,
        subject_id=asked.citizen_id, now=now, answered_at=now,
    )  # fmt: skip
    lifecycle.refresh(row, actor=actor, now=now)
    if to != C.LAPSED:
        telling.tell(row, NoticeKind.CONSENT_ANSWERED, now=now)
