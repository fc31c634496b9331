"""Procedures and their revisions: what is in force, what is being written, and how two people publish it."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin.deciding import DecidingMixin, Facts
from accounts.admin.paging import ReadOnlyAdmin
from eid_portal.core import approvals, clock
from eid_portal.core.models import Approval
from procedures.admin.simulating import SimulatingMixin
from procedures.admin.trying import TryingMixin
from procedures.admin.writing import located
from procedures.enums import RevisionState
from procedures.forms.authoring import PARTS, CopyForm, places
from procedures.models import Procedure, Revision
from procedures.rules import documents, editing
from procedures.rules.moving import Change, What, compare
from procedures.rules.values import in_language
from procedures.services import authoring

_AT = "admin:procedures_revision"
WHAT = {
    What.ADDED: gettext_lazy("added"),
    What.REMOVED: gettext_lazy("removed"),
    What.CHANGED: gettext_lazy("changed"),
    What.MOVED: gettext_lazy("moved"),
}


@admin.register(Procedure)
class ProcedureAdmin(ReadOnlyAdmin):
    """Every procedure there ever was; its page lists its revisions."""

    list_display = ("code", "in_force", "being_written")
    fields = list_display
    readonly_fields = fields
    ordering = ("code",)
    change_form_template = "admin/procedures/procedure/change_form.html"

    @admin.display(description=gettext_lazy("in force"))
    def in_force(self, row: Procedure) -> str:
        """The number of its revision, and since when."""
        found = row.revisions.filter(state=RevisionState.PUBLISHED).only("number", "since").first()
        return f"{found.number} ({_day(found.since)})" if found else "–"

    @admin.display(description=gettext_lazy("being written"))
    def being_written(self, row: Procedure) -> str:
        """The numbers of its drafts."""
        rows = row.revisions.filter(state=RevisionState.DRAFTED).order_by("number")
        return ", ".join(map(str, rows.values_list("number", flat=True))) or "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With its revisions."""
        row = self.get_object(request, object_id)
        if row is not None:
            rows = row.revisions.defer("text").order_by("-number")
            extra_context = (extra_context or {}) | {
                "revisions": [(each, RevisionState(each.state).label) for each in rows]
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404


@admin.register(Revision)
class RevisionAdmin(SimulatingMixin, TryingMixin, DecidingMixin, ReadOnlyAdmin):
    """Revisions: one that is published stays as it is, and is followed by another."""

    list_display = ("procedure", "number", "standing", "published_at", "since", "is_shipped")
    list_select_related = ("procedure",)
    list_filter = ("state",)
    ordering = ("procedure__code", "-number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their procedures."""
        return super().get_queryset(request).select_related("procedure")

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: Revision) -> str:
        """In words."""
        return str(RevisionState(row.state).label)

    def get_urls(self) -> list[Any]:
        """The pages of writing, comparing and publishing."""
        view = self.admin_site.admin_view
        at = "procedures_revision"
        return [
            *self.writing_urls(),
            *self.simulating_urls(),
            *self.trying_urls(),
            path("<uuid:pk>/compare/", view(self.compare), name=f"{at}_compare"),
            path("<uuid:pk>/follow/", view(self.follow), name=f"{at}_follow"),
            path("<uuid:pk>/copy/", view(self.copy), name=f"{at}_copy"),
            path("<uuid:pk>/discard/", view(self.discard), name=f"{at}_discard"),
            path("<uuid:pk>/propose/", view(self.propose), name=f"{at}_propose"),
            path("<uuid:pk>/decide/", view(self.decide), name=f"{at}_decide"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """All about a revision, and what can be done with it."""
        row = self.revision(request, object_id)
        faults = authoring.faults_of(row)
        try:
            data = authoring.data_of(row)
        except authoring.Faulty:
            data = {}
        proposal = authoring.find_proposal(row)
        return self.revision_page(
            request,
            row,
            "page",
            title=in_language(data["name"]) if data else row.procedure.code,
            back=reverse("admin:procedures_procedure_change", args=[row.procedure_id]),
            facts=_facts(row, data),
            steps=data.get("steps", []),
            parts=[(name, form.title) for name, form in PARTS.items()] if data else [],
            faults=located(row.text, faults),
            reads=not faults,
            proposal=proposal,
        )

    def compare(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What differs from the revision in force; of that one, from the one before it."""
        row = self.revision(request, pk)
        other = _compared_with(row)
        changes: list[tuple[str, Any, str, str]] = []
        if other is not None and not authoring.faults_of(row):
            changes = drawn(compare(documents.read(other.text), documents.read(row.text)))
        summary = ngettext(
            "%(count)s part differs from revision %(number)s.",
            "%(count)s parts differ from revision %(number)s.",
            len(changes),
        )
        return self.revision_page(
            request,
            row,
            "compare",
            title=_("Compare"),
            other=other,
            summary=summary % {"count": len(changes), "number": other.number if other else 0},
            reads=not authoring.faults_of(row),
            changes=changes,
        )

    # --- Buttons
    def follow(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write the next revision, from this one."""
        row = self.revision(request, pk)
        if request.method == "POST":
            try:
                row = authoring.follow(row, **self.acting(request))
            except authoring.AuthoringRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
        return HttpResponseRedirect(reverse(f"{_AT}_change", args=[row.pk]))

    def copy(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Begin another procedure, from this one."""
        row = self.revision(request, pk)
        form = CopyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = authoring.copy(row, code=form.cleaned_data["code"], **self.acting(request))
            except authoring.OutOfShape as refused:
                form.add_error("code", places(refused.faults))
            except authoring.AuthoringRefused as refused:
                form.add_error("code", str(refused.message))
            else:
                return HttpResponseRedirect(reverse(f"{_AT}_change", args=[made.pk]))
        return self.revision_page(
            request,
            row,
            "part",
            title=_("Begin another procedure from this one"),
            form=form,
            submit=_("Begin it"),
        )

    def discard(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Ask, then throw a draft away."""
        row = self.revision(request, pk)
        if request.method == "POST":
            try:
                authoring.discard(row, **self.acting(request))
            except authoring.AuthoringRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("The draft is thrown away."), "SUCCESS")
            return HttpResponseRedirect(reverse(f"{_AT}_changelist"))
        return self.revision_page(
            request,
            row,
            "part",
            title=_("Throw this draft away?"),
            note=_("What was written in it is gone for good."),
            form=forms.Form(),
            submit=_("Throw it away"),
        )

    def propose(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Propose to publish a draft."""
        row = self.revision(request, pk)
        if request.method == "POST":
            try:
                authoring.propose(row, **self.acting(request))
            except (authoring.AuthoringRefused, approvals.ApprovalRefused) as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                said = _("Proposed. Another administrator decides.")
                self.message_user(request, said, "SUCCESS")
        return HttpResponseRedirect(reverse(f"{_AT}_change", args=[row.pk]))

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Publish, or refuse, what a colleague proposed."""
        row = self.revision(request, pk)

        def facts(_approval: Approval) -> Facts:
            other = _compared_with(row)
            if other is None:
                return [*_facts(row, authoring.data_of(row)), (_("in force"), "–")]
            changes = compare(documents.read(other.text), documents.read(row.text))
            return [
                *_facts(row, authoring.data_of(row)),
                (_("in force"), other.number),
                *((f"{place} ({what})", f"{before} → {after}") for place, what, before, after in drawn(changes)),
            ]  # fmt: skip

        back = reverse(f"{_AT}_change", args=[row.pk])
        if authoring.faults_of(row):
            return HttpResponseRedirect(back)
        return self.decide_about(
            request,
            authoring.find_proposal(row),
            title=_("Publish this revision?"),
            facts=facts,
            back=back,
        )


def _compared_with(row: Revision) -> Revision | None:
    """The revision in force, or what was in force before this one."""
    if row.state == RevisionState.DRAFTED:
        return authoring.in_force(row.procedure)
    earlier = row.procedure.revisions.exclude(state=RevisionState.DRAFTED)
    return (
        earlier.filter(published_at__lt=row.published_at).exclude(pk=row.pk)
        .order_by("-published_at").first()
    )  # fmt: skip


def drawn(changes: list[Change]) -> list[tuple[str, Any, str, str]]:
    """Changes as a table shows them: where, what, before, after."""
    return [
        ("/".join(map(str, each.place)), WHAT[each.what], _said(each.before), _said(each.after))
        for each in changes
    ]


def _said(value: Any) -> str:
    match value:
        case None:
            return "–"
        case str():
            return value
        case list() if all(isinstance(each, str) for each in value):
            return ", ".join(value)
        case dict() if value.keys() == {"vi", "en"}:
            return f"{value['vi']} / {value['en']}"
        case bool() | int():
            return json.dumps(value)
        case _:
            return editing.written(value).strip()


def _facts(row: Revision, data: dict[str, Any]) -> list[tuple[Any, Any]]:
    facts: list[tuple[Any, Any]] = [
        (_("procedure"), row.procedure.code),
        (_("number"), row.number),
        (_("state"), RevisionState(row.state).label),
        (_("since"), _day(row.since)),
        (_("SHA-256 of the document"), row.digest),
    ]
    if data:
        count = sum(len(step["fields"]) for step in data["steps"])
        facts.insert(1, (_("name"), _said(data["name"])))
        facts.append((_("fields"), count))
    return facts


def _day(moment: Any) -> str:
    return f"{moment.astimezone(clock.VIET_NAM):%d/%m/%Y %H:%M}"
