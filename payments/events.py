"""What happens to money, as it is recorded. Amounts are whole đồng."""

from dataclasses import dataclass
from typing import Any, ClassVar

from eid_portal.core.events import Event


@dataclass(frozen=True, kw_only=True)
class BankEvent(Event):
    """Something about a linked bank account; ``bank`` is its BIN."""

    bank: str


@dataclass(frozen=True, kw_only=True)
class BankLinkBegun(BankEvent):
    """A person was sent to their bank to agree."""

    name: ClassVar[str] = "payments.bank_link_begun"


@dataclass(frozen=True, kw_only=True)
class BankLinked(BankEvent):
    """The bank says that its customer agreed."""

    name: ClassVar[str] = "payments.bank_linked"


@dataclass(frozen=True, kw_only=True)
class BankLinkRefused(BankEvent):
    """The customer or the bank did not agree, or nobody came back."""

    name: ClassVar[str] = "payments.bank_link_refused"
    code: str


@dataclass(frozen=True, kw_only=True)
class BankUnlinked(BankEvent):
    """The account pays no longer."""

    name: ClassVar[str] = "payments.bank_unlinked"
    by_bank: bool


@dataclass(frozen=True, kw_only=True)
class BankMadeDefault(BankEvent):
    """Payments are made from this account unless another is chosen."""

    name: ClassVar[str] = "payments.bank_made_default"


@dataclass(frozen=True, kw_only=True)
class NameCompared(Event):
    """Somebody who wants to pay a person compared a name with theirs; ``by`` is what they named them by."""

    name: ClassVar[str] = "payments.name_compared"
    by: str
    agrees: bool


@dataclass(frozen=True, kw_only=True)
class TransfersStopped(Event):
    """Somebody was told to send money, and stopped."""

    name: ClassVar[str] = "payments.transfers_stopped"
    orders: int


@dataclass(frozen=True, kw_only=True)
class BillEvent(Event):
    """Something about a bill."""

    biller: str


@dataclass(frozen=True, kw_only=True)
class BillPaid(BillEvent):
    """The biller has its money, through the portal or by another way."""

    name: ClassVar[str] = "payments.bill_paid"
    elsewhere: bool


@dataclass(frozen=True, kw_only=True)
class BillWithdrawn(BillEvent):
    """The biller withdrew it."""

    name: ClassVar[str] = "payments.bill_withdrawn"


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """Something about an order."""

    amount: int
    payments: int


@dataclass(frozen=True, kw_only=True)
class OrderAuthorised(OrderEvent):
    """Its payer agreed to payees and amount; ``how`` is an ``AuthorisedBy``."""

    name: ClassVar[str] = "payments.order_authorised"
    how: str


@dataclass(frozen=True, kw_only=True)
class OrderUnknown(OrderEvent):
    """The bank did not answer; a status inquiry will tell."""

    name: ClassVar[str] = "payments.order_unknown"


@dataclass(frozen=True, kw_only=True)
class OrderDebited(OrderEvent):
    """The bank debited the payer."""

    name: ClassVar[str] = "payments.order_debited"


@dataclass(frozen=True, kw_only=True)
class OrderRefused(OrderEvent):
    """The bank did not debit the payer; ``code`` says why."""

    name: ClassVar[str] = "payments.order_refused"
    code: str


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """Not authorised: taken back, or its time ran out."""

    name: ClassVar[str] = "payments.order_cancelled"
    code: str


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(Event):
    """Something about one payment."""

    purpose: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class PaymentInFlight(PaymentEvent):
    """The money is with us; the payee is told."""

    name: ClassVar[str] = "payments.payment_in_flight"


@dataclass(frozen=True, kw_only=True)
class PaymentUnknown(PaymentEvent):
    """The payee did not answer; a status inquiry will tell."""

    name: ClassVar[str] = "payments.payment_unknown"


@dataclass(frozen=True, kw_only=True)
class PaymentSettled(PaymentEvent):
    """The payee has taken it."""

    name: ClassVar[str] = "payments.payment_settled"


@dataclass(frozen=True, kw_only=True)
class PaymentRefunding(PaymentEvent):
    """The payee did not take it, or it goes back for another reason; a ``RefundReason``."""

    name: ClassVar[str] = "payments.payment_refunding"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    """The money is back at the payer's bank."""

    name: ClassVar[str] = "payments.payment_refunded"


