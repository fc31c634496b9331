"""Supervisors decide what waits at their office, signed in afresh."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import Action
from accounts.forms.counter import DecisionForm
from accounts.selectors import counter as pages
from accounts.services import approving, looking
from accounts.views import counter_words as words
from accounts.views.access import STEP_UP, SupervisorView
from accounts.views.counter import UNPROCESSABLE, CounterView
from eid_portal.core import approvals


class SupervisorPage(CounterView, SupervisorView):
    """A page for supervisors, in the look of the counter."""


class Approvals(SupervisorPage):
    """What waits, the longest first."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The list."""
        rows = pages.list_approvals(
            self.here.account, office_id=self.post_at.office.pk, now=self.now
        )
        return self.page("approvals", rows=rows)


class Decide(SupervisorPage):
    """One proposal with all there is to decide it."""

    approval: Any

    def admit(self, session: Any) -> None:
        """Load the proposal; one by or about the supervisor is none at all.

        Raises:
            Http404: it is not theirs to decide.
        """
        super().admit(session)
        self.approval = pages.find_approval(
            session.account,
            office_id=self.post_at.office.pk,
            public_id=self.kwargs["public_id"],
        )
        if self.approval is None:
            raise Http404

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show(DecisionForm())

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Decide."""
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            approving.decide(
                approval=self.approval,
                approve=form.cleaned_data["decision"] == "approve",
                note=form.cleaned_data["note"],
                actor=self.actor,
                signed_in_at=self.here.authenticated_at,
                now=self.now,
            )
        except approvals.NotFresh:
            return HttpResponseRedirect(self.again())
        except approvals.ApprovalRefused as refused:
            messages.warning(request, str(refused.message))
            return HttpResponseRedirect(request.path)
        messages.success(request, _("Your decision was recorded."))
        return HttpResponseRedirect(reverse("accounts:approvals"))

    def show(self, form: DecisionForm, status: int = 200) -> HttpResponse:
        """The page with the form, or with the way to sign in again first."""
        case = pages.case_of(self.approval)
        shown = pages.shows_subject(self.approval, now=self.now)
        if shown:
            looking.see_proposal(approval=self.approval, case=case, actor=self.actor, now=self.now)
        return self.page(
            "decide",
            status,
            form=form,
            approval=self.approval,
            case=case,
            facts=pages.case_page(case, now=self.now) if case and shown else None,
            findings=words.explain(case.findings) if case else [],
            subject=pages.subject_of(self.approval) if shown else None,
            maker=pages.maker_name(self.approval),
            open=self.approval.state == "PROPOSED" and self.approval.expires_at > self.now,
            fresh=approving.is_fresh(self.approval, signed_in_at=self.here.authenticated_at, now=self.now),
            again=self.again(),
        )  # fmt: skip

    def again(self) -> str:
        """Where the supervisor proves themselves afresh, by passkey or password and code, to decide."""
        return f"{STEP_UP}?{urlencode({'next': self.request.path, 'for': Action.DECIDE.value})}"
