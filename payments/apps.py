"""The payments app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Registers its state tables."""

    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Register with the core."""
        from eid_portal.core import metrics, transitions
        from payments import home, states, words
        from payments.selectors.money import GAUGES
        from payments.services import (
            data_copy,
            disputes,
            money_cases,
            receipts,
            refund_decisions,
            settlements,
        )

        for table in states.ALL:
            transitions.register(table)
        words.register()
        home.register()
        data_copy.register()
        refund_decisions.register()
        settlements.register()
        disputes.register()
        money_cases.register()
        for name, meaning, sql, label in GAUGES:
            metrics.register(name, meaning, sql, label=label)
        receipts.register()
