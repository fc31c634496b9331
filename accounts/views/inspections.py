"""A person did not expect a look at their data: they ask, and read the answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.forms.look_ups import QuestionForm
from accounts.selectors import supervision as pages
from accounts.services import inspections
from accounts.views.access import CitizenView, SeeOther
from accounts.views.counter import UNPROCESSABLE


class AskAboutLook(CitizenView):
    """The button of an entry leads here; words are welcome, and the second button asks."""

    entry: Any

    def admit(self, session: Any) -> None:
        """Load the entry once it is known whose log it is.

        Raises:
            Http404: it is no entry of theirs.
        """
        super().admit(session)
        self.entry = pages.find_entry(
            session.account, event_id=self.kwargs["event_id"], now=self.now
        )
        if self.entry is None:
            raise Http404

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """The page."""
        return self.show(QuestionForm())

    def post(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """Show the page to who comes from the log; ask for who comes from the page."""
        if "question" not in request.POST:
            return self.show(QuestionForm())
        form = QuestionForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            opened = inspections.open_from_citizen(
                account=self.here.account,
                event_id=event_id,
                question=form.cleaned_data["question"],
                now=self.now,
            )
        except inspections.AskedAlready as refused:
            messages.info(request, str(refused.message))
        except inspections.NoSuchLook:
            raise Http404 from None
        else:
            text = _("You asked: %(reference)s. The office answers in plain words.")
            messages.success(request, text % {"reference": opened.reference})
        return SeeOther(reverse("accounts:questions"))

    def show(self, form: QuestionForm, status: int = 200) -> HttpResponse:
        """The page."""
        context = {
            "form": form,
            "entry": self.entry,
            "display_name": self.here.account.citizen.full_name,
        }
        return render(self.request, "accounts/account/ask_about_look.html", context, status=status)


class Questions(CitizenView):
    """What was asked, and the answers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        account = self.here.account
        context = {
            "rows": pages.list_questions(account, now=self.now),
            "display_name": account.citizen.full_name,
        }
        return render(request, "accounts/account/questions.html", context)
