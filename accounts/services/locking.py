"""Lock, unlock and close accounts: one transaction each, every session ends at once, and its holder is told everywhere.

What each notice says: who, why, until when, and how to undo it (``accounts.texts``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import events, policy, states
from accounts.enums import (
    AccountKind,
    AccountState,
    ActedBy,
    AuthenticatorState,
    CardState,
    ContactState,
    LockReason,
    MoneyNote,
    NoticeKind,
    OwnerLockReason,
    RecoveryState,
    SessionEnd,
    StopKind,
)
from accounts.models import (
    Account,
    ActivationSlip,
    Authenticator,
    Citizen,
    ContactChange,
    Flow,
    IdCard,
    OfficeRole,
    OneTimeCode,
    Recovery,
    RecoveryAttempt,
    StopCode,
)
from accounts.rules import card_validity, locks
from accounts.services import issuing, notices, owner_locks, sessions, slips, stopping
from eid_portal.core import audit, clock
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.models import AuditEvent
from eid_portal.core.transitions import move, move_many

DIED: Final = "died"
TAKEN_OVER: Final = "taken_over"  # the audit's word for a lock that another one replaced


class LockingRefused(Exception):
    """Neither locked nor unlocked; ``code`` says why and ``message`` tells people."""

    code = "locking_refused"
    message: Any = ""


class NotActive(LockingRefused):
    """The account is locked already, closed, or was never activated; ``state`` says which."""

    code = "not_active"

    def __init__(self, state: AccountState) -> None:
        super().__init__(self.code)
        self.state = state
        self.message = {
            AccountState.ISSUED: _("The account was not activated yet."),
            AccountState.CLOSED: _("The account is closed."),
        }.get(state, _("The account is already locked."))


class NotLocked(LockingRefused):
    """There is nothing to unlock."""

    code = "not_locked"
    message = _("The account is not locked.")


class AnotherUnlocks(LockingRefused):
    """Whoever asks may not end a lock of this reason."""

    code = "another_unlocks"
    message = _("A lock for this reason is ended by another way.")


class CardNotValid(LockingRefused):
    """The ID card behind the account is no longer valid; ``reason`` is what it would be locked for."""

    code = "card_not_valid"
    message = _("The ID card behind this account is not valid. The account opens with a new card.")

    def __init__(self, reason: LockReason) -> None:
        super().__init__(self.code)
        self.reason = reason


# --- Locking ------------------------------------------------------------------------------------
@transaction.atomic
def lock(
    *,
    account: Account,
    by: ActedBy,
    reason: LockReason,
    actor: Actor,
    now: datetime,
    why: OwnerLockReason | str = "",
    purpose: str = "",
) -> int:
    """Lock an active account. ``why`` is what its owner says. Returns how many sessions ended.

    An authority's lock also takes the place of another one: what the owner locked cannot be unlocked past it. The
    owner's lock of an account that is locked for its card or by an authority waits until that ends.

    Raises:
        NotActive: see the class.
        ValueError: this one may not lock for this reason.
    """
    if not locks.may_lock(reason, by):
        raise ValueError(f"{by} does not lock for {reason}")
    held = hold(account.pk)
    if reason == LockReason.OWNER and _can_wait(held):
        owner_locks.keep(held, by=by, why=str(why), actor=actor, purpose=purpose, now=now)
        return 0
    if _can_be_taken_over(held, by):
        _move_to_active(held, by=by, reason=TAKEN_OVER, actor=actor, purpose=purpose, now=now)
    if held.state != AccountState.ACTIVE:
        raise NotActive(AccountState(held.state))
    return lock_many(
        [held], by=by, reason=reason, why=why, actor=actor, purpose=purpose, now=now, tell_at=now
    )


def lock_many(
    accounts: Sequence[Account],
    *,
    by: ActedBy,
    reason: LockReason,
    actor: Actor,
    now: datetime,
    tell_at: datetime,
    why: OwnerLockReason | str = "",
    purpose: str = "",
) -> int:
    """Lock active accounts that the caller holds, in the caller's transaction; messages go out at ``tell_at``.

    Raises:
        transitions.StaleState: one is no longer active; nothing is written.
    """
    move_many(
        accounts,
        states.ACCOUNT,
        to=AccountState.LOCKED,
        event=events.AccountLocked(reason=reason.value, by=by.value, why=str(why)),
        actor=actor,
        subject_ids=[account.citizen_id for account in accounts],
        purpose=purpose,
        now=now,
        lock_reason=reason,
        locked_at=now,
        **(owner_locks.columns(by=by, why=str(why), now=now) if reason == LockReason.OWNER else {}),
    )
    account_ids = [account.pk for account in accounts]
    slips.void_recovering(account_ids=account_ids, now=now)
    ended = sessions.end_all(account_ids=account_ids, reason=SessionEnd.LOCKED, now=now)
    for account in accounts:
        if account.citizen.alive:
            owner_locks.tell_locked(
                account, by=by, reason=reason, why=str(why), at=tell_at, now=now
            )
    return ended


@transaction.atomic
def lock_for_card(
    *, citizen: Citizen, to: CardState, by: ActedBy, actor: Actor, now: datetime, purpose: str = ""
) -> bool:
    """Note that the citizen's valid card is lost or revoked, and lock the account it carries. False: there is none.

    An account that is locked already stays locked for its first reason; it opens only with a valid card.
    """
    event = {CardState.LOST: events.CardLost, CardState.REVOKED: events.CardRevoked}[to]
    issuing.lock_people([citizen.personal_number])
    card = IdCard.objects.filter(citizen=citizen, state=CardState.VALID).first()
    if card is None:
        return False
    move(
        card, states.CARD, to=to, event=event(), actor=actor, subject_id=citizen.pk,
        purpose=purpose, now=now,
    )  # fmt: skip
    for held in _live_accounts(citizen):
        if held.kind == AccountKind.CITIZEN and held.state == AccountState.ACTIVE:
            lock_many(
                [held], by=by, reason=locks.OF_CARD[to], actor=actor, purpose=purpose, now=now,
                tell_at=now,
            )  # fmt: skip
    return True


def card_reason(citizen_id: UUID, *, now: datetime) -> LockReason | None:
    """What an account of this citizen must stay locked for, by their current ID card; None: nothing, or no card."""
    card = current_card(citizen_id)
    if card is None:
        return None
    if card_validity.has_expired(card.expires_on, clock.today(now)):
        return LockReason.CARD_EXPIRED
    return locks.OF_CARD.get(CardState(card.state))


def current_card(citizen_id: UUID) -> IdCard | None:
    """The card that no newer one replaced."""
    return IdCard.objects.filter(citizen_id=citizen_id).exclude(state=CardState.REPLACED).first()


# --- Unlocking ----------------------------------------------------------------------------------
@transaction.atomic
def unlock(
    *, account: Account, by: ActedBy, actor: Actor, now: datetime, purpose: str = ""
) -> Account:
    """Unlock an account; money waits where somebody else may have got in. Returns the row as it stands then.

    When an authority's lock ends and the ID card is no longer valid, the account is locked for that at once; else what
    its owner had locked before is locked again.

    Raises:
        NotLocked: see the class.
        AnotherUnlocks: see the class.
        CardNotValid: see the class.
    """
    held = hold(account.pk)
    bad_card = check_unlock(held, by=by, now=now)
    money = locks.holds_money(why_locked(held))
    if held.lock_reason == LockReason.OWNER:
        owner_locks.forget(held)
    _move_to_active(held, by=by, reason=held.lock_reason, actor=actor, purpose=purpose, now=now)
    if money:
        until = now + policy.MONEY_HELD
        held.money_held_until = max(held.money_held_until or until, until)
        held.save(update_fields=["money_held_until"])
    _tell_unlocked(held, by=by, money=money, now=now)
    if bad_card:
        lock_many([held], by=ActedBy.SYSTEM, reason=bad_card, actor=SYSTEM, now=now, tell_at=now)
    else:
        owner_locks.put_back(held, now=now)
    return held


def check_unlock(account: Account, *, by: ActedBy, now: datetime) -> LockReason | None:
    """That this one may unlock an account as it stands; what it is locked for next, if an authority unlocks it.

    Raises:
        NotLocked, AnotherUnlocks, CardNotValid: see the classes.
    """
    if account.state != AccountState.LOCKED:
        raise NotLocked
    if not locks.may_unlock(LockReason(account.lock_reason), by):
        raise AnotherUnlocks
    is_citizen = account.kind == AccountKind.CITIZEN
    bad_card = card_reason(account.citizen_id, now=now) if is_citizen else None
    if bad_card and by != ActedBy.AUTHORITY:
        raise CardNotValid(bad_card)
    return bad_card


def why_locked(account: Account) -> str:
    """What its owner said when the account was last locked (``OwnerLockReason``); empty if it was somebody else."""
    last = (
        AuditEvent.objects.filter(
            subject_id=account.citizen_id, name=events.AccountLocked.name, target_id=account.pk
        )
        .order_by("-pk")
        .first()
    )
    return str(last.data.get("why", "")) if last else ""


# --- Closing ------------------------------------------------------------------------------------
@transaction.atomic
def close_after_death(*, citizen: Citizen, actor: Actor, now: datetime, purpose: str = "") -> int:
    """Close every account of somebody who died, for good. Returns how many.

    Nothing that opens them works from this moment: sessions, authenticators, codes, links, recoveries; an officer's
    roles end. Nobody is told but by the account's own inbox, which stays on record.
    """
    accounts = _live_accounts(citizen)
    for held in accounts:
        move(
            held,
            states.ACCOUNT,
            to=AccountState.CLOSED,
            event=events.AccountClosed(reason=DIED, by=ActedBy.REGISTER.value),
            actor=actor,
            subject_id=held.citizen_id,
            purpose=purpose,
            now=now,
            closed_at=now,
        )
        end_everything(held, by=ActedBy.REGISTER, actor=actor, now=now)
        notices.tell(
            account=held,
            kind=NoticeKind.ACCOUNT_CLOSED,
            values=_moment(now) | {"by": ActedBy.REGISTER.value},
            now=now,
        )
    return len(accounts)


def end_everything(account: Account, *, by: ActedBy, actor: Actor, now: datetime) -> None:
    """End what opens an account that was just closed, and its roles at offices, in the caller's transaction."""
    for role in OfficeRole.objects.select_for_update().filter(
        account=account, ended_at__isnull=True
    ):
        role.ended_at = now
        role.save(update_fields=["ended_at"])
        audit.record(
            events.RoleEnded(role=role.role), actor=actor, subject_id=account.citizen_id,
            target=role, now=now,
        )  # fmt: skip
    sessions.end_all(account_ids=[account.pk], reason=SessionEnd.CLOSED, now=now)
    for row in Recovery.objects.filter(account=account, state=RecoveryState.OPEN):
        move(
            row, states.RECOVERY, to=RecoveryState.CANCELLED, actor=SYSTEM, now=now, closed_at=now,
            event=events.RecoveryCancelled(by=by.value), subject_id=account.citizen_id,
        )  # fmt: skip
    for change in ContactChange.objects.filter(
        account=account, state=ContactState.REVERTIBLE
    ).select_related("new"):
        move(
            change, states.CONTACT_CHANGE, to=ContactState.SETTLED, actor=SYSTEM, now=now, closed_at=now,
            event=events.ContactSettled(kind=change.new.kind), subject_id=account.citizen_id,
        )  # fmt: skip
    for held in Authenticator.objects.filter(account=account).exclude(
        state=AuthenticatorState.REMOVED
    ):
        pending = held.state == AuthenticatorState.PENDING
        happened = events.AuthenticatorDiscarded if pending else events.AuthenticatorRemoved
        move(
            held, states.AUTHENTICATOR, to=AuthenticatorState.REMOVED, actor=SYSTEM, now=now,
            event=happened(kind=held.kind), subject_id=account.citizen_id, ended_at=now,
        )  # fmt: skip
    Flow.objects.filter(account=account, ended_at__isnull=True).update(ended_at=now)
    RecoveryAttempt.objects.filter(account=account, ended_at__isnull=True).update(ended_at=now)
    for codes in (OneTimeCode, ActivationSlip):
        codes.objects.filter(account=account, used_at=None, void_at=None).update(void_at=now)
    StopCode.objects.filter(account=account, used_at=None, expires_at__gt=now).update(
        expires_at=now
    )


