"""What does not agree about a paper, and the request to correct it."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from documents.api.papers import answers, bodies
from documents.api.papers.operations import ANY_WALLET, PapersOperation, operation
from documents.enums import CorrectionSide
from documents.selectors import corrections as selectors
from documents.services import correcting, wallets


class Corrections(PapersOperation):
    """One's requests."""

    @operation(
        "list_corrections",
        "Requests to correct about one's papers and those of children and wards: what waits first.",
        gives=answers.CorrectionsAnswer,
    )
    def get(self, request: Any) -> Response:
        """The list."""
        found = selectors.list_corrections(self.here.account, now=self.now)
        return self.give({"corrections": found})


class OfPaper(PapersOperation):
    """What can be corrected about one paper."""

    @operation(
        "correctable",
        "What does not agree about a paper, what its holder may say is right, and by when the registry answers.",
        *ANY_WALLET,
        Http404,
        gives=answers.CorrectableAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """How it stands."""
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        case = selectors.find_case(opened.citizen, public_id, now=self.now)
        if case is None:
            raise Http404
        registry = correcting.registry_of(case.kind.party)
        return self.give({"case": case, "registry": registry})

    @operation(
        "ask_correction",
        "Ask the register that owns the wrong value to correct it. While a request waits it is that one.",
        *ANY_WALLET,
        Http404,
        correcting.NothingToCorrect,
        correcting.TooManyOpen,
        takes=bodies.CorrectionBody,
        gives=answers.AskedCorrectionAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Ask.

        Raises:
            Http404: there is no such paper.
            rest_framework.exceptions.ValidationError: only words can say what is wrong, and there are none.
        """
        sent = self.read()
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        case = selectors.find_case(opened.citizen, public_id, now=self.now)
        if case is None:
            raise Http404
        if case.agrees and not sent["words"]:
            lacking = exceptions.ErrorDetail(_("Write what is wrong."), "required")
            raise exceptions.ValidationError({"words": [lacking]})
        made = correcting.request(
            account=self.here.account,
            citizen=opened.citizen,
            public_id=public_id,
            side=CorrectionSide(sent["side"]),
            words=sent["words"],
            actor=opened.actor,
            now=self.now,
        )
        return self.give(made)


class Correction(PapersOperation):
    """One request."""

    @operation(
        "correction",
        "A request to correct: its clock, who has it, and the answer.",
        *ANY_WALLET,
        Http404,
        gives=answers.CorrectionAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """How far it has come."""
        paper = selectors.find_paper_of(public_id)
        opened = wallets.open_with(session=self.here, public_id=paper, now=self.now)
        page = selectors.open_correction(opened.citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        has_it = correcting.has_it(page.row) if page.is_open else ""
        return self.give({"page": page, "has_it": has_it})


class WithdrawCorrection(PapersOperation):
    """Take a request back."""

    @operation(
        "withdraw_correction",
        "Take a request back. Taken back already is as good.",
        *ANY_WALLET,
        correcting.NothingToCorrect,
        correcting.NotOpen,
        correcting.NotWithdrawable,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Take it back."""
        paper = selectors.find_paper_of(public_id)
        opened = wallets.open_with(session=self.here, public_id=paper, now=self.now)
        correcting.withdraw(
            citizen=opened.citizen, public_id=public_id, actor=opened.actor, now=self.now
        )
        return self.nothing()
