"""The state tables: which moves there are, and the event each one is recorded as."""

from typing import Final

from accounts import enums, events
from eid_portal.core.transitions import Transitions

A, C, K, N, V = (
    enums.AccountState,
    enums.CardState,
    enums.CaseState,
    enums.NoticeState,
    enums.AuthenticatorState,
)

ACCOUNT: Final = Transitions[enums.AccountState](
    "accounts.Account",
    {
        (A.ISSUED, A.ACTIVE): events.AccountActivated,
        (A.ACTIVE, A.LOCKED): events.AccountLocked,
        (A.LOCKED, A.ACTIVE): events.AccountUnlocked,
        (A.ISSUED, A.CLOSED): events.AccountClosed,
        (A.ACTIVE, A.CLOSED): events.AccountClosed,
        (A.LOCKED, A.CLOSED): events.AccountClosed,
    },
)
CARD: Final = Transitions[enums.CardState](
    "accounts.IdCard",
    {
        (C.VALID, C.REPLACED): events.CardReplaced,
        (C.EXPIRED, C.REPLACED): events.CardReplaced,
        (C.LOST, C.REPLACED): events.CardReplaced,
        (C.REVOKED, C.REPLACED): events.CardReplaced,
        (C.VALID, C.EXPIRED): events.CardExpired,
        (C.VALID, C.LOST): events.CardLost,
        (C.VALID, C.REVOKED): events.CardRevoked,
    },
)
CASE: Final = Transitions[enums.CaseState](
    "accounts.CardCase",
    {
        (K.OPEN, K.WAITING): events.CaseWaits,
        (K.WAITING, K.APPROVED): events.CaseApproved,
        (K.WAITING, K.REFUSED): events.CaseRefused,
        (K.OPEN, K.ISSUED): events.CaseIssued,
        (K.APPROVED, K.ISSUED): events.CaseIssued,
        (K.OPEN, K.REFUSED): events.CaseRefused,
        (K.OPEN, K.ABANDONED): events.CaseAbandoned,
        (K.APPROVED, K.ABANDONED): events.CaseAbandoned,
    },
)
AUTHENTICATOR: Final = Transitions[enums.AuthenticatorState](
    "accounts.Authenticator",
    {
        (V.PENDING, V.ACTIVE): events.AuthenticatorBound,
        (V.PENDING, V.REMOVED): events.AuthenticatorDiscarded,
        (V.ACTIVE, V.DISABLED): events.AuthenticatorDisabled,
        (V.ACTIVE, V.REMOVED): events.AuthenticatorRemoved,
        (V.DISABLED, V.REMOVED): events.AuthenticatorRemoved,
    },
)
NOTICE: Final = Transitions[enums.NoticeState](
    "accounts.Notice",
    {
        (N.PENDING, N.SENT): events.NoticeSent,
        (N.PENDING, N.FAILED): events.NoticeFailed,
    },
)
ALL: Final = (ACCOUNT, CARD, CASE, AUTHENTICATOR, NOTICE)
