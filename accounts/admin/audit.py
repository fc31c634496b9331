"""The audit can be listed, and nothing else."""

from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.paging import KeyedAdmin
from eid_portal.core.events import ActorKind
from eid_portal.core.models import AuditEvent

ACTORS: Final = {
    ActorKind.CITIZEN: _("Citizen"),
    ActorKind.OFFICER: _("Officer"),
    ActorKind.ADMINISTRATOR: _("Administrator"),
    ActorKind.SYSTEM: _("The portal itself"),
    ActorKind.PARTY: _("Another system"),
    ActorKind.ANYONE: _("Somebody not signed in"),
}


class ActorKindFilter(admin.SimpleListFilter):
    """By who acted; the choices are known without asking the table."""

    title = _("who acted")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The kinds of actors."""
        return [(kind.value, name) for kind, name in ACTORS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only that kind."""
        return queryset.filter(actor_kind=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(KeyedAdmin):
    """Codes and ids only: the sealed part of an event is opened for the citizen it belongs to."""

    list_display = ("recorded", "name", "who", "about", "target", "purpose", "block")
    list_display_links = None
    list_filter = (ActorKindFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what is not shown."""
        return super().get_queryset(request).select_related("membership").defer("sealed", "mac", "data")  # fmt: skip

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """There is no page of one event.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    history_view = change_view

    @admin.display(description=_("when"))
    def recorded(self, row: AuditEvent) -> Any:
        """The moment."""
        return row.recorded_at

    @admin.display(description=_("who acted"))
    def who(self, row: AuditEvent) -> str:
        """Kind and the beginning of the account's id."""
        name = row.party or (str(row.actor_id)[-6:] if row.actor_id else "")
        return f"{ACTORS[ActorKind(row.actor_kind)]} {name}".strip()

    @admin.display(description=_("about whom"))
    def about(self, row: AuditEvent) -> str:
        """The end of the citizen's id."""
        return str(row.subject_id)[-6:] if row.subject_id else ""

    @admin.display(description=_("what it happened to"))
    def target(self, row: AuditEvent) -> str:
        """The kind of row and the end of its id."""
        return f"{row.target_type} {str(row.target_id)[-6:]}" if row.target_id else ""

    @admin.display(description=_("block"))
    def block(self, row: AuditEvent) -> str:
        """The sealed block it stands in."""
        membership = getattr(row, "membership", None)
        return str(membership.block_id) if membership else ""
