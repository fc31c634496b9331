"""The words of payments: states, kinds and reasons."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LinkState(TextChoices):
    """Life of a bank account that pays."""

    LINKING = "LINKING", pgettext_lazy("bank account", "Waits for your consent at the bank")
    ACTIVE = "ACTIVE", pgettext_lazy("bank account", "Linked")
    REFUSED = "REFUSED", pgettext_lazy("bank account", "Not linked")
    UNLINKED = "UNLINKED", pgettext_lazy("bank account", "No longer linked")


class BillerKind(TextChoices):
    """What a biller bills for; each has a module in ``kinds``."""

    ELECTRICITY = "ELECTRICITY", _("Electricity")
    WATER = "WATER", _("Water")
    HEALTH_INSURANCE = "HEALTH_INSURANCE", _("Household health insurance")
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE", _("Voluntary social insurance")
    STATE_FEE = "STATE_FEE", _("State fees")
    DEFINED = "DEFINED", _("Another service")  # an administrator added it without code


class BillState(TextChoices):
    """Life of a bill as the biller knows it."""

    OPEN = "OPEN", pgettext_lazy("bill", "To be paid")
    PAID = "PAID", pgettext_lazy("bill", "Paid")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("bill", "Withdrawn by the biller")


class OrderState(TextChoices):
    """Life of an order: one authorisation and one debit at the bank for one or more payments."""

    DRAFTED = "DRAFTED", pgettext_lazy("order", "Waits for your confirmation")
    AUTHORISED = "AUTHORISED", pgettext_lazy("order", "The bank is being asked")
    UNKNOWN = "UNKNOWN", pgettext_lazy("order", "The bank has not answered")
    DEBITED = "DEBITED", pgettext_lazy("order", "Debited")
    REFUSED = "REFUSED", pgettext_lazy("order", "Refused by the bank")
    CANCELLED = "CANCELLED", pgettext_lazy("order", "Cancelled")


class PaymentState(TextChoices):
    """Life of a payment to one payee."""

    WAITING = "WAITING", pgettext_lazy("payment", "Waits for the debit")
    IN_FLIGHT = "IN_FLIGHT", pgettext_lazy("payment", "On its way to the payee")
    UNKNOWN = "UNKNOWN", pgettext_lazy("payment", "The payee has not answered")
    SETTLED = "SETTLED", pgettext_lazy("payment", "Paid")
    REFUNDING = "REFUNDING", pgettext_lazy("payment", "Being refunded")
    REFUNDED = "REFUNDED", pgettext_lazy("payment", "Refunded")
    NOT_PAID = "NOT_PAID", pgettext_lazy("payment", "Not paid")  # no money moved


class PaymentPurpose(TextChoices):
    """What a payment is for; other apps register more in ``purposes``."""

    BILL = "BILL", _("Bill")
    PREMIUM = "PREMIUM", _("Insurance premium")
    TRANSFER = "TRANSFER", _("Transfer")
    FEE = "FEE", _("State fee")


class AuthorisedBy(TextChoices):
    """How an order was authorised: never by a TOTP code, which says nothing of payee and amount."""

    CODE = "CODE", _("Code in a text message that names payee and amount")
    PASSKEY = "PASSKEY", _("Passkey, bound to payee and amount")
    SCHEDULE = "SCHEDULE", _("Standing consent with a cap")


class ScheduleState(TextChoices):
    """Life of a standing consent to pay the bills of a customer code."""

    DRAFTED = "DRAFTED", pgettext_lazy("schedule", "Waits for your confirmation")
    ACTIVE = "ACTIVE", pgettext_lazy("schedule", "Pays automatically")
    ENDED = "ENDED", pgettext_lazy("schedule", "Ended")


class ScheduledBillState(TextChoices):
    """Life of a bill under such a consent."""

    WAITING = "WAITING", pgettext_lazy("scheduled bill", "Will be paid")
    ORDERED = "ORDERED", pgettext_lazy("scheduled bill", "Handed to the bank")
    SKIPPED = "SKIPPED", pgettext_lazy("scheduled bill", "Not this time")
    OVER_CAP = "OVER_CAP", pgettext_lazy("scheduled bill", "Above the cap, not paid")
    NOT_PAID = "NOT_PAID", pgettext_lazy("scheduled bill", "Not paid automatically")


class Assurance(TextChoices):
    """What an order needs, weakest first (Decision 2345/QD-NHNN)."""

    NONE = "NONE", pgettext_lazy("payment", "cannot be paid")
    CODE = "CODE", pgettext_lazy("payment", "a code by text message")
    USER_VERIFIED = "USER_VERIFIED", pgettext_lazy("payment", "a passkey with face, finger or PIN")


class AccountKind(TextChoices):
    """What a ledger account stands for."""

    BANK = "BANK", _("Held at a bank for payees")  # grows with each debit
    TRANSIT = "TRANSIT", _("In flight: owed to payers until a payee has it")
    BILLER = "BILLER", _("Owed to a biller")
    PAYOUT = "PAYOUT", _("Owed to the switch for transfers")
    FEES = "FEES", _("Fees of payments made")
    DIFFERENCE = "DIFFERENCE", _("Differences under investigation")


class EntryKind(TextChoices):
    """What moved."""

    DEBIT = "DEBIT", _("Debit of a payer")
    SETTLE = "SETTLE", _("Payment reached its payee")
    REFUND = "REFUND", _("Refund to a payer")
    SETTLEMENT = "SETTLEMENT", _("Settlement with a biller")
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")


class RefundReason(TextChoices):
    """Why money goes back."""

    PAYEE_REFUSED = "PAYEE_REFUSED", _("The payee refused it")
    PAID_ALREADY = "PAID_ALREADY", _("The bill was paid already")
    DEBITED_LATE = "DEBITED_LATE", _("The bank debited it after the order had ended")
    OFFICER = "OFFICER", _("Decided by two officers")
    DISPUTE = "DISPUTE", _("A dispute was upheld")
    FEE_WAIVED = "FEE_WAIVED", _("The fee is not owed")


class RefundState(TextChoices):
    """Life of a refund."""

    SENDING = "SENDING", pgettext_lazy("refund", "The bank is being asked")
    DONE = "DONE", pgettext_lazy("refund", "Refunded")
    REFUSED = "REFUSED", pgettext_lazy("refund", "Refused by the bank; an officer looks")


class ReportKind(TextChoices):
    """What a bank, the switch or a biller reports."""

    DEBIT = "debit", pgettext_lazy("report", "Debit")
    REFUND = "refund", pgettext_lazy("report", "Refund")
    PAYOUT = "payout", pgettext_lazy("report", "Transfer")
    CONSENT = "consent", pgettext_lazy("report", "Consent")
    PAYMENT = "payment", pgettext_lazy("report", "Payment")
    BILL_PAID = "bill_paid", pgettext_lazy("report", "Bill paid")
    BILL_WITHDRAWN = "bill_withdrawn", pgettext_lazy("report", "Bill withdrawn")


class ReportOutcome(TextChoices):
    """What became of a report."""

    APPLIED = "APPLIED", pgettext_lazy("report", "Applied")
    KNOWN = "KNOWN", pgettext_lazy("report", "Known already")
    NOT_OURS = "NOT_OURS", pgettext_lazy("report", "About nothing of ours")
    CONTRADICTS = "CONTRADICTS", pgettext_lazy("report", "Contradicts what is known")


class StatementFormat(TextChoices):
    """How the file of a day is written."""

    CAMT = "camt.053", "ISO 20022 camt.053"
    CSV = "csv", "CSV"


class Difference(TextChoices):
    """How a file of a day and our books differ about one movement."""

    MISSING_HERE = "MISSING_HERE", pgettext_lazy("difference", "There, but not in our books")
    MISSING_THERE = "MISSING_THERE", pgettext_lazy("difference", "In our books, but not there")
    AMOUNT = "AMOUNT", pgettext_lazy("difference", "Another amount")
    DUPLICATE = "DUPLICATE", pgettext_lazy("difference", "There more than once")
    LATE = "LATE", pgettext_lazy("difference", "Late: on another day, or after it went back")


class CaseState(TextChoices):
    """Life of a difference that people work off."""

    OPEN = "OPEN", pgettext_lazy("difference", "Open")
    TAKEN = "TAKEN", pgettext_lazy("difference", "Being looked into")
    RESOLVED = "RESOLVED", pgettext_lazy("difference", "Resolved")
    GONE = "GONE", pgettext_lazy("difference", "Gone by itself")


class CaseStep(TextChoices):
    """What somebody did about a difference."""

    TAKEN = "TAKEN", pgettext_lazy("difference", "Taken")
    NOTE = "NOTE", pgettext_lazy("difference", "Note")
    ADJUSTED = "ADJUSTED", pgettext_lazy("difference", "Adjusted in the books")
    RESOLVED = "RESOLVED", pgettext_lazy("difference", "Resolved")


class SettlementState(TextChoices):
    """Life of a settlement with a biller."""

    PROPOSED = "PROPOSED", pgettext_lazy("settlement", "Waits for a second person")
    SENDING = "SENDING", pgettext_lazy("settlement", "The switch is being asked")
    PAID = "PAID", pgettext_lazy("settlement", "Paid out")
    REFUSED = "REFUSED", pgettext_lazy("settlement", "Refused by the switch")
    DROPPED = "DROPPED", pgettext_lazy("settlement", "Not approved")


class DisputeAbout(TextChoices):
    """What a payer says is wrong with a payment."""

    NOT_MINE = "NOT_MINE", pgettext_lazy("dispute", "I did not make this payment")
    AMOUNT = "AMOUNT", pgettext_lazy("dispute", "The amount is wrong")
    TWICE = "TWICE", pgettext_lazy("dispute", "I paid the same thing twice")
    NOT_ARRIVED = "NOT_ARRIVED", pgettext_lazy("dispute", "The payee says that it has not arrived")
    OTHER = "OTHER", pgettext_lazy("dispute", "Something else")


class DisputeState(TextChoices):
    """Life of a dispute."""

    ASKED = "ASKED", pgettext_lazy("dispute", "Being looked into")
    PROPOSED = "PROPOSED", pgettext_lazy("dispute", "A refund waits for a second person")
    UPHELD = "UPHELD", pgettext_lazy("dispute", "Upheld: money goes back")
    REJECTED = "REJECTED", pgettext_lazy("dispute", "Answered: no refund")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("dispute", "Withdrawn by the payer")
