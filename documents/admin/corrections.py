"""Corrections that people asked for: which register, how far, and by when; never what they wrote or were answered."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.paging import KeyedAdmin
from documents.admin.naming import RegistryFilter, kind_title, registry_name
from documents.enums import CorrectionSide, CorrectionState
from documents.models import Correction
from eid_portal.core import clock

LATE: Final = "late"
OPEN: Final = (CorrectionState.SENDING, CorrectionState.OPEN)


class StateFilter(admin.SimpleListFilter):
    """By state; those whose clock has run out come first."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states."""
        return [(LATE, _("Late")), *CorrectionState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only those."""
        if self.value() == LATE:
            return queryset.filter(state__in=OPEN, due_at__lt=clock.now())
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Correction)
class CorrectionAdmin(KeyedAdmin):
    """The clocks of corrections; the register that owns the value answers, nobody here."""

    list_display = (
        "reference", "kind", "asked_registry", "claimed", "standing", "requested_at", "due_at", "late",
    )  # fmt: skip
    list_filter = (StateFilter, RegistryFilter)
    fields = (
        *list_display, "parts", "office", "received_at", "escalated_at", "answered_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the kind of paper, without what people wrote."""
        rows = super().get_queryset(request).select_related("document")
        return rows.only(*_COLUMNS, "document__kind")

    @admin.display(description=_("kind"))
    def kind(self, row: Correction) -> str:
        """Of paper."""
        return kind_title(row.document.kind)

    @admin.display(description=_("registry"))
    def asked_registry(self, row: Correction) -> str:
        """Which is asked."""
        return registry_name(row.registry)

    @admin.display(description=_("which is right"))
    def claimed(self, row: Correction) -> str:
        """As the holder says."""
        return str(CorrectionSide(row.side).label)

    @admin.display(description=_("state"))
    def standing(self, row: Correction) -> str:
        """In words."""
        return str(CorrectionState(row.state).label)

    @admin.display(description=_("late"), boolean=True)
    def late(self, row: Correction) -> bool:
        """Whether its clock has run out."""
        return row.state in OPEN and row.due_at < clock.now()

    @admin.display(description=_("fields"))
    def parts(self, row: Correction) -> str:
        """Which of the paper's, by their codes."""
        return ", ".join(row.fields)


_COLUMNS: Final = (
    "reference", "registry", "side", "state", "fields", "office", "requested_at", "received_at", "due_at",
    "escalated_at", "answered_at", "document",
)  # fmt: skip
