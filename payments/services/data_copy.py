"""What payments give out of a person's data, table by table; the test of the registry holds it complete.

What a bank calls a consent never leaves, nor the account of somebody who was paid by their name. Of who paid the
person they get the name that went to their bank with the money, and nothing else. Of a difference that officers worked
off they get that it was there, how it differed and how it ended; what officers noted stays, for it is as often about
somebody else's money (Law 91/2025 gives each their own data).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core import clock, exporting, sealed
from eid_portal.core.export_tables import Table, TableExporter, own
from eid_portal.core.models import ApprovalState
from payments import models, states, texts
from payments.enums import OrderState, PaymentState
from payments.models.billing import CUSTOMER_CODE
from payments.rules import banks
from payments.services.telling import payee_of


def _bank(row: Any) -> str:
    return banks.NAMES.get(row.bank, str(row.bank))


def _biller(row: Any) -> str:
    return str(row.biller.name)


def _period(row: Any) -> str:
    return str(row.bill.period) if row.bill else ""


def _customer_code(row: Any) -> str:
    return str(row.bill.customer_code) if row.bill else ""


def _insured(row: Any) -> str:
    """The insurer's masked names of a household, or the group the state supports; not how it calls them."""
    said = row.insured or {}
    return ", ".join(one["name"] for one in said.get("members", ())) or str(said.get("group", ""))


def _payee_bank(row: Any) -> str:
    return banks.NAMES.get(row.payee_bank, str(row.payee_bank))


def _why_no_debit(row: Any) -> str:
    """Why an order was not confirmed, or its bank did not pay."""
    match row.state:
        case OrderState.REFUSED:
            return str(texts.BANK_REFUSALS.get(row.code, texts.BANK_REFUSALS[""]))
        case OrderState.CANCELLED:
            return str(texts.CANCELLED.get(row.code, texts.CANCELLED[""]))
        case _:
            return ""


def _why_not_taken(row: Any) -> str:
    """Why the payee did not take a payment."""
    if row.state not in {PaymentState.REFUNDING, PaymentState.REFUNDED}:
        return ""
    return str(texts.PAYEE_REFUSALS.get(row.code, texts.PAYEE_REFUSALS[""]))


def _words_to_payer(row: Any) -> str:
    """What two officers say to the payer; what one alone proposed was said to nobody."""
    return str(row.words) if row.approval.state == ApprovalState.APPROVED else ""


def _case_reference(row: Any) -> str:
    order = row.order or row.payment.order
    return str(order.reference)


def _case_steps(row: Any) -> list[str]:
    """What was done about a difference and when, without what was written down."""
    return [f"{step.get_step_display()}: {_moment(step.at)}" for step in row.notes.all()]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}"


def _bills(citizen_id: UUID) -> QuerySet[models.Bill]:
    """Of the codes a person saved, and those they paid."""
    codes = models.CustomerCode.objects.filter(
        account__citizen_id=citizen_id, forgotten_at__isnull=True
    )
    theirs = [
        Q(
            biller=row.biller_id,
            customer_code_index__in=sealed.blind_indexes(CUSTOMER_CODE, row.code),
        )
        for row in codes
    ]
    paid = models.Payment.objects.filter(
        order__account__citizen_id=citizen_id,
        order__authorised_at__isnull=False,
        bill__isnull=False,
    )
    found = models.Bill.objects.filter(reduce(or_, theirs, Q(pk__in=paid.values("bill"))))
    return found.select_related("biller").order_by("pk")


def _received(citizen_id: UUID) -> QuerySet[models.Payment]:
    """Transfers that reached a bank account which a person linked, sent to them by number or phone."""
    rows = models.Payment.objects.filter(
        payee_link__account__citizen_id=citizen_id, state=PaymentState.SETTLED
    )
    return rows.select_related("order__link", "payee_link").order_by("pk")


def _cases(citizen_id: UUID) -> QuerySet[models.MoneyCase]:
    """Differences about a person's orders and payments."""
    notes = models.CaseNote.objects.only("case_id", "step", "at").order_by("pk")
    rows = models.MoneyCase.objects.filter(
        Q(order__account__citizen_id=citizen_id) | Q(payment__order__account__citizen_id=citizen_id)
    )
    related = rows.select_related("order", "payment__order")
    return related.prefetch_related(Prefetch("notes", notes)).order_by("pk")


