"""A file at the desk: read, then one act of its officer at a time. Who comes second is told so, and loses nothing."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from eid_portal.core import clock
from eid_portal.core.transitions import StaleState
from procedures.enums import ApplicationState, FilePage, Outcome
from procedures.forms.desk import (
    ColleagueForm,
    CorrectionForm,
    DecideForm,
    MessageForm,
    NoteForm,
    OpinionForm,
    SendBackForm,
)
from procedures.selectors import case as pages
from procedures.selectors import desk as queue
from procedures.services import (
    attachments,
    claiming,
    conflicts,
    corrections,
    deciding,
    drafts,
    effects,
    known,
    looking,
    notes,
    opinions,
    resuming,
)
from procedures.services import messages as letters
from procedures.services.claiming import DeskRefused
from procedures.services.lifecycle import CannotDecide, Verdict
from procedures.views.desk import CONFLICT, UNPROCESSABLE, DeskView
from procedures.views.files import attached

TAKES: tuple[type[Exception], ...] = (DeskRefused, CannotDecide, StaleState)


def words_of(refused: Exception) -> str:
    """What the official is told: of two who acted at once, the second hears that it moved."""
    if isinstance(refused, StaleState):
        return str(claiming.OverAlready.message)
    return str(getattr(refused, "message", refused))


class CaseView(DeskView):
    """A page or action of a file of this office; another office's and none at all are alike."""

    application: Any

    def admit(self, session: Any) -> None:
        """Load the file once it is known that the officer may work here.

        Raises:
            Http404: it is not this office's.
        """
        super().admit(session)
        self.application = pages.find_case(
            session.account,
            office_id=self.post_at.office.pk,
            public_id=self.kwargs["public_id"],
        )
        if self.application is None:
            raise Http404

    def to_case(self) -> HttpResponse:
        """To the file, by GET."""
        return SeeOther(reverse("procedures:desk_case", args=[self.kwargs["public_id"]]))

    def show(self, status: int = 200, **forms: Any) -> HttpResponse:
        """The file; ``forms`` are those that come back with what is wrong. The look is recorded first."""
        if conflicts.is_involved(self.application, self.actor):
            return self.page("involved", 403, application=self.application)
        row = self.application
        looking.see(application=row, page=FilePage.FILE, actor=self.actor, now=self.now)
        claiming.renew(application=row, actor=self.actor, now=self.now)
        found = pages.case(
            self.here.account,
            row,
            known=known.of(row.citizen, filer=row.filer, now=self.now),
            now=self.now,
        )
        mine = self.forms_of(found) | forms
        wrong = next((form for form in forms.values() if form.errors), None)
        return self.page(
            "case",
            status,
            case=found,
            form=wrong,
            forms=mine,
            result=pages.result_text(row, found.document),
            changes=effects.list_of(row),
            needs_two=deciding.needs_two(found.document),
            is_proposer=found.decision is not None
            and found.decision.proposed_by_id == self.here.account.pk,
        )

    def forms_of(self, case: Any) -> dict[str, Any]:
        """The forms of the page, empty."""
        templates = letters.templates(self.application)
        return {
            "decide": self.decide_form(None),
            "correct": CorrectionForm(wanted=self.wanted(case), templates=templates),
            "opinion": OpinionForm(provinces=self.provinces()),
            "message": MessageForm(templates=templates),
            "note": NoteForm(),
            "give": ColleagueForm(colleagues=self.colleague_choices()),
            "back": SendBackForm(),
        }

    def wanted(self, case: Any) -> list[tuple[str, str]]:
        """The fields that can be asked for again."""
        return [(row.key, row.label) for row in case.rows if row.can_be_asked]

    def provinces(self) -> list[str]:
        """The names an address may have."""
        return drafts.provinces(clock.today(self.now))

    def decide_form(self, data: Any) -> DecideForm:
        """The form of the decision."""
        document = pages.document_of(self.application)
        reasons = {each.key: each.words for each in pages.reasons_of(document)}
        return DecideForm(
            data, reasons=reasons, may_exempt=deciding.may_exempt(self.application, document)
        )


