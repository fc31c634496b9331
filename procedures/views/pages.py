"""What every page of a citizen's own forms stands on."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.views.access import CitizenView
from procedures.services import drafts


class FormsView(CitizenView):
    """A citizen's page: what is not theirs is not there, whom they may not act for is told."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or what there is instead."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except drafts.NoSuchDraft as none:
            raise Http404 from none
        except drafts.NotForThem as refused:
            return self.refused(refused, HTTPStatus.FORBIDDEN)

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """A page of the citizen."""
        context |= {"display_name": self.here.account.citizen.full_name}
        context.setdefault("on_behalf", "")
        return render(self.request, f"procedures/{name}.html", context, status=status)

    def refused(
        self, refused: drafts.FilingRefused, status: HTTPStatus = HTTPStatus.CONFLICT
    ) -> HttpResponse:
        """Why there is nothing here."""
        return self.draw("refused", status, message=refused.message)
