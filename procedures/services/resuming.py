"""What was put aside is tried again once the cause is gone: changes of decisions, and reports to agencies.

Of a change the head of the desk says so, on the page of the file, or an administrator; of a report an administrator.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from eid_portal.core import audit
from eid_portal.core.events import Actor
from procedures import events
from procedures.models import Application, EffectDone, StatusReport
from procedures.selectors import desk as pages
from procedures.services import agencies, effects, lifecycle
from procedures.services.claiming import (
    DeskRefused,
    OfficerInvolved,
    account_of,
    office_of,
)
from procedures.services.conflicts import is_involved


class NotTheHead(DeskRefused):
    """Only the head of the desk has a change tried again."""

    code = "not_the_head"
    message = gettext_lazy("Only the head of the desk has a change tried again.")


class NothingAside(DeskRefused):
    """There is no such change, or it is done or being tried."""

    code = "nothing_aside"
    message = gettext_lazy("This change is done, or is being tried already.")


class ResultRevoked(DeskRefused):
    """The result was revoked: what it brought about is not carried out any more."""

    code = "result_revoked"
    message = gettext_lazy("The result was revoked, so this change is not carried out any more.")


class NothingToTell(DeskRefused):
    """The agency has the report, or it is being sent."""

    code = "nothing_to_tell"
    message = gettext_lazy("The agency was told of this, or is being told already.")


@transaction.atomic
def try_again(*, application: Application, number: str, actor: Actor, now: datetime) -> None:
    """Have the change of that place in the document tried again, by a job.

    Raises:
        NotTheHead, NothingAside, ResultRevoked, OfficerInvolved: see there.
    """
    if not pages.leads(account_of(actor), office_id=office_of(actor)):
        raise NotTheHead
    row = lifecycle.hold(application.pk)
    found = next((each for each in row.effects.all() if str(each.number) == number), None)
    _try_again(row, found, actor=actor, now=now)


@transaction.atomic
def try_again_for_administration(*, effect_id: UUID, actor: Actor, now: datetime) -> None:
    """The same for an administrator, by the change's own key.

    Raises:
        NothingAside, ResultRevoked, OfficerInvolved: see there.
    """
    found = EffectDone.objects.get(pk=effect_id)
    _try_again(lifecycle.hold(found.application_id), found, actor=actor, now=now)


@transaction.atomic
def tell_again(*, report_id: UUID, actor: Actor, now: datetime) -> None:
    """Have a report that was put aside sent to its agency again: the same event, by a job.

    Raises:
        NothingToTell: see there.
    """
    found = StatusReport.objects.select_related("application").get(pk=report_id)
    row = lifecycle.hold(found.application_id)
    if not agencies.tell_again(found, now=now):
        raise NothingToTell
    audit.record(
        events.AgencyToldAgain(**lifecycle.of(row), state=found.state),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )


def _try_again(row: Application, found: EffectDone | None, *, actor: Actor, now: datetime) -> None:
    if is_involved(row, actor):
        raise OfficerInvolved
    if found is not None and found.done_at is None and effects.is_revoked(row):
        raise ResultRevoked
    if found is None or not effects.try_again(found, now=now):
        raise NothingAside
    audit.record(
        events.EffectTriedAgain(**lifecycle.of(row), effect=found.do),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