class Case(CaseView):
    """The file."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show()


class Paper(CaseView):
    """A file that was attached, to be kept and opened outside of the browser."""

    def get(self, request: HttpRequest, public_id: str, file_id: str) -> HttpResponseBase:
        """The file.

        Raises:
            Http404: it is not this application's.
        """
        if conflicts.is_involved(self.application, self.actor):
            return self.page("involved", 403, application=self.application)
        found = pages.find_paper(self.application, public_id=file_id)
        if found is None:
            raise Http404
        looking.see(
            application=self.application, page=FilePage.ATTACHMENT, actor=self.actor, now=self.now
        )
        return attached(attachments.given(found))


# --- Acts -----------------------------------------------------------------------------------------
class Act(CaseView):
    """A button of the file; its address shows the file."""

    done: ClassVar[Any] = ""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the file."""
        return self.to_case()

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Act, and show the file again; who was too late reads why."""
        try:
            said = self.act()
        except TAKES as refused:
            messages.warning(request, words_of(refused))
            return self.to_case()
        if said:
            messages.success(request, said)
        return self.to_case()

    def act(self) -> str:
        """One service call; what was done, in words."""
        raise NotImplementedError


class Take(Act):
    """The officer takes it."""

    def act(self) -> str:
        """Claim it."""
        claiming.take(application=self.application, actor=self.actor, now=self.now)
        return ""


class Release(Act):
    """Back to the queue."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Give it back, and show the queue."""
        claiming.give_back(application=self.application, actor=self.actor, now=self.now)
        messages.success(request, _("The file is back in the queue."))
        return SeeOther(reverse("procedures:desk_queue"))


class EndCorrection(Act):
    """What was asked of the citizen is no longer needed."""

    def act(self) -> str:
        """Take it back."""
        corrections.take_back(application=self.application, actor=self.actor, now=self.now)
        return _("The citizen need not answer any more.")


class EndOpinion(Act):
    """An opinion is no longer needed."""

    def act(self) -> str:
        """Take it back."""
        opinions.take_back(
            application=self.application,
            public_id=self.request.POST.get("opinion", "")[:40],
            actor=self.actor,
            now=self.now,
        )
        return _("The other desk need not answer any more.")


class TryAgain(Act):
    """A change that could not be carried out is tried again."""

    def act(self) -> str:
        """Have it tried."""
        resuming.try_again(
            application=self.application,
            number=self.request.POST.get("effect", "")[:8],
            actor=self.actor,
            now=self.now,
        )
        return _("It is being tried again.")


