"""The Django admin's windows on accounts and on the core's audit and approvals."""

from accounts.admin import (
    approvals,
    audit,
    lock_orders,
    officers,
    offices,
    people,
    rights,
    watching,
)

__all__ = [
    "approvals",
    "audit",
    "lock_orders",
    "officers",
    "offices",
    "people",
    "rights",
    "watching",
]
