"""The state tables of payments."""

from typing import Final

from eid_portal.core.transitions import Transitions
from payments import enums, events

LI, BI, OR = enums.LinkState, enums.BillState, enums.OrderState
PA, RE = enums.PaymentState, enums.RefundState
CA, SE = enums.CaseState, enums.SettlementState
SC, SB = enums.ScheduleState, enums.ScheduledBillState
DI = enums.DisputeState

LINK: Final = Transitions[enums.LinkState](
    "payments.BankLink",
    {
        (LI.LINKING, LI.ACTIVE): events.BankLinked,
        (LI.LINKING, LI.REFUSED): events.BankLinkRefused,
        (LI.ACTIVE, LI.UNLINKED): events.BankUnlinked,
    },
)
BILL: Final = Transitions[enums.BillState](
    "payments.Bill",
    {
        (BI.OPEN, BI.PAID): events.BillPaid,
        (BI.OPEN, BI.WITHDRAWN): events.BillWithdrawn,
    },
)
ORDER: Final = Transitions[enums.OrderState](
    "payments.PaymentOrder",
    {
        (OR.DRAFTED, OR.AUTHORISED): events.OrderAuthorised,
        (OR.DRAFTED, OR.CANCELLED): events.OrderCancelled,
        (OR.AUTHORISED, OR.CANCELLED): events.OrderCancelled,  # while it is held, and not sent
        (OR.AUTHORISED, OR.DEBITED): events.OrderDebited,
        (OR.AUTHORISED, OR.REFUSED): events.OrderRefused,
        (OR.AUTHORISED, OR.UNKNOWN): events.OrderUnknown,
        (OR.UNKNOWN, OR.DEBITED): events.OrderDebited,
        (OR.UNKNOWN, OR.REFUSED): events.OrderRefused,
        # The bank did it after all, long after it said that nothing had arrived: all goes back.
        (OR.REFUSED, OR.DEBITED): events.OrderDebited,
    },
)
PAYMENT: Final = Transitions[enums.PaymentState](
    "payments.Payment",
    {
        (PA.WAITING, PA.IN_FLIGHT): events.PaymentInFlight,
        (PA.WAITING, PA.NOT_PAID): events.PaymentNotMade,
        (PA.IN_FLIGHT, PA.SETTLED): events.PaymentSettled,
        (PA.IN_FLIGHT, PA.UNKNOWN): events.PaymentUnknown,
        (PA.UNKNOWN, PA.SETTLED): events.PaymentSettled,
        (PA.IN_FLIGHT, PA.REFUNDING): events.PaymentRefunding,
        (PA.UNKNOWN, PA.REFUNDING): events.PaymentRefunding,
        (PA.NOT_PAID, PA.REFUNDING): events.PaymentRefunding,
        (PA.REFUNDING, PA.REFUNDED): events.PaymentRefunded,
    },
)
REFUND: Final = Transitions[enums.RefundState](
    "payments.Refund",
    {
        (RE.SENDING, RE.DONE): events.RefundDone,
        (RE.SENDING, RE.REFUSED): events.RefundRefused,
        (RE.REFUSED, RE.DONE): events.RefundDone,
    },
)
DIFFERENCE: Final = Transitions[enums.CaseState](
    "payments.MoneyCase",
    {
        (CA.OPEN, CA.TAKEN): events.DifferenceTaken,
        (CA.OPEN, CA.RESOLVED): events.DifferenceResolved,
        (CA.TAKEN, CA.RESOLVED): events.DifferenceResolved,
        (CA.OPEN, CA.GONE): events.DifferenceGone,
        (CA.TAKEN, CA.GONE): events.DifferenceGone,
        (CA.GONE, CA.OPEN): events.DifferenceBack,
    },
)
SETTLEMENT: Final = Transitions[enums.SettlementState](
    "payments.Settlement",
    {
        (SE.PROPOSED, SE.SENDING): events.SettlementApproved,
        (SE.PROPOSED, SE.DROPPED): events.SettlementDropped,
        (SE.SENDING, SE.PAID): events.SettlementPaid,
        (SE.SENDING, SE.REFUSED): events.SettlementRefused,
        # The switch did it after all, long after it said that nothing had arrived.
        (SE.REFUSED, SE.PAID): events.SettlementPaid,
    },
)
SCHEDULE: Final = Transitions[enums.ScheduleState](
    "payments.PaymentSchedule",
    {
        (SC.DRAFTED, SC.ACTIVE): events.ScheduleAgreed,
        (SC.DRAFTED, SC.ENDED): events.ScheduleEnded,
        (SC.ACTIVE, SC.ENDED): events.ScheduleEnded,
    },
)
SCHEDULED_BILL: Final = Transitions[enums.ScheduledBillState](
    "payments.ScheduledBill",
    {
        (SB.WAITING, SB.ORDERED): events.ScheduledBillOrdered,
        (SB.WAITING, SB.SKIPPED): events.ScheduledBillSkipped,
        (SB.WAITING, SB.OVER_CAP): events.ScheduledBillOverCap,
        (SB.WAITING, SB.NOT_PAID): events.ScheduledBillNotPaid,
    },
)
DISPUTE: Final = Transitions[enums.DisputeState](
    "payments.Dispute",
    {
        (DI.ASKED, DI.PROPOSED): events.DisputeProposed,
        (DI.ASKED, DI.REJECTED): events.DisputeRejected,
        (DI.ASKED, DI.WITHDRAWN): events.DisputeWithdrawn,
        # The payment went back whole by itself, or two people decided so without the dispute.
        (DI.ASKED, DI.UPHELD): events.DisputeUpheld,
        (DI.PROPOSED, DI.UPHELD): events.DisputeUpheld,
        (DI.PROPOSED, DI.ASKED): events.DisputeReopened,
    },
)
ALL: Final = (
    LINK, BILL, ORDER, PAYMENT, REFUND, DIFFERENCE, SETTLEMENT, SCHEDULE, SCHEDULED_BILL, DISPUTE,
)  # fmt: skip
