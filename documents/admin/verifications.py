"""Verifications: what came of each, without a word about whose paper it was; those given up are settled here."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from documents.admin.naming import RegistryFilter, kind_title, registry_name
from documents.enums import FieldResult, VerificationOutcome, VerificationReason
from documents.models import Verification
from documents.services import verification
from eid_portal.core.text import TextField

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


class NoteForm(forms.Form):
    """How a verification was settled."""

    note = TextField(
        lines=True,
        min_length=10,
        max_length=500,
        label=gettext_lazy("How it was settled"),
        help_text=gettext_lazy("It stands in the audit. Name no person and no number."),
        widget=forms.Textarea({"rows": 4, "autofocus": True}),
    )


@admin.register(Verification)
class VerificationAdmin(ActingMixin, KeyedAdmin):
    """The attempts: which kind, which registry, what came out and how long it took."""

    list_display = (
        "asked", "kind", "result", "code", "tries", "took", "from_registry", "why", "done_at",
    )  # fmt: skip
    list_filter = (OutcomeFilter, RegistryFilter)
    fields = (
        "kind", "from_registry", "why", "result", "code", "compared", "requested_at", "begun_at",
        "next", "tries", "took", "done_at", "resolved_at", "note",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/documents/verification/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the kind of paper, and nothing else of it."""
        rows = super().get_queryset(request).select_related("document")
        mine = [field.name for field in Verification._meta.concrete_fields]
        return rows.only(*mine, "document__kind")

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
        return _("%(outcome)s (settled)") % {"outcome": words} if row.resolved_at else words

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

    def get_urls(self) -> list[Any]:
        """The two ways to settle one that was given up."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/retry/", view(self.retry), name="documents_verification_retry"),
            path("<uuid:pk>/resolve/", view(self.resolve), name="documents_verification_resolve"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What came of it, and what can be done."""
        row: Verification | None = self.get_object(request, object_id)
        if row is not None and is_open(row):
            words = {"settle": _("Settle it"), "again": _("Ask the registry again")}
            extra_context = {**(extra_context or {}), **words}
        return super().change_view(request, object_id, form_url, extra_context)

    def retry(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Ask the registry anew; pressed twice, it is asked once.

        Raises:
            Http404: there is no such verification.
        """
        row = self._row(request, pk)
        if request.method == "POST":
            try:
                row = verification.retry(row, **self.acting(request))
            except verification.NotGivenUp as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("The registry is asked again."), "SUCCESS")
        return _to(row.pk)

    def resolve(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Say how it was settled without asking again.

        Raises:
            Http404: there is no such verification.
        """
        row = self._row(request, pk)
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            note = form.cleaned_data["note"]
            try:
                verification.resolve(row, note=note, **self.acting(request))
            except verification.NotGivenUp as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("It is settled."), "SUCCESS")
            return _to(pk)
        return self.page(
            request,
            "plain_form",
            title=_("Settle a verification"),
            subtitle=f"{self.kind(row)}, {self.from_registry(row)}",
            note=_(
                "The paper stays as it is and is checked again with the others. Its holder is not told."
            ),
            form=form,
            back=reverse("admin:documents_verification_change", args=[pk]),
            submit=_("Settle it"),
        )

    def _row(self, request: HttpRequest, pk: Any) -> Verification:
        row: Verification | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row


def is_open(row: Verification) -> bool:
    """Whether it was given up and nobody has settled it."""
    return row.outcome == VerificationOutcome.GIVEN_UP and row.resolved_at is None


def _to(pk: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:documents_verification_change", args=[pk]))
