"""The tables of payments, by what they are about."""

from payments.models.billing import Bill, Biller, CustomerCode, Tariff
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.paying import BankLink, Payment, PaymentOrder, Refund

__all__ = [
    "BankLink",
    "Bill",
    "Biller",
    "CustomerCode",
    "JournalEntry",
    "LedgerAccount",
    "Payment",
    "PaymentOrder",
    "Posting",
    "Refund",
    "Tariff",
]
