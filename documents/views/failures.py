"""A paper that does not agree, was not found, or whose registry does not answer; and the request to correct it."""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from documents import policy
from documents.enums import CorrectionSide, DocumentState
from documents.forms.corrections import CorrectionForm
from documents.selectors import corrections as selectors
from documents.services import correcting, wallets
from documents.views.wallets import WalletView
from eid_portal.core import working_days

LIST: Final = "/papers/corrections/"


def form_of(case: selectors.Case, data: Any = None) -> CorrectionForm:
    """The form for a paper; of one that agrees only words can say what is wrong."""
    return CorrectionForm(data, sides=case.sides, words_needed=case.agrees)


class AskCorrection(WalletView):
    """What does not agree, and the request to correct it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page; while a request waits, that one."""
        case = self.find(public_id)
        if case.open_id:
            return SeeOther(f"{LIST}{case.open_id}/")
        return self.show(case, form_of(case))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Ask."""
        case = self.find(public_id)
        if case.open_id:
            return SeeOther(f"{LIST}{case.open_id}/")
        form = form_of(case, request.POST)
        if not form.is_valid():
            return self.show(case, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            made = correcting.request(
                account=self.here.account,
                citizen=self.wallet.citizen,
                public_id=public_id,
                side=CorrectionSide(form.cleaned_data["side"]),
                words=form.cleaned_data["words"],
                actor=self.wallet.actor,
                now=self.now,
            )
        except correcting.TooManyOpen as refused:
            form.add_error(None, str(refused.message))
            return self.show(case, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        except correcting.NothingToCorrect as refused:
            messages.warning(request, str(refused.message))
            return SeeOther(f"/papers/{public_id}/")
        return SeeOther(f"{LIST}{made.public_id}/")

    def find(self, public_id: str) -> selectors.Case:
        """The paper.

        Raises:
            Http404: there is no such paper.
        """
        opened = self.open_with(public_id)
        case = selectors.find_case(opened.citizen, public_id, now=self.now)
        if case is None:
            raise Http404
        return case

    def show(
        self, case: selectors.Case, form: CorrectionForm, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponseBase:
        """The page of its state; a paper that is being verified has its own."""
        if case.state == DocumentState.VERIFYING:
            return SeeOther(f"/papers/{case.public_id}/")
        page = "correction_waits" if case.state == DocumentState.UNAVAILABLE else "correction"
        due_at = working_days.due(self.now, working_days=policy.CORRECTION_WORKING_DAYS)
        return self.draw(
            page,
            status,
            case=case,
            form=form,
            registry=correcting.registry_of(case.kind.party),
            clock=selectors.clock_of(self.now, due_at, now=self.now),
            population=correcting.population_due(now=self.now),
        )


class ShowCorrection(WalletView):
    """A request: its clock, how far it has come, and the way back."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: there is no such request of one's own or of a ward.
        """
        opened = self.open_with(selectors.find_paper_of(public_id))
        page = selectors.open_correction(opened.citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.draw(
            "correction_asked",
            page=page,
            row=page.row,
            registry=correcting.registry_of(page.row.registry),
            has_it=correcting.has_it(page.row),
            withdrawable=page.row.registry != correcting.POPULATION,
        )


class WithdrawCorrection(WalletView):
    """Take a request back."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the request."""
        return SeeOther(f"{LIST}{public_id}/")

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Take it back.

        Raises:
            Http404: there is no such request of one's own or of a ward.
        """
        opened = self.open_with(selectors.find_paper_of(public_id))
        try:
            correcting.withdraw(
                citizen=opened.citizen, public_id=public_id, actor=opened.actor, now=self.now
            )
        except correcting.NothingToCorrect:
            raise Http404 from None
        except correcting.CorrectionRefused as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("You took the request back."))
        return SeeOther(f"{LIST}{public_id}/")


class Corrections(WalletView):
    """One's requests."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        self.wallet = wallets.open_own(self.here)
        lines = selectors.list_corrections(self.here.account, now=self.now)
        return self.draw("corrections", lines=lines, open_states=selectors.OPEN)