@dataclass(frozen=True, kw_only=True)
class PaymentNotMade(PaymentEvent):
    """No money moved."""

    name: ClassVar[str] = "payments.payment_not_made"


@dataclass(frozen=True, kw_only=True)
class ReceiptChecked(PaymentEvent):
    """Somebody read the code on a receipt of it."""

    name: ClassVar[str] = "payments.receipt_checked"


@dataclass(frozen=True, kw_only=True)
class RefundEvent(Event):
    """Something about a refund."""

    amount: int


@dataclass(frozen=True, kw_only=True)
class RefundDecided(RefundEvent):
    """Two officers decided it; ``reason`` is a ``RefundReason``, the words stand with the proposal alone."""

    name: ClassVar[str] = "payments.refund_decided"
    reason: str


@dataclass(frozen=True, kw_only=True)
class RefundDone(RefundEvent):
    """The bank took it."""

    name: ClassVar[str] = "payments.refund_done"


@dataclass(frozen=True, kw_only=True)
class RefundRefused(RefundEvent):
    """The bank did not take it; ``code`` says why."""

    name: ClassVar[str] = "payments.refund_refused"
    code: str


@dataclass(frozen=True, kw_only=True)
class BillerKept(Event):
    """An administrator added a biller, or changed columns of one."""

    name: ClassVar[str] = "payments.biller_kept"
    shown: ClassVar[bool] = False
    biller: str
    added: bool
    columns: list[str]


@dataclass(frozen=True, kw_only=True)
class TariffKept(Event):
    """An administrator kept figures that hold from a day on, or changed those that had not begun."""

    name: ClassVar[str] = "payments.tariff_kept"
    shown: ClassVar[bool] = False
    tariff: str
    from_day: str
    values: Any
    source: str
    confidence: str
    changed: bool


@dataclass(frozen=True, kw_only=True)
class TariffWithdrawn(Event):
    """An administrator took back figures that had not begun."""

    name: ClassVar[str] = "payments.tariff_withdrawn"
    shown: ClassVar[bool] = False
    tariff: str
    from_day: str


# --- Differences and settlements: of money and billers, not of a person -------------------------------
@dataclass(frozen=True, kw_only=True)
class StatementTaken(Event):
    """The file of a day was read and compared; ``bad`` lines could not be read."""

    name: ClassVar[str] = "payments.statement_taken"
    shown: ClassVar[bool] = False
    party: str
    day: str
    lines: int
    bad: int
    uploaded: bool


@dataclass(frozen=True, kw_only=True)
class DifferenceEvent(Event):
    """Something about a difference; a ``Difference`` with a party."""

    shown: ClassVar[bool] = False
    party: str
    difference: str


@dataclass(frozen=True, kw_only=True)
class DifferenceTaken(DifferenceEvent):
    """Somebody looks into it."""

    name: ClassVar[str] = "payments.difference_taken"


@dataclass(frozen=True, kw_only=True)
class DifferenceNoted(DifferenceEvent):
    """Somebody wrote a note, which stands with the difference alone."""

    name: ClassVar[str] = "payments.difference_noted"


@dataclass(frozen=True, kw_only=True)
class DifferenceResolved(DifferenceEvent):
    """Somebody said how it was resolved."""

    name: ClassVar[str] = "payments.difference_resolved"


@dataclass(frozen=True, kw_only=True)
class DifferenceGone(DifferenceEvent):
    """Books and files agree by now."""

    name: ClassVar[str] = "payments.difference_gone"


@dataclass(frozen=True, kw_only=True)
class DifferenceBack(DifferenceEvent):
    """Books and files differ again."""

    name: ClassVar[str] = "payments.difference_back"


@dataclass(frozen=True, kw_only=True)
class DifferenceAdjusted(DifferenceEvent):
    """Two people had an adjustment booked for it."""

    name: ClassVar[str] = "payments.difference_adjusted"
    account: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class SettlementEvent(Event):
    """Something about a settlement with a biller."""

    shown: ClassVar[bool] = False
    biller: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class SettlementProposed(SettlementEvent):
    """Somebody proposed to pay out what is owed."""

    name: ClassVar[str] = "payments.settlement_proposed"


