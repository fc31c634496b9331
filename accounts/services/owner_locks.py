"""An owner's lock of its own: it waits under a lock for a card or of an authority, and is put back after that."""

from datetime import datetime

from accounts import events, states
from accounts.enums import AccountState, ActedBy, LockReason, NoticeKind
from accounts.models import Account
from accounts.services import notices
from eid_portal.core import audit
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import move


def columns(*, by: ActedBy, why: str, now: datetime) -> dict[str, object]:
    """What an account notes of its owner's lock."""
    return {"owner_locked_at": now, "owner_locked_by": by.value, "owner_locked_why": why}


def keep(
    account: Account, *, by: ActedBy, why: str, actor: Actor, purpose: str, now: datetime
) -> None:
    """Note the owner's lock of an account that something else locks now, in the caller's transaction; they are told."""
    noted = columns(by=by, why=why, now=now)
    for name, value in noted.items():
        setattr(account, name, value)
    account.save(update_fields=list(noted))
    audit.record(
        events.OwnerLockKept(by=by.value, why=why),
        actor=actor,
        subject_id=account.citizen_id,
        target=account,
        purpose=purpose,
        now=now,
    )
    tell_locked(account, by=by, reason=LockReason.OWNER, why=why, at=now, now=now)


def forget(account: Account) -> None:
    """Whoever may end the owner's lock has ended it; in the caller's transaction."""
    account.owner_locked_at, account.owner_locked_by, account.owner_locked_why = None, "", ""
    account.save(update_fields=["owner_locked_at", "owner_locked_by", "owner_locked_why"])


def put_back(account: Account, *, now: datetime) -> None:
    """Lock an account again that another lock has just left, if its owner had locked it; in the caller's transaction.

    Nobody could sign in before, so no session is to be ended.
    """
    if account.owner_locked_at is None:
        return
    by, why = ActedBy(account.owner_locked_by), account.owner_locked_why
    move(
        account,
        states.ACCOUNT,
        to=AccountState.LOCKED,
        event=events.AccountLocked(reason=LockReason.OWNER.value, by=by.value, why=why),
        actor=SYSTEM,
        subject_id=account.citizen_id,
        now=now,
        lock_reason=LockReason.OWNER,
        locked_at=now,
    )
    tell_locked(account, by=by, reason=LockReason.OWNER, why=why, at=now, now=now)


def tell_locked(
    account: Account, *, by: ActedBy, reason: LockReason, why: str, at: datetime, now: datetime
) -> None:
    """Tell the holder of a lock: who, why, until when, and how it ends. Messages go out ``at`` then."""
    notices.tell(
        account=account,
        kind=NoticeKind.ACCOUNT_LOCKED,
        values={
            "by": by.value,
            "why": why or reason.value,
            "lock_end": reason.value,
            "lock_end_short": reason.value,
        },
        at=at,
        now=now,
    )
