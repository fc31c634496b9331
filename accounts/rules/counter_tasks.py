"""What a counter may do for who stands before it, beside issuing: which tasks, and which need a second human."""

from collections.abc import Collection
from typing import Final

from accounts.enums import AccountState, CaseTask, ExceptionReason, LockReason
from accounts.rules.findings import STOPS, Finding

# What another human must agree to, whoever the officer is (nobody alone changes a phone or a way in).
SECOND_HUMAN: Final[dict[CaseTask, ExceptionReason]] = {
    CaseTask.RECOVERY: ExceptionReason.RECOVERY,
    CaseTask.PHONE_CHANGE: ExceptionReason.PHONE_CHANGE,
    CaseTask.REMOVAL: ExceptionReason.REMOVAL,
    CaseTask.UNLOCK: ExceptionReason.UNLOCK,
}
# What protects is done at once, also without the card in hand or with one that ended.
PROTECTIVE: Final = frozenset({CaseTask.LOCK, CaseTask.LOST_CARD})
_ABOUT_THE_CARD: Final = frozenset(
    {Finding.CARD_EXPIRED, Finding.CARD_NOT_VALID, Finding.NO_CARD_KNOWN}
)


def available(
    *,
    state: AccountState,
    lock_reason: str,
    has_valid_card: bool,
    removable: bool,
    open_guardianships: bool,
) -> list[CaseTask]:
    """The tasks that make sense for an account as it is, in the order people read them."""
    own_lock = state == AccountState.LOCKED and lock_reason == LockReason.OWNER
    usable = state == AccountState.ACTIVE or own_lock
    return [
        task
        for task, holds in (
            (CaseTask.RECOVERY, usable and has_valid_card),
            (CaseTask.PHONE_CHANGE, usable and has_valid_card),
            (CaseTask.REMOVAL, usable and removable),
            (CaseTask.LOCK, state == AccountState.ACTIVE),
            (CaseTask.UNLOCK, own_lock and has_valid_card),
            (CaseTask.LOST_CARD, state != AccountState.CLOSED and has_valid_card),
            (CaseTask.GUARDIANSHIP, open_guardianships),
        )
        if holds
    ]


def stops(task: CaseTask, findings: Collection[str]) -> bool:
    """Whether something stands against a task that nobody at a counter can approve."""
    found = {Finding(code) for code in findings} & STOPS
    if task in PROTECTIVE:
        found -= _ABOUT_THE_CARD
    return bool(found)
