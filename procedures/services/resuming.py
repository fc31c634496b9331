"""Changes that could not be carried out: the head of the desk has them tried again, once the cause is gone."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from eid_portal.core import audit
from eid_portal.core.events import Actor
from procedures import events
from procedures.models import Application
from procedures.selectors import desk as pages
from procedures.services import effects, lifecycle
from procedures.services.claiming import (
    DeskRefused,
    OfficerInvolved,
    account_of,
    is_involved,
    office_of,
)


class NotTheHead(DeskRefused):
    """Only the head of the desk has a change tried again."""

    code = "not_the_head"
    message = gettext_lazy("Only the head of the desk has a change tried again.")


class NothingAside(DeskRefused):
    """There is no such change, or it is done or being tried."""

    code = "nothing_aside"
    message = gettext_lazy("This change is done, or is being tried already.")


@transaction.atomic
def try_again(*, application: Application, number: str, actor: Actor, now: datetime) -> None:
    """Have the change of that place in the document tried again, by a job.

    Raises:
        NotTheHead, NothingAside, OfficerInvolved: see there.
    """
    if not pages.leads(account_of(actor), office_id=office_of(actor)):
        raise NotTheHead
    row = lifecycle.hold(application.pk)
    if is_involved(row, actor):
        raise OfficerInvolved
    found = next((each for each in row.effects.all() if str(each.number) == number), None)
    if found is None or not effects.try_again(found, now=now):
        raise NothingAside
    audit.record(
        events.EffectTriedAgain(**lifecycle.of(row), effect=found.do),
        actor=actor,
        subject_id=row.citizen_id,
        target=row,
        now=now,
    )
