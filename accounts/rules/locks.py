"""Who may lock an account for what, and who may unlock it again; whose secrets may be known then."""

from typing import Final

from accounts.enums import ActedBy, CardState, LockReason, OwnerLockReason

LOCKS: Final = {
    LockReason.CARD_EXPIRED: frozenset({ActedBy.SYSTEM}),
    LockReason.CARD_LOST: frozenset({ActedBy.COUNTER, ActedBy.REGISTER, ActedBy.SYSTEM}),
    LockReason.CARD_REVOKED: frozenset({ActedBy.REGISTER, ActedBy.SYSTEM}),
    LockReason.OWNER: frozenset(
        {ActedBy.OWNER, ActedBy.STOP_CODE, ActedBy.COUNTER, ActedBy.GUARDIAN}
    ),
    LockReason.AUTHORITY: frozenset({ActedBy.AUTHORITY}),
}
# A lock for a card ends with the next card, which card production or a counter grants.
UNLOCKS: Final = {
    LockReason.CARD_EXPIRED: frozenset[ActedBy](),
    LockReason.CARD_LOST: frozenset[ActedBy](),
    LockReason.CARD_REVOKED: frozenset[ActedBy](),
    LockReason.OWNER: frozenset({ActedBy.OWNER, ActedBy.COUNTER}),
    LockReason.AUTHORITY: frozenset({ActedBy.AUTHORITY}),
}
OF_CARD: Final = {
    CardState.EXPIRED: LockReason.CARD_EXPIRED,
    CardState.LOST: LockReason.CARD_LOST,
    CardState.REVOKED: LockReason.CARD_REVOKED,
}
# What its holder gives as the reason; that a device was not theirs is said where it is shown, or at a counter.
CHOSEN: Final = (
    OwnerLockReason.LOST_PHONE,
    OwnerLockReason.LOST_CARD,
    OwnerLockReason.SECRET_KNOWN,
    OwnerLockReason.NOT_USED,
)
CHOSEN_AT_COUNTER: Final = (*CHOSEN, OwnerLockReason.NOT_ME)
# Somebody else may have got in, or hold what opens the account: money waits after unlocking.
DOUBTFUL: Final = frozenset(
    {OwnerLockReason.SECRET_KNOWN, OwnerLockReason.NOT_ME, OwnerLockReason.LOST_PHONE}
)


def may_lock(reason: LockReason, by: ActedBy) -> bool:
    """Whether this one may lock for this reason."""
    return by in LOCKS[reason]


def may_unlock(reason: LockReason, by: ActedBy) -> bool:
    """Whether this one may end a lock of this reason."""
    return by in UNLOCKS[reason]


def holds_money(why: str) -> bool:
    """Whether money waits after unlocking, by the owner's reason for the lock."""
    return why in DOUBTFUL