TABLES: Final = (
    Table(
        code="bank_accounts",
        title=gettext_lazy("Bank accounts you linked"),
        model=models.BankLink,
        rows=own("account__citizen_id", models.BankLink),
        fields=("state", "holder_name", "ending", "is_default", "begun_at", "since"),
        worked_out={"bank_name": _bank},
    ),
    Table(
        code="customer_codes",
        title=gettext_lazy("Customer codes you saved"),
        model=models.CustomerCode,
        rows=own("account__citizen_id", models.CustomerCode, "biller"),
        fields=("code", "label", "saved_at", "fetched_at", "forgotten_at", "insured_at"),
        worked_out={"biller_name": _biller, "insured": _insured},
    ),
    Table(
        code="supply_address",
        title=gettext_lazy("Where your electricity contract supplies"),
        model=models.SupplyAddress,
        rows=own("citizen_id", models.SupplyAddress),
        fields=("address", "asked_at"),
    ),
    Table(
        code="bills",
        title=gettext_lazy("Bills of the customer codes you saved, and bills you paid"),
        model=models.Bill,
        rows=_bills,
        fields=("state", "customer_code", "period", "amount", "due_on", "details", "fetched_at", "since"),
        worked_out={"biller_name": _biller},
    ),
    Table(
        code="payment_orders",
        title=gettext_lazy("Payments you began"),
        model=models.PaymentOrder,
        rows=own("account__citizen_id", models.PaymentOrder, "link"),
        fields=(
            "state", "reference", "amount", "needs", "authorised_by", "drafted_at", "authorised_at", "held_until",
            "debited_at", "bank_reference", "since",
        ),
        worked_out={"bank_name": lambda row: _bank(row.link), "why_not": _why_no_debit},
    ),
    Table(
        code="payments",
        title=gettext_lazy("What was paid to whom"),
        model=models.Payment,
        rows=own("order__account__citizen_id", models.Payment, "order", "biller", "bill"),
        fields=(
            "state", "purpose", "amount", "fee", "message", "due_reference", "payee_account", "payee_reference",
            "sent_at", "settled_at", "since",
        ),
        worked_out={
            "order_reference": lambda row: str(row.order.reference),
            "payee": payee_of,
            "payee_bank_name": _payee_bank,
            "bill_code": _customer_code,
            "bill_period": _period,
            "why_not": _why_not_taken,
        },
    ),
    Table(
        code="received_transfers",
        title=gettext_lazy("Transfers that reached you"),
        model=models.Payment,
        rows=_received,
        fields=("amount", "settled_at"),
        worked_out={  # what its bank was sent: the statement there says the same
            "bank_name": lambda row: _bank(row.payee_link),
            "payer_name": lambda row: str(row.order.link.holder_name or ""),
            "payer_message": lambda row: str(row.message or row.order.reference),
        },
    ),
    Table(
        code="refund_proposals",
        title=gettext_lazy("Refunds that an officer proposed"),
        model=models.RefundProposal,
        rows=own("payment__order__account__citizen_id", models.RefundProposal, "approval", "payment__order"),
        fields=("amount", "reason", "made_at"),
        worked_out={
            "order_reference": lambda row: str(row.payment.order.reference),
            "decision": lambda row: str(ApprovalState(row.approval.state).label),
            "decided_at": lambda row: row.approval.decided_at,
            "words_to_you": _words_to_payer,
        },
    ),
    Table(
        code="refunds",
        title=gettext_lazy("Money that went back to you"),
        model=models.Refund,
        rows=own("payment__order__account__citizen_id", models.Refund, "payment__order"),
        fields=("state", "amount", "reason", "made_at", "sent_at", "done_at", "since"),
        worked_out={"order_reference": lambda row: str(row.payment.order.reference)},
    ),
    Table(
        code="disputes",
        title=gettext_lazy("Payments you disputed"),
        model=models.Dispute,
        rows=own("payment__order__account__citizen_id", models.Dispute, "payment__order"),
        fields=("state", "about", "words", "asked_at", "due_at", "answer", "ended_at", "since"),
        worked_out={"order_reference": lambda row: str(row.payment.order.reference)},
    ),
    Table(
        code="payment_differences",
        title=gettext_lazy("Differences about your payments that officers looked into"),
        model=models.MoneyCase,
        rows=_cases,
        fields=("state", "party", "day", "kind", "difference", "ours", "theirs", "third", "opened_at", "since"),
        worked_out={"order_reference": _case_reference, "steps": _case_steps},
    ),
    Table(
        code="payment_schedules",
        title=gettext_lazy("Bills you agreed to have paid automatically"),
        model=models.PaymentSchedule,
        rows=own("account__citizen_id", models.PaymentSchedule, "customer_code__biller", "link"),
        fields=("state", "cap", "agreed_by", "drafted_at", "agreed_at", "ended_at", "since"),
        worked_out={
            "bank_name": lambda row: _bank(row.link),
            "bill_code": lambda row: str(row.customer_code.code),
            "biller_name": lambda row: str(row.customer_code.biller.name),
        },
    ),
    Table(
        code="scheduled_bills",
        title=gettext_lazy("Bills under automatic payment"),
        model=models.ScheduledBill,
        rows=own("schedule__account__citizen_id", models.ScheduledBill, "bill__biller", "order"),
        fields=("state", "amount", "told_at", "pay_at", "since"),
        worked_out={
            "bill_code": _customer_code,
            "bill_period": _period,
            "biller_name": lambda row: str(row.bill.biller.name),
            "order_reference": lambda row: str(row.order.reference) if row.order else "",
        },
    ),
)  # fmt: skip

