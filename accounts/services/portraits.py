"""The register's photo of a person who shows something to others: asked for once, when it is first needed."""

from datetime import datetime

from django.db import transaction

from accounts import events, policy
from accounts.enums import RegisterStatus
from accounts.gateways import population
from accounts.models import Citizen, Portrait
from accounts.services import register
from eid_portal.core import audit, limits
from eid_portal.core.events import Actor
from eid_portal.core.outside import Unavailable, Unknown


def fetch(*, citizen: Citizen, actor: Actor, now: datetime) -> None:
    """Have the photo, if the register gives one now; the person reads that it was asked.

    Three steps: whether there is one, the register called outside any transaction, its answer taken in. Whoever shows
    something goes on without a photo where there is none.
    """
    if Portrait.objects.filter(citizen=citizen).exists():
        return
    answer = limits.hit(policy.PORTRAIT_ASKED, str(citizen.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        return
    said = population.look_up(citizen.personal_number)
    with transaction.atomic():
        if isinstance(said, population.Found):
            register.take_in(said.person, now=now)
        audit.record(
            events.RegisterAsked(status=_status(said).value),
            actor=actor,
            subject_id=citizen.pk,
            target=citizen,
            now=now,
        )


def _status(said: population.Found | population.NotFound | Unavailable | Unknown) -> RegisterStatus:
    match said:
        case population.Found():
            return RegisterStatus.FOUND
        case population.NotFound():
            return RegisterStatus.NOT_FOUND
        case Unavailable() | Unknown():
            return RegisterStatus.UNAVAILABLE
