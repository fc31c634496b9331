"""What a stop code or stop link does when its button is pressed: it locks or cancels, once, and opens nothing.

Nobody has to sign in. A code or link that was used tells whoever holds it what was done; one that is unknown and one
that has expired look alike.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.enums import AccountState, ActedBy, LockReason, OwnerLockReason, StopKind
from accounts.models import ContactChange, Recovery, StopCode
from accounts.models.indexes import stop_code_indexes
from accounts.services import contacts, locking, recovering, sessions, tries
from eid_portal.core import sealed
from eid_portal.core.events import SYSTEM


class NothingToStop(Exception):
    """There is no such code or link, or its time is over."""

    code = "nothing_to_stop"
    message: Any = _("This code or link stops nothing: it may be mistyped, or older than 72 hours.")


class Outcome(StrEnum):
    """What came of it."""

    STOPPED = "stopped"
    LOCKED_BEFORE = (
        "locked_before"  # its owner had locked it already, or it is closed or not in use
    )
    KEPT = "kept"  # something else locks it; the owner's lock waits and comes into force after that
    TOO_LATE = "too_late"  # what it stops was finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What a live code or link stops, or what a used one has stopped."""

    kind: StopKind
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What was stopped, and when; ``again`` if it had been pressed before."""

    kind: StopKind
    outcome: Outcome
    at: datetime
    sessions: int = 0
    again: bool = False


def show(*, token: str, now: datetime) -> Stop:
    """What the link with this token stops. Read only.

    Raises:
        NothingToStop: see the class.
    """
    row = _find(Q(token_hash=sealed.token_hash(token)), now=now)
    return Stop(kind=StopKind(row.kind), used_at=row.used_at)


def stop_by_link(*, token: str, now: datetime) -> Stopped:
    """Do what the link with this token is for.

    Raises:
        NothingToStop: see the class.
    """
    return _stop(_find(Q(token_hash=sealed.token_hash(token)), now=now), now=now)


def stop_by_code(*, code: str, address: str, now: datetime) -> Stopped:
    """Do what a code is for that was typed in its normal form.

    Only wrong ones are counted, by network: a right one works however many neighbours guess.

    Raises:
        NothingToStop: see the class.
        tries.TooManyTries: see the class.
    """
    try:
        row = _find(Q(code_index__in=stop_code_indexes(code)), now=now)
    except NothingToStop:
        tries.within(policy.STOP_TRY, sessions.network_of(address), now)
        raise
    return _stop(row, now=now)


# --- Parts --------------------------------------------------------------------------------------
def _find(which: Q, *, now: datetime) -> StopCode:
    row = StopCode.objects.filter(which, expires_at__gt=now).order_by("-created_at").first()
    if row is None:
        raise NothingToStop
    return row


@transaction.atomic
def _stop(found: StopCode, *, now: datetime) -> Stopped:
    """Use the code up and act. The account is held first, as everything does that changes it and its codes."""
    kind = StopKind(found.kind)
    account = locking.hold(found.account_id)
    fresh = StopCode.objects.filter(pk=found.pk, used_at__isnull=True, expires_at__gt=now)
    if not fresh.update(used_at=now):
        row = _find(Q(pk=found.pk), now=now)
        return Stopped(kind=kind, outcome=Outcome.STOPPED, at=row.used_at or now, again=True)
    ended, outcome = 0, Outcome.STOPPED
    match kind:
        case StopKind.LOCK:
            try:
                ended = locking.lock(
                    account=account,
                    by=ActedBy.STOP_CODE,
                    reason=LockReason.OWNER,
                    why=OwnerLockReason.NOT_ME,
                    actor=SYSTEM,
                    now=now,
                )
            except locking.NotActive:
                outcome = Outcome.LOCKED_BEFORE
            else:
                if account.state != AccountState.ACTIVE:
                    outcome = Outcome.KEPT
        case StopKind.RECOVERY:
            recovery = Recovery.objects.select_related("account").get(pk=str(found.target_id))
            try:
                recovering.cancel(recovery=recovery, by=ActedBy.STOP_CODE, now=now)
            except recovering.NotOpen:
                outcome = Outcome.TOO_LATE
        case StopKind.CHANGE:
            change = ContactChange.objects.get(pk=str(found.target_id))
            try:
                contacts.revert(change=change, by=ActedBy.STOP_CODE, now=now)
            except contacts.NotRevertible:
                outcome = Outcome.TOO_LATE
    return Stopped(kind=kind, outcome=outcome, at=now, sessions=ended)
