"""The nightly life of cards and accounts: warn before a card expires; lock the account when it has.

A review is a row for each day that remembers how far it came; a job looks at some cards, and writes what follows, its
place and the next job in one transaction. What is due follows from the cards alone, so a missed night is made up for
by the next. In clear stands only the month a card ends in; the day is known after opening it. What happens on the day
gives it away to whoever reads the times of events, as the law wants the account locked when the card expires.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    CardState,
    LockReason,
    NoticeKind,
)
from accounts.models import Account, CardReview, IdCard
from accounts.rules import card_validity, locks, quiet_hours
from accounts.services import issuing, locking, notices
from eid_portal.core import clock, jobs, sealed
from eid_portal.core.events import SYSTEM
from eid_portal.core.transitions import move_many

REVIEW: Final = "accounts.review_cards"

log = structlog.get_logger()


@transaction.atomic
def begin_review(*, now: datetime) -> bool:
    """Begin the day's review unless it has begun. Returns whether it began."""
    review, new = CardReview.objects.get_or_create(day=clock.today(now), defaults={"begun_at": now})
    if new:
        jobs.enqueue(REVIEW, subject_id=review.pk)
    return new


@transaction.atomic
def review_some(claim: jobs.Claim) -> None:
    """Look at the next cards of a review: warn, lock, note the place, and pass on to the next job.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
        transitions.StaleState: somebody else changed a card or an account at the same moment; nothing is written.
    """
    now = clock.now()
    today = clock.today(now)
    review = CardReview.objects.select_for_update().get(pk=claim.subject_id)
    cards = _next_cards(review, today)
    due = [card for card in cards if _is_due(card, today, review)]
    _act(due, review, now=now)
    review.looked_at += len(cards)
    if cards:
        review.last_month, review.last_card_id = cards[-1].review_month, cards[-1].pk
        jobs.enqueue(REVIEW, subject_id=review.pk)
    else:
        review.done_at = now
    review.save()
    claim.finish()


@transaction.atomic
def lock_if_expired(*, account: Account, now: datetime) -> None:
    """Lock an account whose card was found expired, lost or revoked before the account was active.

    Call it in the transaction that made the account active: the review waits for that, or comes first.
    """
    if account.kind != AccountKind.CITIZEN:
        return
    card = locking.current_card(account.citizen_id)
    reason = locks.OF_CARD.get(CardState(card.state)) if card else None
    if reason is not None:
        _lock([account], reason, now=now)


def has_valid_card(account: Account, *, now: datetime) -> bool:
    """Whether the ID card behind a citizen's account is valid today; staff accounts hang on no card."""
    if account.kind != AccountKind.CITIZEN:
        return True
    has_card = locking.current_card(account.citizen_id) is not None
    return has_card and locking.card_reason(account.citizen_id, now=now) is None


# --- Which cards --------------------------------------------------------------------------------
def _next_cards(review: CardReview, today: date) -> list[IdCard]:
    """The cards after the place of the review: the rest of its month, then the months after it."""
    cards = _in_question(today).order_by("review_month", "pk").select_related("citizen")
    if review.last_month is None:
        return list(cards[: policy.CARDS_AT_ONCE])
    same = cards.filter(review_month=review.last_month, pk__gt=review.last_card_id)
    later = cards.filter(review_month__gt=review.last_month)
    return list(same[: policy.CARDS_AT_ONCE]) or list(later[: policy.CARDS_AT_ONCE])


def _in_question(today: date) -> QuerySet[IdCard]:
    """The valid cards whose next warning, or whose end, may have come by what stands in clear."""
    days_of = policy.CARD_WARNINGS_DAYS
    soon = Q(warned_days__isnull=True, review_month__lte=today + timedelta(days_of[0]))
    for given, days in pairwise((*days_of, 0)):
        soon |= Q(warned_days=given, review_month__lte=today + timedelta(days))
    horizon = today + timedelta(days_of[0])
    return IdCard.objects.filter(soon, state=CardState.VALID, review_month__lte=horizon)


