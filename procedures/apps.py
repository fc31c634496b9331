"""The procedures app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresConfig(AppConfig):
    """Registers its state tables, its fees and its part of the first page."""

    name = "procedures"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        """Register with the core."""
        from eid_portal.core import transitions
        from procedures import home, states, words
        from procedures.selectors import results as held
        from procedures.services import agencies, attachments, authoring, data_copy, fees, results

        for table in states.ALL:
            transitions.register(table)
        agencies.register()
        attachments.register()
        fees.register()
        results.register()
        held.register()
        data_copy.register()
        words.register()
        authoring.register()
        home.register()
