"""Orders, payments and refunds: found by reference, read only, each look recorded; refunds are proposed and decided."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.deciding import DecidingMixin, Facts
from accounts.admin.paging import KeyedAdmin
from accounts.services import looking
from eid_portal.core import approvals
from eid_portal.core.models import Approval
from eid_portal.core.text import TextField
from payments.admin.naming import ByReferenceMixin, book, dong, filter_by, links
from payments.enums import (
    DisputeState,
    OrderState,
    PaymentPurpose,
    PaymentState,
    RefundReason,
    RefundState,
    ReportKind,
    ReportOutcome,
)
from payments.models import Dispute, JournalEntry, Payment, PaymentOrder, PaymentReport, Refund
from payments.rules import amounts
from payments.services import disputes, ledger, refund_decisions, refunding
from payments.texts import AMOUNTS

_MOST: Final = 10**13
_PEOPLES: Final = ("payee_account", "payee_name", "message")  # sealed: no list opens them


class RefundForm(forms.Form):
    """How much goes back, and why."""

    amount = TextField(max_length=30, label=gettext_lazy("amount"))
    words = TextField(
        lines=True,
        min_length=10,
        max_length=500,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("The payer reads it when a second person has agreed."),
        widget=forms.Textarea({"rows": 4}),
    )

    def clean_amount(self) -> int:
        """Whole đồng.

        Raises:
            ValidationError: it is no amount.
        """
        try:
            return amounts.read(self.cleaned_data["amount"], most=_MOST)
        except amounts.NotAnAmount as wrong:
            words = AMOUNTS[wrong.flaw] % {"most": amounts.written(_MOST)}
            raise forms.ValidationError(words, code=wrong.flaw) from None


class OfAPerson(DecidingMixin, ByReferenceMixin, KeyedAdmin):
    """A window on what somebody paid: who looks at one row is seen by them."""

    def citizen_of(self, row: Any) -> Any:
        """Whose it is."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Before anything is shown, the look is recorded."""
        row = self.get_object(request, object_id)
        if row is not None:
            self.seen(request, row)
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened stands in the audit.

        Raises:
            Http404: always.
        """
        raise Http404

    def seen(self, request: HttpRequest, row: Any) -> None:
        """Record the look."""
        looking.see_payment(target=row, citizen_id=self.citizen_of(row), **self.acting(request))

    def row(self, request: HttpRequest, pk: Any) -> Any:
        """The row of a page of ours.

        Raises:
            Http404: there is none.
        """
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row


@admin.register(PaymentOrder)
class OrderAdmin(OfAPerson):
    """What payers agreed to, and what their banks said."""

    searched = ("reference", "bank_reference", "public_id")
    list_display = ("reference", "sum", "standing", "drafted_at", "debited_at", "code")
    list_filter = (filter_by("state", gettext_lazy("state"), OrderState.choices),)
    fields = (
        "reference", "sum", "standing", "authorised", "drafted_at", "authorised_at", "debited_at",
        "bank_reference", "code", "in_it", "postings",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With whose it is."""
        return super().get_queryset(request).select_related("account")

    def citizen_of(self, row: PaymentOrder) -> Any:
        """The payer."""
        return row.account.citizen_id

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: PaymentOrder) -> str:
        """Of all payments, with fees."""
        return dong(row.amount)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: PaymentOrder) -> str:
        """In words."""
        return str(OrderState(row.state).label)

    @admin.display(description=gettext_lazy("authorised by"))
    def authorised(self, row: PaymentOrder) -> str:
        """In words."""
        return row.get_authorised_by_display() or "–"

    @admin.display(description=gettext_lazy("payments"))
    def in_it(self, row: PaymentOrder) -> Any:
        """Each with its own page."""
        payments = row.payments.order_by("pk").defer(*_PEOPLES)
        page = "admin:payments_payment_change"
        return links(
            (reverse(page, args=[each.pk]), dong(each.amount), PaymentState(each.state).label)
            for each in payments
        )

    @admin.display(description=gettext_lazy("postings"))
    def postings(self, row: PaymentOrder) -> Any:
        """Of the debit."""
        return book(JournalEntry.objects.filter(key=f"debit:{row.pk}"))


