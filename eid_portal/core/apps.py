"""The core app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Registers the core; logs are set up here because every process passes."""

    name = "eid_portal.core"
    label = "core"
    verbose_name = _("Audit and approvals")

    def ready(self) -> None:
        """Set up the logs and the system checks."""
        from eid_portal.core import checks, logs

        logs.configure()
        checks.register()
