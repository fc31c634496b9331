"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Its place in the portal."""

    name = "payments"
