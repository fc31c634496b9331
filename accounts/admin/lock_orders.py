"""Requests of authorities to lock or unlock an account: received, forwarded, decided by another administrator."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin
from accounts.enums import LockOrderKind, LockOrderState
from accounts.models import LockOrder
from accounts.services import lock_orders, looking
from eid_portal.core import approvals, clock
from eid_portal.core.text import TextField
from eid_portal.core.transitions import IllegalTransition, StaleState
from eid_portal.core.widgets import DigitsInput

_LIST = "admin:accounts_lockorder_changelist"


class OrderForm(forms.Form):
    """A written request as it came."""

    number = TextField(
        max_length=20,
        label=gettext_lazy("Personal number"),
        widget=DigitsInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What is asked for"), choices=LockOrderKind.choices)
    authority = TextField(max_length=120, label=gettext_lazy("authority"))
    document_number = TextField(
        max_length=60,
        label=gettext_lazy("document number"),
        help_text=gettext_lazy("Without names: it stands in lists."),
    )
    reason = TextField(
        max_length=1000,
        label=gettext_lazy("Reason, as written"),
        help_text=gettext_lazy("The citizen reads it."),
        widget=forms.Textarea({"rows": 3}),
    )


class OrderDecisionForm(forms.Form):
    """The decision of the head of the identity agency."""

    refusal = TextField(
        max_length=1000,
        required=False,
        label=gettext_lazy("Reason for refusing"),
        help_text=gettext_lazy("Only for a refusal. The citizen and the authority read it."),
        widget=forms.Textarea({"rows": 3}),
    )
    decision = forms.ChoiceField(
        choices=[("execute", ""), ("refuse", "")], widget=forms.HiddenInput, required=False
    )

    def clean(self) -> dict[str, Any]:
        """A refusal is in writing.

        Raises:
            ValidationError: it has no reason, or no button was pressed.
        """
        data = super().clean() or {}
        if data.get("decision") == "refuse" and not data.get("refusal"):
            self.add_error("refusal", ValidationError(_("Say why you refuse"), code="required"))
        if not data.get("decision"):
            raise ValidationError(_("Choose: carry out or refuse"), code="required")
        return data


@admin.register(LockOrder)
class LockOrderAdmin(ActingMixin, KeyedAdmin):
    """The requests, their clocks, and what is done with each."""

    list_display = (
        "document_number", "authority", "asked_for", "standing", "received_at", "forward_by",
        "decide_by", "in_time",
    )  # fmt: skip
    fields = (
        "document_number", "authority", "asked_for", "written_reason", "standing", "received_at",
        "forward_by", "forwarded_at", "decide_by", "decided_at", "in_time", "written_refusal",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/accounts/lockorder/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the people whose request it is."""
        rows = super().get_queryset(request)
        return rows.select_related("account", "received_by", "forwarded_by")

    @admin.display(description=gettext_lazy("asked for"), ordering="kind")
    def asked_for(self, row: LockOrder) -> str:
        """The kind in words."""
        return str(LockOrderKind(row.kind).label)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, row: LockOrder) -> str:
        """The state in words."""
        return str(LockOrderState(row.state).label)

    @admin.display(description=gettext_lazy("reason"))
    def written_reason(self, row: LockOrder) -> str:
        """As the authority wrote it."""
        return str(row.reason)

    @admin.display(description=gettext_lazy("refusal"))
    def written_refusal(self, row: LockOrder) -> str:
        """As it was refused."""
        return str(row.refusal or "")

    @admin.display(description=gettext_lazy("in time"))
    def in_time(self, row: LockOrder) -> str:
        """Whether the law's clocks are kept."""
        overdue = lock_orders.is_overdue(row, now=clock.now())
        return _("Overdue") if overdue else _("In time")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Through our own form."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """The two steps."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/forward/", view(self.forward), name="accounts_lockorder_forward"),
            path("<uuid:pk>/again/", view(self.forward_again), name="accounts_lockorder_again"),
            path("<uuid:pk>/decide/", view(self.decide), name="accounts_lockorder_decide"),
            path("<uuid:pk>/letter/", view(self.letter), name="accounts_lockorder_letter"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The request; the citizen sees that it was looked at."""
        row = self.get_object(request, object_id)
        if row is not None:
            looking.see_lock_order(order=row, **self.acting(request))
            extra_context = {**(extra_context or {}), "lapsed": lock_orders.is_lapsed(row)}
        return super().change_view(request, object_id, form_url, extra_context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Record a request."""
        form = OrderForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                order = lock_orders.receive(
                    number=given["number"],
                    kind=LockOrderKind(given["kind"]),
                    authority=given["authority"],
                    document_number=given["document_number"],
                    reason=given["reason"],
                    **self.acting(request),
                )
            except lock_orders.OrderRefused as refused:
                form.add_error(refused.field, str(refused.message))
            except looking.TooManySearches as refused:
                form.add_error("number", str(refused.message))
            else:
                self.message_user(request, _("Recorded. Forward it in time."), "SUCCESS")
                return self.to(order)
        return self.page(
            request,
            "plain_form",
            title=_("Record a request of an authority"),
            form=form,
            back=reverse(_LIST),
            submit=_("Record it"),
        )

    def forward(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Put it before the head of the identity agency; pressed twice, it is forwarded once."""
        order = self.order(request, pk)
        if request.method == "POST":
            try:
                lock_orders.forward(order=order, **self.acting(request))
            except lock_orders.OrderRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            except (IllegalTransition, StaleState, approvals.AlreadyOpen):
                self.message_user(request, _("It was forwarded already."), "WARNING")
            else:
                self.message_user(
                    request, _("Forwarded. Another administrator decides."), "SUCCESS"
                )
        return self.to(order)

    def forward_again(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Put a request that nobody decided in time before the head once more."""
        order = self.order(request, pk)
        if request.method == "POST":
            try:
                lock_orders.forward_again(order=order, **self.acting(request))
            except (lock_orders.OrderRefused, approvals.SamePerson) as refused:
                self.message_user(request, str(refused.message), "WARNING")
            except approvals.AlreadyOpen:
                self.message_user(request, _("It was forwarded already."), "WARNING")
            else:
                self.message_user(
                    request, _("Forwarded. Another administrator decides."), "SUCCESS"
                )
        return self.to(order)

    def letter(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The decision as a letter to the authority: it names no person, as its own document does."""
        order = self.order(request, pk)
        if order.decided_at is None:
            self.message_user(request, _("The request is not decided yet."), "WARNING")
            return self.to(order)
        looking.see_lock_order(order=order, **self.acting(request))
        refused = order.state == LockOrderState.REFUSED
        rows = [
            (_("To"), order.authority),
            (_("Your document"), order.document_number),
            (_("Received"), f"{clock.today(order.received_at):%d/%m/%Y}"),
            (_("What you asked for"), LockOrderKind(order.kind).label),
            (_("Decision"), LockOrderState(order.state).label),
            (_("Decided"), f"{clock.today(order.decided_at):%d/%m/%Y}"),
        ]
        if refused:
            rows.append((_("Reason"), order.refusal))
        return self.page(
            request,
            "letter",
            title=_("Answer to a request about an e-ID account"),
            rows=rows,
            basis=_(
                "Decree 69/2024/ND-CP, articles 29 and 30. The holder of the account was told of this decision and its"
                " reason, and may complain."
            ),
            back=reverse("admin:accounts_lockorder_change", args=[order.pk]),
        )

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Carry it out or refuse it, signed in afresh."""
        order = self.order(request, pk)
        if not lock_orders.is_open(order):
            lapsed = lock_orders.is_lapsed(order)
            self.message_user(
                request,
                _("Nobody decided in time. Forward the request again.")
                if lapsed
                else _("There is nothing to decide: this is how the request stands."),
                "WARNING",
            )
            return self.to(order)
        session: Any = request.session
        acting = self.acting(request)
        looking.see_lock_order(order=order, **acting)
        again = HttpResponseRedirect(f"/sign-in/again/?{urlencode({'next': request.path})}")
        fresh = {"signed_in_at": session.authenticated_at, "now": acting["now"]}
        if lock_orders.needs_fresh_sign_in(order, **fresh):
            return again
        form = OrderDecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                lock_orders.decide(
                    order=order,
                    execute=form.cleaned_data["decision"] == "execute",
                    refusal=form.cleaned_data["refusal"],
                    signed_in_at=session.authenticated_at,
                    **acting,
                )
            except approvals.NotFresh:
                return again
            except approvals.ApprovalRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("Your decision was recorded."), "SUCCESS")
            return self.to(order)
        return self.page(
            request,
            "plain_form",
            title=_("Decide about a request of an authority"),
            subtitle=order.document_number,
            note=f"{order.authority}: {LockOrderKind(order.kind).label}. {order.reason}",
            form=form,
            back=reverse("admin:accounts_lockorder_change", args=[pk]),
            choices=[("execute", _("Carry out")), ("refuse", _("Refuse"))],
        )

    def order(self, request: HttpRequest, pk: Any) -> LockOrder:
        """The request.

        Raises:
            Http404: there is none.
        """
        row: LockOrder | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def to(self, order: LockOrder) -> HttpResponseRedirect:
        """Back to the request."""
        return HttpResponseRedirect(reverse("admin:accounts_lockorder_change", args=[order.pk]))
