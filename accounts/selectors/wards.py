"""Whom a person acts for, and who acts for them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    CardState,
    GuardianshipBasis,
    GuardianshipEnd,
    GuardianshipState,
)
from accounts.models import Account, Citizen, Guardianship, IdCard, Office
from accounts.rules import card_validity, masking
from accounts.rules import guardianship as rules
from accounts.selectors.sealed_looks import not_hidden
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent

EVENTS: Final = 12
OPEN: Final = (GuardianshipState.PENDING, GuardianshipState.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """Somebody the person asking acts for now."""

    guardianship_id: UUID
    public_id: str
    citizen: Citizen = field(repr=False)
    basis: GuardianshipBasis
    ends_at: datetime | None = field(repr=False)  # the moment it ends by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownWard:
    """Somebody the person asking acted for until a birthday."""

    name: str = field(repr=False)
    age: int
    since: datetime = field(repr=False)
    has_account: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherGuardian:
    """Another guardian of the same ward."""

    name: str = field(repr=False)
    closed: bool  # the account is: that guardian cannot act


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A guardianship as either of the two reads it; ``name`` is the other one's."""

    public_id: str
    name: str = field(repr=False)
    age: int | None  # the ward's, where the reader may know it
    basis: GuardianshipBasis
    document: str = field(repr=False)
    state: GuardianshipState  # at this moment
    reason: GuardianshipEnd | None
    until_age: int | None
    ends_at: datetime | None = field(repr=False)
    days_left: int | None
    ended_at: datetime | None = field(repr=False)
    others: tuple[OtherGuardian, ...] = ()
    guardian_closed: bool = False

    @property
    def may_object(self) -> bool:
        """Whether the ward, who reads this line, may object to it."""
        grown = self.age is not None and self.age >= policy.WARD_AGE
        return grown and self.state == GuardianshipState.PENDING

    @property
    def is_soon(self) -> bool:
        """Whether its end is near enough to be pointed at."""
        return self.days_left is not None and self.days_left <= policy.WARD_WARNED_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSummary:
    """The ward's ID card: the end of its number, until when, and whether it is valid."""

    ending: str
    valid_until: date | None
    state: CardState


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """Something that happened to the ward or the ward's data."""

    name: str
    at: datetime
    data: dict[str, Any]
    purpose: str
    actor_kind: str
    actor: str  # the name of the ward or guardian who acted
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a guardian reads on the ward's page."""

    card: CardSummary | None
    account_state: AccountState | None
    level: int | None
    age: int
    days_left: int | None
    card_due: bool  # the child turns 14 soon
    others: tuple[OtherGuardian, ...]
    events: tuple[EventLine, ...]


# --- One ward -------------------------------------------------------------------------------------
def find_ward(account: Account, public_id: str, *, now: datetime) -> Ward | None:
    """The ward of a guardianship that is this person's and in force at this moment."""
    row = _mine(account, public_id)
    if row is None or _state(row, now) != GuardianshipState.ACTIVE:
        return None
    return _ward(row)


def list_in_force(account: Account, *, now: datetime) -> list[Ward]:
    """The wards of all guardianships that are this person's and in force at this moment."""
    rows = Guardianship.objects.select_related("ward", "guardian").filter(
        guardian_id=account.citizen_id, state=GuardianshipState.ACTIVE
    )
    in_force = [row for row in rows.order_by("pk") if _state(row, now) == GuardianshipState.ACTIVE]
    return [_ward(row) for row in in_force]


def _ward(row: Guardianship) -> Ward:
    return Ward(
        guardianship_id=row.pk,
        public_id=row.public_id,
        citizen=row.ward,
        basis=GuardianshipBasis(row.basis),
        ends_at=row.ends_at(),
    )


