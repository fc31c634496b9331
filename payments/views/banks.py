"""Bank accounts: those that are linked, the way to the bank and back, the default one, unlinking."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from eid_portal.core.web import TooMany, safe_next
from payments.enums import LinkState
from payments.forms.banks import LinkForm
from payments.selectors import bank_links as selectors
from payments.services import bank_links
from payments.views.pages import MoneyView

HOME = "/banks/"


class BankView(MoneyView):
    """A page of bank accounts."""

    place = "banks"

    def found(self, public_id: str) -> selectors.Linked:
        """One of the person's accounts.

        Raises:
            Http404: there is none.
        """
        link = selectors.find(self.here.account, public_id)
        if link is None:
            raise Http404
        return link


class Banks(BankView):
    """The accounts that pay."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        account = self.here.account
        return self.draw(
            "banks", links=selectors.active(account), ended=selectors.ended_by_bank(account)
        )


class LinkBank(BankView):
    """Which bank; then the way there."""

    place = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw(
            "link_bank",
            form=LinkForm(initial={"bank": request.GET.get("bank", "")}),
            onward=safe_next(request, ""),
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Ask the bank to ask its customer.

        Raises:
            TooMany: too often.
        """
        form, status = LinkForm(request.POST), HTTPStatus.OK
        if form.is_valid():
            try:
                link = bank_links.begin(
                    session=self.here,
                    bank=form.cleaned_data["bank"],
                    onward=safe_next(request, ""),
                    now=self.now,
                )
            except bank_links.BegunTooOften as refused:
                raise TooMany(until=refused.until) from None
            except bank_links.LinkRefused as refused:
                form.add_error(None, refused.message)
                status = HTTPStatus.CONFLICT
            else:
                return SeeOther(f"{HOME}{link.public_id}/agree/")
        return self.draw("link_bank", status, form=form, onward=safe_next(request, ""))


class AgreeAtBank(BankView):
    """The way to the bank: a link, since a form of ours is never sent to another site."""

    place = ""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page; one that is no longer begun is among the others."""
        link = self.found(public_id)
        if link.state != LinkState.LINKING or not link.page:
            return SeeOther(HOME)
        return self.draw("agree_at_bank", link=link)


class BankReturn(BankView):
    """Back from the bank. What it decided is asked when the button is pressed: looking changes nothing."""

    place = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The page."""
        return self.page(request.GET.get("consent", ""))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Ask the bank, and link the account if it says so."""
        consent = request.POST.get("consent", "")
        try:
            link = bank_links.finish(session=self.here, consent_id=consent, now=self.now)
        except bank_links.LinkRefused as refused:
            return self.page(consent, HTTPStatus.CONFLICT, refused)
        shown = self.found(link.public_id)
        messages.success(request, _("%(account)s is linked") % {"account": shown.name})
        return SeeOther(shown.onward or HOME)

    def page(
        self,
        consent: str,
        status: HTTPStatus = HTTPStatus.OK,
        refused: bank_links.LinkRefused | None = None,
    ) -> HttpResponse:
        """The page, perhaps with why nothing was linked."""
        link = selectors.begun(self.here.account, consent)
        if link is None and refused is None:
            refused, status = bank_links.NoSuchLink(), HTTPStatus.NOT_FOUND
        return self.draw("bank_return", status, link=link, consent=consent, refused=refused)


class MakeDefault(BankView):
    """Pay from this account unless another is chosen."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to the accounts: there is nothing here without the button."""
        return SeeOther(HOME)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make it so.

        Raises:
            Http404: there is no such account.
        """
        try:
            bank_links.make_default(
                account=self.here.account, link=public_id, actor=self.actor, now=self.now
            )
        except bank_links.NoSuchLink as error:
            raise Http404 from error
        return SeeOther(HOME)


class UnlinkBank(BankView):
    """Pay from this account no longer."""

    place = ""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """What that means."""
        link = self.found(public_id)
        if link.state != LinkState.ACTIVE:
            return SeeOther(HOME)
        return self.draw("unlink_bank", link=link)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Unlink it.

        Raises:
            Http404: there is no such account.
        """
        try:
            link = bank_links.unlink(
                account=self.here.account, link=public_id, actor=self.actor, now=self.now
            )
        except bank_links.NoSuchLink as error:
            raise Http404 from error
        shown = self.found(link.public_id)
        messages.success(
            request,
            _("%(account)s is no longer linked. You can link it again at any time.")
            % {"account": shown.name},
        )
        return SeeOther(HOME)
