"""Papers are found and linked, checked anew, and taken out of the wallet."""

import re
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from documents.forms.linking import NumberForm, SearchForm
from documents.selectors import searches
from documents.selectors import wallet as selectors
from documents.services import linking, searching
from documents.views.wallets import WalletView
from eid_portal.core.web import TooMany

_PLACE: Final = re.compile(r"[0-9]{1,4}")  # of longer ones Python makes no number


class AddPaper(WalletView):
    """Which registries are asked, and what is agreed to by that; ``public_id`` is of a guardianship."""

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """The page."""
        self.open_of(public_id)
        return self.page(self.form())

    def post(self, request: HttpRequest, public_id: str = "") -> HttpResponseBase:
        """Agree, and have them asked.

        Raises:
            TooMany: too often.
        """
        form = self.form(request.POST)
        if form.is_valid():
            chosen = None if "all" in request.POST else form.cleaned_data["registries"]
            try:
                search = searching.begin(
                    session=self.here, ward_id=public_id, parties=chosen, now=self.now
                )
            except searching.TooManySearches as refused:
                raise TooMany(until=refused.until) from None
            except searching.SearchUnable as error:
                form.add_error(error.field, error.message)
            else:
                return SeeOther(f"/papers/searches/{search.public_id}/")
        self.open_of(public_id)
        return self.page(form)

    def form(self, data: Any = None) -> SearchForm:
        """The form with every registry there is."""
        return SearchForm(data, choices=[(one.party, one.name) for one in searching.askable()])

    def page(self, form: SearchForm) -> HttpResponse:
        """The page."""
        return self.draw("add", form=form, registries=searching.askable())


class FoundPapers(WalletView):
    """What the registries found, as they answer."""

    template = "found"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.page(public_id)

    def page(
        self, public_id: str, status: HTTPStatus = HTTPStatus.OK, refused: Any = ""
    ) -> HttpResponse:
        """The page, perhaps with why a paper was not linked.

        Raises:
            Http404: there is no such search.
        """
        citizen = self.open_searched(public_id).citizen
        page = searches.open_search(citizen, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.draw(self.template, status, page=page, refused=refused)


class FoundPapersProgress(FoundPapers):
    """What of a search's page changes while registries answer."""

    template = "_found"


class LinkFound(FoundPapers):
    """One click puts a paper that was found into the wallet."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to the search: there is nothing here without the button."""
        return SeeOther(f"/papers/searches/{public_id}/")

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Link it."""
        registry, _dot, place = request.POST.get("paper", "").rpartition(".")
        try:
            linking.link_found(
                session=self.here,
                search_id=public_id,
                registry=registry,
                place=int(place) if _PLACE.fullmatch(place) else -1,
                now=self.now,
            )
        except linking.LinkUnable as error:
            return self.page(public_id, HTTPStatus.CONFLICT, error.message)
        return SeeOther(f"/papers/searches/{public_id}/")


class LinkByNumber(WalletView):
    """A paper is linked by its number: first which paper, then the number; ``public_id`` is of a guardianship."""

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """Which paper, or its number."""
        self.open_of(public_id)
        kind = linking.find_numbered(request.GET.get("kind", ""))
        if kind is None:
            return self.draw("number_kinds", kinds=linking.numbered())
        return self.page(kind, NumberForm(hint=kind.hint))

    def post(self, request: HttpRequest, public_id: str = "") -> HttpResponseBase:
        """Agree, and link it."""
        kind = linking.find_numbered(request.POST.get("kind", ""))
        if kind is None:
            self.open_of(public_id)
            return self.draw("number_kinds", kinds=linking.numbered())
        form, status = NumberForm(request.POST, hint=kind.hint), HTTPStatus.OK
        if form.is_valid():
            try:
                paper = linking.link_by_number(
                    session=self.here,
                    ward_id=public_id,
                    kind=kind.code,
                    number=form.cleaned_data["number"],
                    now=self.now,
                )
            except linking.TooManyNumbers as error:
                form.add_error("number", error.message)
                status = HTTPStatus.TOO_MANY_REQUESTS
            except (linking.NumberRefused, linking.LinkUnable) as error:
                form.add_error("number", error.message)
            else:
                return SeeOther(f"/papers/{paper.public_id}/")
        self.open_of(public_id)
        return self.page(kind, form, status)

    def page(
        self, kind: linking.Numbered, form: NumberForm, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """The form."""
        return self.draw("number", status, kind=kind, form=form)


class CheckNow(WalletView):
    """The holder has the registry asked about a paper now."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to the paper: there is nothing here without the button."""
        return SeeOther(f"/papers/{public_id}/")

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Have it asked.

        Raises:
            TooMany: too often.
        """
        try:
            linking.check_now(session=self.here, public_id=public_id, now=self.now)
        except linking.TooManyChecks as refused:
            raise TooMany(until=refused.until) from None
        return SeeOther(f"/papers/{public_id}/")


class Unlink(WalletView):
    """A paper is taken out of the wallet."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """What happens then, and the button.

        Raises:
            Http404: there is no such paper.
        """
        entry = selectors.find_entry(self.open_with(public_id).citizen, public_id, now=self.now)
        if entry is None or entry.is_card:
            raise Http404
        if entry.is_gone:
            return SeeOther(f"/papers/{public_id}/")
        return self.draw("unlink", entry=entry)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Take it out."""
        linking.unlink(session=self.here, public_id=public_id, now=self.now)
        messages.success(request, _("The paper is out of the wallet, and its copy is deleted."))
        return SeeOther(f"/papers/{public_id}/")
