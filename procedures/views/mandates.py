"""Who files for me, and for whom I file, by mandate: the list, a new one, and its end."""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.enums import Action
from accounts.services import assurance
from accounts.views.access import CitizenView, SeeOther
from procedures.forms.mandates import MandateForm
from procedures.selectors import mandates as selectors
from procedures.services import mandates

PLACE: Final = "/mandates/"


class MandatePage(CitizenView):
    """A page about mandates; nobody's cache keeps it."""

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Draw it."""
        context["display_name"] = self.here.account.citizen.full_name
        answer = render(self.request, f"procedures/{name}.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer


class Mandates(MandatePage):
    """Those in force."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Both lists."""
        lines = selectors.list_in_force(self.here.account, now=self.now)
        return self.draw(
            "mandates",
            given=[line for line in lines if line.is_given],
            held=[line for line in lines if not line.is_given],
        )


class GiveMandate(MandatePage):
    """A new one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; a fresh proof of who it is comes first, before anything is typed."""
        assurance.require(self.here, Action.SHARE, now=self.now)
        return self.form(MandateForm(choices=selectors.procedures()))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Give it."""
        form = MandateForm(request.POST, choices=selectors.procedures())
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                mandates.give(session=self.here, now=self.now, **form.cleaned_data)
            except mandates.TooManyNamed as refused:
                form.add_error(None, str(refused.message))
                status = HTTPStatus.TOO_MANY_REQUESTS
            except mandates.MandateRefused as refused:
                form.add_error(refused.field or None, str(refused.message))
            else:
                messages.success(
                    request, _("The mandate is given. You can withdraw it here at any time.")
                )
                return SeeOther(PLACE)
        return self.form(form, status)

    def form(self, form: MandateForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """Draw it."""
        return self.draw("mandate_new", status, form=form)


class WithdrawMandate(MandatePage):
    """One button, no reason."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the list."""
        return SeeOther(PLACE)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """End it.

        Raises:
            Http404: there is no such mandate of this person.
        """
        try:
            mandates.withdraw(session=self.here, public_id=public_id, now=self.now)
        except mandates.NoSuchMandate:
            raise Http404 from None
        messages.success(request, _("The mandate has ended. What was filed under it stays filed."))
        return SeeOther(PLACE)
