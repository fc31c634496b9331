"""Verifications: what came of each, without a word about whose paper it was."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.paging import KeyedAdmin
from documents.admin.naming import RegistryFilter, kind_title, registry_name
from documents.enums import FieldResult, VerificationOutcome, VerificationReason
from documents.models import Verification

OPEN: Final = "open"


class OutcomeFilter(admin.SimpleListFilter):
    """By what came out; those given up that nobody has looked at come first."""

    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The outcomes."""
        return [(OPEN, gettext_lazy("To be settled")), *VerificationOutcome.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only those."""
        if self.value() == OPEN:
            return queryset.filter(outcome=VerificationOutcome.GIVEN_UP, resolved_at__isnull=True)
        return queryset.filter(outcome=self.value()) if self.value() else queryset


@admin.register(Verification)
class VerificationAdmin(KeyedAdmin):
    """The attempts: which kind, which registry, what came out and how long it took."""

    list_display = (
        "asked", "kind", "from_registry", "why", "result", "code", "tries", "took", "done_at",
    )  # fmt: skip
    list_filter = (OutcomeFilter, RegistryFilter)
    fields = (
        "kind", "from_registry", "why", "result", "code", "compared", "requested_at", "begun_at",
        "next", "tries", "took", "done_at", "resolved_at", "note",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the kind of paper, and nothing else of it."""
        rows = super().get_queryset(request).select_related("document")
        paper = [
            field.name
            for field in Verification.document.field.related_model._meta.concrete_fields  # type: ignore[union-attr]
            if field.name not in {"id", "kind"}
        ]
        return rows.defer(*(f"document__{name}" for name in paper))

    @admin.display(description=gettext_lazy("requested at"))
    def asked(self, row: Verification) -> Any:
        """When."""
        return row.requested_at

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, row: Verification) -> str:
        """Of paper."""
        return kind_title(row.document.kind)

    @admin.display(description=gettext_lazy("registry"))
    def from_registry(self, row: Verification) -> str:
        """Which is asked."""
        return registry_name(row.registry)

    @admin.display(description=gettext_lazy("reason"))
    def why(self, row: Verification) -> str:
        """Why it is asked."""
        return str(VerificationReason(row.reason).label)

    @admin.display(description=gettext_lazy("outcome"))
    def result(self, row: Verification) -> str:
        """What came out."""
        words = str(VerificationOutcome(row.outcome).label)
        return f"{words} ({_('settled')})" if row.resolved_at else words

    @admin.display(description=gettext_lazy("milliseconds"))
    def took(self, row: Verification) -> str:
        """How long the last call took."""
        return "–" if row.milliseconds is None else str(row.milliseconds)

    @admin.display(description=gettext_lazy("compared fields"))
    def compared(self, row: Verification) -> str:
        """How each agreed, without values."""
        return ", ".join(
            f"{code}: {FieldResult(result).label}" for code, result in row.fields.items()
        )

    @admin.display(description=gettext_lazy("asked again at"))
    def next(self, row: Verification) -> Any:
        """While it waits."""
        return row.next_try_at
