"""The wallet, one paper of it, and what left it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from documents.selectors import papers
from documents.selectors import wallet as selectors
from documents.views.wallets import WalletView
from eid_portal.core import wallet


class Wallet(WalletView):
    """All papers of mine, or of a ward."""

    template = "wallet"

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """The page; ``public_id`` is of the guardianship."""
        opened = self.open_of(public_id)
        page = selectors.open_wallet(opened.citizen, now=self.now)
        others = [] if public_id else self.find_others(opened.citizen.pk)
        return self.draw(self.template, page=page, others=others)

    def find_others(self, citizen_id: UUID) -> list[wallet.Line]:
        """What else is in my wallet: results of applications."""
        return wallet.lines(citizen_id, now=self.now)


class WalletProgress(Wallet):
    """The papers alone, for a page that looks again while something is being verified."""

    template = "_wallet"

    def find_others(self, citizen_id: UUID) -> list[wallet.Line]:
        """Nothing that changes while one looks."""
        return []


class LeftPapers(WalletView):
    """Papers that are no longer in the wallet."""

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """The list."""
        opened = self.open_of(public_id)
        return self.draw("left", left=selectors.list_left(opened.citizen))


class Paper(WalletView):
    """One paper."""

    template = "paper"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page.

        Raises:
            Http404: there is no such paper.
        """
        opened = self.open_with(public_id)
        page = selectors.open_paper(opened.citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.draw(self.template, page=page, entry=page.entry)


class PaperProgress(Paper):
    """What of a paper's page changes while it is being verified."""

    template = "_paper"


class Photo(WalletView):
    """The register's photo of the wallet's owner, for the cards; kept by nobody on the way."""

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponseBase:
        """The picture.

        Raises:
            Http404: there is none.
        """
        found = papers.find_portrait(self.open_of(public_id).citizen.pk)
        if found is None:
            raise Http404
        return HttpResponse(found.image, content_type=found.media_type)
