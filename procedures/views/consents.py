"""What other people ask of somebody who is signed in: the list, one question, and its two buttons."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts.views.access import CitizenView, SeeOther
from procedures.selectors import consents as selectors
from procedures.services import consent_answers


class ConsentPage(CitizenView):
    """A page about what is asked of me; nobody's cache keeps it."""

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Draw it."""
        context["display_name"] = self.here.account.citizen.full_name
        answer = render(self.request, f"procedures/{name}.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer


class Asked(ConsentPage):
    """Everything that was asked of me."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        asked = selectors.list_asked(citizen_id=self.here.account.citizen_id)
        return self.draw("consents_asked", asked=asked)


class Question(ConsentPage):
    """One question."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Who asks and for what, with the buttons; or how it ended."""
        return self.page(public_id)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Agree, or not.

        Raises:
            Http404: nobody asked this person that.
        """
        choice = request.POST.get("answer", "")
        if choice not in {"agree", "deny"}:
            return self.page(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, unclear=True)
        try:
            consent_answers.answer(
                session=self.here, public_id=public_id, agrees=choice == "agree", now=self.now
            )
        except consent_answers.NoSuchQuestion:
            raise Http404 from None
        except consent_answers.CannotAnswer as refused:
            return self.page(public_id, HTTPStatus.CONFLICT, refused=refused.message)
        return SeeOther(reverse("procedures:consent_asked", args=[public_id]))

    def page(
        self, public_id: str, status: HTTPStatus = HTTPStatus.OK, **context: Any
    ) -> HttpResponse:
        """Draw it.

        Raises:
            Http404: nobody asked this person that.
        """
        asked = selectors.find_asked(citizen_id=self.here.account.citizen_id, public_id=public_id)
        if asked is None:
            raise Http404
        over = asked.is_open and asked.lapses_at <= self.now
        values = {"refused": "", "unclear": False, **context}
        return self.draw("consent_asked", status, asked=asked, over=over, **values)
