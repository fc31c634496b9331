"""Printed cards: made, printed, revoked, and what others need to verify them without us."""

import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import parse_etags, quote_etag
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from accounts.enums import Action
from accounts.services import assurance
from accounts.views.access import PublicView, SeeOther
from documents.enums import Level
from documents.forms.copies import CardForm
from documents.selectors import copies
from documents.selectors.papers import Paper
from documents.services import copied_papers, printed_cards
from documents.views.copies import UNPROCESSABLE, CopyView, level_choices, pdf_file
from eid_portal.core import clock, jws, verify
from eid_portal.core.web import TooMany

VERIFIERS: Final = Path(settings.ROOT) / "static" / "offline"


class NewCard(CopyView):
    """Choose what a card of one paper says."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form; a fresh proof of who it is comes first."""
        paper = self.find_verified(public_id)
        levels = level_choices(paper)
        initial = {
            "form_id": verify.new_code(printed_cards.CARDS),
            "level": Level.BASIC if Level.BASIC in dict(levels) else levels[0][0],
            "with_name": True,
            "language": get_language(),
        }
        return self.page(paper, CardForm(levels=levels, initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make it.

        Raises:
            TooMany: too many in a day.
        """
        paper = self.find_verified(public_id)
        form = CardForm(request.POST, levels=level_choices(paper))
        if not form.is_valid():
            return self.page(paper, form, UNPROCESSABLE)
        try:
            row = printed_cards.issue(
                session=self.here,
                wallet=self.wallet,
                public_id=public_id,
                form_id=form.cleaned_data["form_id"],
                level=Level(form.cleaned_data["level"]),
                with_name=form.cleaned_data["with_name"],
                language=form.cleaned_data["language"],
                now=self.now,
            )
        except copied_papers.TooManyMade as refused:
            raise TooMany(until=refused.until) from None
        except copied_papers.CopyRefused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.page(paper, form, UNPROCESSABLE)
        return SeeOther(reverse("documents:card", args=[row.public_id]))

    def page(
        self, paper: Paper, form: CardForm, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """Draw it."""
        made = copies.list_made(citizen_id=paper.citizen_id, of=paper)
        return self.draw("card_new", status, paper=paper, form=form, made=made)


class Card(CopyView):
    """One card: to be printed as it stands, kept as a file, or revoked."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page; with the code only after a fresh proof of who it is.

        Raises:
            Http404: there is none.
        """
        return self.show(public_id)

    def show(
        self, public_id: str, *, problem: Any = "", status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """The page; the code of a card that is over is not shown any more."""
        wallet = self.open_made(public_id)
        row = copies.find_card(citizen_id=wallet.citizen.pk, public_id=public_id)
        if row is None:
            raise Http404
        works = printed_cards.works(row, self.now)
        if works:
            assurance.require(self.here, Action.SHARE, now=self.now)
        return self.draw(
            "card",
            status,
            row=row,
            kind=copied_papers.kind_of(row),
            works=works,
            content=jws.content_of(row.code),
            qr=mark_safe(printed_cards.qr_of(row)) if works else "",  # noqa: S308 - made here, of squares
            code=verify.grouped(row.public_id),
            last_day=printed_cards.last_moment(row),
            problem=problem,
        )


class FetchCard(Card):
    """The sheet to be cut out, as a file."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """It, to be kept.

        Raises:
            Http404: it is over.
        """
        try:
            content = printed_cards.fetch(
                session=self.here,
                wallet=self.open_made(public_id),
                public_id=public_id,
                now=self.now,
            )
        except copied_papers.CopyRefused as refused:
            return self.show(public_id, problem=refused.message, status=UNPROCESSABLE)
        if content is None:
            raise Http404
        return pdf_file(content, f"eid-card-{clock.today(self.now):%Y%m%d}.pdf")

    def way_back(self) -> str:
        """The page with the button: a download leaves the page before it standing."""
        return reverse("documents:card", args=[str(self.kwargs["public_id"])])


class RevokeCard(CopyView):
    """One button, no reason."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the card."""
        return SeeOther(reverse("documents:card", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Revoke it."""
        printed_cards.revoke(wallet=self.open_made(public_id), public_id=public_id, now=self.now)
        return SeeOther(reverse("documents:card", args=[public_id]))


# --- For those who verify ---------------------------------------------------------------------------
class Offline(PublicView):
    """How to verify cards without network, and what is needed for it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        return render(request, "documents/offline.html", {"every": printed_cards.LIST_MADE_EVERY})


class Verifier(PublicView):
    """A verifier in one file, to be saved and used without network."""

    name = ""
    media_type = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The file as it is."""
        answer = HttpResponse((VERIFIERS / self.name).read_bytes(), content_type=self.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{self.name}"'
        answer["Cache-Control"] = "public, max-age=300"
        return answer


class Published(PublicView):
    """A small file that verifiers fetch again and again: known by its content, kept for minutes."""

    media_type = ""

    def content(self) -> str:
        """What it says now."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The file, or that it is still the same."""
        content = self.content().encode()
        tag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
        answer: HttpResponseBase
        if tag in parse_etags(request.headers.get("If-None-Match", "")):
            answer = HttpResponseNotModified()
        else:
            answer = HttpResponse(content, content_type=self.media_type)
        answer["ETag"] = tag
        answer["Cache-Control"] = "public, max-age=300"
        return answer


class CardKeys(Published):
    """The public keys of cards, as a JWK set."""

    media_type = "application/jwk-set+json"

    def content(self) -> str:
        """The announced ones included."""
        return printed_cards.key_set()


class RevokedCards(Published):
    """The signed list of revoked cards."""

    media_type = "application/jose"

    def content(self) -> str:
        """Of those that have not ended."""
        return printed_cards.revocation_list(now=self.now)
