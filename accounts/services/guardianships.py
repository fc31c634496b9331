"""Guardianships: claimed by the register or a guardian, confirmed at a counter, used, and ended by themselves.

Whether one is in force is decided at each use, from the rows and the day: the nightly review writes down what has
happened already. Locks are taken in one order: the ward, the ward's guardianships by key.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    Action,
    GuardianshipBasis,
    GuardianshipEnd,
    GuardianshipNews,
    GuardianshipState,
    LockReason,
    OwnerLockReason,
    RelationKind,
    WardAct,
)
from accounts.models import Account, CardCase, Guardianship, GuardianshipReview, Relation
from accounts.rules import card_validity
from accounts.rules import guardianship as rules
from accounts.selectors import wards as selectors
from accounts.selectors.wards import GrownWard, Ward
from accounts.services import assurance, locking, register, sessions
from accounts.services import guardianship_records as records
from accounts.services.guardianship_records import GuardianshipUnable, NoGuardian
from eid_portal.core import audit, clock, ids, jobs, limits, readonly, sealed
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.models import AuditEvent
from eid_portal.core.transitions import move

__all__ = ["GuardianshipUnable", "NoGuardian"]

REVIEW: Final = "accounts.review_guardianships"

log = structlog.get_logger()


class WardGrown(GuardianshipUnable):
    """The guardianship ended on a birthday of the ward, who acts alone since."""

    code = "ward_grown"

    def __init__(self, ward: GrownWard) -> None:
        super().__init__(self.code)
        self.ward = ward


class NoSuchWard(GuardianshipUnable):
    """Nobody this guardian can be a guardian of: one answer for every reason, or numbers could be guessed."""

    code = "no_such_ward"
    field = "number"
    message = _(
        "We found nobody you can add with this number and date of birth. Check both,"
        " and who can be added."
    )


class TooManyClaims(GuardianshipUnable):
    """So many numbers were tried that the next must wait ``until``."""

    code = "too_many_claims"

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until
        local = until.astimezone(clock.VIET_NAM)
        self.message = _("You tried too many numbers. Try again after %(time)s on %(date)s.") % {
            "time": f"{local:%H:%M}",
            "date": f"{local:%d/%m/%Y}",
        }


class NotWaiting(GuardianshipUnable):
    """It was confirmed, refused or ended in the meantime."""

    code = "not_waiting"
    message = _("This guardianship no longer waits for a counter. Here is where it stands.")


class TooManyGuardians(GuardianshipUnable):
    """Two people are guardians already."""

    code = "too_many_guardians"
    message = _("Two people are guardians already. One of them must end before another begins.")


class OverAlready(GuardianshipUnable):
    """The ward is too old for it by now, its last day has passed, or the ward has died."""

    code = "over_already"
    message = _("This guardianship cannot begin: it would have ended already.")


class OfficerInvolved(GuardianshipUnable):
    """The officer is the ward, the guardian, or lives with one of them."""

    code = "officer_involved"
    message = _("You are one of the two, or live with one of them. A colleague must decide this.")


class NothingToLock(GuardianshipUnable):
    """The ward has no account that is in use."""

    code = "nothing_to_lock"
    message = _("There is no account in use to lock.")


class NotOpen(GuardianshipUnable):
    """It ended or was refused in the meantime."""

    code = "not_open"
    message = _("This guardianship is over already. Here is where it stands.")


class TooYoungToObject(GuardianshipUnable):
    """Somebody under 14 objects through a counter."""

    code = "too_young_to_object"
    message = _("Under 14 an officer decides: tell the counter, or call the helpline.")


class AnotherCase(GuardianshipUnable):
    """The visit to the counter is about neither of the two."""

    code = "another_case"
    message = _("This visit is about neither the guardian nor the ward.")


# --- Claiming -----------------------------------------------------------------------------------
def why_unfit(*, session: sessions.Session, now: datetime) -> Any:
    """Why the person cannot be anybody's guardian now, in words; empty if they can."""
    try:
        records.require_fit(session.account.citizen, now=now)
    except NoGuardian as error:
        return error.message
    return ""


