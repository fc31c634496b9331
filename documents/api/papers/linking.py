"""Papers are found by their registries, linked, checked anew, and taken out of the wallet."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.response import Response

from documents.api.papers import answers, bodies
from documents.api.papers.operations import ANY_WALLET, OF_WARD, PapersOperation, operation
from documents.selectors import searches
from documents.services import linking, searching, wallets


class Sources(PapersOperation):
    """Where papers come from."""

    @operation(
        "list_sources",
        "Which registries can be asked and which numbers can be typed, with the words one agrees to by doing so.",
        gives=answers.SourcesAnswer,
    )
    def get(self, request: Any) -> Response:
        """Both."""
        found = {"registries": searching.askable(), "numbers": linking.numbered()}
        return self.give(found)


class Searches(PapersOperation):
    """A new search."""

    @operation(
        "search_papers",
        "Agree to the words of these registries, and have them asked; twice within a moment it is one search.",
        *OF_WARD,
        searching.NothingChosen,
        searching.TooManySearches,
        takes=bodies.RegistriesBody,
        gives=answers.SearchBegunAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any) -> Response:
        """Have them asked."""
        sent = self.read()
        search = searching.begin(
            session=self.here, ward_id=sent["ward"], parties=sent["registries"], now=self.now
        )
        return self.give(search)


class Search(PapersOperation):
    """One search."""

    @operation(
        "search",
        "What registries answered so far: what can be linked, what was linked, who is silent, what is missing.",
        *ANY_WALLET,
        Http404,
        gives=answers.SearchAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """Where it stands."""
        opened = wallets.open_searched(session=self.here, public_id=public_id, now=self.now)
        page = searches.open_search(opened.citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.give(page)


class LinkFound(PapersOperation):
    """A paper that was found."""

    @operation(
        "link_found_paper",
        "Put a paper that a search found into the wallet; it is verified at once. Linked already, it is that paper.",
        *ANY_WALLET,
        linking.NoSuchProposal,
        linking.LinkedElsewhere,
        linking.ConsentEnded,
        takes=bodies.FoundBody,
        gives=answers.LinkedAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Link it."""
        sent = self.read()
        made = linking.link_found(
            session=self.here,
            search_id=public_id,
            registry=sent["registry"],
            place=sent["place"],
            now=self.now,
        )
        return self.give(made)


class LinkByNumber(PapersOperation):
    """A paper by its number."""

    @operation(
        "link_paper_by_number",
        "Agree to the words of its kind, and link a paper by its number. Linked already, it is that paper.",
        *OF_WARD,
        linking.NumberRefused,
        linking.NotLinkable,
        linking.TooManyNumbers,
        linking.LinkedElsewhere,
        linking.ConsentEnded,
        takes=bodies.NumberBody,
        gives=answers.LinkedAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any) -> Response:
        """Link it."""
        sent = self.read()
        made = linking.link_by_number(
            session=self.here,
            ward_id=sent["ward"],
            kind=sent["kind"],
            number=sent["number"],
            now=self.now,
        )
        return self.give(made)


class CheckNow(PapersOperation):
    """A check now."""

    @operation(
        "check_paper",
        "Have the registry asked about a paper now; the paper's progress says how far it is.",
        *ANY_WALLET,
        linking.TooManyChecks,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Have it asked."""
        linking.check_now(session=self.here, public_id=public_id, now=self.now)
        return Response(status=HTTPStatus.ACCEPTED)


class Unlink(PapersOperation):
    """A paper leaves."""

    @operation(
        "unlink_paper",
        "Take a paper out of the wallet: its copy is deleted, its history stays.",
        *ANY_WALLET,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Take it out."""
        linking.unlink(session=self.here, public_id=public_id, now=self.now)
        return self.nothing()
