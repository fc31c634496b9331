"""Citizens: masked and read-only; opening the data needs a reason, is an event, and tells the citizen."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.paging import KeyedAdmin
from accounts.models import Citizen
from accounts.rules import kept, scan
from accounts.rules.masking import masked_name, masked_number
from accounts.services import ending_sessions, looking, sessions, unmasking
from eid_portal.core import clock
from eid_portal.core.text import TextField


class FindForm(forms.Form):
    """A whole personal number; it never stands in an address."""

    number = TextField(max_length=20, label=gettext_lazy("Personal number"))


class ReasonForm(forms.Form):
    """Why the data must be seen; the citizen reads it."""

    reason = TextField(
        min_length=10,
        max_length=500,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The citizen is told at once and can read this reason."),
        widget=forms.Textarea({"rows": 3, "autofocus": True}),
    )


@admin.register(Citizen)
class CitizenAdmin(KeyedAdmin):
    """The list names nobody; one citizen is seen by the last four digits and initials, and is told of it."""

    list_display = ("public_id", "alive", "created_at")
    fields = (
        "public_id",
        "number",
        "name",
        "alive",
        "nationality",
        "checked_with_register_at",
        "created_at",
    )
    change_list_template = "admin/accounts/citizen/change_list.html"
    change_form_template = "admin/accounts/citizen/change_form.html"
    readonly_fields = fields

    @admin.display(description=gettext_lazy("personal number"))
    def number(self, row: Citizen) -> str:
        """Masked."""
        return masked_number(row.personal_number)

    @admin.display(description=gettext_lazy("full name"))
    def name(self, row: Citizen) -> str:
        """Masked."""
        return masked_name(row.full_name)

    def get_urls(self) -> list[Any]:
        """The list's own search and the page that opens the data."""
        view = self.admin_site.admin_view
        return [
            path("find/", view(self.find), name="accounts_citizen_find"),
            path("<uuid:pk>/unmask/", view(self.unmask), name="accounts_citizen_unmask"),
            path("<uuid:pk>/sessions/", view(self.end_sessions), name="accounts_citizen_sessions"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A citizen, masked; that they are looked at is recorded first."""
        citizen = self.get_object(request, object_id)
        if citizen is not None:
            session: Any = request.session
            looking.see_citizen(citizen=citizen, actor=sessions.actor_of(session), now=clock.now())
        return super().change_view(request, object_id, form_url, extra_context)

    def find(self, request: HttpRequest) -> HttpResponse:
        """To the citizen of a whole personal number, through the blind index; the citizen is told."""
        back = HttpResponseRedirect(reverse("admin:accounts_citizen_changelist"))
        form = FindForm(request.POST)
        if request.method != "POST" or not form.is_valid():
            return back
        try:
            reading = scan.read(form.cleaned_data["number"])
        except scan.ScanError:
            self.message_user(request, _("Enter a personal number of 12 digits."), "WARNING")
            return back
        session: Any = request.session
        try:
            citizen = looking.find_citizen(
                number=reading.number, actor=sessions.actor_of(session), now=clock.now()
            )
        except looking.TooManySearches as refused:
            self.message_user(request, refused.message, "WARNING")
            return back
        if citizen is None:
            self.message_user(request, _("There is nobody with this personal number."), "WARNING")
            return back
        return HttpResponseRedirect(reverse("admin:accounts_citizen_change", args=[citizen.pk]))

    def end_sessions(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """End every session of a citizen's e-ID account.

        Raises:
            Http404: there is no such citizen.
        """
        citizen = self.get_object(request, str(pk))
        if citizen is None:
            raise Http404
        if request.method == "POST":
            session: Any = request.session
            ended = ending_sessions.end_of_citizen(
                citizen=citizen, actor=sessions.actor_of(session), now=clock.now()
            )
            self.message_user(request, _("Sessions ended: %(count)s") % {"count": ended}, "SUCCESS")
        return HttpResponseRedirect(reverse("admin:accounts_citizen_change", args=[pk]))

    def unmask(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask for the reason; then show the data once, in the answer to the POST.

        Raises:
            Http404: there is no such citizen.
        """
        citizen = self.get_object(request, str(pk))
        if citizen is None:
            raise Http404
        session: Any = request.session
        actor = sessions.actor_of(session)
        looking.see_citizen(citizen=citizen, actor=actor, now=clock.now())
        form = ReasonForm(request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Open a citizen's data"),
            "subtitle": masked_number(citizen.personal_number),
            "form": form,
            "back": reverse("admin:accounts_citizen_change", args=[pk]),
            "submit": _("Open the data and tell the citizen"),
        }
        if request.method == "POST" and form.is_valid():
            shown = unmasking.unmask(
                citizen_id=pk,
                reason=form.cleaned_data["reason"],
                actor=actor,
                now=clock.now(),
            )
            context["rows"] = [
                (_("Personal number"), shown.personal_number),
                (_("Full name"), shown.full_name),
                (_("Birth date"), f"{shown.birth_date:%d/%m/%Y}"),
                (_("Sex"), shown.sex),
                (_("Residence"), kept.one_line(shown.residence)),
            ]
            context["note"] = _("Shown once. The citizen has been told.")
            return TemplateResponse(request, "admin/shown_once.html", context)
        return TemplateResponse(request, "admin/plain_form.html", context)