@dataclass(frozen=True, kw_only=True)
class SettlementApproved(SettlementEvent):
    """Another one agreed; the switch is asked."""

    name: ClassVar[str] = "payments.settlement_approved"


@dataclass(frozen=True, kw_only=True)
class SettlementDropped(SettlementEvent):
    """It was refused, or nobody decided in time."""

    name: ClassVar[str] = "payments.settlement_dropped"


@dataclass(frozen=True, kw_only=True)
class SettlementPaid(SettlementEvent):
    """The switch paid it out."""

    name: ClassVar[str] = "payments.settlement_paid"


@dataclass(frozen=True, kw_only=True)
class SettlementRefused(SettlementEvent):
    """The switch did not pay it out; ``code`` says why."""

    name: ClassVar[str] = "payments.settlement_refused"
    code: str


@dataclass(frozen=True, kw_only=True)
class ScheduleEvent(Event):
    """Something about a standing consent to pay bills."""

    biller: str
    cap: int


@dataclass(frozen=True, kw_only=True)
class ScheduleAgreed(ScheduleEvent):
    """Its payer agreed to biller and cap; ``how`` is an ``AuthorisedBy``."""

    name: ClassVar[str] = "payments.schedule_agreed"
    how: str


@dataclass(frozen=True, kw_only=True)
class ScheduleEnded(ScheduleEvent):
    """It pays nothing more, or was never agreed to."""

    name: ClassVar[str] = "payments.schedule_ended"
    code: str


@dataclass(frozen=True, kw_only=True)
class ScheduledBillEvent(Event):
    """Something about a bill that a standing consent was to pay."""

    biller: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class ScheduledBillOrdered(ScheduledBillEvent):
    """An order for it was made and authorised by the consent."""

    name: ClassVar[str] = "payments.scheduled_bill_ordered"


@dataclass(frozen=True, kw_only=True)
class ScheduledBillSkipped(ScheduledBillEvent):
    """Its payer said: not this time."""

    name: ClassVar[str] = "payments.scheduled_bill_skipped"


@dataclass(frozen=True, kw_only=True)
class ScheduledBillOverCap(ScheduledBillEvent):
    """The biller raised it above the cap."""

    name: ClassVar[str] = "payments.scheduled_bill_over_cap"


@dataclass(frozen=True, kw_only=True)
class ScheduledBillNotPaid(ScheduledBillEvent):
    """It could not be paid, or need not be."""

    name: ClassVar[str] = "payments.scheduled_bill_not_paid"
    code: str


@dataclass(frozen=True, kw_only=True)
class DisputeEvent(Event):
    """Something about a dispute; ``about`` is a ``DisputeAbout``, ``amount`` what was paid without the fee."""

    about: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class DisputeAsked(DisputeEvent):
    """A payer says that something is wrong with a payment."""

    name: ClassVar[str] = "payments.dispute_asked"


@dataclass(frozen=True, kw_only=True)
class DisputeTaken(DisputeEvent):
    """Somebody looks into it."""

    name: ClassVar[str] = "payments.dispute_taken"


@dataclass(frozen=True, kw_only=True)
class DisputeProposed(DisputeEvent):
    """A refund was proposed for it."""

    name: ClassVar[str] = "payments.dispute_proposed"


@dataclass(frozen=True, kw_only=True)
class DisputeReopened(DisputeEvent):
    """The refund that was proposed for it was not agreed to."""

    name: ClassVar[str] = "payments.dispute_reopened"


@dataclass(frozen=True, kw_only=True)
class DisputeUpheld(DisputeEvent):
    """Money goes back, or is back already."""

    name: ClassVar[str] = "payments.dispute_upheld"


@dataclass(frozen=True, kw_only=True)
class DisputeRejected(DisputeEvent):
    """It was answered with a reason, and no money goes back."""

    name: ClassVar[str] = "payments.dispute_rejected"


@dataclass(frozen=True, kw_only=True)
class DisputeWithdrawn(DisputeEvent):
    """Its payer took it back."""

    name: ClassVar[str] = "payments.dispute_withdrawn"


@dataclass(frozen=True, kw_only=True)
class SupplyAsked(Event):
    """The electricity company was asked where a person's contract supplies, to offer that address in a form."""

    name: ClassVar[str] = "payments.supply_asked"
    found: bool
