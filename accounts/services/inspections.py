"""Inspections: somebody did not expect a look, or a look stood out; a supervisor answers in plain words by a day."""

import secrets
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import InspectionSource, InspectionState, NoticeKind
from accounts.models import Account, Inspection, LookUp
from accounts.selectors.counter import citizen_account
from accounts.selectors.sealed_looks import not_hidden
from accounts.selectors.supervision import STAFF
from accounts.services import court_orders, notices
from eid_portal.core import audit, clock, working_days
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import AuditEvent
from eid_portal.core.transitions import StaleState, move

PURPOSE: Final = "supervision"
_RANDOM: Final = 4  # characters
_TRIES: Final = 5


class InspectionRefused(Exception):
    """This cannot be done; ``code`` says why and ``message`` tells people."""

    code = "inspection_refused"
    message: Any = _("This cannot be done.")


class NoSuchLook(InspectionRefused):
    """The event is about somebody else, hidden, or nobody's look."""

    code = "no_such_look"
    message = _("There is no such entry in your data log.")


class AskedAlready(InspectionRefused):
    """One question an entry."""

    code = "asked_already"
    message = _("You have asked about this entry already. Here is where it stands.")


class OneOfYours(InspectionRefused):
    """Who looked, or was looked at, does not answer."""

    code = "one_of_yours"
    message = _("This is about a look of yours or at you: somebody else must answer.")


class AnsweredAlready(InspectionRefused):
    """Somebody answered in the meantime."""

    code = "answered_already"
    message = _("This was answered in the meantime.")


@transaction.atomic
def open_from_citizen(
    *, account: Account, event_id: UUID, question: str, now: datetime
) -> Inspection:
    """The person did not expect a look: ask the office about it. ``question`` are their words, or none.

    Raises:
        NoSuchLook, AskedAlready: see there.
    """
    event = AuditEvent.objects.filter(
        not_hidden(now), pk=event_id, subject_id=account.citizen_id, shown=True, actor_kind__in=STAFF
    ).first()  # fmt: skip
    if event is None:
        raise NoSuchLook
    look_up = LookUp.objects.filter(pk__in=[event.target_id], citizen_id=account.citizen_id).first()
    return _open(
        source=InspectionSource.CITIZEN,
        event_id=event.pk,
        officer_id=event.actor_id,
        office_id=event.office_id,
        look_up=look_up,
        citizen_id=account.citizen_id,
        question=question,
        actor=Actor(
            kind=ActorKind(account.kind), account_id=account.pk, citizen_id=account.citizen_id
        ),
        now=now,
    )


def open_from(
    *,
    source: InspectionSource,
    officer: Account,
    office_id: UUID | None,
    look_up: LookUp | None,
    citizen_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> Inspection:
    """A supervisor wants an alert or a look that was drawn explained, in the caller's transaction."""
    return _open(
        source=source,
        event_id=None,
        officer_id=officer.pk,
        office_id=office_id,
        look_up=look_up,
        citizen_id=citizen_id,
        question="",
        actor=actor,
        now=now,
    )


@transaction.atomic
def answer(
    *, inspection: Inspection, verdict: InspectionState, answer: str, actor: Actor, now: datetime
) -> None:
    """Say in plain words what was found; the person reads it.

    Raises:
        OneOfYours, AnsweredAlready: see there.
    """
    officer = inspection.officer
    if actor.citizen_id in {inspection.citizen_id, officer.citizen_id if officer else None}:
        raise OneOfYours
    if inspection.state != InspectionState.OPEN:
        raise AnsweredAlready
    try:
        event = move(
            inspection,
            states.INSPECTION,
            to=verdict,
            event=events.InspectionClosed(verdict=verdict.value),
            actor=actor,
            subject_id=inspection.citizen_id,
            purpose=PURPOSE,
            now=now,
            answer=answer,
            closed_at=now,
            closed_by_id=actor.account_id,
        )
    except StaleState:
        raise AnsweredAlready from None
    court_orders.hide(event, look_up=inspection.look_up, now=now)
    citizen = inspection.citizen
    account = citizen_account(citizen) if citizen else None
    if account is not None and not court_orders.is_hidden(inspection.look_up, now=now):
        notices.tell(
            account=account,
            kind=NoticeKind.INSPECTION_ANSWERED
            if inspection.source == InspectionSource.CITIZEN
            else NoticeKind.LOOK_INSPECTED,
            values={"reference": inspection.reference},
            event_key=f"inspection:{inspection.pk}",
            now=now,
        )


def _open(
    *,
    source: InspectionSource,
    event_id: UUID | None,
    officer_id: UUID | None,
    office_id: UUID | None,
    look_up: LookUp | None,
    citizen_id: UUID | None,
    question: str,
    actor: Actor,
    now: datetime,
) -> Inspection:
    values = {
        "source": source,
        "event_id": event_id,
        "officer_id": officer_id,
        "office_id": office_id,
        "look_up": look_up,
        "citizen_id": citizen_id,
        "question": question or None,
        "opened_at": now,
        "answer_by": working_days.due(now, working_days=policy.ANSWER_WITHIN),
    }
    inspection = _create(values, now=now)
    event = audit.record(
        events.InspectionOpened(source=source.value),
        actor=actor,
        subject_id=citizen_id,
        target=inspection,
        purpose=PURPOSE if source != InspectionSource.CITIZEN else "",
        now=now,
    )
    if citizen_id is not None:
        court_orders.hide(event, look_up=look_up, now=now)
    return inspection


def _create(values: dict[str, Any], *, now: datetime) -> Inspection:
    """With a reference of its own; the random part is short, because people read it out.

    Raises:
        AskedAlready: see the class.
    """
    for _each in range(_TRIES):
        drawn = "".join(secrets.choice(policy.SLIP_ALPHABET) for _character in range(_RANDOM))
        reference = f"KT-{clock.today(now):%y%m%d}-{drawn}"
        try:
            with transaction.atomic():
                return Inspection.objects.create(
                    state=InspectionState.OPEN, reference=reference, **values
                )
        except IntegrityError as error:
            if "inspection_of_event_once" in str(error):
                raise AskedAlready from None
            if "reference" not in str(error):
                raise
    raise RuntimeError("no reference is free")  # a million in a day