_TOLD: Final = gettext_lazy("Stands in words beside it.")
_OPERATING: Final = gettext_lazy("How the portal works on it; nothing about you.")
_STAFF: Final = gettext_lazy("Names the officer who worked on it, not you.")
_TIES: Final = gettext_lazy("A key that only ties rows together.")
_EVERYBODY: Final = gettext_lazy(
    "Of a whole day or biller, and names nobody; what is about your payments stands with them."
)
LEFT_OUT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        (
            "payments.BankLink.bank", "payments.CustomerCode.biller", "payments.CustomerCode.insured",
            "payments.PaymentOrder.link",
            "payments.PaymentSchedule.customer_code", "payments.PaymentSchedule.link",
            "payments.Dispute.payment", "payments.Bill.biller",
            "payments.PaymentOrder.code", "payments.Payment.code",
            "payments.Payment.order", "payments.Payment.biller", "payments.Payment.bill",
            "payments.Payment.payee_name", "payments.Payment.payee_bank",
            "payments.Refund.payment", "payments.RefundProposal.payment", "payments.RefundProposal.approval",
            "payments.ScheduledBill.schedule", "payments.ScheduledBill.bill", "payments.ScheduledBill.order",
            "payments.MoneyCase.order", "payments.MoneyCase.payment", "payments.MoneyCase.reference",
        ),
        _TOLD,
    ),
    **dict.fromkeys(
        (
            "payments.BankLink.session_id", "payments.BankLink.consent_id", "payments.BankLink.page",
            "payments.BankLink.onward",
            "payments.BankLink.code", "payments.PaymentOrder.key", "payments.PaymentOrder.expires_at",
            "payments.PaymentOrder.sent_at", "payments.PaymentOrder.unanswered", "payments.PaymentOrder.asked_at",
            "payments.Payment.asked_at", "payments.Refund.asked_at",
            "payments.Payment.unanswered", "payments.Refund.unanswered", "payments.Refund.code",
            "payments.Payment.stands", "payments.MoneyCase.reported",
            "payments.PaymentSchedule.expires_at", "payments.PaymentSchedule.code", "payments.ScheduledBill.code",
        ),
        _OPERATING,
    ),
    **dict.fromkeys(
        ("payments.StatementFile", "payments.MoneyCase.taken_by", "payments.Dispute.taken_by"), _STAFF
    ),
    **dict.fromkeys(("payments.Payment.about", "payments.Refund.approval", "payments.Bill.reference"), _TIES),
    **dict.fromkeys(
        ("payments.StatementLine", "payments.BadLine", "payments.StatementDay", "payments.Settlement"), _EVERYBODY
    ),
    **dict.fromkeys(
        ("payments.Posting", "payments.JournalEntry"),
        gettext_lazy("The same amounts once more, as our books have them."),
    ),
    **dict.fromkeys(
        ("payments.Payment.payee_index", "payments.Bill.customer_code_index"),
        gettext_lazy("Only finds the account or code that stands beside it."),
    ),
    "payments.Payment.payee_link": gettext_lazy("Which account somebody takes transfers at is theirs, not yours."),
    "payments.PaymentReport": gettext_lazy("What became of a bank's or biller's report stands with the payment."),
    "payments.RefundProposal.words": gettext_lazy(
        "Stands beside it once a second officer has agreed; before that it is said to nobody."
    ),
    "payments.CaseNote": gettext_lazy(
        "What was done and when stands with the difference. What officers noted may be about others too:"
        " ask for what is about you with a request under My data."
    ),
}  # fmt: skip


