"""The accounts app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Registers its state tables and what its approvals do."""

    name = "accounts"
    verbose_name = _("People and accounts")

    def ready(self) -> None:
        """Register with the core."""
        from accounts import home, states
        from accounts.selectors import places
        from accounts.services import (
            activation_end,
            approving,
            court_orders,
            data_requests,
            exports,
            forgetting,
            lock_orders,
            officer_recovery,
            officers,
            watching,
        )
        from eid_portal.core import approvals, transitions

        for table in (*states.ALL, approvals.TABLE):
            transitions.register(table)
        places.load()
        activation_end.register()
        home.register_all()
        approving.register()
        officers.register_approvals()
        officer_recovery.register()
        lock_orders.register()
        court_orders.register()
        watching.register()
        exports.register()
        forgetting.register()
        data_requests.register()
