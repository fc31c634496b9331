"""Alerts and inspections: read by administrators, who decide where no supervisor of the office may."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from accounts.enums import AlertState, InspectionState, LookReason, ReviewState
from accounts.forms.look_ups import AnswerForm
from accounts.models import Alert, Inspection, LookReview, LookUp
from accounts.selectors import supervision
from accounts.services import inspections, looking, watching
from eid_portal.core import clock

CHOICES: Final = [
    ("reasonable", gettext_lazy("Reasonable")),
    ("inspect", gettext_lazy("Open an inspection")),
]


class NotMine(ActingMixin):
    """Nobody reads here what is about a look of theirs or at them."""

    officer_at = "officer__citizen_id"
    citizen_at = "citizen_id"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Everybody else's."""
        me = self.acting(request)["actor"].citizen_id
        rows: Any = super().get_queryset(request)  # type: ignore[misc] # of the admin it is mixed into
        return rows.exclude(**{self.officer_at: me}).exclude(**{self.citizen_at: me})

    def decision(
        self, request: HttpRequest, decide: Callable[[bool], None], *, back: str, **shown: str
    ) -> HttpResponse:
        """The page that asks whether to inspect, and what was chosen carried out; ``decide`` gets the answer."""
        if request.method != "POST":
            return self.page(
                request, "plain_form", form=forms.Form(), back=back, choices=CHOICES, **shown
            )
        try:
            decide(request.POST.get("decision") == "inspect")
        except watching.AlertRefused as refused:
            self.message_user(request, str(refused.message), "WARNING")
        else:
            self.message_user(request, _("Your decision was recorded."), "SUCCESS")
        return HttpResponseRedirect(back)


@admin.register(Alert)
class AlertAdmin(NotMine, KeyedAdmin):
    """Looks that stand out: which officer's; whom they looked at, masked, on the page of the decision alone."""

    list_display = ("kind", "standing", "officer", "office", "count", "raised_at", "closed_at")
    list_select_related = ("officer", "office")
    list_filter = ("kind",)
    fields = (*list_display, "closed_by")
    readonly_fields = fields
    change_form_template = "admin/accounts/decided_change_form.html"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: Alert) -> str:
        """The state in words."""
        return str(AlertState(row.state).label)

    def get_urls(self) -> list[Any]:
        """The page of the decision."""
        view = self.admin_site.admin_view(self.decide)
        return [path("<uuid:pk>/decide/", view, name="accounts_alert_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Reasonable, or an inspection; about a supervisor or an administrator nobody else can.

        Raises:
            Http404: there is no such alert.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        looking.see_alert(alert=row, **self.acting(request))
        return self.decision(
            request,
            lambda inspect: watching.decide_alert(
                alert=row, inspect=inspect, **self.acting(request)
            ),
            back=reverse("admin:accounts_alert_change", args=[pk]),
            title=_("Decide about an alert"),
            subtitle=str(row.officer),
            note=supervision.masked_person(row.citizen),
        )


@admin.register(LookReview)
class LookReviewAdmin(NotMine, KeyedAdmin):
    """Looks drawn at random; administrators review what no supervisor of the office may."""

    officer_at = "look_up__officer__citizen_id"
    citizen_at = "look_up__citizen_id"
    list_display = ("day", "office", "standing", "reviewed_at")
    list_select_related = ("office",)
    list_filter = ("state",)
    fields = (*list_display, "reviewed_by")
    readonly_fields = fields
    change_form_template = "admin/accounts/decided_change_form.html"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: LookReview) -> str:
        """The state in words."""
        return str(ReviewState(row.state).label)

    def get_urls(self) -> list[Any]:
        """The page of the decision."""
        view = self.admin_site.admin_view(self.decide)
        return [
            path("<uuid:pk>/decide/", view, name="accounts_lookreview_decide"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Reasonable, or an inspection; the look is shown masked, and that is recorded first.

        Raises:
            Http404: there is no such look.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        looking.see_look(look=row.look_up, target=row, **self.acting(request))
        return self.decision(
            request,
            lambda inspect: watching.decide_review(
                review=row, inspect=inspect, **self.acting(request)
            ),
            back=reverse("admin:accounts_lookreview_change", args=[pk]),
            title=_("Review a look"),
            subtitle=str(row.look_up.officer),
            note=_look_in_words(row.look_up),
        )


def _look_in_words(look: LookUp) -> str:
    """Whom, when, why, and whether a visit of that day speaks for it."""
    checked, when = supervision.checked(look), look.looked_at.astimezone(clock.VIET_NAM)
    visit = _("a visit of that day speaks for it") if checked.agrees else _("no visit of that day")
    why = str(LookReason(look.reason).label)
    words = f"{why}: {look.reference}" if look.reference else why
    return f"{checked.name}, {checked.number}. {when:%H:%M %d/%m/%Y}. {words}. {visit}."


@admin.register(Inspection)
class InspectionAdmin(NotMine, KeyedAdmin):
    """Inspections of looks, misuse among them; opening one is a look its person sees."""

    list_display = (
        "reference",
        "source",
        "standing",
        "officer",
        "office",
        "opened_at",
        "answer_by",
        "closed_at",
    )
    list_select_related = ("officer", "office")
    list_filter = ("source", "state")
    fields = (*list_display, "closed_by", "question", "answer")
    readonly_fields = fields
    change_form_template = "admin/accounts/decided_change_form.html"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: Inspection) -> str:
        """The state in words."""
        return str(InspectionState(row.state).label)

    def get_urls(self) -> list[Any]:
        """The page of the answer."""
        view = self.admin_site.admin_view(self.decide)
        return [
            path("<uuid:pk>/decide/", view, name="accounts_inspection_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One inspection; that it is looked at is recorded first."""
        row = self.get_object(request, object_id)
        if row is not None:
            looking.see_inspection(inspection=row, **self.acting(request))
        return super().change_view(request, object_id, form_url, extra_context)

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Answer in plain words, where no supervisor of the office may.

        Raises:
            Http404: there is no such inspection.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        looking.see_inspection(inspection=row, **self.acting(request))
        back = reverse("admin:accounts_inspection_change", args=[pk])
        form = AnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                inspections.answer(
                    inspection=row,
                    verdict=InspectionState(form.cleaned_data["verdict"]),
                    answer=form.cleaned_data["answer"],
                    **self.acting(request),
                )
            except inspections.InspectionRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("The answer was sent."), "SUCCESS")
            return HttpResponseRedirect(back)
        return self.page(
            request,
            "plain_form",
            title=_("Answer an inspection"),
            subtitle=row.reference,
            note=row.question or "",
            form=form,
            back=back,
            submit=_("Send the answer"),
        )
