"""Disputes, those that are due first on top: taken, answered with a refund that another decides, or with words."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.paging import KeyedChangeList
from eid_portal.core import approvals, clock
from eid_portal.core.models import ApprovalState
from eid_portal.core.text import TextField
from payments import policy
from payments.admin.naming import dong, links
from payments.admin.payments import OfAPerson, RefundForm, left_of
from payments.enums import DisputeState, PaymentState
from payments.models import Dispute, RefundProposal
from payments.rules import amounts
from payments.services import disputes, refund_decisions, refunding
from payments.services.dispute_ends import OPEN

_NEAR: Final = "near"
_ALL: Final = "all"


class RejectForm(forms.Form):
    """Why nothing goes back."""

    words = TextField(
        lines=True,
        min_length=10,
        max_length=500,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("The payer reads it as it stands here."),
        widget=forms.Textarea({"rows": 4}),
    )


class Standing(admin.SimpleListFilter):
    """Those to be answered, unless others are asked for, or one is searched by its reference."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The words."""
        return [
            (_NEAR, gettext_lazy("due soon, or late")),
            *DisputeState.choices,
            (_ALL, gettext_lazy("all")),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The words, the first of which is what is shown unasked."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("to be answered")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only those."""
        wanted = self.value()
        if wanted == _ALL or (wanted is None and request.GET.get("q")):
            return queryset
        if wanted in {None, _NEAR}:
            queryset = queryset.filter(state__in=OPEN)
            near = clock.now() + policy.DISPUTE_NEAR
            return queryset.filter(due_at__lte=near) if wanted else queryset
        return queryset.filter(state=wanted)


class DueFirst(KeyedChangeList):
    """By the day of the answer; ``?after=<key>`` continues behind that dispute."""

    words_first: ClassVar[Any] = gettext_lazy("Due first")
    words_next: ClassVar[Any] = gettext_lazy("Due later")

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Always so."""
        return ["due_at", "pk"]

    def rest(self, rows: Any, after: UUID) -> Any:
        """What is due after it."""
        due = Dispute.objects.filter(pk=after).values_list("due_at", flat=True).first()
        return rows.filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=after)) if due else rows


@admin.register(Dispute)
class DisputeAdmin(OfAPerson):
    """What payers say is wrong; each look is seen by them."""

    searched = ("payment__order__reference", "public_id")
    list_display = ("reference", "due", "about", "sum", "standing", "taken", "asked_at")
    list_filter = (Standing,)
    fields = (
        "reference", "paid", "about", "said", "asked_at", "due", "standing", "since", "taken", "proposed", "answered",
        "ended_at",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/payments/dispute/change_form.html"
    change_list_template = "admin/payments/dispute/list.html"
    shows_whole_table = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """By day."""
        return DueFirst

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their payments; what is sealed of these stays closed."""
        rows = super().get_queryset(request).select_related("payment__order__account", "taken_by")
        return rows.defer(
            *(f"payment__{one}" for one in ("payee_account", "payee_name", "message"))
        )

    def citizen_of(self, row: Dispute) -> Any:
        """The payer."""
        return row.payment.order.account.citizen_id

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Dispute) -> str:
        """Of the order that was paid."""
        return row.payment.order.reference

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: Dispute) -> str:
        """What was paid."""
        return dong(row.payment.amount)

    @admin.display(description=gettext_lazy("payment"))
    def paid(self, row: Dispute) -> Any:
        """With its own page."""
        page = reverse("admin:payments_payment_change", args=[row.payment_id])
        return links([(page, self.sum(row), PaymentState(row.payment.state).label)])

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Dispute) -> str:
        """In words."""
        return str(DisputeState(row.state).label)

    @admin.display(description=gettext_lazy("due at"))
    def due(self, row: Dispute) -> str:
        """The day, and whether it is near."""
        day, now = f"{row.due_at.astimezone(clock.VIET_NAM):%d/%m/%Y}", clock.now()
        if row.state not in OPEN or row.due_at > now + policy.DISPUTE_NEAR:
            return day
        return (
            _("%(day)s: late") % {"day": day}
            if row.due_at <= now
            else _("%(day)s: soon") % {"day": day}
        )

    @admin.display(description=gettext_lazy("taken by"))
    def taken(self, row: Dispute) -> str:
        """The sign-in name."""
        return (row.taken_by.sign_in_name or "") if row.taken_by else "–"

    @admin.display(description=gettext_lazy("in the payer’s words"))
    def said(self, row: Dispute) -> str:
        """As they stand."""
        return row.words or "–"

    @admin.display(description=gettext_lazy("answer"))
    def answered(self, row: Dispute) -> str:
        """As the payer reads it."""
        return row.answer or "–"

    @admin.display(description=gettext_lazy("proposed refunds"))
    def proposed(self, row: Dispute) -> Any:
        """Those since it was asked, with what became of each."""
        made = RefundProposal.objects.filter(payment=row.payment_id, made_at__gte=row.asked_at)
        lines = (
            (
                f"{each.made_at.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}",
                dong(each.amount),
                ApprovalState(each.approval.state).label,
                each.approval.decision_note,
            )
            for each in made.select_related("approval").order_by("pk")
        )
        return format_html_join("", "<div>{} · {} · {} {}</div>", lines) or "–"

    def get_urls(self) -> list[Any]:
        """A page a step."""
        view, name = self.admin_site.admin_view, "payments_dispute"
        return [
            path("<uuid:pk>/take/", view(self.take), name=f"{name}_take"),
            path("<uuid:pk>/propose/", view(self.propose), name=f"{name}_propose"),
            path("<uuid:pk>/reject/", view(self.reject), name=f"{name}_reject"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the buttons that can be pressed."""
        row = self.get_object(request, object_id)
        if row is not None:
            extra_context = (extra_context or {}) | {
                "asked": row.state == DisputeState.ASKED,
                "free": row.state in OPEN and row.taken_by_id is None,
                "proposal": refund_decisions.find_open(row.payment),
                "refundable": left_of(row.payment) > 0,
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def take(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Look into it."""
        row: Dispute = self.row(request, pk)
        if request.method == "POST":
            try:
                disputes.take(dispute_id=row.pk, **self.acting(request))
            except disputes.DisputeRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("It is yours to look into."), "SUCCESS")
        return _to(row)

    def propose(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Propose a refund; another administrator decides on the payment's page."""
        row: Dispute = self.row(request, pk)
        self.seen(request, row)
        left = left_of(row.payment)
        form = RefundForm(request.POST or None, initial={"amount": amounts.written(left)})
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                disputes.propose(
                    dispute_id=row.pk,
                    amount=given["amount"],
                    words=given["words"],
                    **self.acting(request),
                )
            except refunding.RefundRefused as refused:
                form.add_error("amount", str(refused.message))
            except (approvals.ApprovalRefused, disputes.DisputeRefused) as refused:
                form.add_error(None, str(refused.message))
            else:
                said = _("Proposed. Another administrator decides.")
                self.message_user(request, said, "SUCCESS")
                return _to(row)
        facts = [*self.facts(row), (_("can be given back"), dong(left))]
        return self.answer(request, row, _("Propose a refund"), facts, form, _("Propose"))

    def reject(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Answer that nothing goes back."""
        row: Dispute = self.row(request, pk)
        self.seen(request, row)
        form = RejectForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                disputes.reject(
                    dispute_id=row.pk, words=form.cleaned_data["words"], **self.acting(request)
                )
            except disputes.DisputeRefused as refused:
                form.add_error(None, str(refused.message))
            else:
                self.message_user(request, _("The payer is told."), "SUCCESS")
                return _to(row)
        title = _("Answer without a refund")
        return self.answer(request, row, title, self.facts(row), form, _("Answer"))

    def facts(self, row: Dispute) -> list[tuple[Any, Any]]:
        """What an answer is about."""
        return [
            (_("reference"), self.reference(row)),
            (_("payment"), self.paid(row)),
            (_("what the payer says is wrong"), row.get_about_display()),
            (_("in the payer’s words"), self.said(row)),
            (_("due at"), self.due(row)),
        ]

    def answer(
        self,
        request: HttpRequest,
        row: Dispute,
        title: str,
        facts: list[tuple[Any, Any]],
        form: forms.Form,
        submit: str,
    ) -> HttpResponse:
        """The facts, and a form below them."""
        return self.page(
            request,
            "facts_form",
            place=self.opts.verbose_name_plural.capitalize(),
            title=title,
            facts=facts,
            form=form,
            back=reverse("admin:payments_dispute_change", args=[row.pk]),
            submit=submit,
        )


def _to(row: Dispute) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:payments_dispute_change", args=[row.pk]))
