"""The tables of payments, by what they are about."""

from payments.models.billing import Bill, Biller, CustomerCode, Tariff
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.office import RefundProposal
from payments.models.paying import BankLink, Payment, PaymentOrder, PaymentReport, Refund

__all__ = [
    "BankLink",
    "Bill",
    "Biller",
    "CustomerCode",
    "JournalEntry",
    "LedgerAccount",
    "Payment",
    "PaymentOrder",
    "PaymentReport",
    "Posting",
    "Refund",
    "RefundProposal",
    "Tariff",
]