def _is_due(card: IdCard, today: date, review: CardReview) -> bool:
    """Whether something is to be done; a card that does not open is put aside and holds up no other."""
    try:
        due = _has_ended(card, today) or _warning(card, today) is not None
        return due and bool(card.citizen.personal_number)  # by the number people are locked
    except sealed.DoesNotOpen:
        review.unreadable += 1
        log.error("card_review.does_not_open", card_id=str(card.pk))  # noqa: TRY400 - a trace would show nothing but our own lines
        return False


def _has_ended(card: IdCard, today: date) -> bool:
    return card_validity.has_expired(card.expires_on, today)


def _warning(card: IdCard, today: date) -> int | None:
    if card.expires_on is None:
        return None
    return card_validity.warning_due(card.expires_on, today, warned=card.warned_days)


# --- What is done about them ----------------------------------------------------------------------
def _act(due: Sequence[IdCard], review: CardReview, *, now: datetime) -> None:
    """Warn and lock, after looking again where no counter and no other review can come between."""
    if not due:
        return
    today = clock.today(now)
    issuing.lock_people(card.citizen.personal_number for card in due)
    cards = list(IdCard.objects.filter(pk__in=[card.pk for card in due], state=CardState.VALID))
    ended = [card for card in cards if _has_ended(card, today)]
    warned = [(card, days) for card in cards if (days := _warning(card, today)) is not None]
    accounts = _live_accounts(card.citizen_id for card in cards)
    _expire(ended, now=now)
    active = [
        accounts[card.citizen_id]
        for card in ended
        if card.citizen_id in accounts and accounts[card.citizen_id].state == AccountState.ACTIVE
    ]
    _lock(active, LockReason.CARD_EXPIRED, now=now)
    _warn(warned, accounts, now=now)
    review.expired += len(ended)
    review.locked += len(active)
    review.warned += len(warned)


def _live_accounts(citizen_ids: Iterable[UUID]) -> dict[UUID, Account]:
    """The people's e-ID accounts, held until the transaction ends; an officer's account hangs on no card."""
    rows = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("citizen")
        .filter(citizen_id__in=list(citizen_ids), kind=AccountKind.CITIZEN)
        .exclude(state=AccountState.CLOSED)
        .order_by("pk")
    )
    return {account.citizen_id: account for account in rows}


def _expire(cards: list[IdCard], *, now: datetime) -> None:
    move_many(
        cards,
        states.CARD,
        to=CardState.EXPIRED,
        event=events.CardExpired(),
        actor=SYSTEM,
        subject_ids=[card.citizen_id for card in cards],
        now=now,
    )


def _lock(accounts: list[Account], reason: LockReason, *, now: datetime) -> None:
    """Lock active accounts; who is told by a text message is not woken by it."""
    locking.lock_many(
        accounts,
        by=ActedBy.SYSTEM,
        reason=reason,
        actor=SYSTEM,
        now=now,
        tell_at=quiet_hours.end(now.astimezone(clock.VIET_NAM)),
    )


def _warn(
    warned: list[tuple[IdCard, int]], accounts: dict[UUID, Account], *, now: datetime
) -> None:
    """Note the warning on the card, and tell whoever has an account to be told by."""
    for days in policy.CARD_WARNINGS_DAYS:
        keys = [card.pk for card, due in warned if due == days]
        IdCard.objects.filter(pk__in=keys).update(warned_days=days)
    for card, days in warned:
        account = accounts.get(card.citizen_id)
        if account is not None and card.expires_on is not None:
            _tell_warning(account, card.expires_on, days, now=now)


# --- Telling --------------------------------------------------------------------------------------
def _tell_warning(account: Account, expires_on: date, days: int, *, now: datetime) -> None:
    if not account.citizen.alive:
        return
    notices.tell(
        account=account,
        kind=NoticeKind.CARD_EXPIRES,
        values={"date": f"{expires_on:%d/%m/%Y}", "days": days},
        now=now,
    )
