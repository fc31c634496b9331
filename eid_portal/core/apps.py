"""The core app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Registers the core; logs and Django's secret key are set up here because every process passes."""

    name = "eid_portal.core"
    label = "core"
    verbose_name = _("Audit and approvals")

    def ready(self) -> None:
        """Set up the logs and the system checks."""
        from eid_portal.core import checks, keys, logs

        logs.configure()
        checks.register()
        keys.give_django_its_key()
