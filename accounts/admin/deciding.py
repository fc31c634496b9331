"""The page on which another administrator decides what a colleague proposed, signed in afresh."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts.admin.officers import ActingMixin
from accounts.enums import Action
from accounts.forms.counter import DecisionForm
from accounts.services import approving
from eid_portal.core import approvals, clock
from eid_portal.core.models import Approval

Facts = Sequence[tuple[Any, Any]]


class DecidingMixin(ActingMixin):
    """An admin with proposals of two people."""

    def decide_about(
        self,
        request: HttpRequest,
        approval: Approval | None,
        *,
        title: str,
        facts: Callable[[Approval], Facts],
        back: str,
    ) -> HttpResponse:
        """Show all there is to decide it, and take the decision; without a proposal lead ``back``."""
        if approval is None or approval.state != "PROPOSED":
            self.message_user(request, _("There is nothing to decide."), "WARNING")
            return HttpResponseRedirect(back)
        session: Any = request.session
        acting = self.acting(request)
        query = urlencode({"next": request.path, "for": Action.DECIDE.value})
        again = HttpResponseRedirect(f"/sign-in/again/?{query}")
        if not approving.is_fresh(
            approval, signed_in_at=session.authenticated_at, now=acting["now"]
        ):
            return again
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                approving.decide(
                    approval=approval,
                    approve=form.cleaned_data["decision"] == "approve",
                    note=form.cleaned_data["note"],
                    signed_in_at=session.authenticated_at,
                    **acting,
                )
            except approvals.NotFresh:
                return again
            except approvals.ApprovalRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("Your decision was recorded."), "SUCCESS")
            return HttpResponseRedirect(back)
        proposed = f"{approval.proposed_at.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}"
        return self.page(
            request,
            "facts_form",
            place=self.opts.verbose_name_plural.capitalize(),
            title=title,
            facts=[*facts(approval), (_("proposed at"), proposed)],
            form=form,
            back=back,
            submit=_("Approve"),
            choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        )
