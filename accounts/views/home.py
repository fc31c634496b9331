"""A citizen's first page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.selectors import home as selectors
from accounts.views.access import CitizenView, SeeOther
from accounts.views.signing_in import HOMES
from eid_portal.core import home
from eid_portal.core.events import ActorKind


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it is drawn."""

    words: home.Words
    at: datetime
    detail: str  # who, and why


class Home(CitizenView):
    """What needs doing, the ID card, what happened to my data, what I was told."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Officers and administrators have first pages of their own."""
        if self.session is not None and self.session.account.kind != self.audience:
            return SeeOther(HOMES[self.session.account.kind])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        account = self.here.account
        name = account.citizen.full_name
        asker = home.Asker(
            account_id=account.pk,
            citizen_id=account.citizen_id,
            level=account.level,
            full_name=name,
            now=self.now,
        )
        context = {
            "display_name": name,
            "page": home.contributions(asker),
            "lines": [
                Line(words, event.recorded_at, _detail(event, account.pk))
                for event in selectors.list_events(account)
                if (words := home.describe(event.name, event.data)) is not None
            ],
            "notices": selectors.list_notices(account),
        }
        return render(request, "accounts/home.html", context)


def _detail(event: selectors.EventLine, mine: object) -> str:
    who, why = _who(event, mine), home.purpose(event.purpose)
    return f"{who}, {why}" if why else who


def _who(event: selectors.EventLine, mine: object) -> str:
    if event.office:
        return event.office
    match event.actor_kind:
        case ActorKind.CITIZEN:
            return _("you") if event.actor_id == mine else _("another person")
        case ActorKind.OFFICER:
            return _("an officer")
        case ActorKind.ADMINISTRATOR:
            return _("an administrator")
        case ActorKind.PARTY:
            return _("another authority's system")
        case ActorKind.ANYONE:
            return _("somebody not signed in")
        case _:
            return _("the portal")
