"""The Django admin's windows on payments: billers and figures, never a person or what they pay."""

from payments.admin import billers, tariffs

__all__ = ["billers", "tariffs"]
