"""The Django admin's windows on payments: billers, figures, books, what was paid, and decisions about money."""

from payments.admin import billers, books, disputes, payments, reconciliation, tariffs

__all__ = ["billers", "books", "disputes", "payments", "reconciliation", "tariffs"]
