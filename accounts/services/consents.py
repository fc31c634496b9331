"""Uses of data a person agreed to, and may end at any time without a reason (Law 91/2025/QH15; Decree 356/2025/ND-CP).

What asks for data because of a consent asks :func:`is_given` each time: a consent that was withdrawn gives nothing from
the same moment on. Nothing is ever ticked beforehand, and the words on the page are kept as evidence.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ConsentPurpose,
    ConsentState,
    DataCategory,
    NoticeKind,
)
from accounts.models import Account, Consent
from accounts.services import notices
from eid_portal.core import audit, clock, working_days
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import StaleState, move

AT_ONCE = 500


class Follower(Protocol):
    """What another app does when a consent for its purpose ends, in the same transaction."""

    def __call__(self, *, citizen_id: UUID, party: str, actor: Actor, now: datetime) -> None: ...


_followers: Final[dict[ConsentPurpose, Follower]] = {}


def follow(purpose: ConsentPurpose, follower: Follower) -> None:
    """Have an app hear of every consent for its purpose that ends; called in ``apps.ready()``."""
    _followers[purpose] = follower


def hold(citizen_id: UUID, party: str, purpose: ConsentPurpose, *, now: datetime) -> bool:
    """Whether the person agrees to this use now; until the caller's transaction ends, a withdrawal waits for it."""
    rows = Consent.objects.select_for_update().filter(
        citizen_id=citizen_id, party=party, purpose=purpose, state=ConsentState.GIVEN
    )
    return rows.filter(_holds(now)).first() is not None


def is_given(citizen_id: UUID, party: str, purpose: ConsentPurpose, *, now: datetime) -> bool:
    """Whether the person agrees to this use now."""
    return (
        Consent.objects.filter(
            citizen_id=citizen_id, party=party, purpose=purpose, state=ConsentState.GIVEN
        )
        .filter(_holds(now))
        .exists()
    )


def give(
    *,
    citizen_id: UUID,
    party: str,
    party_name: str,
    categories: Sequence[DataCategory],
    purpose: ConsentPurpose,
    words: str,
    third_parties: bool,
    valid_until: datetime | None,
    actor: Actor,
    now: datetime,
) -> Consent:
    """Keep that the person agreed, and to which words. Agreeing twice to the same use is one consent.

    A consent for the same use whose last day has passed ends first.

    Raises:
        ValueError: no words, or no data, were agreed to.
    """
    if not words or not categories:
        raise ValueError("nothing was agreed to")
    try:
        with transaction.atomic():
            for old in Consent.objects.filter(
                citizen_id=citizen_id, party=party, purpose=purpose, state=ConsentState.GIVEN
            ).exclude(_holds(now)):
                _end(old, now=now)
            consent = Consent.objects.create(
                state=ConsentState.GIVEN,
                citizen_id=citizen_id,
                party=party,
                party_name=party_name,
                categories=[category.value for category in categories],
                purpose=purpose,
                words=words,
                third_parties=third_parties,
                given_at=now,
                valid_until=valid_until,
            )
            audit.record(
                events.ConsentGiven(party=party, purpose=purpose.value),
                actor=actor,
                subject_id=citizen_id,
                target=consent,
                now=now,
            )
    except IntegrityError:  # agreed already, perhaps a moment ago
        return Consent.objects.get(
            citizen_id=citizen_id, party=party, purpose=purpose, state=ConsentState.GIVEN
        )
    return consent


@transaction.atomic
def withdraw(
    *,
    citizen_id: UUID,
    public_id: str,
    actor: Actor,
    now: datetime,
    purpose: ConsentPurpose | None = None,
) -> Consent | None:
    """End the use from now on and say until when it must be over; pressing twice changes nothing more.

    None if the person has no such consent, for the ``purpose`` if one is named. The person is told, if they have an
    account: for a child or ward the guardian acts.
    """
    consent = Consent.objects.filter(public_id=public_id, citizen_id=citizen_id).first()
    if consent is not None and purpose is not None and consent.purpose != purpose:
        return None
    if consent is None or consent.state != ConsentState.GIVEN:
        return consent
    days = policy.WITH_THIRD_PARTIES_WITHIN if consent.third_parties else policy.RESTRICT_WITHIN
    end_by = working_days.due(now, calendar_days=days)
    try:
        move(
            consent, states.CONSENT, to=ConsentState.WITHDRAWN,
            event=events.ConsentWithdrawn(party=consent.party), actor=actor,
            subject_id=consent.citizen_id, now=now, withdrawn_at=now, end_by=end_by,
        )  # fmt: skip
    except StaleState:  # the other press of the button
        consent.refresh_from_db()
        return consent
    _tell_follower(consent, actor=actor, now=now)
    theirs = Account.objects.filter(citizen_id=citizen_id, kind=AccountKind.CITIZEN)
    account = theirs.exclude(state=AccountState.CLOSED).first()
    if account is not None:
        notices.tell(
            account=account,
            kind=NoticeKind.CONSENT_WITHDRAWN,
            values={"party": consent.party_name, "date": f"{clock.today(end_by):%d/%m/%Y}"},
            event_key=f"consent:{consent.pk}",
            now=now,
        )
    return consent


def end_due(*, now: datetime) -> int:
    """End consents whose last day has come and withdrawn ones whose time is over. Returns how many."""
    rows = Consent.objects.filter(
        Q(state=ConsentState.GIVEN, valid_until__lte=now)
        | Q(state=ConsentState.WITHDRAWN, end_by__lte=now)
    )
    count = 0
    for consent in rows.order_by("pk")[:AT_ONCE]:
        try:
            _end(consent, now=now)
        except StaleState:  # withdrawn, or ended, meanwhile
            continue
        count += 1
    return count


@transaction.atomic
def _end(consent: Consent, *, now: datetime) -> None:
    was_given = consent.state == ConsentState.GIVEN
    move(
        consent, states.CONSENT, to=ConsentState.ENDED,
        event=events.ConsentEnded(party=consent.party), actor=SYSTEM,
        subject_id=consent.citizen_id, now=now, ended_at=now,
    )  # fmt: skip
    if was_given:
        _tell_follower(consent, actor=SYSTEM, now=now)


def _tell_follower(consent: Consent, *, actor: Actor, now: datetime) -> None:
    follower = _followers.get(ConsentPurpose(consent.purpose))
    if follower is not None:
        follower(citizen_id=consent.citizen_id, party=consent.party, actor=actor, now=now)


def _holds(now: datetime) -> Q:
    return Q(valid_until__isnull=True) | Q(valid_until__gt=now)
