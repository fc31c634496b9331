"""From the button of a procedure to a form that can be filed: begun, filled in page by page, kept, and checked."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from procedures.enums import ApplicationState, Capacity
from procedures.selectors import checking, revisions, told
from procedures.selectors import drafts as lists
from procedures.services import desks, drafts, filing
from procedures.views.draft import DraftView, place_of
from procedures.views.pages import FormsView
from procedures.views.paying import pay


class Start(FormsView):
    """Begin a procedure, or go on with the draft of it; for whom is asked if there is a choice."""

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        """For whom; who has to sign in first finds the button here."""
        return self.page(code)

    def post(self, request: HttpRequest, code: str) -> HttpResponseBase:
        """Begin, and on to the first page that is not done."""
        choices = self.choices(code)
        if "for" not in request.POST and len(choices) == 1:
            ((capacity, person, _name),) = choices
        else:
            named, _dot, person = request.POST.get("for", "").partition(".")
            if (named, person) not in {(each.value, one) for each, one, _name in choices}:
                chosen = "for" in request.POST or "chosen" in request.POST
                return self.page(code, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=chosen)
            capacity = Capacity(named)
        try:
            draft, was_there = drafts.begin(
                session=self.here, code=code, capacity=capacity, person=person, now=self.now
            )
        except drafts.NotForThem:
            raise
        except drafts.FilingRefused as refused:
            return self.refused(refused)
        if was_there:
            messages.info(request, _("You had begun this already. Here it is, as you left it."))
        return SeeOther(reverse("procedures:draft", args=[draft.public_id]))

    def page(
        self, code: str, status: HTTPStatus = HTTPStatus.OK, *, wrong: bool = False
    ) -> HttpResponse:
        """The question for whom, perhaps with that it was not answered."""
        choices = self.choices(code)
        if not wrong:
            status = HTTPStatus.OK
        return self.draw(
            "start",
            status,
            procedure=lists.name_of(code),
            code=code,
            choices=[
                (f"{capacity.value}.{person}", name, str(capacity.label))
                for capacity, person, name in choices
            ],
            wrong=wrong,
        )

    def choices(self, code: str) -> list[tuple[Capacity, str, str]]:
        """For whom it can be filed.

        Raises:
            Http404: there is no such procedure in force.
        """
        found = revisions.find_in_force(code)
        if found is None:
            raise Http404
        return drafts.list_capacities(self.here, found[1], now=self.now)


class Drafts(FormsView):
    """All that was begun and not filed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        return self.draw("drafts", drafts=lists.list_drafts(self.here.account))


class Draft(DraftView):
    """Where the draft is: its first page that is not done, or the check."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """On to it."""
        form = self.open(public_id)
        done = set(form.draft.done)
        after = next((each for each in form.steps if each.key not in done), None)
        return SeeOther(place_of(form, after))


class Discard(FormsView):
    """Throw a draft away, asked once more; also one for somebody for whom its filer does not act any more."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """What will be gone.

        Raises:
            Http404: there is no such draft of this person.
        """
        draft = lists.find_own(self.here.account, public_id)
        if draft is None:
            raise Http404
        return self.draw("discard", draft=draft, on_behalf=draft.on_behalf)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Do it; a second press finds nothing and says the same."""
        if drafts.discard(session=self.here, public_id=public_id):
            messages.success(request, _("The draft is thrown away"))
        return SeeOther(reverse("procedures:drafts"))


class Check(DraftView):
    """All answers before they are filed."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        if filing.find_filed(session=self.here, public_id=public_id):
            return SeeOther(reverse("procedures:application", args=[public_id]))
        return self.page(self.open(public_id))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """File it, once; on to its fee, or to the slip."""
        try:
            filed = filing.submit(
                session=self.here,
                public_id=public_id,
                seen=request.POST.get("seen", ""),
                now=self.now,
            )
        except (filing.NotComplete, filing.Changed) as refused:
            return self.page(refused.form, HTTPStatus.CONFLICT, refused.message)
        except (drafts.NotInForce, drafts.TooYoung, desks.NoDesk) as refused:
            return self.page(self.open(public_id), HTTPStatus.CONFLICT, refused.message)
        place = reverse("procedures:filed", args=[filed.public_id])
        return (
            pay(self, filed.pk, place) if filed.state == ApplicationState.FILED else SeeOther(place)
        )

    def page(
        self, form: drafts.Form, status: HTTPStatus = HTTPStatus.OK, message: Any = ""
    ) -> HttpResponse:
        """All of it, perhaps with why it was not filed."""
        holdings = told.name_held(
            form.document,
            form.held,
            citizen_id=form.citizen.pk,
            chosen={each for each in form.answers.values() if isinstance(each, str)},
            now=self.now,
        )
        return self.draw(
            "check",
            status,
            page=checking.check(
                form.document, form.answers, form.settled, done=form.draft.done, holdings=holdings
            ),
            at=len(form.steps) + 1,
            before=place_of(form, form.steps[-1]) if form.steps else "",
            message=message,
            seen=form.seen,
            **self.of(form),
        )