@admin.register(Payment)
class PaymentAdmin(OfAPerson):
    """Money for one payee each; a refund is proposed here, and decided here by somebody else."""

    searched = ("order__reference", "public_id", "payee_reference")
    list_display = ("reference", "sum", "for_what", "to", "standing", "settled_at", "since")
    list_filter = (
        filter_by("state", gettext_lazy("state"), PaymentState.choices),
        filter_by("purpose", gettext_lazy("purpose"), PaymentPurpose.choices),
    )
    fields = (
        "reference", "sum", "charged", "for_what", "to", "standing", "since", "settled_at", "payee_reference", "code",
        "given_back", "waiting", "disputed", "postings",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/payments/payment/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their orders and billers; what is sealed stays closed."""
        rows = super().get_queryset(request).select_related("order__account", "biller")
        return rows.defer(*_PEOPLES)

    def citizen_of(self, row: Payment) -> Any:
        """The payer."""
        return row.order.account.citizen_id

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Payment) -> str:
        """Of its order, which people have."""
        return row.order.reference

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: Payment) -> str:
        """Without the fee."""
        return dong(row.amount)

    @admin.display(description=gettext_lazy("fee"))
    def charged(self, row: Payment) -> str:
        """What the portal takes."""
        return dong(row.fee)

    @admin.display(description=gettext_lazy("purpose"))
    def for_what(self, row: Payment) -> str:
        """In words."""
        return str(row.get_purpose_display())

    @admin.display(description=gettext_lazy("payee"))
    def to(self, row: Payment) -> str:
        """The biller; of a person the bank alone."""
        if row.biller:
            return row.biller.name
        return _("A person, at bank %(bank)s") % {"bank": row.payee_bank}

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Payment) -> str:
        """In words."""
        return str(PaymentState(row.state).label)

    @admin.display(description=gettext_lazy("refunds"))
    def given_back(self, row: Payment) -> Any:
        """Each with its own page."""
        page = "admin:payments_refund_change"
        return links(
            (reverse(page, args=[each.pk]), dong(each.amount), RefundState(each.state).label)
            for each in row.refunds.order_by("pk")
        )

    @admin.display(description=gettext_lazy("proposed refund"))
    def waiting(self, row: Payment) -> str:
        """What waits for a decision."""
        proposal = refund_decisions.find_open(row)
        return dong(proposal.amount) if proposal else "–"

    @admin.display(description=gettext_lazy("disputes"))
    def disputed(self, row: Payment) -> Any:
        """Each with its own page."""
        page = "admin:payments_dispute_change"
        return links(
            (
                reverse(page, args=[each.pk]),
                each.get_about_display(),
                DisputeState(each.state).label,
            )
            for each in Dispute.objects.filter(payment=row).order_by("pk")
        )

    @admin.display(description=gettext_lazy("postings"))
    def postings(self, row: Payment) -> Any:
        """Of every entry it is in."""
        return book(JournalEntry.objects.filter(key__in=ledger.keys_of(row)))

    def get_urls(self) -> list[Any]:
        """The two steps of a refund."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/refund/", view(self.propose), name="payments_payment_refund"),
            path("<uuid:pk>/decide/", view(self.decide), name="payments_payment_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the buttons that can be pressed."""
        row = self.get_object(request, object_id)
        if row is not None:
            extra_context = (extra_context or {}) | {
                "proposal": refund_decisions.find_open(row),
                "refundable": left_of(row) > 0,
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def propose(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Propose a refund, of a part or of all that is left."""
        row: Payment = self.row(request, pk)
        self.seen(request, row)
        back = reverse("admin:payments_payment_change", args=[pk])
        left = left_of(row)
        form = RefundForm(request.POST or None, initial={"amount": amounts.written(left)})
        if request.method == "POST" and form.is_valid():
            try:
                refund_decisions.propose(
                    payment_id=row.pk,
                    amount=form.cleaned_data["amount"],
                    words=form.cleaned_data["words"],
                    **self.acting(request),
                )
            except refunding.RefundRefused as refused:
                form.add_error("amount", str(refused.message))
            except approvals.ApprovalRefused as refused:
                form.add_error(None, str(refused.message))
            else:
                said = _("Proposed. Another administrator decides.")
                self.message_user(request, said, "SUCCESS")
                return HttpResponseRedirect(back)
        return self.page(
            request,
            "facts_form",
            place=self.opts.verbose_name_plural.capitalize(),
            title=_("Propose a refund"),
            facts=[*facts_of(self, row), (_("can be given back"), dong(left))],
            form=form,
            back=back,
            submit=_("Propose"),
        )

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Approve or refuse the refund that a colleague proposed."""
        row: Payment = self.row(request, pk)
        self.seen(request, row)
        proposal = refund_decisions.find_open(row)

        dispute = disputes.find_open(row.pk)

        def facts(_approval: Approval) -> Facts:
            if proposal is None:
                return []
            asked = (
                [
                    (_("what the payer says is wrong"), dispute.get_about_display()),
                    (_("in the payer’s words"), dispute.words or "–"),
                ]
                if dispute
                else []
            )
            reason = RefundReason(proposal.reason).label
            return [
                *facts_of(self, row),
                *asked,
                (_("goes back"), dong(proposal.amount)),
                (_("reason"), reason),
                (_("Why"), proposal.words),
            ]

        return self.decide_about(
            request,
            proposal.approval if proposal else None,
            title=_("Decide about a refund"),
            facts=facts,
            back=reverse("admin:payments_payment_change", args=[pk]),
        )


def facts_of(window: PaymentAdmin, row: Payment) -> list[tuple[Any, Any]]:
    """What a page that decides about money says of the payment."""
    return [
        (_("reference"), row.order.reference),
        (_("payee"), window.to(row)),
        (_("amount"), dong(row.amount)),
        (_("state"), window.standing(row)),
    ]


def left_of(row: Payment) -> int:
    """How much can be given back now; 0 of a payment that cannot."""
    try:
        return refunding.left_of(row)
    except refunding.RefundRefused:
        return 0


@admin.register(Refund)
class RefundAdmin(OfAPerson):
    """What goes back, and what the bank said."""

    searched = ("public_id", "payment__order__reference")
    list_display = ("reference", "sum", "why", "standing", "made_at", "done_at", "code")
    list_filter = (
        filter_by("state", gettext_lazy("state"), RefundState.choices),
        filter_by("reason", gettext_lazy("reason"), RefundReason.choices),
    )
    fields = ("public_id", *list_display, "postings")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their payments; what is sealed stays closed."""
        rows = super().get_queryset(request).select_related("payment__order__account")
        return rows.defer(*(f"payment__{name}" for name in _PEOPLES))

    def citizen_of(self, row: Refund) -> Any:
        """The payer."""
        return row.payment.order.account.citizen_id

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Refund) -> str:
        """Of the order that was paid."""
        return row.payment.order.reference

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: Refund) -> str:
        """As people read it."""
        return dong(row.amount)

    @admin.display(description=gettext_lazy("reason"))
    def why(self, row: Refund) -> str:
        """In words."""
        return str(RefundReason(row.reason).label)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Refund) -> str:
        """In words."""
        return str(RefundState(row.state).label)

    @admin.display(description=gettext_lazy("postings"))
    def postings(self, row: Refund) -> Any:
        """Of the entry, once the bank took it."""
        return book(JournalEntry.objects.filter(key=f"refund:{row.pk}"))


@admin.register(PaymentReport)
class ReportAdmin(ByReferenceMixin, KeyedAdmin):
    """What banks and billers reported, and what became of it."""

    searched = ("reference",)
    list_display = ("event_id", "party", "what", "reference", "became", "received_at")
    list_filter = (
        filter_by("outcome", gettext_lazy("outcome"), ReportOutcome.choices),
        filter_by("kind", gettext_lazy("kind"), ReportKind.choices),
    )
    fields = list_display
    readonly_fields = fields

    @admin.display(description=gettext_lazy("kind"))
    def what(self, row: PaymentReport) -> str:
        """In words."""
        return str(ReportKind(row.kind).label)

    @admin.display(description=gettext_lazy("outcome"))
    def became(self, row: PaymentReport) -> str:
        """In words."""
        return str(ReportOutcome(row.outcome).label)
