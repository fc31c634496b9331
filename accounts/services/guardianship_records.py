"""What guardianships stand on: who is fit to act, when one is over, how it begins, ends and is told of.

Locks are taken in one order: the ward, the ward's guardianships by key.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    GuardianshipBasis,
    GuardianshipEnd,
    GuardianshipNews,
    GuardianshipState,
    Level,
    NoticeKind,
)
from accounts.models import Account, Citizen, Guardianship
from accounts.rules import card_validity, masking
from accounts.rules import guardianship as rules
from accounts.services import lifecycle, notices
from eid_portal.core import audit, clock
from eid_portal.core.events import Actor, Event
from eid_portal.core.transitions import move

OPEN: Final = (GuardianshipState.PENDING, GuardianshipState.ACTIVE)


class GuardianshipUnable(Exception):
    """It cannot be done; ``code`` says why and ``message`` tells people."""

    code = "guardianship_unable"
    field: str | None = None  # of a form, that it is about
    message: Any = _("This cannot be done.")


class NoGuardian(GuardianshipUnable):
    """Whoever would act cannot: ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = UNFIT[code]


UNFIT: Final[Mapping[str, Any]] = {
    "guardian_closed": _("The guardian's account is closed: nobody can act with it any more."),
    "guardian_dead": _("The guardian has died."),
    "guardian_locked": _("The guardian's account is locked. It must be unlocked first."),
    "guardian_no_account": _(
        "The guardian has no active e-ID account. Any ID-card counter issues one."
    ),
    "guardian_young": _("A guardian must be 18 or older."),
    "guardian_level": _("A guardian needs an account of level 2. Any ID-card counter raises it."),
    "guardian_card": _("The guardian's ID card is not valid. Ask for a new one at any counter."),
    "guardian_is_ward": _("Somebody who has a guardian cannot be one."),
}


# --- Beginning and ending
def take_from_register(
    *, ward: Citizen, named: Mapping[UUID, str], actor: Actor, now: datetime
) -> None:
    """Follow the register in the caller's transaction, which holds the ward: whom it names may claim, once.

    ``named`` are the guardians we hold, and on what basis. What rests on the register's word alone ends with it.
    """
    rows = list(
        Guardianship.objects.select_for_update(of=("self",))
        .select_related("ward", "guardian")
        .filter(ward=ward)
        .order_by("pk")
    )
    for row in rows:
        if row.state in OPEN and row.document is None and row.guardian_id not in named:
            end(row, GuardianshipEnd.DECISION, at=now, actor=actor, now=now)
    known = {row.guardian_id for row in rows if row.guardian_id in named}
    for citizen in Citizen.objects.filter(pk__in=[pk for pk in named if pk not in known]):
        basis = rules.basis_of(named[citizen.pk])
        if basis is None:
            continue
        begun = begin(ward, citizen, basis=basis, document=None, until=None, actor=actor, now=now)
        if begun is not None:
            tell(begun, GuardianshipNews.CLAIMED, to=(ward, citizen), now=now)


