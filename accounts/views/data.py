"""Copies of one's data, requests about it, and the uses of it one agreed to."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import DataRequestKind, DataSubject
from accounts.forms.data import RequestForm
from accounts.selectors import rights
from accounts.services import consents, data_requests, exports
from accounts.views.access import CitizenView, SeeOther
from eid_portal.core import clock, ids, working_days
from eid_portal.core.web import TooMany

DATA: Final = "/account/data/"
CONSENTS: Final = "/account/consents/"
UNPROCESSABLE: Final = 422


class DataPage(CitizenView):
    """A page about one's data."""

    def page(self, name: str, status: int = 200, **context: Any) -> HttpResponse:
        """Draw it."""
        context["display_name"] = self.here.account.citizen.full_name
        return render(self.request, f"accounts/account/{name}.html", context, status=status)


# --- Copies ---------------------------------------------------------------------------------------
class Data(DataPage):
    """What one may ask for, and what became of it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        account = self.here.account
        return self.page(
            "data",
            addresses=rights.find_addresses(account, now=self.now),
            copies=rights.find_copies(account, now=self.now),
            requests=[(row, rights.request_words(row)) for row in rights.list_requests(account)],
            kept_days=policy.EXPORT_KEPT.days,
            policy=policy,
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Order a copy.

        Raises:
            TooMany: too many today.
        """
        try:
            exports.ask(
                session=self.here,
                language=get_language() or "vi",
                actor=self.actor,
                now=self.now,
            )
        except exports.TooManyCopies as refused:
            raise TooMany(until=refused.until) from None
        return SeeOther(DATA)


class FetchCopy(DataPage):
    """A file of a copy, to be kept; fetching is a POST, because it is told in the log."""

    form: exports.Kind = "pdf"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back from proving afresh who it is: the button is on the page of the data."""
        return SeeOther(DATA)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The file.

        Raises:
            Http404: there is no such file, or it was deleted.
        """
        file = exports.fetch(
            session=self.here,
            public_id=public_id,
            kind=self.form,
            actor=self.actor,
            now=self.now,
        )
        if file is None:
            raise Http404
        answer = HttpResponse(file.content, content_type=file.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
        answer["Cache-Control"] = "no-store"
        return answer


# --- Requests -------------------------------------------------------------------------------------
class NewRequest(DataPage):
    """Ask to correct, restrict or delete data, or object to a use of it."""

    kind: DataRequestKind = DataRequestKind.CORRECT

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.show(RequestForm(initial={"form_id": ids.public_id()}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Make the request."""
        form = RequestForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            made = data_requests.make(
                account=self.here.account,
                form_id=form.cleaned_data["form_id"],
                kind=self.kind,
                subject=DataSubject(form.cleaned_data["subject"]),
                question=form.cleaned_data["question"],
                actor=self.actor,
                now=self.now,
            )
        except data_requests.RequestRefused as refused:
            form.add_error(None, str(refused.message))
            return self.show(form, UNPROCESSABLE)
        return SeeOther(f"{DATA}requests/{made.public_id}/")

    def show(self, form: RequestForm, status: int = 200) -> HttpResponse:
        """Form and clocks."""
        days = {data_requests.days_for(self.kind, third_parties=others) for others in (False, True)}
        return self.page("data_request_new", status, form=form, kind=self.kind, days=sorted(days))


class Request(DataPage):
    """How far a request has come."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: it is somebody else's, or there is none.
        """
        row = rights.find_request(self.here.account, public_id=public_id)
        if row is None:
            raise Http404
        left = (clock.today(row.done_by) - clock.today(self.now)).days
        return self.page(
            "data_request",
            row=row,
            said=rights.request_words(row),
            left=left,
            open=row.state in data_requests.OPEN,
            elsewhere=DataSubject(row.subject) in data_requests.KEPT_ELSEWHERE,
        )


# --- Consents -------------------------------------------------------------------------------------
class Consents(DataPage):
    """Who uses data because one agreed, and what ends."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        found = rights.list_consents(self.here.account.citizen_id)
        ends = [
            working_days.due(self.now, calendar_days=days)
            for days in (policy.RESTRICT_WITHIN, policy.WITH_THIRD_PARTIES_WITHIN)
        ]
        return self.page(
            "consents", found=found, ends=ends, today=clock.today(self.now), day_of=clock.today
        )


class WithdrawConsent(DataPage):
    """One button, no reason."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of consents."""
        return SeeOther(CONSENTS)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Withdraw.

        Raises:
            Http404: it is somebody else's, or there is none.
        """
        consent = consents.withdraw(
            citizen_id=self.here.account.citizen_id,
            public_id=public_id,
            actor=self.actor,
            now=self.now,
        )
        if consent is None:
            raise Http404
        text = _("You withdrew your consent to %(party)s. Nothing is sent to them any more.")
        messages.success(request, text % {"party": consent.party_name})
        return SeeOther(CONSENTS)