def _labels() -> dict[str, str]:
    """What each field is, in the language that is active."""
    return {
        "address": _("Address"),
        "about": _("What is wrong"),
        "agreed_at": _("Agreed to"),
        "agreed_by": _("Agreed to by"),
        "amount": _("Amount in đồng"),
        "answer": _("Our answer"),
        "asked_at": _("Sent to us"),
        "authorised_at": _("Confirmed"),
        "authorised_by": _("Confirmed by"),
        "bank_name": _("Bank"),
        "bank_reference": _("The bank’s reference"),
        "begun_at": _("Begun"),
        "bill_code": _("Customer code"),
        "bill_period": _("Period"),
        "biller_name": _("Who bills"),
        "cap": _("At most for one bill, in đồng"),
        "code": _("Customer code"),
        "customer_code": _("Customer code"),
        "day": _("Day of the file"),
        "debited_at": _("Debited"),
        "decided_at": _("Decided"),
        "decision": _("Decision"),
        "details": _("What the bill says"),
        "difference": _("How it differed"),
        "done_at": _("Back in your bank"),
        "drafted_at": _("Chosen"),
        "due_at": _("To be answered by"),
        "due_on": _("To be paid by"),
        "due_reference": _("Reference of the fee"),
        "ended_at": _("Ended"),
        "ending": _("Last four digits"),
        "fee": _("Fee in đồng"),
        "fetched_at": _("Last asked"),
        "forgotten_at": _("Removed"),
        "held_until": _("Held until"),
        "holder_name": _("Holder, as the bank writes it"),
        "insured": _("Named by the insurer"),
        "insured_at": _("Insurer last asked"),
        "is_default": _("Pays if you choose no other"),
        "kind": _("Movement"),
        "label": _("Name you gave it"),
        "made_at": _("Decided"),
        "message": _("Message to the payee"),
        "needs": _("What was needed to confirm"),
        "opened_at": _("Found"),
        "order_reference": _("Reference"),
        "ours": _("Amount in our books"),
        "party": _("Whose file"),
        "pay_at": _("To be paid at"),
        "payee": _("Payee"),
        "payee_account": _("Account of the payee"),
        "payee_bank_name": _("Bank of the payee"),
        "payee_reference": _("The payee’s reference"),
        "payer_message": _("Message that came with it"),
        "payer_name": _("Payer, as their bank writes it"),
        "period": _("Period"),
        "purpose": _("What for"),
        "reason": _("Why"),
        "reference": _("Reference"),
        "saved_at": _("Saved"),
        "sent_at": _("First told or asked"),
        "settled_at": _("Reached the payee"),
        "since": _("In this state since"),
        "state": _("State"),
        "steps": _("What was done"),
        "theirs": _("Amount in the file"),
        "third": _("Amount in the books of the third side"),
        "told_at": _("You were told"),
        "why_not": _("Why not"),
        "words": _("In your words"),
        "words_to_you": _("Words to you"),
    }


def _parts() -> dict[str, str]:
    """What stands inside a bill."""
    return {
        "commune": _("Commune"),
        "customer_name": _("Customer"),
        "households": _("Households"),
        "line": _("House and street"),
        "lines": _("What it is made of"),
        "members": _("Members"),
        "meter_no": _("Meter"),
        "net": _("Before VAT"),
        "new_index": _("Reading now"),
        "old_index": _("Reading before"),
        "percent": _("Percent"),
        "province": _("Province"),
        "quantity": _("Quantity"),
        "text": _("Line"),
        "unit_price": _("Unit price"),
        "vat": _("VAT"),
    }


EXPORTER: Final = TableExporter(
    TABLES,
    left_out=LEFT_OUT,
    labels=_labels,
    parts=_parts,
    coded={},
    states={table.model: type(next(iter(table.edges))[0]) for table in states.ALL},
)


def register() -> None:
    """Add what payments give out; called in ``apps.ready()``."""
    exporting.register(EXPORTER)
