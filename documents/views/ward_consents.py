"""A guardian reads which registries are asked for a ward's papers, and withdraws the consent to it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.enums import ConsentPurpose
from accounts.selectors import rights
from accounts.views.access import SeeOther
from documents.services import consenting
from documents.views.wallets import WalletView


class WardConsents(WalletView):
    """The consents to registries; ``public_id`` is of a guardianship."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        citizen = self.open_of(public_id).citizen
        return self.draw(
            "ward_consents", found=rights.list_consents(citizen.pk, ConsentPurpose.PAPERS)
        )

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Withdraw the one whose button was pressed, without a reason.

        Raises:
            Http404: it is somebody else's, or there is none.
        """
        try:
            consent = consenting.withdraw_for_ward(
                session=self.here,
                ward_id=public_id,
                consent_id=request.POST.get("consent", ""),
                now=self.now,
            )
        except consenting.NoSuchConsent as error:
            raise Http404 from error
        text = _("The consent to %(party)s is withdrawn, and its papers are out of the wallet.")
        messages.success(request, text % {"party": consent.party_name})
        return SeeOther(f"/account/wards/{public_id}/papers/consents/")