class FormAct(CaseView):
    """An act that needs words or a choice: a form of the file's page."""

    name: ClassVar[str]

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The form's address shows the file."""
        return self.to_case()

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Act; what was typed comes back with what is wrong, also if somebody else was first."""
        form = self.bound()
        if not form.is_valid():
            return self.again(form, UNPROCESSABLE)
        return self.attempt(form, lambda: self.act(form))

    def attempt(self, form: Any, act: Callable[[], str]) -> HttpResponseBase:
        """Act, and show the file again."""
        try:
            said = act()
        except TAKES as refused:
            form.add_error(None, words_of(refused))
            return self.again(form, CONFLICT)
        messages.success(self.request, said)
        return self.to_case()

    def again(self, form: Any, status: int) -> HttpResponse:
        """The file as it is now, with the form as it was typed."""
        self.admit(self.here)
        return self.show(status, **{self.name: form})

    def bound(self) -> Any:
        """The form with what was posted."""
        raise NotImplementedError

    def act(self, form: Any) -> str:
        """One service call; what was done, in words."""
        raise NotImplementedError


class Give(FormAct):
    """To a colleague."""

    name = "give"

    def bound(self) -> Any:
        """Who."""
        return ColleagueForm(self.request.POST, colleagues=self.colleague_choices())

    def act(self, form: Any) -> str:
        """Give it.

        Raises:
            NotAColleague: they left meanwhile.
        """
        to = queue.find_colleague(form.cleaned_data["colleague"], office_id=self.post_at.office.pk)
        if to is None:
            raise claiming.NotAColleague
        claiming.assign(application=self.application, to=to, actor=self.actor, now=self.now)
        return _("%(name)s has the file now.") % {"name": to.citizen.full_name}


class Correct(FormAct):
    """Ask the citizen for other answers."""

    name = "correct"

    def bound(self) -> Any:
        """Which fields, and why."""
        return CorrectionForm(
            self.request.POST,
            wanted=[(each.key, "") for each in pages.document_of(self.application).fields],
            templates=letters.templates(self.application),
        )

    def again(self, form: Any, status: int) -> HttpResponse:
        """With the labels of the fields that can be asked for."""
        labels = pages.labels_of(self.application)
        form.fields["wanted"].choices = [
            (key, labels[key]) for key in pages.askable(self.application)
        ]
        return super().again(form, status)

    def act(self, form: Any) -> str:
        """Ask."""
        corrections.ask(
            application=self.application,
            fields=form.cleaned_data["wanted"],
            words=form.text,
            actor=self.actor,
            now=self.now,
        )
        return _("The citizen was asked.")


class AskOpinion(FormAct):
    """Ask another desk."""

    name = "opinion"

    def bound(self) -> Any:
        """Whom, and what."""
        return OpinionForm(self.request.POST, provinces=self.provinces())

    def act(self, form: Any) -> str:
        """Ask."""
        asked = opinions.ask(
            application=self.application, actor=self.actor, now=self.now, **form.cleaned_data
        )
        return _("%(desk)s was asked.") % {"desk": asked.desk.office.name}


class Message(FormAct):
    """Write to who filed."""

    name = "message"

    def bound(self) -> Any:
        """The words."""
        return MessageForm(self.request.POST, templates=letters.templates(self.application))

    def act(self, form: Any) -> str:
        """Send."""
        letters.send(application=self.application, words=form.text, actor=self.actor, now=self.now)
        return _("The message was sent.")


class Note(FormAct):
    """Write to colleagues."""

    name = "note"

    def bound(self) -> Any:
        """The words."""
        return NoteForm(self.request.POST)

    def act(self, form: Any) -> str:
        """Keep it."""
        notes.write(
            application=self.application,
            words=form.cleaned_data["words"],
            actor=self.actor,
            now=self.now,
        )
        return _("The note was kept.")


class SendBack(FormAct):
    """A proposed decision is not agreed to."""

    name = "back"

    def bound(self) -> Any:
        """Why."""
        return SendBackForm(self.request.POST)

    def act(self, form: Any) -> str:
        """Send it back."""
        deciding.send_back(
            session=self.here,
            application=self.application,
            words=form.cleaned_data["words"],
            now=self.now,
        )
        return _("The file went back.")


class Agree(Act):
    """Another human agrees to a proposed decision."""

    def act(self) -> str:
        """Agree."""
        deciding.agree(session=self.here, application=self.application, now=self.now)
        return _("It was decided. The citizen was told.")


class Decide(FormAct):
    """Grant or refuse: first what it will say, then for good."""

    name = "decide"

    def bound(self) -> Any:
        """How."""
        return self.decide_form(self.request.POST)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Show what the citizen will read; pressed there, decide."""
        form = self.bound()
        if not form.is_valid():
            return self.again(form, UNPROCESSABLE)
        if "sure" in request.POST:
            return self.attempt(form, lambda: self.act(form))
        if conflicts.is_involved(self.application, self.actor):
            return self.page("involved", 403, application=self.application)
        try:
            claiming.check(self.application, actor=self.actor, now=self.now)
        except DeskRefused as refused:
            form.add_error(None, words_of(refused))
            return self.again(form, CONFLICT)
        looking.see(
            application=self.application, page=FilePage.FILE, actor=self.actor, now=self.now
        )
        document = pages.document_of(self.application)
        given = form.cleaned_data
        return self.page(
            "decide",
            application=self.application,
            name=pages.name_of(self.application),
            given=given,
            is_granted=given["outcome"] == Outcome.GRANTED,
            reason=next(
                (each for each in pages.reasons_of(document) if each.key == given["refusal"]), None
            ),
            result=pages.result_text(self.application, document),
            appeal=pages.appeal_of(document),
            needs_two=deciding.needs_two(document),
        )

    def act(self, form: Any) -> str:
        """Decide."""
        given = form.cleaned_data
        row = deciding.decide(
            application=self.application,
            verdict=Verdict(
                outcome=Outcome(given["outcome"]),
                refusal=given["refusal"],
                words=given["words"],
                is_exempt=bool(given.get("is_exempt")),
            ),
            officer=self.here.account,
            actor=self.actor,
            now=self.now,
        )
        if row.state == ApplicationState.PROPOSED:
            return _("Your decision waits for another person to agree.")
        return _("It was decided. The citizen was told.")