def claim(
    *,
    session: sessions.Session,
    number: str,
    birth_date: date,
    basis: GuardianshipBasis,
    document: str,
    until: date | None,
    now: datetime,
) -> Guardianship:
    """A guardianship that waits for a counter; the same claim again is the same guardianship.

    ``document`` is what it rests on, ``until`` the last day a decision names. Every number counts, found or not.

    Raises:
        NoGuardian: see the class.
        TooManyClaims: see the class.
        NoSuchWard: see the class.
    """
    guardian, actor = session.account, sessions.actor_of(session)
    records.require_fit(guardian.citizen, now=now)
    answer = limits.hit(policy.WARD_CLAIM, str(guardian.pk), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyClaims(answer.until)
    ward = register.find_citizen(number)
    if ward is None or ward.birth_date != birth_date or ward.pk == guardian.citizen_id:
        raise NoSuchWard
    with transaction.atomic():
        held = records.hold(ward.pk)
        mine = next((row for row in held if row.guardian_id == guardian.citizen_id), None)
        if mine is not None:
            over = records.reason_to_end(mine, now)
            if over is None:
                return mine
            at = records.moment_of_end(mine, over, now)
            records.end(mine, over, at=at, actor=SYSTEM, now=now)
        if len([row for row in held if records.is_active(row, now)]) >= policy.GUARDIANS_MOST:
            raise NoSuchWard
        row = records.begin(
            ward, guardian.citizen, basis=basis, document=document, until=until, actor=actor, now=now
        )  # fmt: skip
        if row is None:
            raise NoSuchWard
        records.tell(row, GuardianshipNews.CLAIMED, to=(ward,), now=now)
        return row


# --- Deciding at a counter ------------------------------------------------------------------------
@transaction.atomic
def confirm(
    *, guardianship: Guardianship, case: CardCase, actor: Actor, now: datetime
) -> Guardianship:
    """An officer saw the papers: the guardian acts from now on. ``case`` is the visit of either of the two.

    Raises:
        AnotherCase: see the class.
        OfficerInvolved: see the class.
        NotWaiting: see the class; also of two confirmations at once the second.
        OverAlready: see the class.
        NoGuardian: see the class.
        TooManyGuardians: see the class.
    """
    row, held = _to_decide(guardianship, case=case, actor=actor)
    lapses_at = row.lapses_at()
    over = rules.ended_by(row.terms(), clock.today(now)) is not None
    if not row.ward.alive or over or (lapses_at is not None and lapses_at <= now):
        raise OverAlready
    records.require_fit(row.guardian, now=now)
    active = []
    for other in held:
        if other.state == GuardianshipState.ACTIVE:
            reason = records.reason_to_end(other, now)
            if reason is None:
                active.append(other)
            else:
                records.end(
                    other,
                    reason,
                    at=records.moment_of_end(other, reason, now),
                    actor=SYSTEM,
                    now=now,
                )
    place = rules.free_place([other.place for other in active])
    if place is None:
        raise TooManyGuardians
    event = events.GuardianshipConfirmed(basis=row.basis)
    move(
        row, states.GUARDIANSHIP, to=GuardianshipState.ACTIVE, event=event, actor=actor,
        subject_id=row.ward_id, now=now, place=place, confirmed_at=now, confirmed_in=case,
    )  # fmt: skip
    records.record(row, event, both=False, actor=actor, now=now)
    records.tell(row, GuardianshipNews.CONFIRMED, to=(row.ward, row.guardian), now=now)
    return row


@transaction.atomic
def refuse(
    *, guardianship: Guardianship, case: CardCase, actor: Actor, now: datetime
) -> Guardianship:
    """An officer saw that it does not hold.

    Raises:
        AnotherCase: see the class.
        OfficerInvolved: see the class.
        NotWaiting: see the class.
    """
    row, _held = _to_decide(guardianship, case=case, actor=actor)
    event = events.GuardianshipRefused()
    move(
        row, states.GUARDIANSHIP, to=GuardianshipState.REFUSED, event=event, actor=actor,
        subject_id=row.ward_id, now=now, ended_at=now,
    )  # fmt: skip
    records.record(row, event, both=False, actor=actor, now=now)
    records.tell(row, GuardianshipNews.REFUSED, to=(row.ward, row.guardian), now=now)
    return row


def _to_decide(
    guardianship: Guardianship, *, case: CardCase, actor: Actor
) -> tuple[Guardianship, list[Guardianship]]:
    """The waiting guardianship and all open ones of its ward, held; or a reason why this officer cannot."""
    row, held = _held_for(guardianship, case=case, actor=actor)
    if row is None or row.state != GuardianshipState.PENDING:
        raise NotWaiting
    return row, held


def _held_for(
    guardianship: Guardianship, *, case: CardCase, actor: Actor
) -> tuple[Guardianship | None, list[Guardianship]]:
    two = (guardianship.ward_id, guardianship.guardian_id)
    if case.citizen_id not in two:
        raise AnotherCase
    if actor.citizen_id is None or is_near(actor.citizen_id, two):
        raise OfficerInvolved
    held = records.hold(guardianship.ward_id)
    return next((row for row in held if row.pk == guardianship.pk), None), held


def is_near(officer_id: UUID, people: Collection[UUID]) -> bool:
    """Whether an officer is one of them, related to one by the register, or has the same head of household."""
    if officer_id in people:
        return True
    current = Relation.objects.filter(ended_at__isnull=True)
    direct = Q(citizen_id=officer_id, other_id__in=people) | Q(
        citizen_id__in=people, other_id=officer_id
    )
    if current.filter(direct).exists():
        return True
    heads = current.filter(kind=RelationKind.HOUSEHOLD_HEAD, citizen_id=officer_id)
    return current.filter(
        kind=RelationKind.HOUSEHOLD_HEAD,
        citizen_id__in=people,
        other_id__in=heads.values("other_id"),
    ).exists()


# --- Ending it before its day ---------------------------------------------------------------------
@transaction.atomic
def end_by_decision(
    *, guardianship: Guardianship, case: CardCase, actor: Actor, now: datetime
) -> Guardianship:
    """An officer saw the decision that ends it, of a court or the commune; nobody acts from now on.

    Raises:
        AnotherCase: see the class.
        OfficerInvolved: see the class.
        NotOpen: see the class; also of two at once the second.
    """
    row, _held = _held_for(guardianship, case=case, actor=actor)
    if row is None:
        raise NotOpen
    records.end(row, GuardianshipEnd.DECISION, at=now, actor=actor, now=now)
    return row


@transaction.atomic
def give_up(*, session: sessions.Session, public_id: str, now: datetime) -> None:
    """The guardian acts, or waits to act, no longer; both are told. Over already is as good.

    Raises:
        StepUpNeeded: the guardian must prove themselves afresh.
        NoSuchWard: there is no such guardianship, or it is somebody else's.
    """
    assurance.require(session, Action.ACT_FOR_WARD, now=now)
    mine = Guardianship.objects.filter(
        public_id=public_id, guardian_id=session.account.citizen_id
    ).first()
    if mine is None:
        raise NoSuchWard
    row = next((row for row in records.hold(mine.ward_id) if row.pk == mine.pk), None)
    if row is not None:
        _end_by(row, GuardianshipEnd.GIVEN_UP, session=session, now=now)


@transaction.atomic
def object_to(*, session: sessions.Session, public_id: str, now: datetime) -> None:
    """Who somebody claims to be the guardian of says no; both are told, and no counter confirms that claim.

    Raises:
        NoSuchWard: there is no such guardianship, or it is about somebody else.
        TooYoungToObject: see the class.
        NotWaiting: see the class.
    """
    ward = session.account.citizen
    row = next((row for row in records.hold(ward.pk) if row.public_id == public_id), None)
    if row is None:
        about = Guardianship.objects.filter(public_id=public_id, ward=ward)
        raise NotWaiting if about.exists() else NoSuchWard
    if row.state != GuardianshipState.PENDING:
        raise NotWaiting
    if card_validity.age_on(ward.birth_date, clock.today(now)) < policy.WARD_AGE:
        raise TooYoungToObject
    _end_by(row, GuardianshipEnd.OBJECTED, session=session, now=now)


def _end_by(
    row: Guardianship, reason: GuardianshipEnd, *, session: sessions.Session, now: datetime
) -> None:
    """End it for this reason, or for the one it has been over for already."""
    over = records.reason_to_end(row, now)
    if over is not None:
        at = records.moment_of_end(row, over, now)
        records.end(row, over, at=at, actor=SYSTEM, now=now)
        return
    records.end(row, reason, at=now, actor=sessions.actor_of(session), now=now)


# --- Acting ---------------------------------------------------------------------------------------
def acting(*, session: sessions.Session, public_id: str, now: datetime) -> Ward:
    """The ward this person may act for at this moment, with what the guardian may read.

    Raises:
        StepUpNeeded: the guardian must prove themselves afresh.
        WardGrown: see the class.
        NoSuchWard: there is no such guardianship, or it is somebody else's, or not in force.
        NoGuardian: the guardian's account is closed, locked or of level 1, or the card behind it is not valid.
    """
    assurance.require(session, Action.ACT_FOR_WARD, now=now)
    ward = selectors.find_ward(session.account, public_id, now=now)
    if ward is None:
        grown = selectors.find_grown(session.account, public_id, now=now)
        raise WardGrown(grown) if grown else NoSuchWard
    records.require_fit(session.account.citizen, now=now)
    return ward


def list_acting(*, account: Account, now: datetime) -> list[Ward]:
    """Everybody this person may act for at this moment: nobody while they are not fit to. Nothing is written."""
    found = selectors.list_in_force(account, now=now)
    if not found:
        return []
    try:
        records.require_fit(account.citizen, now=now)
    except NoGuardian:
        return []
    return found


def open_ward(*, session: sessions.Session, public_id: str, now: datetime) -> Ward:
    """Open a ward's page: the ward and every guardian read that it was opened, at most once an hour.

    Raises:
        StepUpNeeded: see :func:`acting`.
        WardGrown: see the class.
        NoSuchWard: see :func:`acting`.
        NoGuardian: see :func:`acting`.
    """
    ward = acting(session=session, public_id=public_id, now=now)
    actor = sessions.actor_of(session)
    with readonly.access_record():
        if _was_opened(ward, actor, now):
            return ward
        with transaction.atomic():
            row = Guardianship.objects.select_for_update().get(pk=ward.guardianship_id)
            if not _was_opened(ward, actor, now):
                _act(row, WardAct.OPENED, actor=actor, now=now)
    return ward


@transaction.atomic
def lock_account(*, session: sessions.Session, public_id: str, now: datetime) -> None:
    """Lock the ward's account at once; the ward or a counter unlocks it. Locked already is as good.

    Raises:
        StepUpNeeded: see :func:`acting`.
        WardGrown: see the class.
        NoSuchWard: see :func:`acting`.
        NoGuardian: see :func:`acting`.
        NothingToLock: see the class.
    """
    Guardianship.objects.select_for_update().filter(public_id=public_id).first()
    ward = acting(session=session, public_id=public_id, now=now)
    account = records.account_of(ward.citizen.pk)
    if account is None or account.state == AccountState.ISSUED:
        raise NothingToLock
    actor = sessions.actor_of(session)
    try:
        locking.lock(
            account=account, by=ActedBy.GUARDIAN, reason=LockReason.OWNER,
            why=OwnerLockReason.GUARDIAN, actor=actor, now=now,
        )  # fmt: skip
    except locking.NotActive:
        return
    _act(Guardianship.objects.get(pk=ward.guardianship_id), WardAct.LOCKED, actor=actor, now=now)


def _was_opened(ward: Ward, actor: Actor, now: datetime) -> bool:
    """Keys grow with time, so the index of actors leads to the guardian's last events alone."""
    return AuditEvent.objects.filter(
        actor_id=actor.account_id,
        pk__gt=ids.uuid7_before(policy.SEEN_AGAIN + timedelta(minutes=1)),
        recorded_at__gt=now - policy.SEEN_AGAIN,
        name=events.ActedForWard.name,
        target_id=ward.guardianship_id,
        data__what=WardAct.OPENED,
    ).exists()


def _act(row: Guardianship, what: WardAct, *, actor: Actor, now: datetime) -> None:
    audit.record(
        events.ActedForWard(what=what), actor=actor, subject_id=row.ward_id, target=row, now=now
    )


# --- Ending by themselves -------------------------------------------------------------------------
@transaction.atomic
def begin_review(*, now: datetime) -> bool:
    """Begin the day's review unless it has begun. Returns whether it began."""
    review, new = GuardianshipReview.objects.get_or_create(
        day=clock.today(now), defaults={"begun_at": now}
    )
    if new:
        jobs.enqueue(REVIEW, subject_id=review.pk)
    return new


@transaction.atomic
def review_some(claimed: jobs.Claim) -> None:
    """Look at the next guardianships of a review: end, warn, note the place, and pass on to the next job.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    now = clock.now()
    review = GuardianshipReview.objects.select_for_update().get(pk=claimed.subject_id)
    rows = list(_in_question(review, now)[: policy.WARDS_AT_ONCE])
    for row in rows:
        _look_at(row, review, now=now)
    review.looked_at += len(rows)
    if rows:
        review.last_id = rows[-1].pk
        jobs.enqueue(REVIEW, subject_id=review.pk)
    else:
        review.done_at = now
    review.save()
    claimed.finish()


def _in_question(review: GuardianshipReview, now: datetime) -> QuerySet[Guardianship]:
    """The open ones, after the place of the review, that may have ended or end soon by what stands in clear."""
    horizon = (clock.today(now) + timedelta(days=policy.WARD_WARNED_DAYS)).replace(day=1)
    live = Account.objects.filter(
        citizen_id=OuterRef("guardian_id"), kind=AccountKind.CITIZEN
    ).exclude(state=AccountState.CLOSED)
    due = (
        Q(review_month__lte=horizon)
        | Q(ward__alive=False)
        | Q(guardian__alive=False)
        | Q(~Exists(live), state=GuardianshipState.ACTIVE)
        | Q(
            state=GuardianshipState.PENDING,
            document__isnull=False,
            claimed_at__lte=now - policy.CLAIM_WAITS,
        )
    )
    rows = Guardianship.objects.filter(due, state__in=records.OPEN)
    if review.last_id is not None:
        rows = rows.filter(pk__gt=review.last_id)
    return rows.select_for_update(of=("self",)).select_related("ward", "guardian").order_by("pk")


def _look_at(row: Guardianship, review: GuardianshipReview, *, now: datetime) -> None:
    """End or warn; a row that does not open is put aside and holds up no other."""
    try:
        reason = records.reason_to_end(row, now)
        soon = reason is None and row.state == GuardianshipState.ACTIVE
        soon = soon and rules.warning_due(row.terms(), clock.today(now))
    except sealed.DoesNotOpen:
        review.unreadable += 1
        log.error("guardianship_review.does_not_open", guardianship_id=str(row.pk))  # noqa: TRY400 - a trace would show nothing but our own lines
        return
    if reason is not None:
        records.end(row, reason, at=records.moment_of_end(row, reason, now), actor=SYSTEM, now=now)
        review.ended += 1
    elif soon and records.tell(row, GuardianshipNews.CARD, to=(row.guardian, row.ward), now=now):
        review.warned += 1
