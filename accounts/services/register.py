"""What the population register says of a person: taken in, kept with a case, related to people we hold."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import events
from accounts.enums import AccountState, ActedBy, CardState, NoticeKind, RelationKind
from accounts.gateways import population
from accounts.gateways.population import RegisteredPerson
from accounts.models import Account, Citizen, FormerPersonalNumber, Portrait, Relation
from accounts.models.indexes import number_index, number_indexes
from accounts.rules.kept import KeptAnswer
from accounts.services import guardianship_records, issuing, locking, notices
from eid_portal.core import audit
from eid_portal.core.events import Actor, ActorKind

_REGISTER: Final = Actor(kind=ActorKind.PARTY, party=population.PARTY)


def find_citizen(number: str) -> Citizen | None:
    """The citizen with this personal number, or who had it before it was re-established."""
    keys = number_indexes(number)
    return (
        Citizen.objects.filter(personal_number_index__in=keys).first()
        or Citizen.objects.filter(former_numbers__personal_number_index__in=keys).first()
    )


def take_in(person: RegisteredPerson, *, now: datetime) -> Citizen:
    """The citizen the register speaks of, in the caller's transaction; created if we do not hold them yet.

    Photo, relations and whether they live are brought up to date. What else we hold stays until an account is issued.
    Who has died has their accounts closed; a card of ours that was lost or revoked locks the account it carries.
    """
    issuing.lock_people([person.personal_number, *person.former_numbers])
    known = next(
        filter(None, map(find_citizen, (person.personal_number, *person.former_numbers))), None
    )
    if known is None:
        known = _create(person, now=now)
    citizen = Citizen.objects.select_for_update(no_key=True).get(pk=known.pk)
    if citizen.personal_number != person.personal_number:
        _renumber(citizen, person, now=now)
    if person.alive:
        citizen.alive = True
    else:
        note_death(citizen, actor=_REGISTER, now=now)
    citizen.checked_with_register_at = now
    citizen.save(update_fields=["alive", "checked_with_register_at"])
    if person.photo is not None:
        Portrait(
            citizen=citizen, image=person.photo, media_type=person.photo_type, received_at=now
        ).save()
    _relate(citizen, person, now=now)
    _follow_card(citizen, person, now=now)
    return citizen


def note_death(citizen: Citizen, *, actor: Actor, now: datetime) -> bool:
    """Note that a person has died and close their accounts for good, in the caller's transaction.

    Returns whether there was anything to do. Call :func:`issuing.lock_people` first.
    """
    was_alive, citizen.alive = citizen.alive, False
    citizen.save(update_fields=["alive"])
    closed = locking.close_after_death(citizen=citizen, actor=actor, now=now)
    return was_alive or closed > 0


def _follow_card(citizen: Citizen, person: RegisteredPerson, *, now: datetime) -> None:
    """What the register says of the very card we hold."""
    states = {"lost": CardState.LOST, "revoked": CardState.REVOKED}
    if person.card is None or person.card.state not in states:
        return
    held = locking.current_card(citizen.pk)
    if held is not None and held.number == person.card.number:
        locking.lock_for_card(
            citizen=citizen, to=states[person.card.state], by=ActedBy.REGISTER, actor=_REGISTER, now=now
        )  # fmt: skip


def kept_answer(person: RegisteredPerson) -> KeptAnswer:
    """The answer as it is sealed with the case."""
    card = person.card
    return KeptAnswer(
        number=person.personal_number,
        name=person.full_name,
        birth_date=person.birth_date.isoformat(),
        sex=person.sex.value,
        nationality=person.nationality,
        residence={
            "province": person.residence.province,
            "commune": person.residence.commune,
            "line": person.residence.line,
        },
        alive=person.alive,
        card_number=card.number if card else "",
        issued_on=card.issued_on.isoformat() if card else None,
        expires_on=card.expires_on.isoformat() if card and card.expires_on else None,
        card_state=card.state if card else "",
        birth_province=person.birth_province,
        guardians=[guardian.full_name for guardian in person.guardians],
    )


def _create(person: RegisteredPerson, *, now: datetime) -> Citizen:
    try:
        with transaction.atomic():
            return Citizen.objects.create(
                personal_number=person.personal_number,
                personal_number_index=number_index(person.personal_number),
                full_name=person.full_name,
                birth_date=person.birth_date,
                sex=person.sex.value,
                nationality=person.nationality,
                residence=kept_answer(person)["residence"],
                alive=person.alive,
                checked_with_register_at=now,
            )
    except IntegrityError:  # another counter was faster
        found = find_citizen(person.personal_number)
        if found is None:
            raise
        return found


def _renumber(citizen: Citizen, person: RegisteredPerson, *, now: datetime) -> None:
    """The register re-established the number: the citizen takes the new one, and is found by both."""
    before = citizen.personal_number
    former = FormerPersonalNumber.objects.filter(citizen=citizen)
    if not former.filter(personal_number_index__in=number_indexes(before)).exists():
        FormerPersonalNumber.objects.create(
            citizen=citizen,
            personal_number=before,
            personal_number_index=number_index(before),
            basis="population register",
            ended_at=now,
        )
    citizen.personal_number = person.personal_number
    citizen.personal_number_index = number_index(person.personal_number)
    citizen.save(update_fields=["personal_number", "personal_number_index"])
    name = "personal_number"
    audit.record(
        events.CitizenUpdated(
            fields=[name], before={name: before}, after={name: person.personal_number}
        ),
        actor=_REGISTER,
        subject_id=citizen.pk,
        target=citizen,
        now=now,
    )
    for account in Account.objects.filter(
        citizen=citizen, state__in=[AccountState.ACTIVE, AccountState.LOCKED]
    ):
        notices.tell(account=account, kind=NoticeKind.NUMBER_CHANGED, values={}, now=now)


def _relate(citizen: Citizen, person: RegisteredPerson, *, now: datetime) -> None:
    """Keep the relations to people we hold; those the register no longer names end."""
    named: dict[tuple[str, RelationKind], str] = {}
    for member in person.household:
        head = member.relation == "head"
        kind = RelationKind.HOUSEHOLD_HEAD if head else RelationKind.HOUSEHOLD_MEMBER
        named[member.personal_number, kind] = ""
    for guardian in person.guardians:
        named[guardian.personal_number, RelationKind.GUARDIAN] = guardian.basis
    named = {key: basis for key, basis in named.items() if key[0] != person.personal_number}
    numbers = {index: number for number, _kind in named for index in number_indexes(number)}
    held: dict[str, UUID] = {
        numbers[index]: pk
        for pk, index in Citizen.objects.filter(personal_number_index__in=numbers).values_list(
            "pk", "personal_number_index"
        )
    }
    current = {
        (relation.other_id, RelationKind(relation.kind)): relation.pk
        for relation in Relation.objects.filter(citizen=citizen, ended_at__isnull=True)
    }
    guardians = {
        held[number]: basis
        for (number, kind), basis in named.items()
        if kind == RelationKind.GUARDIAN and number in held
    }
    if guardians or any(kind == RelationKind.GUARDIAN for _other, kind in current):
        guardianship_records.take_from_register(
            ward=citizen, named=guardians, actor=_REGISTER, now=now
        )
    for (number, kind), basis in named.items():
        if number in held and current.pop((held[number], kind), None) is None:
            Relation.objects.create(
                citizen=citizen, other_id=held[number], kind=kind, basis=basis[:200]
            )
    Relation.objects.filter(pk__in=current.values()).update(ended_at=now)
