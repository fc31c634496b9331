"""Signed copies of papers, and printed cards that verify without network: made, fetched, revoked."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework.response import Response

from documents.api.papers import answers, bodies
from documents.api.papers.operations import ANY_WALLET, OF_WARD, PapersOperation, operation
from documents.api.papers.wallet import WARD
from documents.enums import Level
from documents.selectors import copies as selectors
from documents.services import copied_papers, printed_cards, showable, signed_copies, wallets
from eid_portal.core import ids

_PDF = ("application/pdf",)


def _file(content: bytes | None) -> HttpResponse:
    """A document that nobody's cache keeps.

    Raises:
        Http404: there is none any more.
    """
    if content is None:
        raise Http404
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Cache-Control"] = "no-store"
    return answer


class Made(PapersOperation):
    """Everything that was made."""

    query = WARD

    @operation(
        "list_copies",
        "Signed copies and printed cards of every paper, the last first, those of papers that left the wallet too.",
        *OF_WARD,
        gives=answers.MadeAnswer,
    )
    def get(self, request: Any) -> Response:
        """The lists."""
        ward = request.query_params.get("ward", "")
        opened = wallets.open_of(session=self.here, ward_id=ward, now=self.now)
        return self.give(selectors.list_made(citizen_id=opened.citizen.pk))


class MakeCopy(PapersOperation):
    """A signed copy."""

    @operation(
        "make_copy",
        "Make a signed PDF copy for one purpose; one that says the same and is not revoked is that one.",
        *ANY_WALLET,
        showable.NotVerified,
        copied_papers.TooManyMade,
        signed_copies.PurposeUnprintable,
        takes=bodies.CopyBody,
        gives=answers.CopyAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Make it."""
        sent = self.read()
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        made = signed_copies.make(
            session=self.here,
            wallet=opened,
            public_id=public_id,
            purpose=sent["purpose"],
            level=Level(sent["level"]),
            language=sent["language"],
            now=self.now,
        )
        return self.give(made)


class CopyFile(PapersOperation):
    """The document of a signed copy."""

    @operation(
        "copy_file",
        "The signed PDF of a copy that is not revoked.",
        *ANY_WALLET,
        Http404,
        gives={},
        media_types=_PDF,
        status=HTTPStatus.OK,
    )
    def get(self, request: Any, public_id: str) -> HttpResponse:
        """The file."""
        holder = selectors.find_holder(public_id)
        opened = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        return _file(
            signed_copies.fetch(session=self.here, wallet=opened, public_id=public_id, now=self.now)
        )


class RevokeCopy(PapersOperation):
    """The end of a signed copy."""

    @operation(
        "revoke_copy",
        "Revoke a signed copy for good. Revoked already is as good.",
        *ANY_WALLET,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Revoke it."""
        holder = selectors.find_holder(public_id)
        opened = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        signed_copies.revoke(wallet=opened, public_id=public_id, now=self.now)
        return self.nothing()


class MakeCard(PapersOperation):
    """A printed card."""

    @operation(
        "make_card",
        "Make a card to be printed, with a signed code that verifies without network.",
        *ANY_WALLET,
        showable.NotVerified,
        copied_papers.TooManyMade,
        printed_cards.CardTooFull,
        takes=bodies.CardBody,
        gives=answers.CardMadeAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Make it."""
        sent = self.read()
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        made = printed_cards.issue(
            session=self.here,
            wallet=opened,
            public_id=public_id,
            form_id=sent["form_id"] or ids.public_id(),
            level=Level(sent["level"]),
            with_name=sent["with_name"],
            language=sent["language"],
            now=self.now,
        )
        return self.give(made)


class CardFile(PapersOperation):
    """The sheet with a printed card."""

    @operation(
        "card_file",
        "A PDF sheet with a card that is in force, to be cut out.",
        *ANY_WALLET,
        Http404,
        printed_cards.CardUnprintable,
        gives={},
        media_types=_PDF,
        status=HTTPStatus.OK,
    )
    def get(self, request: Any, public_id: str) -> HttpResponse:
        """The file."""
        holder = selectors.find_holder(public_id)
        opened = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        return _file(
            printed_cards.fetch(session=self.here, wallet=opened, public_id=public_id, now=self.now)
        )


class RevokeCard(PapersOperation):
    """The end of a printed card."""

    @operation(
        "revoke_card",
        "Revoke a printed card for good; the signed list names it. Revoked already is as good.",
        *ANY_WALLET,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Revoke it."""
        holder = selectors.find_holder(public_id)
        opened = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        printed_cards.revoke(wallet=opened, public_id=public_id, now=self.now)
        return self.nothing()
