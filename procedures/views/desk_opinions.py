"""What another desk wants to know: the form, the question, and one answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from procedures.enums import FilePage
from procedures.forms.desk import AnswerForm
from procedures.selectors import case as pages
from procedures.services import attachments, conflicts, looking, opinions
from procedures.views.desk import CONFLICT, UNPROCESSABLE, DeskView
from procedures.views.desk_case import TAKES, words_of
from procedures.views.files import attached


class OpinionView(DeskView):
    """A question to a desk of this office; another office's and none at all are alike."""

    opinion: Any

    def admit(self, session: Any) -> None:
        """Load the question once it is known that the officer may work here.

        Raises:
            Http404: it is not this office's.
        """
        super().admit(session)
        self.opinion = pages.find_opinion(
            session.account,
            office_id=self.post_at.office.pk,
            public_id=self.kwargs["public_id"],
        )
        if self.opinion is None:
            raise Http404

    def refuses(self) -> HttpResponse | None:
        """What is shown in place of a file that the officer must not see."""
        if conflicts.is_involved(self.opinion.application, self.actor):
            return self.page("involved", 403, application=self.opinion.application)
        return None


class Opinion(OpinionView):
    """The question."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The form it is about, and the question."""
        return self.show(AnswerForm())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Answer it."""
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            opinions.give(
                opinion=self.opinion,
                words=form.cleaned_data["words"],
                actor=self.actor,
                now=self.now,
            )
        except TAKES as refused:
            form.add_error(None, words_of(refused))
            self.admit(self.here)
            return self.show(form, CONFLICT)
        messages.success(request, _("Your opinion was sent."))
        return SeeOther(reverse("procedures:desk"))

    def show(self, form: AnswerForm, status: int = 200) -> HttpResponse:
        """The page; the look is recorded first. Once it is answered or over, the form is closed."""
        refused = self.refuses()
        if refused is not None:
            return refused
        found = pages.opinion_page(self.opinion)
        if found.is_open:
            looking.see(
                application=found.application,
                page=FilePage.OPINION,
                actor=self.actor,
                now=self.now,
            )
        return self.page("opinion", status, page=found, form=form)


class OpinionPaper(OpinionView):
    """A file that was attached, while the question is open."""

    def get(self, request: HttpRequest, public_id: str, file_id: str) -> HttpResponseBase:
        """The file.

        Raises:
            Http404: it is not this application's, or the question is over.
        """
        refused = self.refuses()
        if refused is not None:
            return refused
        row = self.opinion.application
        found = pages.find_paper(row, public_id=file_id)
        if found is None or not pages.is_open(self.opinion):
            raise Http404
        looking.see(application=row, page=FilePage.ATTACHMENT, actor=self.actor, now=self.now)
        return attached(attachments.given(found))
