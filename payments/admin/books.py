"""The books and the bills, read only; and in place of a list of accounts a page that says how all money stands."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.officers import ActingMixin
from accounts.admin.paging import KeyedAdmin, ReadOnlyAdmin
from eid_portal.core import clock
from payments.admin.naming import ByReferenceMixin, book, dong, filter_by
from payments.enums import BillState, CaseState, Difference, EntryKind
from payments.models import Bill, JournalEntry, LedgerAccount, Posting
from payments.selectors import money

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@admin.register(LedgerAccount)
class MoneyAdmin(ActingMixin, ReadOnlyAdmin):
    """Where all money is: in flight and since when, unknown, unmatched, and owed to each biller."""

    list_display = ("code", "kind")
    fields = list_display
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page."""
        now = clock.now()
        seen = money.overview(now)
        payments, orders = "admin:payments_payment_changelist", "admin:payments_paymentorder_changelist"  # fmt: skip
        refunds, disputed = "admin:payments_refund_changelist", "admin:payments_dispute_changelist"
        waits = [
            (_("In flight"), reverse(payments) + "?state=IN_FLIGHT", seen.in_flight),
            (_("The payee has not answered"), reverse(payments) + "?state=UNKNOWN", seen.unknown),
            (_("The bank has not answered"), reverse(orders) + "?state=UNKNOWN", seen.unknown_orders),
            (_("Going back"), reverse(refunds) + "?state=SENDING", seen.refunds),
            (_("Refund refused by the bank"), reverse(refunds) + "?state=REFUSED", seen.refused_refunds),
            (_("Disputes to be answered"), reverse(disputed), seen.disputes),
            (_("Disputes due soon, or late"), reverse(disputed) + "?standing=near", seen.disputes_near),
        ]  # fmt: skip
        cases = reverse("admin:payments_moneycase_changelist")
        return self.page(
            request,
            "payments/money",
            title=_("How the money stands"),
            waits=[
                (name, address, each.count, dong(each.amount), _age(each.seconds))
                for name, address, each in waits
            ],
            accounts=[(each.account, dong(each.amount)) for each in seen.balances if each.amount],
            off=dong(seen.off),
            owed=_bars(
                [
                    (each.account.partition(":")[2] or each.account, -each.amount)
                    for each in seen.owed
                ]
            ),
            days=_bars([(f"{day:%d/%m}", amount) for day, amount in seen.days], last=True),
            cases=[
                (
                    party,
                    Difference(difference).label,
                    count,
                    f"{cases}?state={CaseState.OPEN}&difference={difference}",
                )
                for party, difference, count in seen.cases
            ],
        )

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """There is no page of one account: its postings are many.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    history_view = change_view


def _bars(rows: list[tuple[str, int]], *, last: bool = False) -> list[dict[str, Any]]:
    """Rows with a bar each, of which the longest is a hundred long."""
    most = max((abs(amount) for _label, amount in rows), default=0)
    return [
        {
            "label": label,
            "amount": dong(amount),
            "share": 100 * abs(amount) // most if most else 0,
            "is_this": last and place == len(rows),
        }
        for place, (label, amount) in enumerate(rows, start=1)
    ]


def _age(seconds: int | None) -> str:
    """How long, in the unit that says something."""
    if seconds is None:
        return "–"
    if seconds < _MINUTE:
        return _("%(count)s s") % {"count": seconds}
    if seconds < _HOUR:
        return _("%(count)s min") % {"count": seconds // _MINUTE}
    if seconds < _DAY:
        return _("%(count)s h") % {"count": seconds // _HOUR}
    return _("%(count)s d") % {"count": seconds // _DAY}


@admin.register(JournalEntry)
class EntryAdmin(ByReferenceMixin, KeyedAdmin):
    """What moved, by entry; whose it was stands with the payment."""

    searched = ("key",)
    search_help_text = gettext_lazy("A whole key, for example settlement:01941f29-…")
    list_display = ("key", "what", "booked_at")
    list_filter = (filter_by("kind", gettext_lazy("kind"), EntryKind.choices),)
    fields = (*list_display, "postings")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("kind"))
    def what(self, row: JournalEntry) -> str:
        """In words."""
        return str(EntryKind(row.kind).label)

    @admin.display(description=gettext_lazy("postings"))
    def postings(self, row: JournalEntry) -> Any:
        """Account by account."""
        return book(JournalEntry.objects.filter(pk=row.pk))


@admin.register(Posting)
class PostingAdmin(ByReferenceMixin, KeyedAdmin):
    """Every line of the books, of an account if one is asked for."""

    searched = ("account",)
    search_help_text = gettext_lazy("A whole account, for example biller:evn-hcmc or transit.")
    list_display = ("account_id", "debit", "credit", "entry_key", "booked_at")
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their entries."""
        return super().get_queryset(request).select_related("entry")

    @admin.display(description=gettext_lazy("debit"))
    def debit(self, row: Posting) -> str:
        """Above zero."""
        return dong(row.amount) if row.amount > 0 else ""

    @admin.display(description=gettext_lazy("credit"))
    def credit(self, row: Posting) -> str:
        """Below zero."""
        return dong(-row.amount) if row.amount < 0 else ""

    @admin.display(description=gettext_lazy("entry"))
    def entry_key(self, row: Posting) -> str:
        """What moved."""
        return row.entry.key

    @admin.display(description=gettext_lazy("booked at"))
    def booked_at(self, row: Posting) -> Any:
        """When."""
        return row.entry.booked_at


@admin.register(Bill)
class BillAdmin(ByReferenceMixin, KeyedAdmin):
    """Bills by reference and amount; never a code, a name or a meter of anybody."""

    searched = ("reference", "public_id")
    search_help_text = gettext_lazy("The whole reference of the biller.")
    list_display = ("reference", "biller_id", "period", "sum", "standing", "due_on", "fetched_at")
    list_filter = (filter_by("state", gettext_lazy("state"), BillState.choices),)
    fields = list_display
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What is sealed stays closed."""
        return super().get_queryset(request).defer("customer_code", "details")

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, row: Bill) -> str:
        """As people read it."""
        return dong(row.amount)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Bill) -> str:
        """In words."""
        return str(BillState(row.state).label)
