"""The catalogue: for anybody, and nothing is written; who is signed in finds their draft."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.enums import AccountKind
from accounts.views.access import PublicView
from eid_portal.core import text
from procedures.enums import Agency, LifeEvent
from procedures.rules.search import LONGEST
from procedures.selectors import catalogue, drafts


class CatalogueView(PublicView):
    """A page of the catalogue; who is signed in sees their name and sections above it."""

    def draw(self, name: str, **context: Any) -> HttpResponse:
        """A page of anybody."""
        if self.session is not None and self.session.account.kind == AccountKind.CITIZEN:
            context["display_name"] = self.session.account.citizen.full_name
        return render(self.request, f"procedures/{name}.html", context)


class Catalogue(CatalogueView):
    """All procedures, or those that a question, a life event or an agency leaves."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; what cannot be asked is not asked."""
        asked = request.GET.get("q", "")[:LONGEST]
        try:
            asked = text.clean(asked)
        except text.UnreadableText:
            asked = ""
        event, agency = request.GET.get("event", ""), request.GET.get("agency", "")
        return self.draw(
            "catalogue",
            asked=asked,
            agencies=Agency.choices,
            chosen_agency=agency if agency in Agency.values else "",
            chosen_event=event if event in LifeEvent.values else "",
            page=catalogue.look(
                asked=asked,
                event=event if event in LifeEvent.values else "",
                agency=agency if agency in Agency.values else "",
            ),
        )


class Procedure(CatalogueView):
    """One of them, before it is begun: what it costs, how long it takes, what is needed, and whether it is needed."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """The page, with what is said to answers that stand in the address.

        Raises:
            Http404: there is no such procedure in force.
        """
        page = catalogue.open_page(code, answers=request.GET.dict(), now=self.now)
        if page is None:
            raise Http404
        citizen = self.session is not None and self.session.account.kind == AccountKind.CITIZEN
        draft = drafts.find_newest(self.session.account, code) if citizen and self.session else None
        return self.draw(
            "procedure", page=page, asked="check" in request.GET, citizen=citizen, draft=draft
        )