def find_grown(account: Account, public_id: str, *, now: datetime) -> GrownWard | None:
    """The ward of a guardianship that was this person's until a birthday."""
    row = _mine(account, public_id)
    if row is None or row.confirmed_at is None or not row.ward.alive:
        return None
    reason, ends_at = _reason(row, now), row.ends_at()
    if reason not in {GuardianshipEnd.AGE_14, GuardianshipEnd.AGE_18} or ends_at is None:
        return None
    live = _live_accounts([row.ward_id])
    return GrownWard(
        name=row.ward.full_name,
        age=policy.WARD_AGE if reason == GuardianshipEnd.AGE_14 else policy.FULL_AGE,
        since=ends_at,
        has_account=row.ward_id in live,
    )


def _mine(account: Account, public_id: str) -> Guardianship | None:
    return (
        Guardianship.objects.select_related("ward", "guardian")
        .filter(guardian_id=account.citizen_id, public_id=public_id)
        .first()
    )


def ward_page(account: Account, ward: Ward, *, now: datetime) -> Page:
    """The ward's card, account and last events, and who else is a guardian."""
    today = clock.today(now)
    citizen = ward.citizen
    card = (
        IdCard.objects.filter(citizen=citizen).exclude(state=CardState.REPLACED).order_by("pk").first()
    )  # fmt: skip
    theirs = (
        Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .first()
    )
    row = _mine(account, ward.public_id)
    return Page(
        card=_summary(card, today) if card else None,
        account_state=AccountState(theirs.state) if theirs else None,
        level=theirs.level if theirs else None,
        age=card_validity.age_on(citizen.birth_date, today),
        days_left=_days_left(ward.ends_at, today),
        card_due=row is not None and rules.warning_due(row.terms(), today),
        others=_others([citizen.pk], but=account.citizen_id, now=now).get(citizen.pk, ()),
        events=_events(citizen.pk, now),
    )


def _summary(card: IdCard, today: date) -> CardSummary:
    over = card.state == CardState.VALID and card_validity.has_expired(card.expires_on, today)
    return CardSummary(
        ending=card.number[-4:],
        valid_until=card.expires_on,
        state=CardState.EXPIRED if over else CardState(card.state),
    )


def _events(ward_id: UUID, now: datetime) -> tuple[EventLine, ...]:
    rows = list(
        AuditEvent.objects.filter(not_hidden(now), subject_id=ward_id, shown=True).order_by("-pk")[
            :EVENTS
        ]
    )
    names = _names(ward_id, {row.actor_citizen_id for row in rows} - {None})
    held = [row.office_id for row in rows]
    places = {
        str(office.pk): office.name_en if get_language() == "en" else office.name
        for office in Office.objects.filter(pk__in=filter(None, held))
    }
    return tuple(
        EventLine(
            name=row.name,
            at=row.recorded_at,
            data=row.data,
            purpose=row.purpose,
            actor_kind=row.actor_kind,
            actor=names.get(row.actor_citizen_id, ""),
            office=places.get(str(row.office_id), ""),
        )
        for row in rows
    )


def _names(ward_id: UUID, acted: set[UUID | None]) -> dict[UUID | None, str]:
    """Of those who acted, the ward and the guardians by name; staff and strangers have none here."""
    near = Guardianship.objects.filter(ward_id=ward_id).values_list("guardian_id", flat=True)
    wanted = acted & {ward_id, *near}
    return {
        each.pk: each.full_name
        for each in Citizen.objects.filter(pk__in=list(filter(None, wanted)))
    }


# --- All of a person's ----------------------------------------------------------------------------
def list_wards(account: Account, *, now: datetime) -> list[Line]:
    """Everybody the person is, was or wants to be a guardian of: those in force first, then the newest."""
    rows = list(
        Guardianship.objects.select_related("ward", "guardian")
        .filter(guardian_id=account.citizen_id)
        .order_by("-pk")
    )
    others = _others([row.ward_id for row in rows], but=account.citizen_id, now=now)
    lines = [
        _line(row, others=others.get(row.ward_id, ()), to_guardian=True, now=now) for row in rows
    ]
    order = [GuardianshipState.ACTIVE, GuardianshipState.PENDING]
    return sorted(lines, key=lambda line: order.index(line.state) if line.state in order else 2)


