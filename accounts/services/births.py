"""A child whose birth an official registered: a number of the population register, and its parents, who act for it.

Both who stand on the certificate are its legal representatives (Law on Marriage and Family 2014, art. 73). One who was
named by the other and has not agreed to it acts once a counter has seen the papers.

Three steps, since the register is asked outside any transaction: what is asked, the register, its answer taken in. The
request has one id, so that asking again is the same child.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import events, states
from accounts.enums import GuardianshipBasis, GuardianshipNews, GuardianshipState, Sex
from accounts.gateways import population
from accounts.models import Citizen, Guardianship
from accounts.models.indexes import number_index
from accounts.rules import guardianship as rules
from accounts.services import guardianship_records as records
from accounts.services import issuing, register
from eid_portal.core import audit
from eid_portal.core.events import Actor
from eid_portal.core.outside import Refused, Unavailable, Unknown
from eid_portal.core.transitions import move


class NotRegistered(Exception):
    """The register gave no number now; ``is_final``: and will not. ``code`` says why."""

    def __init__(self, code: str, *, is_final: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final


def ask(
    *,
    request_id: UUID,
    parent: Citizen,
    full_name: str,
    birth_date: date,
    sex: Sex,
    residence: Mapping[str, Any],
    other: Citizen | None = None,
) -> str:
    """The personal number that the register gives a child; call it outside transactions.

    Raises:
        NotRegistered: see the class.
    """
    said = population.register_birth(
        population.Birth(
            request_id=str(request_id),
            full_name=full_name,
            birth_date=birth_date,
            sex=sex,
            residence=residence,
            parent_number=parent.personal_number,
            parent_name=parent.full_name,
            other_number=other.personal_number if other else "",
            other_name=other.full_name if other else "",
        )
    )
    match said:
        case population.Numbered(number):
            return number
        case Refused(code):
            raise NotRegistered(f"refused_{code}"[:60], is_final=True)
        case Unavailable() | Unknown():
            raise NotRegistered("register_silent", is_final=False)


@transaction.atomic
def take_in(
    *,
    number: str,
    parent: Citizen,
    full_name: str,
    birth_date: date,
    sex: Sex,
    residence: Mapping[str, Any],
    other: Citizen | None = None,
    other_agrees: bool = False,
    actor: Actor,
    now: datetime,
) -> Citizen:
    """Hold the child of a number, and let its parents act for it. Twice is once.

    A parent who cannot act at present, or was named without having agreed, has the guardianship waiting, for a counter
    to confirm.
    """
    parents = [(parent, True), *([(other, other_agrees)] if other else [])]
    issuing.lock_people([number, *(each.personal_number for each, _acts in parents)])
    child = register.find_citizen(number)
    if child is None:
        child = Citizen.objects.create(
            personal_number=number,
            personal_number_index=number_index(number),
            full_name=full_name,
            birth_date=birth_date,
            sex=sex.value,
            nationality=parent.nationality,
            residence=dict(residence),
            checked_with_register_at=now,
        )
        for subject in (child, *(each for each, _acts in parents)):
            audit.record(
                events.BirthRegistered(), actor=actor, subject_id=subject.pk, target=child, now=now
            )
    for each, acts in parents:
        _let_act(child, each, acts=acts, actor=actor, now=now)
    return child


def find_child(*, parent: Citizen, full_name: str, birth_date: date) -> Citizen | None:
    """A child of a parent by name and birthday, as they were registered."""
    rows = Guardianship.objects.select_related("ward").filter(
        guardian=parent, basis=GuardianshipBasis.PARENT, state__in=records.OPEN
    )
    wards = (row.ward for row in rows)
    return next(
        (ward for ward in wards if (ward.full_name, ward.birth_date) == (full_name, birth_date)),
        None,
    )


def _let_act(child: Citizen, parent: Citizen, *, acts: bool, actor: Actor, now: datetime) -> None:
    held = records.hold(child.pk)
    if any(row.guardian_id == parent.pk for row in held):
        return
    row = records.begin(
        child, parent, basis=GuardianshipBasis.PARENT, document=None, until=None, actor=actor, now=now
    )  # fmt: skip
    if row is None:
        return
    place = rules.free_place([row.place for row in held]) if acts else None
    try:
        records.require_fit(parent, now=now)
    except records.NoGuardian:
        place = None
    if place is None:
        records.tell(row, GuardianshipNews.CLAIMED, to=(child, parent), now=now)
        return
    event = events.GuardianshipConfirmed(basis=row.basis)
    move(
        row, states.GUARDIANSHIP, to=GuardianshipState.ACTIVE, event=event, actor=actor,
        subject_id=row.ward_id, now=now, place=place, confirmed_at=now,
    )  # fmt: skip
    records.record(row, event, both=False, actor=actor, now=now)
    records.tell(row, GuardianshipNews.BORN, to=(child, parent), now=now)
