"""The documents app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    """Registers its state tables and the words for its codes."""

    name = "documents"
    verbose_name = _("Papers")

    def ready(self) -> None:
        """Register with the core."""
        from accounts import texts
        from documents import home, kinds, states, words
        from documents.services import (
            correcting,
            data_copy,
            holder_reports,
            linking,
            presenting,
            printed_cards,
            rechecks,
            registries,
            roadside,
            searching,
            sharing,
            signed_copies,
        )
        from eid_portal.core import tidying, transitions

        texts.register_code("paper", lambda code: kinds.find(code).title)
        for table in states.ALL:
            transitions.register(table)
        words.register()
        home.register()
        correcting.register()
        registries.register()
        tidying.register("verifications", rechecks.old_verifications)
        tidying.register("paper_searches", searching.old)
        linking.register()
        data_copy.register()
        printed_cards.register()
        signed_copies.register()
        presenting.register()
        sharing.register()
        roadside.register()
        holder_reports.register()
