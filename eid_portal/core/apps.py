"""The core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the core; logs are set up here because every process passes."""

    name = "eid_portal.core"
    label = "core"

    def ready(self) -> None:
        """Set up the logs and the system checks."""
        from eid_portal.core import checks, logs

        logs.configure()
        checks.register()
