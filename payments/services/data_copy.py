"""What payments give out of a person's data, table by table; the test of the registry holds it complete.

What a bank calls a consent never leaves, nor the account of somebody who was paid by their name.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eid_portal.core import exporting
from eid_portal.core.export_tables import Table, TableExporter, own
from payments import models, states
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
        code="payment_orders",
        title=gettext_lazy("Payments you began"),
        model=models.PaymentOrder,
        rows=own("account__citizen_id", models.PaymentOrder, "link"),
        fields=(
            "state", "reference", "amount", "needs", "authorised_by", "drafted_at", "authorised_at", "held_until",
            "debited_at", "bank_reference", "since",
        ),
        worked_out={"bank_name": lambda row: _bank(row.link)},
    ),
    Table(
        code="payments",
        title=gettext_lazy("What was paid to whom"),
        model=models.Payment,
        rows=own("order__account__citizen_id", models.Payment, "order", "biller", "bill"),
        fields=(
            "state", "purpose", "amount", "fee", "message", "payee_account", "payee_reference", "settled_at", "since",
        ),
        worked_out={
            "order_reference": lambda row: str(row.order.reference),
            "payee": payee_of,
            "payee_bank_name": _payee_bank,
            "bill_code": _customer_code,
            "bill_period": _period,
        },
    ),
    Table(
        code="refunds",
        title=gettext_lazy("Money that went back to you"),
        model=models.Refund,
        rows=own("payment__order__account__citizen_id", models.Refund, "payment__order"),
        fields=("state", "amount", "reason", "made_at", "done_at"),
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
LEFT_OUT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        (
            "payments.BankLink.bank", "payments.CustomerCode.biller", "payments.CustomerCode.insured",
            "payments.PaymentOrder.link",
            "payments.PaymentSchedule.customer_code", "payments.PaymentSchedule.link",
            "payments.Dispute.payment",
        ),
        _TOLD,
    ),
    **dict.fromkeys(
        (
            "payments.BankLink.session_id", "payments.BankLink.consent_id", "payments.BankLink.page",
            "payments.BankLink.onward",
            "payments.BankLink.code", "payments.PaymentOrder.key", "payments.PaymentOrder.expires_at",
            "payments.PaymentOrder.sent_at", "payments.PaymentOrder.unanswered", "payments.PaymentOrder.code",
            "payments.Payment.stands",
            "payments.PaymentSchedule.expires_at", "payments.PaymentSchedule.code", "payments.ScheduledBill.code",
        ),
        _OPERATING,
    ),
    **dict.fromkeys(
        ("payments.StatementFile", "payments.MoneyCase", "payments.CaseNote", "payments.Dispute.taken_by"), _STAFF
    ),
}  # fmt: skip


def _labels() -> dict[str, str]:
    """What each field is, in the language that is active."""
    return {
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
        "debited_at": _("Debited"),
        "done_at": _("Back in your bank"),
        "drafted_at": _("Chosen"),
        "due_at": _("To be answered by"),
        "ending": _("Last four digits"),
        "ended_at": _("Ended"),
        "fee": _("Fee in đồng"),
        "fetched_at": _("Last asked"),
        "forgotten_at": _("Removed"),
        "held_until": _("Held until"),
        "holder_name": _("Holder, as the bank writes it"),
        "insured": _("Named by the insurer"),
        "insured_at": _("Insurer last asked"),
        "is_default": _("Pays if you choose no other"),
        "label": _("Name you gave it"),
        "made_at": _("Decided"),
        "message": _("Message to the payee"),
        "needs": _("What was needed to confirm"),
        "order_reference": _("Reference"),
        "pay_at": _("To be paid at"),
        "payee": _("Payee"),
        "payee_account": _("Account of the payee"),
        "payee_bank_name": _("Bank of the payee"),
        "payee_reference": _("The payee’s reference"),
        "purpose": _("What for"),
        "reason": _("Why"),
        "reference": _("Reference"),
        "saved_at": _("Saved"),
        "settled_at": _("Reached the payee"),
        "since": _("In this state since"),
        "state": _("State"),
        "told_at": _("You were told"),
        "words": _("In your words"),
    }


EXPORTER: Final = TableExporter(
    TABLES,
    left_out=LEFT_OUT,
    labels=_labels,
    parts=dict,
    coded={},
    states={table.model: type(next(iter(table.edges))[0]) for table in states.ALL},
)


def register() -> None:
    """Add what payments give out; called in ``apps.ready()``."""
    exporting.register(EXPORTER)
