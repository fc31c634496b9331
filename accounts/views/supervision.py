"""A supervisor's console: what waits at the office's counters, and the looks that are checked."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import AlertState, InspectionState, LookField, LookReason, ReviewState
from accounts.forms.counter import DecisionForm
from accounts.forms.look_ups import AnswerForm, VerdictForm
from accounts.selectors import supervision as pages
from accounts.services import approving, inspections, looking, watching
from accounts.views.access import STEP_UP, SeeOther, SupervisorView
from accounts.views.counter import UNPROCESSABLE, CounterView
from eid_portal.core import approvals


class SupervisionView(CounterView, SupervisorView):
    """A page of the console. Each about one look is itself recorded before it is shown."""

    subject: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Nothing is loaded yet."""
        super().setup(request, *args, **kwargs)
        self.public_id: str = kwargs.get("public_id", "")

    def admit(self, session: Any) -> None:
        """Load what the page is about; what the supervisor may not decide is none at all.

        Raises:
            Http404: there is none.
        """
        super().admit(session)
        self.subject = self.find(session.account, self.post_at.office.pk)
        if self.subject is None:
            raise Http404

    def find(self, account: Any, office_id: Any) -> Any:
        """What the page is about."""
        return self.post_at

    def to_console(self) -> HttpResponse:
        """Back to what waits."""
        return SeeOther(reverse("accounts:supervision"))


class Supervision(SupervisionView):
    """What waits, what stands out, what was drawn, and the counters now."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The page."""
        console = pages.console(self.here.account, office_id=self.post_at.office.pk, now=self.now)
        return self.page("supervision", console=console, titles=_titles)


class DecideAlert(SupervisionView):
    """An officer's looks stand out."""

    def find(self, account: Any, office_id: Any) -> Any:
        """The alert."""
        return pages.find_alert(account, office_id=office_id, public_id=self.public_id)

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The alert, and the look that raised it, masked."""
        alert = self.subject
        looking.see_alert(alert=alert, actor=self.actor, now=self.now)
        return self.page(
            "supervision_alert",
            alert=alert,
            state=AlertState(alert.state).label,
            officer_name=pages.name_of(alert.officer),
            checked=pages.checked(alert.look_up) if alert.look_up else None,
            person=pages.masked_person(alert.citizen),
            labels=dict(LookField.choices),
        )

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Reasonable, or an inspection."""
        form = VerdictForm(request.POST)
        if not form.is_valid():
            return SeeOther(request.path)
        try:
            watching.decide_alert(
                alert=self.subject,
                inspect=form.cleaned_data["verdict"] == "inspect",
                actor=self.actor,
                now=self.now,
            )
        except watching.AlertRefused as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("Your decision was recorded."))
        return self.to_console()


class Review(SupervisionView):
    """A look that was drawn at random; the next one comes after the decision."""

    def find(self, account: Any, office_id: Any) -> Any:
        """The review."""
        return pages.find_review(account, office_id=office_id, public_id=self.public_id)

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The look, masked."""
        look = self.subject.look_up
        looking.see_look(look=look, target=self.subject, actor=self.actor, now=self.now)
        return self.page(
            "supervision_review",
            review=self.subject,
            state=ReviewState(self.subject.state).label,
            checked=pages.checked(look),
            labels=dict(LookField.choices),
        )

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Reasonable, or an inspection."""
        form = VerdictForm(request.POST)
        if not form.is_valid():
            return SeeOther(request.path)
        try:
            watching.decide_review(
                review=self.subject,
                inspect=form.cleaned_data["verdict"] == "inspect",
                actor=self.actor,
                now=self.now,
            )
        except watching.AlertRefused as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("Your decision was recorded."))
        return self.to_console()


class Inspect(SupervisionView):
    """A look is explained to its person in plain words."""

    def find(self, account: Any, office_id: Any) -> Any:
        """The inspection."""
        return pages.find_inspection(account, office_id=office_id, public_id=self.public_id)

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show(AnswerForm())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Answer."""
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            inspections.answer(
                inspection=self.subject,
                verdict=InspectionState(form.cleaned_data["verdict"]),
                answer=form.cleaned_data["answer"],
                actor=self.actor,
                now=self.now,
            )
        except inspections.InspectionRefused as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("The answer was sent."))
        return self.to_console()

    def show(self, form: AnswerForm, status: int = 200) -> HttpResponse:
        """The inspection, with the form while it is open."""
        inspection = self.subject
        looking.see_inspection(inspection=inspection, actor=self.actor, now=self.now)
        return self.page(
            "supervision_inspection",
            status,
            inspection=inspection,
            state=InspectionState(inspection.state).label,
            officer_name=pages.name_of(inspection.officer) if inspection.officer else "",
            checked=pages.checked(inspection.look_up) if inspection.look_up else None,
            person=pages.masked_person(inspection.citizen),
            about=pages.asked_about(inspection),
            labels=dict(LookField.choices),
            open=inspection.state == InspectionState.OPEN,
            form=form,
        )


class DecideOrder(SupervisionView):
    """An officer asks to look somebody up by court order."""

    def find(self, account: Any, office_id: Any) -> Any:
        """The proposal."""
        return pages.find_court_order(account, office_id=office_id, public_id=self.public_id)

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show(DecisionForm())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Decide, signed in afresh."""
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            approving.decide(
                approval=self.subject,
                approve=form.cleaned_data["decision"] == "approve",
                note=form.cleaned_data["note"],
                actor=self.actor,
                signed_in_at=self.here.authenticated_at,
                now=self.now,
            )
        except approvals.NotFresh:
            return SeeOther(self.again())
        except approvals.ApprovalRefused as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("Your decision was recorded."))
        return self.to_console()

    def again(self) -> str:
        """The way to sign in afresh and back."""
        return f"{STEP_UP}?{urlencode({'next': self.request.path})}"

    def show(self, form: DecisionForm, status: int = 200) -> HttpResponse:
        """The order, and of the person no more than their initials."""
        approval = self.subject
        looking.see_proposal(approval=approval, case=None, actor=self.actor, now=self.now)
        name, number = pages.masked_subject(approval)
        return self.page(
            "supervision_order",
            status,
            form=form,
            approval=approval,
            order=pages.order_of(approval),
            subject_name=name,
            subject_number=number,
            maker=pages.maker_of(approval),
            open=approval.state == "PROPOSED" and approval.expires_at > self.now,
            fresh=approving.is_fresh(approval, signed_in_at=self.here.authenticated_at, now=self.now),
            again=self.again(),
        )  # fmt: skip


def _titles(words: Any, approval: Any) -> str:
    """What a proposal asks for."""
    if approval.reason == LookReason.COURT_ORDER:
        return str(LookReason.COURT_ORDER.label)
    return "; ".join(str(reason) for reason in words.reasons(approval.reason.split(",")))