# --- Parts --------------------------------------------------------------------------------------
def hold(account_id: UUID) -> Account:
    """The account, which nobody else moves, and no session of which begins, until the transaction ends."""
    return _held(Account.objects.filter(pk=account_id)).get()


def _held(rows: QuerySet[Account]) -> QuerySet[Account]:
    return rows.select_for_update(of=("self",), no_key=True).select_related("citizen")


def _live_accounts(citizen: Citizen) -> list[Account]:
    rows: Iterable[Account] = _held(
        Account.objects.filter(citizen=citizen).exclude(state=AccountState.CLOSED).order_by("pk")
    )
    return list(rows)


def _can_wait(account: Account) -> bool:
    return (
        account.state == AccountState.LOCKED
        and account.lock_reason != LockReason.OWNER
        and account.owner_locked_at is None
    )


def _can_be_taken_over(account: Account, by: ActedBy) -> bool:
    return (
        by == ActedBy.AUTHORITY
        and account.state == AccountState.LOCKED
        and account.lock_reason != LockReason.AUTHORITY
    )


def _move_to_active(
    account: Account, *, by: ActedBy, reason: str, actor: Actor, purpose: str, now: datetime
) -> None:
    move(
        account,
        states.ACCOUNT,
        to=AccountState.ACTIVE,
        event=events.AccountUnlocked(reason=reason, by=by.value),
        actor=actor,
        subject_id=account.citizen_id,
        purpose=purpose,
        now=now,
        lock_reason="",
        locked_at=None,
    )


def _tell_unlocked(account: Account, *, by: ActedBy, money: bool, now: datetime) -> None:
    code = stopping.new_code(account=account, kind=StopKind.LOCK, target_id=None, now=now)
    notices.tell(
        account=account,
        kind=NoticeKind.ACCOUNT_UNLOCKED,
        values=_moment(now) | {"by": by.value, "money": MoneyNote.HELD.value if money else ""},
        private={"stop_code": code.shown, "stop_link": code.link},
        now=now,
    )


def _moment(now: datetime) -> dict[str, str]:
    local = now.astimezone(clock.VIET_NAM)
    return {
        "time": f"{local:%H:%M}",
        "date": f"{local:%d/%m/%Y}",
        "helpline": settings.HELPLINE,
    }
