"""Open a citizen's masked data, with a reason that the citizen can read."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.enums import AccountKind, AccountState, NoticeKind
from accounts.models import Account, Citizen
from accounts.services import notices, watching
from eid_portal.core import audit
from eid_portal.core.events import Actor

FIELDS: Final = ("personal_number", "full_name", "birth_date", "sex", "residence")
PURPOSE: Final = "administration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked:
    """A citizen's data in clear."""

    personal_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str
    residence: dict[str, Any] = field(repr=False)


@transaction.atomic
def unmask(*, citizen_id: UUID, reason: str, actor: Actor, now: datetime) -> Unmasked:
    """The data of a citizen, once; recorded, and told to the citizen, before it is given.

    Raises:
        Citizen.DoesNotExist: there is none with that id.
    """
    watching.hold(actor)
    citizen = Citizen.objects.get(pk=citizen_id)
    audit.record(
        events.DataUnmasked(fields=list(FIELDS), reason=reason),
        actor=actor,
        subject_id=citizen.pk,
        target=citizen,
        purpose=PURPOSE,
        now=now,
    )
    watching.looked(actor=actor, citizen_id=citizen.pk, now=now)
    account = (
        Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .first()
    )
    if account is not None:
        notices.tell(
            account=account, kind=NoticeKind.DATA_UNMASKED, values={"reason": reason}, now=now
        )
    return Unmasked(
        personal_number=citizen.personal_number,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
        sex=citizen.sex,
        residence=citizen.residence or {},
    )
