"""How an account stands: open or locked, since when, by whom, and earlier locks; by the events about its holder."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from accounts import events
from accounts.enums import (
    AccountState,
    ActedBy,
    CardState,
    LockOrderKind,
    LockOrderState,
    LockReason,
    OwnerLockReason,
)
from accounts.models import Account, IdCard, LockOrder
from eid_portal.core.models import AuditEvent

_NAMES: Final = (
    events.AccountActivated.name,
    events.AccountLocked.name,
    events.AccountUnlocked.name,
    events.AccountClosed.name,
)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLine:
    """A lock: who, when, why, and how it ended."""

    locked_at: datetime
    by: ActedBy
    why: LockReason | OwnerLockReason
    ended_at: datetime | None
    ended_by: ActedBy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account's state, and what led to it."""

    state: AccountState
    reason: LockReason | None
    since: datetime | None
    by: ActedBy
    why: LockReason | OwnerLockReason | None
    locks_on: date | None  # the day after which it locks by itself
    before: tuple[LockLine, ...]  # the newest first


def standing(account: Account) -> Standing:
    """How the account stands, for its holder, by two queries."""
    rows = list(
        AuditEvent.objects.filter(
            subject_id=account.citizen_id, target_id=account.pk, name__in=_NAMES
        ).order_by("pk")
    )
    locked = account.state == AccountState.LOCKED
    lines = _lines(rows)
    current = lines.pop() if locked and lines else None
    last = rows[-1] if rows else None
    card = (
        IdCard.objects.filter(citizen_id=account.citizen_id, state=CardState.VALID)
        .only("expires_on")
        .first()
    )
    return Standing(
        state=AccountState(account.state),
        reason=LockReason(account.lock_reason) if account.lock_reason else None,
        since=last.recorded_at if last else account.locked_at or account.activated_at,
        by=_by(last) if last else ActedBy.SYSTEM,
        why=current.why if current else None,
        locks_on=card.expires_on if card else None,
        before=tuple(reversed(lines[-_SHOWN:])),
    )


def order_of(account: Account) -> LockOrder | None:
    """The authority's request by which an account is locked now."""
    if account.state != AccountState.LOCKED or account.lock_reason != LockReason.AUTHORITY:
        return None
    carried_out = LockOrder.objects.filter(
        account=account, kind=LockOrderKind.LOCK, state=LockOrderState.EXECUTED
    )
    return carried_out.select_related("account").order_by("-decided_at").first()


def _lines(rows: list[AuditEvent]) -> list[LockLine]:
    lines: list[LockLine] = []
    opened: AuditEvent | None = None
    for row in rows:
        if opened is not None and row.name != events.AccountActivated.name:
            lines.append(_line(opened, row))
            opened = None
        if row.name == events.AccountLocked.name:
            opened = row
    if opened is not None:
        lines.append(_line(opened, None))
    return lines


def _line(row: AuditEvent, end: AuditEvent | None) -> LockLine:
    own = row.data.get("why", "")
    return LockLine(
        locked_at=row.recorded_at,
        by=_by(row),
        why=OwnerLockReason(own) if own else LockReason(row.data["reason"]),
        ended_at=end.recorded_at if end else None,
        ended_by=_by(end) if end else None,
    )


def _by(row: AuditEvent) -> ActedBy:
    if row.name == events.AccountActivated.name:
        return ActedBy.OWNER
    data: dict[str, Any] = row.data
    return ActedBy(data.get("by", ActedBy.SYSTEM))