def list_guardians(account: Account, *, now: datetime) -> list[Line]:
    """Everybody who acts for the person, or waits for a counter to confirm it."""
    rows = list(
        Guardianship.objects.select_related("ward", "guardian")
        .filter(ward_id=account.citizen_id, state__in=OPEN)
        .order_by("pk")
    )
    live = _live_accounts(row.guardian_id for row in rows)
    lines = [
        _line(row, closed=row.guardian_id not in live, to_guardian=False, now=now) for row in rows
    ]
    return [line for line in lines if line.state in OPEN]


def _line(
    row: Guardianship,
    *,
    to_guardian: bool,
    now: datetime,
    others: tuple[OtherGuardian, ...] = (),
    closed: bool = False,
) -> Line:
    today, state, ends_at = clock.today(now), _state(row, now), row.ends_at()
    known = row.names_ward_to_guardian()
    name = row.ward.full_name if known else masking.masked_number(row.ward.personal_number)
    over = state == GuardianshipState.ENDED
    return Line(
        public_id=row.public_id,
        name=name if to_guardian else row.guardian.full_name,
        age=card_validity.age_on(row.ward.birth_date, today) if known or not to_guardian else None,
        basis=GuardianshipBasis(row.basis),
        document=row.document or "",
        state=state,
        reason=_reason(row, now) if over else None,
        until_age=row.until_age,
        ends_at=ends_at,
        days_left=_days_left(ends_at, today),
        ended_at=row.ended_at or (ends_at if over else None),
        others=others if known else (),
        guardian_closed=closed and state == GuardianshipState.ACTIVE,
    )


def _others(
    ward_ids: Iterable[UUID], *, but: UUID, now: datetime
) -> dict[UUID, tuple[OtherGuardian, ...]]:
    rows = list(
        Guardianship.objects.select_related("ward", "guardian")
        .filter(ward_id__in=list(ward_ids), state=GuardianshipState.ACTIVE)
        .exclude(guardian_id=but)
        .order_by("pk")
    )
    live = _live_accounts(row.guardian_id for row in rows)
    found: dict[UUID, list[OtherGuardian]] = defaultdict(list)
    for row in rows:
        if _state(row, now) == GuardianshipState.ACTIVE:
            found[row.ward_id].append(
                OtherGuardian(name=row.guardian.full_name, closed=row.guardian_id not in live)
            )
    return {ward_id: tuple(each) for ward_id, each in found.items()}


def _live_accounts(citizen_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the people who have an account that is not closed."""
    rows = Account.objects.filter(citizen_id__in=list(citizen_ids), kind=AccountKind.CITIZEN)
    return set(rows.exclude(state=AccountState.CLOSED).values_list("citizen_id", flat=True))


# --- At this moment -------------------------------------------------------------------------------
def _state(row: Guardianship, now: datetime) -> GuardianshipState:
    """Its state at this moment, whatever the nightly review has written down."""
    state = GuardianshipState(row.state)
    return GuardianshipState.ENDED if state in OPEN and _reason(row, now) else state


def _reason(row: Guardianship, now: datetime) -> GuardianshipEnd | None:
    if row.state == GuardianshipState.ENDED:
        return GuardianshipEnd(row.end_reason)
    if row.state not in OPEN:
        return None
    if not (row.ward.alive and row.guardian.alive):
        return GuardianshipEnd.DEATH
    lapses_at = row.lapses_at()
    lapsed = GuardianshipEnd.LAPSED if lapses_at and lapses_at <= now else None
    return rules.ended_by(row.terms(), clock.today(now)) or lapsed


def _days_left(ends_at: datetime | None, today: date) -> int | None:
    return (clock.today(ends_at) - today).days if ends_at else None
