"""Registries: how each stands, and how fast it is asked. Address and keys are the operator's, in the settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import ReadOnlyAdmin
from documents import policy
from documents.admin.verifications import OPEN
from documents.models import Registry
from documents.services import registries
from eid_portal.core import clock
from eid_portal.core.text import TextField

HEADS: Final = (
    gettext_lazy("registry"),
    gettext_lazy("circuit breaker"),
    gettext_lazy("pace"),
    gettext_lazy("last answer at"),
    gettext_lazy("last failure at"),
    gettext_lazy("waiting"),
    gettext_lazy("given up"),
)


class PaceForm(forms.Form):
    """How fast a registry is asked."""

    calls_per_second = forms.IntegerField(
        min_value=1,
        max_value=policy.MOST_CALLS_PER_SECOND,
        label=gettext_lazy("calls a second"),
        help_text=gettext_lazy("Of all workers together; what the registry agreed to."),
    )
    in_flight = forms.IntegerField(
        min_value=1,
        max_value=policy.MOST_IN_FLIGHT,
        label=gettext_lazy("calls at a time"),
        help_text=gettext_lazy("Of one worker: how many calls may wait for their answer."),
    )
    reason = TextField(
        min_length=10,
        max_length=300,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stands in the audit. Name no person."),
        widget=forms.Textarea({"rows": 2}),
    )


@admin.register(Registry)
class RegistryAdmin(ActingMixin, ReadOnlyAdmin):
    """One line a gateway, whether its registry was asked before or not."""

    list_display = ("party", "calls_per_second", "in_flight", "last_answer_at", "last_failure_at")
    fields = list_display
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All of them: there are no more than there are gateways."""
        lines = [
            Line(
                name=standing.name,
                address=reverse("admin:documents_registry_change", args=[standing.party]),
                standing=_standing(standing),
                cells=(
                    _pace(standing),
                    _moment(standing.last_answer_at),
                    _moment(standing.last_failure_at),
                    _waiting(standing),
                ),
                given_up=_number(standing.given_up),
                settle=_to_settle(standing),
            )
            for standing in registries.list_standing()
        ]
        return self.page(
            request, "documents/registry/list", title=_("Registries"), heads=HEADS, lines=lines
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One registry, and the form that sets its pace.

        Raises:
            Http404: there is no gateway of that name.
        """
        standing = registries.find_standing(object_id)
        if standing is None:
            raise Http404
        pace = {
            "calls_per_second": standing.calls_per_second,
            "in_flight": standing.in_flight,
        }
        form = PaceForm(request.POST or None, initial=pace)
        if request.method == "POST" and form.is_valid():
            return self._change(request, object_id, form.cleaned_data)
        return self.page(
            request,
            "documents/registry/change",
            title=standing.name,
            subtitle=_("Registries"),
            place=_("Registries"),
            standing=_standing(standing),
            facts=_facts(standing),
            settle=_to_settle(standing),
            to_settle=_("Verifications that were given up"),
            breaker=_("Circuit breaker"),
            form=form,
            back=reverse("admin:documents_registry_changelist"),
            submit=_("Set the pace"),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What was changed stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    def _change(self, request: HttpRequest, party: str, pace: dict[str, Any]) -> HttpResponse:
        try:
            changed = registries.change_pace(party=party, **pace, **self.acting(request))
        except registries.NoSuchRegistry:
            raise Http404 from None
        words = _("The pace is set.") if changed else _("It is the pace as before.")
        self.message_user(request, words, "SUCCESS")
        return HttpResponseRedirect(reverse("admin:documents_registry_change", args=[party]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A registry in the list."""

    name: Any
    address: str
    standing: tuple[str, str, str]
    cells: tuple[str, ...]
    given_up: str
    settle: str  # where those are settled; empty without any


def _facts(standing: registries.Standing) -> list[tuple[str, str]]:
    return [
        (_("Party"), standing.party),
        (_("Address"), standing.address),
        (_("Public keys"), ", ".join(standing.key_ids) or _("none: no answer of it is believed")),
        (_("Last answer at"), _moment(standing.last_answer_at)),
        (_("Last failure at"), _moment(standing.last_failure_at)),
        (_("Verifications that wait"), _waiting(standing)),
        (_("Given up"), _number(standing.given_up)),
    ]


def _standing(standing: registries.Standing) -> tuple[str, str, str]:
    """How the circuit breaker stands: the kind of its tag, a word, and what it means."""
    if standing.spared_until is None:
        words = ngettext(
            "%(count)s failure in a row", "%(count)s failures in a row", standing.failures
        )
        failed = words % {"count": standing.failures} if standing.failures else ""
        return "ok", _("Asked"), failed
    if standing.spared_until > clock.now():
        return "err", _("Spared"), _("until %(at)s") % {"at": _moment(standing.spared_until)}
    return "warn", _("Spared"), _("the next call tries it")


def _to_settle(standing: registries.Standing) -> str:
    if not standing.given_up:
        return ""
    query = urlencode({"registry": standing.party, "outcome": OPEN})
    return f"{reverse('admin:documents_verification_changelist')}?{query}"


def _pace(standing: registries.Standing) -> str:
    return _("%(rate)s a second, %(flight)s at a time") % {
        "rate": standing.calls_per_second,
        "flight": standing.in_flight,
    }


def _waiting(standing: registries.Standing) -> str:
    if standing.oldest is None:
        return "0"
    since = _("since %(since)s") % {"since": _moment(standing.oldest)}
    return f"{_number(standing.waiting)} ({since})"


def _number(count: int) -> str:
    return f"{count}+" if count == registries.COUNTED else str(count)


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(clock.VIET_NAM):%d/%m/%Y %H:%M:%S}" if at else "–"
