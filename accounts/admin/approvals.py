"""What two administrators decide together: roles, administrators, recoveries of staff. The rest is supervisors'."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from accounts.enums import Action
from accounts.forms.counter import DecisionForm
from accounts.models import Account
from accounts.services import approving, officer_recovery, officers
from eid_portal.core import approvals
from eid_portal.core.models import Approval, ApprovalState


@admin.register(Approval)
class ApprovalAdmin(ActingMixin, KeyedAdmin):
    """Proposals of roles, administrators and recoveries of staff, and the decision about each."""

    shows_whole_table = False

    list_display = ("reason", "standing", "proposed_at", "proposed_by", "expires_at", "decided_at")
    fields = (
        "reason",
        "standing",
        "proposed_at",
        "proposed_by",
        "expires_at",
        "decided_at",
        "decision_note",
    )
    readonly_fields = fields
    change_form_template = "admin/core/approval/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What administrators decide."""
        kinds = [approving.ROLE, officers.ADMINISTRATOR, officer_recovery.KIND]
        return super().get_queryset(request).filter(kind__in=kinds)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: Approval) -> str:
        """The state in words."""
        return str(ApprovalState(row.state).label)

    @admin.display(description=gettext_lazy("proposed by"))
    def proposed_by(self, row: Approval) -> str:
        """The sign-in name."""
        if row.maker_account_id is None:
            return ""
        maker = Account.objects.filter(pk=row.maker_account_id).first()
        return maker.sign_in_name or "" if maker else ""

    def get_urls(self) -> list[Any]:
        """The page of the decision."""
        view = self.admin_site.admin_view(self.decide)
        return [path("<uuid:pk>/decide/", view, name="core_approval_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Approve or refuse, signed in afresh.

        Raises:
            Http404: there is no such proposal.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        back = reverse("admin:core_approval_change", args=[pk])
        query = urlencode({"next": request.path, "for": Action.DECIDE.value})
        again = HttpResponseRedirect(f"/sign-in/again/?{query}")
        session: Any = request.session
        acting = self.acting(request)
        if row.state != ApprovalState.PROPOSED:
            return HttpResponseRedirect(back)
        if not approving.is_fresh(row, signed_in_at=session.authenticated_at, now=acting["now"]):
            return again
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                approving.decide(
                    approval=row,
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
        return self.page(
            request,
            "plain_form",
            title=_("Decide about a proposal"),
            subtitle=row.reason,
            form=form,
            back=back,
            choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        )
