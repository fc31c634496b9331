"""What jobs do for files, and what was put aside: changes of decisions, reports to agencies; a button tries again."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from procedures.admin.applications import OfAnApplication
from procedures.enums import ApplicationState
from procedures.models import EffectDone, StatusReport
from procedures.services import agencies, effects, resuming
from procedures.services.claiming import DeskRefused
from procedures.texts import EFFECT_WORDS

ASIDE: Final = "aside"
TRIED: Final = "tried"
DONE: Final = "done"


class HowFar(admin.SimpleListFilter):
    """By how far it is; what was put aside comes first."""

    title = gettext_lazy("how far it is")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The words."""
        return [
            (ASIDE, gettext_lazy("Put aside")),
            (TRIED, gettext_lazy("Is being tried")),
            (DONE, gettext_lazy("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only those."""
        of: Retried = self.model_admin
        open_rows = {f"{of.done}__isnull": True}
        match self.value():
            case "aside":
                return queryset.filter(**open_rows, is_tried=False)
            case "tried":
                return queryset.filter(**open_rows, is_tried=True)
            case "done":
                return queryset.exclude(**open_rows)
            case _:
                return queryset

    def __init__(self, request: Any, params: Any, model: Any, model_admin: Any) -> None:
        self.model_admin = model_admin
        super().__init__(request, params, model, model_admin)


class Retried(OfAnApplication):
    """A window on what a job does; rows have ``is_tried``."""

    done = ""  # the column that says when it was done
    again: Any = ""  # words of the button
    said: Any = ""  # what is said after the press
    list_filter = (HowFar,)
    change_form_template = "admin/procedures/retried_change_form.html"

    def try_again(self, request: HttpRequest, row: Any) -> None:
        """Have one tried again.

        Raises:
            DeskRefused: it is not aside, or not for who acts.
        """
        raise NotImplementedError

    @admin.display(description=gettext_lazy("how far it is"))
    def standing(self, row: Any) -> str:
        """In words."""
        if getattr(row, self.done) is not None:
            return _("Done")
        return _("Is being tried") if row.is_tried else _("Put aside")

    def get_urls(self) -> list[Any]:
        """The button."""
        view = self.admin_site.admin_view
        name = f"procedures_{self.opts.model_name}_retry"
        return [path("<uuid:pk>/retry/", view(self.retry), name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far it is, with the button if it was put aside."""
        row = self.get_object(request, object_id)
        if row is not None and getattr(row, self.done) is None and not row.is_tried:
            at = reverse(f"admin:procedures_{self.opts.model_name}_retry", args=[row.pk])
            extra_context = {**(extra_context or {}), "again": self.again, "retry_at": at}
        return super().change_view(request, object_id, form_url, extra_context)

    def retry(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Try it again; pressed twice, it is tried once.

        Raises:
            Http404: there is no such row.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if request.method == "POST":
            try:
                self.try_again(request, row)
            except DeskRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, str(self.said), "SUCCESS")
        at = reverse(f"admin:procedures_{self.opts.model_name}_change", args=[pk])
        return HttpResponseRedirect(at)


@admin.register(EffectDone)
class EffectAdmin(Retried):
    """What decisions change: done, being tried, or put aside with the reason."""

    done = "done_at"
    again = gettext_lazy("Try again")
    said = gettext_lazy("It is being tried again.")
    list_display = ("reference", "change", "standing", "done_at", "failed_at", "code")
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their applications, and whether they are tried."""
        return effects.with_trying(super().get_queryset(request).select_related("application"))

    def try_again(self, request: HttpRequest, row: Any) -> None:
        """As the head of the desk has it."""
        resuming.try_again_for_administration(effect_id=row.pk, **self.acting(request))

    @admin.display(description=gettext_lazy("what the decision changes"))
    def change(self, row: EffectDone) -> str:
        """In words."""
        return str(EFFECT_WORDS.get(row.do, row.do))


@admin.register(StatusReport)
class ReportAdmin(Retried):
    """What agencies' own systems were told, and what they would not take."""

    done = "told_at"
    again = gettext_lazy("Tell the agency again")
    said = gettext_lazy("The agency is being told again.")
    list_display = ("reference", "system", "tells", "moved", "standing", "told", "why")
    fields = (*list_display, "event")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their applications, and whether they are being sent."""
        return agencies.with_trying(super().get_queryset(request).select_related("application"))

    def try_again(self, request: HttpRequest, row: Any) -> None:
        """The same event."""
        resuming.tell_again(report_id=row.pk, **self.acting(request))

    @admin.display(description=gettext_lazy("system that is told"))
    def system(self, row: StatusReport) -> str:
        """Its name in the settings."""
        return row.party

    @admin.display(description=gettext_lazy("state"))
    def tells(self, row: StatusReport) -> str:
        """In words."""
        return str(ApplicationState(row.state).label)

    @admin.display(description=gettext_lazy("moved at"))
    def moved(self, row: StatusReport) -> Any:
        """When the application came to that state."""
        return row.at

    @admin.display(description=gettext_lazy("told at"))
    def told(self, row: StatusReport) -> Any:
        """When the agency had it."""
        return row.told_at

    @admin.display(description=gettext_lazy("id of the event"))
    def event(self, row: StatusReport) -> str:
        """By which the agency knows it."""
        return str(row.pk)

    @admin.display(description=gettext_lazy("why it failed"))
    def why(self, row: Any) -> str:
        """The code of the last try, while it is not told."""
        return (row.code or "–") if row.told_at is None else "–"
