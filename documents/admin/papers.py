"""Papers by numbers alone: how many of a kind in which state, and a button that has a kind checked anew."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from documents import kinds
from documents.admin.naming import registry_name
from documents.enums import DocumentState
from documents.kinds.base import Kind
from documents.models import Document
from documents.selectors import counts
from documents.services import rechecks, registries

_MINUTE, _HOUR = 60, 3600


@admin.register(Document)
class DocumentAdmin(ActingMixin, ReadOnlyAdmin):
    """No paper and nobody is shown: there is no page of one paper."""

    list_display = ("kind", "registry")
    fields = list_display
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The kinds."""
        lines = [
            (
                kind.title,
                registry_name(kind.party),
                reverse("admin:documents_document_kind", args=[kind.code]),
            )
            for kind in _every()
        ]
        return self.page(request, "documents/document/list", title=_("Papers"), lines=lines)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """There is no page of one paper.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    history_view = change_view

    def get_urls(self) -> list[Any]:
        """The page of a kind."""
        view = self.admin_site.admin_view(self.of_kind)
        return [
            path("kind/<slug:name>/", view, name="documents_document_kind"),
            *super().get_urls(),
        ]

    def of_kind(self, request: HttpRequest, name: str) -> HttpResponse:
        """Say how many papers there are and how long a check of all takes; by POST have it done.

        Raises:
            Http404: there is no such kind.
        """
        kind = next((each for each in _every() if each.code == name), None)
        if kind is None:
            raise Http404
        back = reverse("admin:documents_document_changelist")
        if request.method == "POST":
            papers = rechecks.recheck_kind(kind.code, **self.acting(request))
            words = ngettext(
                "%(count)s paper is checked anew.", "%(count)s papers are checked anew.", papers
            )
            self.message_user(request, words % {"count": papers}, "SUCCESS")
            return HttpResponseRedirect(request.path)
        counted = counts.count(kind)
        facts = [(state.label, counted.by_state.get(state, 0)) for state in DocumentState]
        words = ngettext(
            "%(count)s paper in a wallet. To have it checked anew takes its registry %(time)s.",
            "%(count)s papers in wallets. To have all of them checked anew takes their registry %(time)s.",
            counted.linked,
        )
        time = length_of(int(counted.takes.total_seconds()))
        return self.page(
            request,
            "facts_form",
            place=_("Papers"),
            title=kind.title,
            subtitle=registry_name(kind.party),
            facts=facts,
            note=words % {"count": counted.linked, "time": time},
            form=forms.Form(),
            back=back,
            submit=_("Check all of them anew") if counted.linked else "",
        )


def _every() -> list[Kind]:
    """The kinds that a registry holds."""
    return [kind for kind in kinds.every().values() if kind.party in registries.names()]


def length_of(seconds: int) -> str:
    """About how long, in the largest unit that says something."""
    if seconds < _MINUTE:
        return _("less than a minute")
    if seconds < _HOUR:
        count = round(seconds / _MINUTE)
        return ngettext("about %(count)s minute", "about %(count)s minutes", count) % {
            "count": count
        }
    count = round(seconds / _HOUR)
    return ngettext("about %(count)s hour", "about %(count)s hours", count) % {"count": count}
