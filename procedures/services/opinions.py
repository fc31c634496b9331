"""Ask another desk what it thinks, by a day; it sees the form, and its answer stands in the file."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from eid_portal.core import audit, clock, working_days
from eid_portal.core.events import Actor
from eid_portal.core.transitions import move
from procedures import events, states
from procedures.enums import ApplicationState, RequestState
from procedures.models import Application, OpinionRequest
from procedures.services import claiming, desks, lifecycle
from procedures.services.claiming import DeskRefused, OfficerInvolved, OverAlready
from procedures.services.conflicts import is_involved


class NoSuchDesk(DeskRefused):
    """No desk of that agency is set up for the place, or it is this one."""

    code = "no_such_desk"
    message = _(
        "No other desk of this agency is set up for this place. Check the province and the commune."
    )


class AskedAlready(DeskRefused):
    """The same desk was asked, and has not answered yet."""

    code = "desk_asked_already"
    message = _("This desk was asked already and has not answered yet.")


class AskedByThem(DeskRefused):
    """Whoever answers asked, at another office of theirs."""

    code = "asked_by_them"
    message = _("You asked this yourself. A colleague of this office answers it.")


@transaction.atomic
def ask(
    *,
    application: Application,
    agency: str,
    province: str,
    commune: str,
    question: str,
    days: int,
    actor: Actor,
    now: datetime,
) -> OpinionRequest:
    """Ask the desk of an agency that is nearest to a place; it has ``days`` working days.

    Raises:
        NoSuchDesk, AskedAlready: see there.
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    if row.state == ApplicationState.PROPOSED:
        raise OverAlready
    place = {"province": province, "commune": commune} if province else None
    desk = desks.best(agency=agency, address=place, day=clock.today(now))
    if desk is None or desk.office_id == row.desk.office_id:
        raise NoSuchDesk
    try:
        with transaction.atomic():
            asked = OpinionRequest.objects.create(
                state=RequestState.OPEN,
                application=row,
                desk=desk,
                question=question,
                asked_by_id=claiming.account_of(actor),
                asked_at=now,
                answer_by=working_days.due(now, working_days=days),
            )
    except IntegrityError:
        raise AskedAlready from None
    audit.record(
        events.OpinionAsked(**lifecycle.of(row), desk=str(desk.pk)),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
    lifecycle.refresh(row, actor=actor, now=now)
    return asked


@transaction.atomic
def give(*, opinion: OpinionRequest, words: str, actor: Actor, now: datetime) -> None:
    """The other desk answers, once.

    Raises:
        OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`; also of two answers the second.
        AskedByThem: see the class.
    """
    row, asked = _held(opinion)
    if is_involved(row, actor):
        raise OfficerInvolved
    if asked.asked_by.citizen_id == actor.citizen_id:
        raise AskedByThem
    if asked.state != RequestState.OPEN:
        raise OverAlready
    move(
        asked, states.OPINION, to=RequestState.ANSWERED,
        event=events.OpinionGiven(**lifecycle.of(row)), actor=actor, subject_id=row.citizen_id, now=now,
        answer=words, answered_by_id=actor.account_id, answered_at=now,
    )  # fmt: skip
    lifecycle.refresh(row, actor=actor, now=now)


@transaction.atomic
def take_back(*, application: Application, public_id: str, actor: Actor, now: datetime) -> None:
    """The opinion is no longer needed; if it came meanwhile, nothing changes.

    Raises:
        TakenByAnother, OfficerInvolved, OverAlready: see :mod:`procedures.services.claiming`.
    """
    row = claiming.hold(application.pk, actor=actor, now=now)
    for asked in row.opinions.filter(public_id=public_id, state=RequestState.OPEN):
        move(
            asked, states.OPINION, to=RequestState.CLOSED,
            event=events.OpinionClosed(**lifecycle.of(row)),
            actor=actor, subject_id=row.citizen_id, now=now, answered_at=now,
        )  # fmt: skip
    lifecycle.refresh(row, actor=actor, now=now)


def _held(opinion: OpinionRequest) -> tuple[Application, OpinionRequest]:
    """The application, locked, and the request as it is now."""
    row = lifecycle.hold(opinion.application_id)
    return row, OpinionRequest.objects.get(pk=opinion.pk)
