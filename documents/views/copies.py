"""Signed copies of a paper: made for a purpose, fetched, revoked."""

from http import HTTPStatus
from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import get_language

from accounts.views.access import PublicView, SeeOther
from documents.enums import Level
from documents.forms.copies import CopyForm
from documents.selectors import copies, showing
from documents.selectors.papers import Paper
from documents.services import copied_papers, signed_copies, wallets
from documents.services.wallets import Opened
from documents.views.showing import PaperView
from eid_portal.core import clock, keys
from eid_portal.core.web import TooMany

UNPROCESSABLE: Final = HTTPStatus.UNPROCESSABLE_ENTITY


class CopyView(PaperView):
    """A page about copies or cards of one's own papers, or a ward's; nobody's cache keeps it."""

    def open_made(self, public_id: str) -> Opened:
        """The wallet of the paper that a copy or card is of."""
        holder = copies.find_holder(public_id)
        self.wallet = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        return self.wallet

    def find_verified(self, public_id: str) -> Paper:
        """A paper that we may vouch for; a fresh proof of who it is comes first."""
        wallet = self.open_with(public_id)
        return copied_papers.find(
            session=self.here, wallet=wallet, public_id=public_id, now=self.now
        )

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """A page about the wallet that was opened."""
        answer = super().draw(name, status, **context)
        answer["Cache-Control"] = "no-store"
        return answer


def level_choices(paper: Paper) -> list[tuple[Level, str]]:
    """Each level that adds something, with what it shows."""
    found: list[tuple[Level, str]] = []
    seen = 0
    for level in Level:
        labels = [str(line.label) for line in paper.drawn.shown_at(level)]
        if len(labels) > seen:
            found.append((level, f"{level.label}: {showing.sentence(labels)}"))
            seen = len(labels)
    return found


class Copies(CopyView):
    """Make a copy of one paper, and what was made of it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form; a fresh proof of who it is comes first, before anything is typed."""
        paper = self.find_verified(public_id)
        levels = level_choices(paper)
        initial = {"level": levels[-1][0] if levels else "", "language": get_language()}
        return self.page(paper, CopyForm(levels=levels, initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make it.

        Raises:
            TooMany: too many in an hour.
        """
        paper = self.find_verified(public_id)
        form = CopyForm(request.POST, levels=level_choices(paper))
        if not form.is_valid():
            return self.page(paper, form, UNPROCESSABLE)
        try:
            row = signed_copies.make(
                session=self.here,
                wallet=self.wallet,
                public_id=public_id,
                purpose=form.cleaned_data["purpose"],
                level=Level(form.cleaned_data["level"]),
                language=form.cleaned_data["language"],
                now=self.now,
            )
        except copied_papers.TooManyMade as refused:
            raise TooMany(until=refused.until) from None
        except copied_papers.CopyRefused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.page(paper, form, UNPROCESSABLE)
        return SeeOther(reverse("documents:copy", args=[row.public_id]))

    def page(
        self, paper: Paper, form: CopyForm, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """Draw it."""
        made = copies.list_made(citizen_id=paper.citizen_id, of=paper)
        return self.draw("copies", status, paper=paper, form=form, made=made)


class MyCopies(CopyView):
    """Everything of every paper of mine, or of a ward, those included that left the wallet."""

    def get(self, request: HttpRequest, public_id: str = "") -> HttpResponse:
        """The page; ``public_id`` is of the guardianship."""
        made = copies.list_made(citizen_id=self.open_of(public_id).citizen.pk)
        return self.draw("my_copies", made=made, kind_of=copied_papers.kind_of)


class Copy(CopyView):
    """One copy: what it is for, the file, the button that revokes it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: there is none.
        """
        wallet = self.open_made(public_id)
        row = copies.find_copy(citizen_id=wallet.citizen.pk, public_id=public_id)
        if row is None:
            raise Http404
        return self.draw("copy", row=row, kind=copied_papers.kind_of(row))


class FetchCopy(CopyView):
    """The file."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """It, to be kept.

        Raises:
            Http404: it is revoked.
        """
        content = signed_copies.fetch(
            session=self.here,
            wallet=self.open_made(public_id),
            public_id=public_id,
            now=self.now,
        )
        if content is None:
            raise Http404
        return pdf_file(content, f"eid-copy-{clock.today(self.now):%Y%m%d}.pdf")

    def way_back(self) -> str:
        """The page with the button: a download leaves the page before it standing."""
        return reverse("documents:copy", args=[cast("str", self.kwargs["public_id"])])


class RevokeCopy(CopyView):
    """One button, no reason."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the copy."""
        return SeeOther(reverse("documents:copy", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Revoke it."""
        signed_copies.revoke(wallet=self.open_made(public_id), public_id=public_id, now=self.now)
        return SeeOther(reverse("documents:copy", args=[public_id]))


class Certificates(PublicView):
    """Certificates of the keys that documents are signed with, in PEM, the current one first."""

    purpose = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """All of them."""
        answer = HttpResponse(keys.pem_of(self.purpose), content_type="application/x-pem-file")
        answer["Cache-Control"] = "public, max-age=300"
        return answer


def pdf_file(content: bytes, name: str) -> HttpResponse:
    """A document to be kept by its owner, and by no cache."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
