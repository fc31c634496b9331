"""Files of a day, and the differences they brought up, worked off step by step; settlements with billers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.deciding import DecidingMixin, Facts
from accounts.admin.paging import KeyedAdmin
from accounts.services import looking
from eid_portal.core import approvals, clock
from eid_portal.core.models import Approval, ApprovalState
from eid_portal.core.text import TextField
from payments.admin.naming import ByReferenceMixin, dong, filter_by
from payments.enums import CaseState, CaseStep, Difference, ReportKind, SettlementState
from payments.models import Biller, CaseNote, LedgerAccount, MoneyCase, Settlement, StatementFile
from payments.rules import amounts
from payments.services import money_cases, reconciliation, settlements
from payments.texts import AMOUNTS

_MOST: Final = 10**15
_BAD_SHOWN: Final = 50
_FILES: Final = "admin:payments_statementfile_changelist"
_SETTLEMENTS: Final = "admin:payments_settlement_changelist"


class FileForm(forms.Form):
    """A file of a day, where it was not fetched."""

    party = forms.ChoiceField(label=gettext_lazy("party"))
    day = forms.DateField(
        label=gettext_lazy("day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    file = forms.FileField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy("camt.053 of the banks, CSV of a biller."),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        party: Any = self.fields["party"]
        party.choices = [(each, each) for each in reconciliation.parties()]


@admin.register(StatementFile)
class FileAdmin(DecidingMixin, KeyedAdmin):
    """The files that were taken; uploading one that was taken changes nothing."""

    list_display = ("party", "day", "lines", "bad", "counts", "taken_at", "brought")
    list_filter = ("counts",)
    fields = (*list_display, "format", "sha256", "unread")
    readonly_fields = fields
    change_list_template = "admin/keyed_change_list.html"

    @admin.display(description=gettext_lazy("brought by"))
    def brought(self, row: StatementFile) -> str:
        """Fetched, or who uploaded it."""
        who = row.uploaded_by
        return _("fetched") if who is None else who.sign_in_name or ""

    @admin.display(description=gettext_lazy("bad lines"))
    def unread(self, row: StatementFile) -> Any:
        """By number and code, the first ones."""
        lines = row.bad_lines.order_by("pk")[:_BAD_SHOWN]
        said = ((each.number, each.code) for each in lines)
        return format_html_join("", "<div>{}: {}</div>", said) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who uploaded."""
        return super().get_queryset(request).select_related("uploaded_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By uploading."""
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Upload a file, and compare it at once."""
        yesterday = clock.today(clock.now()) - timedelta(days=1)
        form = FileForm(request.POST or None, request.FILES or None, initial={"day": yesterday})
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                row = reconciliation.take(
                    given["file"],
                    party=given["party"],
                    day=given["day"],
                    uploaded=True,
                    **self.acting(request),
                )
            except reconciliation.FileRefused as refused:
                form.add_error("file", str(refused.message))
            else:
                self.message_user(
                    request,
                    _("%(lines)s lines were compared, %(bad)s could not be read.")
                    % {"lines": row.lines, "bad": row.bad},
                    "SUCCESS",
                )
                page = reverse("admin:payments_statementfile_change", args=[row.pk])
                return HttpResponseRedirect(page)
        return self.page(
            request,
            "payments/upload",
            title=_("Upload a file of a day"),
            form=form,
            back=reverse(_FILES),
            submit=_("Compare it"),
        )


class WordsForm(forms.Form):
    """What was found out."""

    words = TextField(
        lines=True,
        min_length=3,
        max_length=1000,
        label=gettext_lazy("words"),
        widget=forms.Textarea({"rows": 4}),
    )


class AdjustmentForm(WordsForm):
    """What the books are to say, and why."""

    account = forms.ChoiceField(label=gettext_lazy("account"))
    side = forms.ChoiceField(
        label=gettext_lazy("side"),
        choices=[
            ("debit", gettext_lazy("Debit: a bank holds more, a biller is owed less")),
            ("credit", gettext_lazy("Credit: a bank holds less, a biller is owed more")),
        ],
    )
    amount = TextField(max_length=30, label=gettext_lazy("amount"))

    field_order = ("account", "side", "amount", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["account"]
        codes = LedgerAccount.objects.filter(kind__in=money_cases.ADJUSTED).order_by("code")
        account.choices = [(code, code) for code in codes.values_list("code", flat=True)]

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


_Step = Callable[..., Any]
_STEPS: Final[dict[str, tuple[Any, _Step]]] = {
    "note": (gettext_lazy("Write a note"), money_cases.note),
    "resolve": (gettext_lazy("Resolve"), money_cases.resolve),
}


@admin.register(MoneyCase)
class CaseAdmin(DecidingMixin, ByReferenceMixin, KeyedAdmin):
    """Differences to be worked off: taken, noted, adjusted in the books by two, resolved with words."""

    searched = ("reference",)
    list_display = (
        "party", "day", "what", "reference", "differs", "ours_", "theirs_", "standing", "opened_at",
    )  # fmt: skip
    list_filter = (
        filter_by("state", gettext_lazy("state"), CaseState.choices),
        filter_by("difference", gettext_lazy("difference"), Difference.choices),
    )
    fields = (
        "party", "day", "what", "reference", "differs", "ours_", "theirs_", "third_", "reported", "standing", "since",
        "taken", "opened_at", "history",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/payments/moneycase/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With whose payment it is and who took it."""
        return super().get_queryset(request).select_related("order__account", "taken_by")

    @admin.display(description=gettext_lazy("kind"))
    def what(self, row: MoneyCase) -> str:
        """In words."""
        return str(ReportKind(row.kind).label)

    @admin.display(description=gettext_lazy("difference"))
    def differs(self, row: MoneyCase) -> str:
        """In words."""
        return str(Difference(row.difference).label)

    @admin.display(description=gettext_lazy("ours"))
    def ours_(self, row: MoneyCase) -> str:
        """As our books have it."""
        return dong(row.ours)

    @admin.display(description=gettext_lazy("theirs"))
    def theirs_(self, row: MoneyCase) -> str:
        """As the party has it."""
        return dong(row.theirs)

    @admin.display(description=gettext_lazy("third side"))
    def third_(self, row: MoneyCase) -> str:
        """The bank of a biller's payment, the billers of a bank's debit."""
        return dong(row.third)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: MoneyCase) -> str:
        """In words."""
        return str(CaseState(row.state).label)

    @admin.display(description=gettext_lazy("taken by"))
    def taken(self, row: MoneyCase) -> str:
        """The sign-in name."""
        return (row.taken_by.sign_in_name or "") if row.taken_by else "–"

    @admin.display(description=gettext_lazy("what was done"))
    def history(self, row: MoneyCase) -> Any:
        """Step by step, with its words."""
        notes = CaseNote.objects.filter(case=row).select_related("by").order_by("pk")
        lines = (
            (
                f"{each.at.astimezone(clock.VIET_NAM):%H:%M %d/%m/%Y}",
                (each.by.sign_in_name or "") if each.by else "",
                CaseStep(each.step).label,
                each.words,
            )
            for each in notes
        )
        return format_html_join("", "<div>{} {} · {} {}</div>", lines) or "–"

    def get_urls(self) -> list[Any]:
        """A page a step."""
        view, name = self.admin_site.admin_view, "payments_moneycase"
        return [
            path("<uuid:pk>/take/", view(self.take), name=f"{name}_take"),
            path("<uuid:pk>/adjust/", view(self.adjust), name=f"{name}_adjust"),
            path("<uuid:pk>/decide/", view(self.decide), name=f"{name}_decide"),
            path("<uuid:pk>/step/<slug:name>/", view(self.take_step), name=f"{name}_step"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The case; a payer whose payment it is sees the look."""
        row = self.get_object(request, object_id)
        if row is not None:
            self.seen(request, row)
            extra_context = (extra_context or {}) | {
                "adjustment": money_cases.find_open(row),
                "live": row.state in {CaseState.OPEN, CaseState.TAKEN},
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def take(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Look into it."""
        row = self.row(request, pk)
        if request.method == "POST":
            try:
                money_cases.take(case_id=row.pk, **self.acting(request))
            except money_cases.CaseRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("It is yours to look into."), "SUCCESS")
        return self.to(row)

    def take_step(self, request: HttpRequest, pk: Any, name: str) -> HttpResponse:
        """A note, or the end.

        Raises:
            Http404: there is no such step.
        """
        row = self.row(request, pk)
        if name not in _STEPS:
            raise Http404
        self.seen(request, row)
        title, step = _STEPS[name]
        form = WordsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                step(case_id=row.pk, words=form.cleaned_data["words"], **self.acting(request))
            except money_cases.CaseRefused as refused:
                self.message_user(request, str(refused.message), "WARNING")
            else:
                self.message_user(request, _("It is written down."), "SUCCESS")
            return self.to(row)
        return self.form_page(request, row, title, form, title)

    def adjust(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Propose an adjustment of the books."""
        row = self.row(request, pk)
        self.seen(request, row)
        form = AdjustmentForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            sign = 1 if given["side"] == "debit" else -1
            try:
                money_cases.propose_adjustment(
                    case_id=row.pk,
                    account=given["account"],
                    amount=sign * given["amount"],
                    words=given["words"],
                    **self.acting(request),
                )
            except (money_cases.CaseRefused, approvals.ApprovalRefused) as refused:
                form.add_error(None, str(refused.message))
            else:
                said = _("Proposed. Another administrator decides.")
                self.message_user(request, said, "SUCCESS")
                return self.to(row)
        return self.form_page(request, row, _("Propose an adjustment"), form, _("Propose"))

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Approve or refuse an adjustment."""
        row = self.row(request, pk)
        self.seen(request, row)

        def facts(approval: Approval) -> Facts:
            amount = approval.details["amount"]
            return [
                *self.facts(row),
                (_("account"), approval.details["account"]),
                (_("debit") if amount > 0 else _("credit"), dong(abs(amount))),
                (_("what was done"), self.history(row)),
            ]

        return self.decide_about(
            request,
            money_cases.find_open(row),
            title=_("Decide about an adjustment"),
            facts=facts,
            back=reverse("admin:payments_moneycase_change", args=[pk]),
        )

    def facts(self, row: MoneyCase) -> list[tuple[Any, Any]]:
        """What is differing."""
        return [
            (_("party"), row.party),
            (_("reference"), row.reference),
            (_("difference"), self.differs(row)),
            (_("ours"), dong(row.ours)),
            (_("theirs"), dong(row.theirs)),
            (_("third side"), dong(row.third)),
        ]

    def form_page(
        self, request: HttpRequest, row: MoneyCase, title: Any, form: forms.Form, submit: Any
    ) -> HttpResponse:
        """The facts, and a form below them."""
        return self.page(
            request,
            "facts_form",
            place=self.opts.verbose_name_plural.capitalize(),
            title=title,
            facts=self.facts(row),
            form=form,
            back=reverse("admin:payments_moneycase_change", args=[row.pk]),
            submit=submit,
        )

    def seen(self, request: HttpRequest, row: MoneyCase) -> None:
        """Record the look, if it is about somebody's payment."""
        citizen_id = money_cases.citizen_of(row)
        if citizen_id is not None:
            looking.see_payment(target=row, citizen_id=citizen_id, **self.acting(request))

    def row(self, request: HttpRequest, pk: Any) -> MoneyCase:
        """The case of a page of ours.

        Raises:
            Http404: there is none.
        """
        row: MoneyCase | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def to(self, row: MoneyCase) -> HttpResponseRedirect:
        """Back to the case."""
        return HttpResponseRedirect(reverse("admin:payments_moneycase_change", args=[row.pk]))


class SettlementForm(forms.Form):
    """With whom; how much the books say."""

    biller = forms.ChoiceField(label=gettext_lazy("biller"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        biller: Any = self.fields["biller"]
        biller.choices = [
            (row.code, f"{row.code} · {dong(owed)}")
            for row in Biller.objects.exclude(bank_account="").order_by("code")
            if (owed := settlements.owed(row.code)) > 0
        ]


@admin.register(Settlement)
class SettlementAdmin(DecidingMixin, ByReferenceMixin, KeyedAdmin):
    """What billers were and are to be given: proposed here, decided here by somebody else, paid out once."""

    searched = ("public_id", "switch_reference")
    search_help_text = gettext_lazy("A whole reference of the settlement or of the switch.")
    list_display = ("biller_id", "sum", "standing", "proposed_at", "paid_at", "code")
    list_filter = (filter_by("state", gettext_lazy("state"), SettlementState.choices),)
    fields = ("public_id", *list_display, "bank", "bank_account", "switch_reference")
    readonly_fields = fields
    change_form_template = "admin/payments/settlement/change_form.html"

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: Settlement) -> str:
        """As people read it."""
        return dong(row.amount)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Settlement) -> str:
        """In words."""
        return str(SettlementState(row.state).label)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As a proposal."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """The decision."""
        view = self.admin_site.admin_view(self.decide)
        decide = path("<uuid:pk>/decide/", view, name="payments_settlement_decide")
        return [decide, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Propose to pay out what a biller is owed."""
        form = SettlementForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                settlements.propose(biller=form.cleaned_data["biller"], **self.acting(request))
            except settlements.SettlementNotMade as refused:
                form.add_error("biller", str(refused.message))
            else:
                said = _("Proposed. Another administrator decides.")
                self.message_user(request, said, "SUCCESS")
                return HttpResponseRedirect(reverse(_SETTLEMENTS))
        return self.page(
            request,
            "plain_form",
            title=_("Propose a settlement"),
            note=_("A biller is here once it is owed something and its page says at which bank account it is paid."),
            form=form,
            back=reverse(_SETTLEMENTS),
            submit=_("Propose"),
        )  # fmt: skip

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Approve or refuse a settlement.

        Raises:
            Http404: there is none.
        """
        row: Settlement | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404

        def facts(_approval: Approval) -> Facts:
            return [
                (_("biller"), row.biller_id),
                (_("amount"), dong(row.amount)),
                (_("owed by the books"), dong(settlements.owed(row.biller_id))),
                (_("bank"), row.bank),
                (_("bank account"), row.bank_account),
            ]

        waiting = Approval.objects.filter(
            kind=settlements.KIND, target_id=row.pk, state=ApprovalState.PROPOSED
        )
        return self.decide_about(
            request,
            waiting.first(),
            title=_("Decide about a settlement"),
            facts=facts,
            back=reverse("admin:payments_settlement_change", args=[pk]),
        )
