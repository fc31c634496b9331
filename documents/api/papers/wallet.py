"""The wallet: its papers, one of them with how it was verified, and what left it."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework.response import Response

from accounts.api.account.operations import CitizenOperation
from documents.api.papers import answers
from documents.api.papers.operations import ANY_WALLET, OF_WARD, PapersOperation, operation
from documents.selectors import papers
from documents.selectors import wallet as selectors
from documents.services import wallets

WARD = {"ward": "the id of a guardianship: the papers of that child or ward; else one's own"}


class Wallet(PapersOperation):
    """All of a person's papers."""

    query = WARD

    @operation(
        "list_papers",
        "The wallet, the ID card first; ask again after some seconds while a paper has progress.",
        *OF_WARD,
        gives=answers.WalletAnswer,
    )
    def get(self, request: Any) -> Response:
        """The list."""
        ward = request.query_params.get("ward", "")
        opened = wallets.open_of(session=self.here, ward_id=ward, now=self.now)
        return self.give(selectors.open_wallet(opened.citizen, now=self.now))


class LeftPapers(PapersOperation):
    """Papers no longer in the wallet."""

    query = WARD

    @operation(
        "list_left_papers",
        "Papers that left the wallet, the last first.",
        *OF_WARD,
        gives=answers.LeftAnswer,
    )
    def get(self, request: Any) -> Response:
        """The list."""
        ward = request.query_params.get("ward", "")
        opened = wallets.open_of(session=self.here, ward_id=ward, now=self.now)
        return self.give({"papers": selectors.list_left(opened.citizen)})


class Paper(PapersOperation):
    """One paper."""

    @operation(
        "paper",
        "One paper, whole: what it says, what does not agree, how far its verification is and how it went before.",
        *ANY_WALLET,
        Http404,
        gives=answers.PaperAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The paper."""
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        page = selectors.open_paper(opened.citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.give(page)


class Photo(CitizenOperation):
    """The register's photo."""

    tag = PapersOperation.tag
    query = WARD

    @operation(
        "photo",
        "The population register's photo of whose papers these are. Keep it nowhere.",
        *OF_WARD,
        Http404,
        gives={},
        media_types=("image/jpeg", "image/png"),
        status=HTTPStatus.OK,
    )
    def get(self, request: Any) -> HttpResponse:
        """The picture."""
        ward = request.query_params.get("ward", "")
        opened = wallets.open_of(session=self.here, ward_id=ward, now=self.now)
        found = papers.find_portrait(opened.citizen.pk)
        if found is None:
            raise Http404
        answer = HttpResponse(found.image, content_type=found.media_type)
        answer["Cache-Control"] = "no-store"
        return answer
