"""The calendar of working days: holidays, and Saturdays that are worked; days to come are entered and removed."""

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from eid_portal.core import clock
from eid_portal.core.models import CalendarDay
from eid_portal.core.text import TextField
from procedures import policy
from procedures.selectors.calendar import lacking
from procedures.services import calendar

REST, WORK = "rest", "work"
KINDS: Final = {
    REST: gettext_lazy("A day of rest: a holiday, or a day off for one"),
    WORK: gettext_lazy("A working day: swapped for a day off"),
}


class YearFilter(admin.SimpleListFilter):
    """By year."""

    title = gettext_lazy("year")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The years that have days."""
        years = CalendarDay.objects.dates("day", "year", order="DESC")
        return [(str(each.year), str(each.year)) for each in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only its days."""
        year = self.value()
        known = {value for value, _title in self.lookup_choices}
        return queryset.filter(day__year=year) if year in known else queryset


class DayForm(forms.Form):
    """A day that is not what its weekday says; whether it may be entered the service says."""

    day = forms.DateField(
        label=gettext_lazy("day"),
        help_text=gettext_lazy("After today."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    kind = forms.ChoiceField(label=gettext_lazy("what it is"), choices=list(KINDS.items()))
    note = TextField(
        max_length=120,
        label=gettext_lazy("note"),
        help_text=gettext_lazy("Its name, for example Quốc khánh."),
    )
    source = TextField(
        min_length=5,
        max_length=200,
        label=gettext_lazy("source"),
        help_text=gettext_lazy(
            "Why: the law or the announcement it stands in, with number and day. It stands in the audit."
        ),
    )


class RemovalForm(forms.Form):
    """Why a day is taken out."""

    reason = TextField(
        min_length=10,
        max_length=300,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stands in the audit. Name no person."),
        widget=forms.Textarea({"rows": 2}),
    )


@admin.register(CalendarDay)
class CalendarDayAdmin(ActingMixin, ReadOnlyAdmin):
    """What deadlines are counted with: what has begun stays as it is."""

    list_display = ("called", "kind", "note", "source")
    fields = list_display
    readonly_fields = fields
    list_filter = (YearFilter,)
    ordering = ("-day",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("day"))
    def called(self, row: CalendarDay) -> str:
        """With its weekday."""
        return _day(row.day)

    @admin.display(description=gettext_lazy("what it is"))
    def kind(self, row: CalendarDay) -> str:
        """In words."""
        return _("Working day") if row.works else _("Day of rest")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, and above it what it lacks."""
        warnings = [
            _(
                "%(year)s: %(entered)s of %(all)s public holidays are entered. The others count as working days until"
                " they are."
            )
            % {"year": each.year, "entered": each.entered, "all": policy.PUBLIC_HOLIDAYS}
            for each in lacking(clock.today(clock.now()))
        ]
        return super().changelist_view(request, {"warnings": warnings})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Enter a day."""
        form = DayForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._is_added(request, form):
            return HttpResponseRedirect(_list())
        return self.page(
            request,
            "plain_form",
            title=_("Enter a day"),
            form=form,
            back=_list(),
            submit=_("Enter it"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One day; one to come can be removed.

        Raises:
            Http404: it is not in the calendar.
        """
        row: CalendarDay | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        form = RemovalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._remove(request, row.day, form.cleaned_data["reason"])
        may_go = calendar.is_to_come(row.day, clock.now())
        return self.page(
            request,
            "facts_form",
            place=self.opts.verbose_name_plural.capitalize(),
            title=_day(row.day),
            facts=[
                (_("What it is"), self.kind(row)),
                (_("Note"), row.note),
                (_("Source"), row.source),
            ],
            form=form,
            back=_list(),
            submit=_("Remove it from the calendar") if may_go else "",
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What was changed stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    def _is_added(self, request: HttpRequest, form: DayForm) -> bool:
        given = form.cleaned_data
        try:
            calendar.add(
                day=given["day"],
                works=given["kind"] == WORK,
                note=given["note"],
                source=given["source"],
                **self.acting(request),
            )
        except calendar.DayRefused as refused:
            form.add_error("day", str(refused.message))
            return False
        self.message_user(
            request, _("The day is entered. Open applications follow within minutes."), "SUCCESS"
        )
        return True

    def _remove(self, request: HttpRequest, day: date, reason: str) -> HttpResponse:
        try:
            calendar.remove(day=day, reason=reason, **self.acting(request))
        except (calendar.DayRefused, calendar.NoSuchDay) as refused:
            self.message_user(request, str(refused.message), "ERROR")
        else:
            self.message_user(
                request,
                _("The day is removed. Open applications follow within minutes."),
                "SUCCESS",
            )
        return HttpResponseRedirect(_list())


def _list() -> str:
    return reverse("admin:core_calendarday_changelist")


def _day(day: date) -> str:
    return dateformat.format(day, "l, d/m/Y")
