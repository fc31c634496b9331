"""Saying that something is wrong with a payment, and seeing what became of that."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from eid_portal.core.web import TooMany
from payments.enums import DisputeAbout
from payments.forms.disputes import DisputeForm
from payments.selectors import disputes as selectors
from payments.services import disputes
from payments.views.receipts import ReceiptView


class Dispute(ReceiptView):
    """The dispute of one payment: the form, or how it stands."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        return self.page(public_id, DisputeForm())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Ask, or take back what was asked.

        Raises:
            Http404: the person has no such payment.
            TooMany: too many were asked today.
        """
        self.find(public_id)
        if request.POST.get("action") == "withdraw":
            return self.withdraw(request, public_id)
        form = DisputeForm(request.POST)
        if not form.is_valid():
            return self.page(public_id, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            disputes.ask(
                account=self.here.account,
                payment=public_id,
                what=DisputeAbout(form.cleaned_data["what"]),
                words=form.cleaned_data["words"],
                actor=self.actor,
                now=self.now,
            )
        except disputes.NoSuchPayment:
            raise Http404 from None
        except disputes.TooManyDisputes as refused:
            raise TooMany(until=refused.until) from None
        except disputes.DisputeRefused:  # the page says why
            return self.page(public_id, form, HTTPStatus.CONFLICT)
        return SeeOther(_place(public_id))

    def withdraw(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Take it back; pressed twice, it was answered or taken back by then, and the page says so."""
        try:
            disputes.withdraw(
                account=self.here.account, payment=public_id, actor=self.actor, now=self.now
            )
        except disputes.NoneOpen:
            messages.warning(request, _("This dispute was answered or taken back in the meantime."))
        return SeeOther(_place(public_id))

    def page(
        self, public_id: str, form: DisputeForm, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """The page, with the form where one can be asked."""
        receipt = self.find(public_id)
        standing = selectors.standing_of(receipt, now=self.now)
        shown: dict[str, Any] = {"form": form} if standing.can_ask else {}
        return self.draw("dispute", status, receipt=receipt, dispute=standing, **shown)


def _place(public_id: str) -> str:
    return reverse("payments:dispute", args=[public_id])
