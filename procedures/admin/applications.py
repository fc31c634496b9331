"""How applications go: found by number, read only, each look recorded. What people wrote stays sealed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from accounts.services import looking
from eid_portal.core import clock
from payments.admin.naming import dong, filter_by, links
from procedures.enums import ApplicationState, Outcome, SnapshotReason, Writer
from procedures.models import Application, Decision, Message, Result, Snapshot


class OfAnApplication(ActingMixin, KeyedAdmin):
    """A window on applications, or on what belongs to them."""

    at = "application__"  # from a row to its application
    search_help_text = _("A whole number, for example HS-261127-3KQ8MN.")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """What makes the box appear; the search itself is by equality."""
        return (f"{self.at}reference",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of exactly that number."""
        typed = search_term.strip().upper()
        return (queryset.filter(**{f"{self.at}reference": typed}) if typed else queryset), False

    def application_of(self, row: Any) -> Application:
        """Which application it belongs to."""
        found: Application = row.application
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Before anything is shown, the look is recorded."""
        row = self.get_object(request, object_id)
        if row is not None:
            citizen_id = self.application_of(row).citizen_id
            looking.see_application(target=row, citizen_id=citizen_id, **self.acting(request))
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    @admin.display(description=_("number"))
    def reference(self, row: Any) -> str:
        """Of the application."""
        return self.application_of(row).reference


@admin.register(Application)
class ApplicationAdmin(OfAnApplication):
    """Applications: their clock and what became of them."""

    at = ""
    list_display = (
        "reference",
        "procedure",
        "standing",
        "office",
        "filed_at",
        "due_at",
        "ended_at",
    )
    list_filter = (filter_by("state", _("state"), ApplicationState.choices),)
    fields = (
        *list_display, "revision_number", "capacity", "cost", "received_on", "promised_at", "since",
        "stood_still", "filed_forms", "decided", "paper", "changes",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With procedure and desk."""
        rows = super().get_queryset(request)
        return rows.select_related("procedure", "revision", "desk__office").defer("revision__text")

    def application_of(self, row: Application) -> Application:
        """Itself."""
        return row

    @admin.display(description=_("state"))
    def standing(self, row: Application) -> str:
        """In words."""
        return str(ApplicationState(row.state).label)

    @admin.display(description=_("office"))
    def office(self, row: Application) -> str:
        """Which decides."""
        return row.desk.office.name

    @admin.display(description=_("revision"))
    def revision_number(self, row: Application) -> int:
        """Of its procedure."""
        return row.revision.number

    @admin.display(description=_("fee"))
    def cost(self, row: Application) -> str:
        """As people read it, with its receipt."""
        return f"{dong(row.fee)} {row.fee_receipt}".strip()

    @admin.display(description=_("the clock stood still"))
    def stood_still(self, row: Application) -> Any:
        """Why, from when until when."""
        return _lines(
            f"{each.get_reason_display()}: {_moment(each.since)} – {_moment(each.until)}"
            for each in row.pauses.order_by("since")
        )

    @admin.display(description=_("filed forms"))
    def filed_forms(self, row: Application) -> Any:
        """Each with its own page."""
        return links(
            (reverse("admin:procedures_snapshot_change", args=[each.pk]), str(each.number), each.sha256)
            for each in row.snapshots.defer("text").order_by("number")
        )  # fmt: skip

    @admin.display(description=_("decision"))
    def decided(self, row: Application) -> Any:
        """With its own page."""
        return links(
            (reverse("admin:procedures_decision_change", args=[each.pk]), str(Outcome(each.outcome).label), "")
            for each in Decision.objects.filter(application=row)
        )  # fmt: skip

    @admin.display(description=_("result"))
    def paper(self, row: Application) -> Any:
        """With its own page."""
        return links(
            (reverse("admin:procedures_result_change", args=[each.pk]), each.public_id, "")
            for each in Result.objects.filter(application=row).defer("pdf", "says", "code")
        )

    @admin.display(description=_("what the decision changes"))
    def changes(self, row: Application) -> Any:
        """Each effect, when it was carried out or why not, with its own page."""
        return links(
            (reverse("admin:procedures_effectdone_change", args=[each.pk]), each.do,
             f"{_moment(each.done_at)} {each.code}")
            for each in row.effects.order_by("number")
        )  # fmt: skip


@admin.register(Snapshot)
class SnapshotAdmin(OfAnApplication):
    """Forms as they were filed: their hashes, never their answers."""

    list_display = ("reference", "number", "why", "sha256", "taken_at")
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the answers."""
        return super().get_queryset(request).select_related("application").defer("text")

    @admin.display(description=_("reason"))
    def why(self, row: Snapshot) -> str:
        """In words."""
        return str(SnapshotReason(row.reason).label)


@admin.register(Decision)
class DecisionAdmin(OfAnApplication):
    """Decisions: what and when, by whose account, never the words to the citizen."""

    list_display = ("reference", "how", "refusal", "by_silence", "proposed_at", "decided_at")
    fields = (*list_display, "by", "appeal_until")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their applications."""
        return super().get_queryset(request).select_related("application", "decided_by")

    @admin.display(description=_("outcome"))
    def how(self, row: Decision) -> str:
        """In words."""
        return str(Outcome(row.outcome).label)

    @admin.display(description=_("decided by"))
    def by(self, row: Decision) -> str:
        """The sign-in name of the official."""
        return (row.decided_by.sign_in_name or "") if row.decided_by else "–"


@admin.register(Result)
class ResultAdmin(OfAnApplication):
    """Results: drawn, valid, revoked; never the paper itself."""

    list_display = ("reference", "how", "made_at", "drawn_at", "valid_until", "revoked_at")
    fields = (*list_display, "public_id", "revoked_because")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what is drawn."""
        rows = super().get_queryset(request).select_related("application")
        return rows.defer("code", "says", "pdf")

    @admin.display(description=_("outcome"))
    def how(self, row: Result) -> str:
        """In words."""
        return str(Outcome(row.outcome).label)


@admin.register(Message)
class MessageAdmin(OfAnApplication):
    """Messages: who wrote when, never what."""

    list_display = ("reference", "by", "sent_at")
    list_filter = (filter_by("writer", _("writer"), Writer.choices),)
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the words."""
        return super().get_queryset(request).select_related("application").defer("text")

    @admin.display(description=_("writer"))
    def by(self, row: Message) -> str:
        """In words."""
        return str(Writer(row.writer).label)


def _lines(rows: Iterable[str]) -> Any:
    return format_html_join("", "<div>{}</div>", ((row,) for row in rows)) or "–"


def _moment(at: Any) -> str:
    return f"{at.astimezone(clock.VIET_NAM):%d/%m/%Y %H:%M}" if at else "…"
