"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers its state tables and what its approvals do."""

    name = "accounts"

    def ready(self) -> None:
        """Register with the core."""
        from accounts import states
        from eid_portal.core import approvals, transitions

        for table in (*states.ALL, approvals.TABLE):
            transitions.register(table)
