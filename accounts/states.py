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
        (K.OPEN, K.DONE): events.CaseDone,
        (K.APPROVED, K.DONE): events.CaseDone,
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
        (V.ACTIVE, V.REPLACED): events.AuthenticatorReplaced,
        (V.REPLACED, V.ACTIVE): events.AuthenticatorBroughtBack,
        (V.REPLACED, V.REMOVED): events.AuthenticatorRemoved,
    },
)
NOTICE: Final = Transitions[enums.NoticeState](
    "accounts.Notice",
    {
        (N.PENDING, N.SENT): events.NoticeSent,
        (N.PENDING, N.FAILED): events.NoticeFailed,
        (N.SENT, N.DELIVERED): events.NoticeDelivered,
        (N.SENT, N.UNDELIVERED): events.NoticeUndelivered,
        (N.UNDELIVERED, N.DELIVERED): events.NoticeDelivered,
    },
)
RECOVERY: Final = Transitions[enums.RecoveryState](
    "accounts.Recovery",
    {
        (enums.RecoveryState.OPEN, enums.RecoveryState.FINISHED): events.RecoveryFinished,
        (enums.RecoveryState.OPEN, enums.RecoveryState.CANCELLED): events.RecoveryCancelled,
        (enums.RecoveryState.OPEN, enums.RecoveryState.EXPIRED): events.RecoveryExpired,
    },
)
CONTACT_CHANGE: Final = Transitions[enums.ContactState](
    "accounts.ContactChange",
    {
        (enums.ContactState.REVERTIBLE, enums.ContactState.SETTLED): events.ContactSettled,
        (enums.ContactState.REVERTIBLE, enums.ContactState.REVERTED): events.ContactReverted,
    },
)
LOCK_ORDER: Final = Transitions[enums.LockOrderState](
    "accounts.LockOrder",
    {
        (enums.LockOrderState.RECEIVED, enums.LockOrderState.FORWARDED): events.LockOrderForwarded,
        (enums.LockOrderState.FORWARDED, enums.LockOrderState.EXECUTED): events.LockOrderExecuted,
        (enums.LockOrderState.FORWARDED, enums.LockOrderState.REFUSED): events.LockOrderRefused,
    },
)
GUARDIANSHIP: Final = Transitions[enums.GuardianshipState](
    "accounts.Guardianship",
    {
        (
            enums.GuardianshipState.PENDING,
            enums.GuardianshipState.ACTIVE,
        ): events.GuardianshipConfirmed,
        (
            enums.GuardianshipState.PENDING,
            enums.GuardianshipState.REFUSED,
        ): events.GuardianshipRefused,
        (enums.GuardianshipState.PENDING, enums.GuardianshipState.ENDED): events.GuardianshipEnded,
        (enums.GuardianshipState.ACTIVE, enums.GuardianshipState.ENDED): events.GuardianshipEnded,
    },
)
ALERT: Final = Transitions[enums.AlertState](
    "accounts.Alert",
    {
        (enums.AlertState.OPEN, enums.AlertState.CLOSED): events.AlertClosed,
        (enums.AlertState.OPEN, enums.AlertState.INSPECTED): events.AlertInspected,
    },
)
REVIEW: Final = Transitions[enums.ReviewState](
    "accounts.LookReview",
    {
        (enums.ReviewState.TO_REVIEW, enums.ReviewState.REASONABLE): events.LookReviewed,
        (enums.ReviewState.TO_REVIEW, enums.ReviewState.INSPECTED): events.LookReviewed,
    },
)
INSPECTION: Final = Transitions[enums.InspectionState](
    "accounts.Inspection",
    {
        (enums.InspectionState.OPEN, enums.InspectionState.JUSTIFIED): events.InspectionClosed,
        (enums.InspectionState.OPEN, enums.InspectionState.MISUSE): events.InspectionClosed,
    },
)
CONSENT: Final = Transitions[enums.ConsentState](
    "accounts.Consent",
    {
        (enums.ConsentState.GIVEN, enums.ConsentState.WITHDRAWN): events.ConsentWithdrawn,
        (enums.ConsentState.GIVEN, enums.ConsentState.ENDED): events.ConsentEnded,
        (enums.ConsentState.WITHDRAWN, enums.ConsentState.ENDED): events.ConsentEnded,
    },
)
DATA_REQUEST: Final = Transitions[enums.DataRequestState](
    "accounts.DataRequest",
    {
        (
            enums.DataRequestState.RECEIVED,
            enums.DataRequestState.ANSWERED,
        ): events.DataRequestAnswered,
        (
            enums.DataRequestState.RECEIVED,
            enums.DataRequestState.REFUSED,
        ): events.DataRequestRefused,
        (enums.DataRequestState.ANSWERED, enums.DataRequestState.DONE): events.DataRequestDone,
        (
            enums.DataRequestState.ANSWERED,
            enums.DataRequestState.REFUSED,
        ): events.DataRequestRefused,
    },
)
EXPORT: Final = Transitions[enums.ExportState](
    "accounts.DataExport",
    {
        (enums.ExportState.PENDING, enums.ExportState.READY): events.ExportMade,
        (enums.ExportState.PENDING, enums.ExportState.DELETED): events.ExportDeleted,
        (enums.ExportState.READY, enums.ExportState.DELETED): events.ExportDeleted,
    },
)
ALL: Final = (
    ACCOUNT, CARD, CASE, AUTHENTICATOR, NOTICE, RECOVERY, CONTACT_CHANGE, LOCK_ORDER, GUARDIANSHIP,
    ALERT, REVIEW, INSPECTION, CONSENT, DATA_REQUEST, EXPORT,
)  # fmt: skip
