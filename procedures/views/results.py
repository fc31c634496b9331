"""The result of an application: its page, its document, and the office that takes it back."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts import permissions, policy
from accounts.views.access import SeeOther
from eid_portal.core import verify
from procedures.enums import RevocationReason
from procedures.selectors import results as selectors
from procedures.services import attachments, conflicts, results
from procedures.views.desk import DeskView
from procedures.views.files import attached
from procedures.views.pages import FormsView


class Result(FormsView):
    """One result, for who it is about, their guardian, or who filed."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: there is none.
        """
        try:
            row = results.find(session=self.here, public_id=public_id, now=self.now)
        except results.NoSuchResult:
            raise Http404 from None
        me = self.here.account
        is_holder = row.citizen_id == me.citizen_id
        context: dict[str, Any] = {
            "display_name": me.citizen.full_name,
            "row": row,
            "is_holder": is_holder,
            "may_follow": is_holder or row.application.filer_id == me.pk,
            "stands": selectors.standing(row, now=self.now),
            "qr": results.qr_of(row),
            "code": verify.grouped(row.code),
        }
        answer = render(request, "procedures/result.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class FetchResult(FormsView):
    """The document."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """It, to be kept.

        Raises:
            Http404: there is none, it is not drawn yet, or it was revoked.
        """
        try:
            reference, content = results.fetch(session=self.here, public_id=public_id, now=self.now)
        except results.NoSuchResult:
            raise Http404 from None
        return attached(attachments.Given(f"{reference}.pdf", "application/pdf", content))


class RevokeResult(DeskView):
    """The head of the desk takes a result back."""

    def may_enter(self, account: Any, roles: frozenset[str]) -> bool:
        """Heads of desks."""
        return permissions.may_lead_cases(account, roles)

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """What it is, and the reasons to choose from."""
        return self.show(public_id)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Revoke it.

        Raises:
            Http404: there is none, or it is another desk's.
        """
        chosen = request.POST.get("reason", "")
        if chosen not in RevocationReason.values:
            return self.show(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, unclear=True)
        try:
            results.revoke(
                session=self.here,
                public_id=public_id,
                reason=RevocationReason(chosen),
                now=self.now,
            )
        except results.NoSuchResult:
            raise Http404 from None
        except results.HeadInvolved:
            return self.page("involved", HTTPStatus.FORBIDDEN)
        return SeeOther(reverse("procedures:revoke_result", args=[public_id]))

    def show(
        self, public_id: str, status: HTTPStatus = HTTPStatus.OK, *, unclear: bool = False
    ) -> HttpResponse:
        """Draw it.

        Raises:
            Http404: there is none, or it is another desk's.
        """
        row = results.find_of_desk(session=self.here, public_id=public_id)
        if row is None:
            raise Http404
        if conflicts.is_involved(row.application, self.actor):
            return self.page("involved", HTTPStatus.FORBIDDEN)
        context = {
            **self.holder,
            "idle_seconds": int(policy.OFFICER_IDLE.total_seconds()),
            "row": row,
            "stands": selectors.standing(row, now=self.now),
            "reasons": RevocationReason.choices,
            "unclear": unclear,
        }
        answer = render(self.request, "procedures/revoke_result.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer
