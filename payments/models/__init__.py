"""The tables of payments, by what they are about."""

from payments.models.billing import Bill, Biller, CustomerCode, Tariff
from payments.models.disputes import Dispute
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.office import (
    BadLine,
    CaseNote,
    MoneyCase,
    RefundProposal,
    Settlement,
    StatementDay,
    StatementFile,
    StatementLine,
)
from payments.models.paying import BankLink, Payment, PaymentOrder, PaymentReport, Refund
from payments.models.schedules import PaymentSchedule, ScheduledBill
from payments.models.supply import SupplyAddress

__all__ = [
    "BadLine",
    "BankLink",
    "Bill",
    "Biller",
    "CaseNote",
    "CustomerCode",
    "Dispute",
    "JournalEntry",
    "LedgerAccount",
    "MoneyCase",
    "Payment",
    "PaymentOrder",
    "PaymentReport",
    "PaymentSchedule",
    "Posting",
    "Refund",
    "RefundProposal",
    "ScheduledBill",
    "Settlement",
    "StatementDay",
    "StatementFile",
    "StatementLine",
    "SupplyAddress",
    "Tariff",
]