def begin(
    ward: Citizen,
    guardian: Citizen,
    *,
    basis: GuardianshipBasis,
    document: str | None,
    until: date | None,
    actor: Actor,
    now: datetime,
) -> Guardianship | None:
    """Write a claim, unless nobody can be this person's guardian on this basis, or it would be over at once."""
    today = clock.today(now)
    age = card_validity.age_on(ward.birth_date, today)
    if not ward.alive or not rules.may_have(basis, age=age):
        return None
    last = None if basis == GuardianshipBasis.PARENT else until
    terms = rules.Terms(
        birth_date=ward.birth_date, until_age=rules.until_age(basis, age=age), until=last
    )
    if rules.ended_by(terms, today) is not None:
        return None
    row = Guardianship(
        state=GuardianshipState.PENDING,
        ward=ward,
        guardian=guardian,
        basis=basis,
        document=document,
        until_age=terms.until_age,
        until=last,
        review_month=rules.review_month(terms),
        claimed_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # a claim in another transaction was faster
        return None
    record(row, events.GuardianshipClaimed(basis=basis), both=True, actor=actor, now=now)
    return row


def reason_to_end(row: Guardianship, now: datetime) -> GuardianshipEnd | None:
    """Why it is over at this moment; None while it goes on."""
    if not (row.ward.alive and row.guardian.alive):
        return GuardianshipEnd.DEATH
    if row.state == GuardianshipState.ACTIVE and account_of(row.guardian_id) is None:
        return GuardianshipEnd.GUARDIAN_CLOSED
    lapses_at = row.lapses_at()
    lapsed = GuardianshipEnd.LAPSED if lapses_at and lapses_at <= now else None
    return rules.ended_by(row.terms(), clock.today(now)) or lapsed


def moment_of_end(row: Guardianship, reason: GuardianshipEnd, now: datetime) -> datetime:
    """When it ended for this reason: of itself at 00:00 of its day, whenever that is written down."""
    at = row.lapses_at() if reason == GuardianshipEnd.LAPSED else row.ends_at()
    if at is None or reason in {GuardianshipEnd.DEATH, GuardianshipEnd.GUARDIAN_CLOSED}:
        return now
    return at


def end(
    row: Guardianship, reason: GuardianshipEnd, *, at: datetime, actor: Actor, now: datetime
) -> None:
    """End it and tell both, in the caller's transaction.

    Raises:
        StaleState: somebody else ended or decided it first.
    """
    event = events.GuardianshipEnded(reason=reason)
    move(
        row, states.GUARDIANSHIP, to=GuardianshipState.ENDED, event=event, actor=actor,
        subject_id=row.ward_id, now=now, ended_at=at, end_reason=reason,
    )  # fmt: skip
    record(row, event, both=False, actor=actor, now=now)
    values = {
        "date": f"{clock.today(at):%d/%m/%Y}",
        "guardianship_end": reason,
        "helpline": settings.HELPLINE,
    }
    for citizen in (row.ward, row.guardian):
        _tell_one(row, citizen, NoticeKind.GUARDIANSHIP_ENDED, "ended", values, now=now)


# --- Who can act, and whom to tell
def hold(ward_id: UUID) -> list[Guardianship]:
    """The open guardianships of a ward, held until the transaction ends."""
    Citizen.objects.select_for_update(no_key=True).get(pk=ward_id)
    return list(
        Guardianship.objects.select_for_update(of=("self",))
        .select_related("ward", "guardian")
        .filter(ward_id=ward_id, state__in=OPEN)
        .order_by("pk")
    )


def is_active(row: Guardianship, now: datetime) -> bool:
    """Whether it is in force at this moment, whatever is written down."""
    return row.state == GuardianshipState.ACTIVE and reason_to_end(row, now) is None


def account_of(citizen_id: UUID) -> Account | None:
    """The e-ID account of a person, as it stands now; a closed one is none."""
    return (
        Account.objects.select_related("citizen")
        .filter(citizen_id=citizen_id, kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .first()
    )


def require_fit(citizen: Citizen, *, now: datetime) -> None:
    """Go on only if this person can act for others now.

    Raises:
        NoGuardian: see the class.
    """
    code = _unfit(citizen, now)
    if code:
        raise NoGuardian(code)


def _unfit(citizen: Citizen, now: datetime) -> str:
    account = account_of(citizen.pk)
    if account is None:
        had_one = Account.objects.filter(citizen=citizen, kind=AccountKind.CITIZEN).exists()
        return "guardian_closed" if had_one else "guardian_no_account"
    if not account.citizen.alive:
        return "guardian_dead"
    if account.state != AccountState.ACTIVE:
        locked = account.state == AccountState.LOCKED
        return "guardian_locked" if locked else "guardian_no_account"
    if card_validity.age_on(citizen.birth_date, clock.today(now)) < policy.FULL_AGE:
        return "guardian_young"
    if account.level != Level.TWO:
        return "guardian_level"
    if not lifecycle.has_valid_card(account, now=now):
        return "guardian_card"
    over = Guardianship.objects.select_related("ward", "guardian").filter(
        ward=citizen, state=GuardianshipState.ACTIVE
    )
    return "guardian_is_ward" if any(is_active(row, now) for row in over) else ""


def record(row: Guardianship, event: Event, *, both: bool, actor: Actor, now: datetime) -> None:
    """The same event in the guardian's list; ``both``: in the ward's too, where no move wrote it."""
    for subject in (row.ward_id, row.guardian_id) if both else (row.guardian_id,):
        audit.record(event, actor=actor, subject_id=subject, target=row, now=now)


def tell(
    row: Guardianship, news: GuardianshipNews, *, to: tuple[Citizen, ...], now: datetime
) -> bool:
    """Tell those who have an account to be told by. Returns whether anybody was told now."""
    values = {"guardianship_news": news, "helpline": settings.HELPLINE}
    told = [
        _tell_one(row, citizen, NoticeKind.GUARDIANSHIP, news.lower(), values, now=now)
        for citizen in to
    ]
    return any(told)


def _tell_one(
    row: Guardianship,
    citizen: Citizen,
    kind: NoticeKind,
    about: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> bool:
    account = account_of(citizen.pk)
    if account is None or not citizen.alive:
        return False
    who = "ward" if citizen.pk == row.ward_id else "guardian"
    names = {"guardian": row.guardian.full_name, "ward": row.ward.full_name}
    if who == "guardian" and not row.names_ward_to_guardian():
        names["ward"] = masking.masked_number(row.ward.personal_number)
    return bool(
        notices.tell(
            account=account,
            kind=kind,
            values={**names, **values},
            event_key=f"guardianship.{row.pk.hex}.{about}.{who}",
            now=now,
        )
    )
