"""Signed copies of a paper: made for a purpose, fetched, revoked."""

from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from accounts.enums import Action
from accounts.services import assurance
from accounts.views.access import CitizenView, PublicView, SeeOther
from documents.enums import Level
from documents.forms.copies import CopyForm
from documents.selectors import copies, papers
from documents.selectors.papers import Paper
from documents.services import copied_papers, signed_copies
from eid_portal.core import clock, keys
from eid_portal.core.web import TooMany

UNPROCESSABLE: Final = 422


class PaperPage(CitizenView):
    """A page of the holder's about copies or cards."""

    def find(self, public_id: str) -> Paper:
        """The paper.

        Raises:
            Http404: the person has no such paper, or it never agreed.
        """
        citizen_id = self.here.account.citizen_id
        paper = papers.find_paper(citizen_id=citizen_id, public_id=public_id, now=self.now)
        if paper is None:
            raise Http404
        return paper

    def page(self, name: str, status: int = 200, **context: Any) -> HttpResponse:
        """Draw it; nobody's cache keeps it."""
        context["display_name"] = self.here.account.citizen.full_name
        answer = render(self.request, f"documents/{name}.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer


def level_choices(paper: Paper) -> list[tuple[Level, str]]:
    """Each level that adds something, with what it shows."""
    found: list[tuple[Level, str]] = []
    seen = 0
    for level in Level:
        labels = [label for _code, label, _value in copied_papers.facts(paper, level)]
        if len(labels) > seen:
            words = ", ".join([labels[0], *(label[:1].lower() + label[1:] for label in labels[1:])])
            found.append((level, f"{level.label}: {words}"))
            seen = len(labels)
    return found


class Copies(PaperPage):
    """Make a copy of one paper, and what was made of it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form; a fresh proof of who it is comes first, before anything is typed.

        Raises:
            Http404: the person has no such paper.
        """
        paper = self.find(public_id)
        if not paper.can_be_shown:
            return self.show(paper, None)
        assurance.require(self.here, Action.SHARE, now=self.now)
        levels = level_choices(paper)
        initial = {"level": levels[-1][0] if levels else "", "language": get_language()}
        return self.show(paper, CopyForm(levels=levels, initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make it.

        Raises:
            Http404: the person has no such paper.
            TooMany: too many in an hour.
        """
        paper = self.find(public_id)
        form = CopyForm(request.POST, levels=level_choices(paper))
        if not form.is_valid():
            return self.show(paper, form, UNPROCESSABLE)
        try:
            row = signed_copies.make(
                session=self.here,
                public_id=public_id,
                purpose=form.cleaned_data["purpose"],
                level=Level(form.cleaned_data["level"]),
                language=form.cleaned_data["language"],
                actor=self.actor,
                now=self.now,
            )
        except copied_papers.TooManyMade as refused:
            raise TooMany(until=refused.until) from None
        except copied_papers.NotVerified:
            return self.show(paper, None, UNPROCESSABLE)
        except copied_papers.CopyRefused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.show(paper, form, UNPROCESSABLE)
        return SeeOther(reverse("documents:copy", args=[row.public_id]))

    def show(self, paper: Paper, form: CopyForm | None, status: int = 200) -> HttpResponse:
        """The page."""
        made = copies.list_made(citizen_id=paper.citizen_id, of=paper)
        return self.page("copies", status, paper=paper, form=form, made=made)


class MyCopies(PaperPage):
    """Everything of every paper, those included that left the wallet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        made = copies.list_made(citizen_id=self.here.account.citizen_id)
        return self.page("my_copies", made=made, kind_of=copied_papers.kind_of)


class Copy(PaperPage):
    """One copy: what it is for, the file, the button that revokes it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: it is somebody else's, or there is none.
        """
        citizen_id = self.here.account.citizen_id
        row = copies.find_copy(citizen_id=citizen_id, public_id=public_id)
        if row is None:
            raise Http404
        return self.page("copy", row=row, kind=copied_papers.kind_of(row))


class FetchCopy(PaperPage):
    """The file."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """It, to be kept.

        Raises:
            Http404: it is somebody else's, revoked, or there is none.
        """
        content = signed_copies.fetch(session=self.here, public_id=public_id, now=self.now)
        if content is None:
            raise Http404
        return pdf_file(content, f"eid-copy-{clock.today(self.now):%Y%m%d}.pdf")

    def way_back(self) -> str:
        """The page with the button: a download leaves the page before it standing."""
        return reverse("documents:copy", args=[cast("str", self.kwargs["public_id"])])


class RevokeCopy(PaperPage):
    """One button, no reason."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button is on the page of the copy."""
        return SeeOther(reverse("documents:copy", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Revoke it.

        Raises:
            Http404: it is somebody else's, or there is none.
        """
        row = signed_copies.revoke(
            session=self.here, public_id=public_id, actor=self.actor, now=self.now
        )
        if row is None:
            raise Http404
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
