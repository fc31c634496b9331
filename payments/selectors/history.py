"""What a person paid, newest first, paged by key: a page costs the same however deep it lies.

What is searched for stands in sealed columns, so rows are opened one after another, so many a page; a page that ran out
of them says how far it looked, and where to go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Account
from eid_portal.core import clock, ids, statements
from eid_portal.core.text import fold
from payments.enums import OrderState, PaymentState, RefundState
from payments.models import Payment, PaymentOrder, Refund
from payments.rules import receipts as rules
from payments.selectors import wording
from payments.selectors.months import Month

PAGE: Final = 20
LOOKED_AT: Final = 1_000  # rows a page opens at most to find what is searched for
MONTHS: Final = 12
TOTALLED: Final = 5_000  # payments that the totals add up at most
PENDING: Final = 10
TRANSFER: Final = "TRANSFER"
_BATCH: Final = 200
_EXPORTED: Final = 500
_LATELY: Final = timedelta(days=31)
_DRAFTED: Final = timedelta(days=1)  # an order is agreed to long before so much later
_NEVER_AGREED: Final = (OrderState.DRAFTED, OrderState.CANCELLED)
_LEAST_SHARE: Final = 2  # of a hundred: so that the smallest bar is seen
# By the word in the address: which states, and what people read.
STATES: Final[Mapping[str, tuple[frozenset[PaymentState], Any]]] = MappingProxyType(
    {
        "paid": (frozenset({PaymentState.SETTLED}), pgettext_lazy("payments", "Paid")),
        "open": (
            frozenset({PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN}),
            pgettext_lazy("payments", "Not certain yet"),
        ),
        "refunded": (
            frozenset({PaymentState.REFUNDING, PaymentState.REFUNDED}),
            pgettext_lazy("payments", "Refunded"),
        ),
        "not_paid": (frozenset({PaymentState.NOT_PAID}), gettext_lazy("Not paid")),
    }
)
_TOTALS: Final = """
SELECT to_char(at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM'), sum(amount)::bigint, count(*)
FROM (SELECT o.authorised_at AS at, p.amount + p.fee - COALESCE(
          (SELECT sum(r.amount) FROM payments_refund r WHERE r.payment_id = p.id AND r.state = 'DONE'), 0) AS amount
      FROM payments_paymentorder o JOIN payments_payment p ON p.order_id = o.id
      WHERE o.account_id = %s AND o.id >= %s AND o.authorised_at >= %s AND p.state = 'SETTLED'
      ORDER BY o.id DESC LIMIT %s) paid
GROUP BY 1 ORDER BY 1 DESC"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; a month is its first day, and ``until`` is the first day that is not wanted."""

    words: str = field(default="", repr=False)
    kind: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    least: int = 0
    most: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One payment in the list."""

    public_id: str
    title: str = field(repr=False)
    detail: str = field(repr=False)
    icon: str
    total: int
    at: datetime
    state: str  # a word of ``STATES``
    refunded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The payments of a month, or those of it that the page has; ``total`` of the whole month, if it is known."""

    label: str
    total: int | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An order that waits for its payer or for a bank."""

    public_id: str
    reference: str
    amount: int
    at: datetime
    is_draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the history; ``older`` is where the next begins, ``is_searched`` if this one did not look further."""

    sections: tuple[Section, ...]
    older: str
    is_searched: bool
    months: tuple[Month, ...] = ()
    total: int = 0
    pending: tuple[Pending, ...] = ()


class NoSuchPlace(LookupError):
    """A page is to begin after a payment that is not the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A payment, and how much of it is back at its payer's bank."""

    payment: Payment
    refunded: int


def open_page(account: Account, *, filters: Filters, before: str, now: datetime) -> Page:
    """The page that begins after a payment, the first if none is named.

    Raises:
        NoSuchPlace: see the class.
    """
    after = _place(account, before) if before else None
    most = LOOKED_AT if filters else PAGE + 1
    found: list[Found] = []
    older, is_searched, looked = "", False, 0
    rows = _walk(account, filters, after, min(_BATCH, most))
    while looked < most and (row := next(rows, None)) is not None:
        looked += 1
        if is_wanted(row, filters):
            if len(found) == PAGE:
                older = found[-1].payment.public_id
                break
            found.append(row)
    else:
        if row is not None:
            older, is_searched = row.payment.public_id, True
    is_whole = not before and not filters
    months = _months(account, now) if is_whole else ()
    totals = {month.label: month.amount for month in months}
    return Page(
        sections=tuple(_sections(found, totals)),
        older=older,
        is_searched=is_searched,
        months=months,
        total=sum(totals.values()),
        pending=_pending(account, now) if is_whole else (),
    )


def export(account: Account, *, filters: Filters) -> Iterator[Found]:
    """Everything that is looked for, newest first, read in portions."""
    return (row for row in _walk(account, filters, None, _EXPORTED) if is_wanted(row, filters))


def state_of(row: Found) -> str:
    """The word of ``STATES`` for a payment."""
    payment = row.payment
    if payment.state == PaymentState.SETTLED and row.refunded >= payment.amount:
        return "refunded"
    return next(word for word, (states, _text) in STATES.items() if payment.state in states)


def agreed_at(payment: Payment) -> datetime:
    """When its payer agreed to it, under which the list and the months have it."""
    return payment.order.authorised_at or payment.order.drafted_at


# --- Rows -------------------------------------------------------------------------------------------------
def _walk(
    account: Account, filters: Filters, after: tuple[UUID, UUID] | None, size: int
) -> Iterator[Found]:
    """Payments in the order of the list, a portion at a time, each found by the key before it."""
    while True:
        orders, rows = _orders(account, filters), Payment.objects.all()
        if after is not None:
            order_id, payment_id = after
            # Said of both tables: the server does not conclude it of one from the other, and would walk there.
            orders = orders.filter(pk__lte=order_id)
            rows = rows.filter(order_id__lte=order_id).exclude(
                order_id=order_id, pk__gte=payment_id
            )
        rows = rows.filter(order__in=orders).select_related("order__link", "biller", "bill")
        portion = list(rows.order_by("-order_id", "-pk")[:size])
        refunded = _refunded(portion)
        for payment in portion:
            yield Found(payment=payment, refunded=refunded.get(payment.pk, 0))
        if len(portion) < size:
            return
        after = portion[-1].order_id, portion[-1].pk


def _orders(account: Account, filters: Filters) -> QuerySet[PaymentOrder]:
    orders = PaymentOrder.objects.filter(account=account).exclude(state__in=_NEVER_AGREED)
    if filters.since:
        first = _begins(filters.since)
        orders = orders.filter(pk__gte=ids.uuid7_at(first - _DRAFTED), authorised_at__gte=first)
    if filters.until:
        end = _begins(filters.until)
        orders = orders.filter(pk__lt=ids.uuid7_at(end), authorised_at__lt=end)
    return orders


def _refunded(portion: list[Payment]) -> dict[UUID, int]:
    done = Refund.objects.filter(payment__in=portion, state=RefundState.DONE)
    rows = done.order_by().values_list("payment_id").annotate(total=Sum("amount"))
    return {payment_id: int(total) for payment_id, total in rows}


def _place(account: Account, public_id: str) -> tuple[UUID, UUID]:
    rows = Payment.objects.filter(public_id=public_id, order__account=account)
    found = rows.values_list("order_id", "pk").first()
    if found is None:
        raise NoSuchPlace
    return found


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.VIET_NAM)


# --- What is looked for -------------------------------------------------------------------------------------
def is_wanted(row: Found, filters: Filters) -> bool:
    """Whether a payment is what is looked for; its months were looked at before."""
    payment = row.payment
    total = payment.amount + payment.fee
    kind = TRANSFER if payment.biller is None else payment.biller.kind
    return (
        (not filters.kind or filters.kind == kind)
        and (not filters.state or filters.state == state_of(row))
        and total >= filters.least
        and (filters.most is None or total <= filters.most)
        and (not filters.words or _has_words(payment, filters.words))
    )


def _has_words(payment: Payment, words: str) -> bool:
    """Every word stands somewhere, with or without marks; a code also if it is typed in groups."""
    texts = (
        wording.called(payment),
        wording.payee(payment),
        payment.biller.short_name if payment.biller else "",
        payment.bill.customer_code if payment.bill else "",
        payment.payee_account or "",
        payment.message or "",
        payment.order.reference,
        payment.payee_reference,
    )
    written = fold(" ".join(texts))
    compact = written.replace(" ", "")
    wanted = fold(words)
    return wanted.replace(" ", "") in compact or all(word in written for word in wanted.split())


# --- The page -------------------------------------------------------------------------------------------------
def _sections(found: list[Found], totals: Mapping[str, int]) -> Iterator[Section]:
    for label, rows in groupby(found, key=lambda row: _month(agreed_at(row.payment))):
        lines = tuple(_line(row) for row in rows)
        yield Section(label=label, total=totals.get(label), lines=lines)


def _month(at: datetime) -> str:
    return f"{at.astimezone(clock.VIET_NAM):%m/%Y}"


def _line(row: Found) -> Line:
    payment = row.payment
    code = payment.bill.customer_code if payment.bill else payment.payee_account or ""
    detail = [wording.payee(payment)] if payment.biller else []
    detail += [rules.ending(code)] if code else []
    detail += [payment.message] if payment.message else []
    return Line(
        public_id=payment.public_id,
        title=wording.called(payment),
        detail=", ".join(detail),
        icon=wording.icon(payment),
        total=payment.amount + payment.fee,
        at=agreed_at(payment),
        state=state_of(row),
        refunded=row.refunded,
    )


def _months(account: Account, now: datetime) -> tuple[Month, ...]:
    """The totals of the last months, oldest first; fewer, if there is too much to add up."""
    today = clock.today(now)
    labels = [_label(today, back) for back in range(MONTHS)]
    begins = _begins(date(int(labels[-1][3:]), int(labels[-1][:2]), 1))
    values = [account.pk, ids.uuid7_at(begins - _DRAFTED), begins, TOTALLED]
    rows = statements.fetch_all(_TOTALS, values)
    if sum(count for _month, _total, count in rows) == TOTALLED:
        rows = rows[:-1]  # of the oldest month there may be more
        labels = labels[: len(rows)]
    amounts = {f"{month[5:]}/{month[:4]}": int(total) for month, total, _count in rows}
    if not amounts:
        return ()
    most = max(amounts.values()) or 1
    return tuple(
        Month(
            label=label,
            amount=amounts.get(label, 0),
            share=_share(amounts.get(label, 0), most),
            is_this=label == labels[0],
        )
        for label in reversed(labels)
    )


def _label(today: date, back: int) -> str:
    year, month = divmod(today.year * MONTHS + today.month - 1 - back, MONTHS)
    return f"{month + 1:02d}/{year}"


def _share(amount: int, most: int) -> int:
    return max(_LEAST_SHARE, 100 * amount // most) if amount else 0


def _pending(account: Account, now: datetime) -> tuple[Pending, ...]:
    """Orders of late that wait for their payer or for the bank."""
    rows = PaymentOrder.objects.filter(account=account, pk__gte=ids.uuid7_at(now - _LATELY))
    waits = Q(state=OrderState.DRAFTED, expires_at__gt=now)
    waits |= Q(state__in=(OrderState.AUTHORISED, OrderState.UNKNOWN))
    return tuple(
        Pending(
            public_id=order.public_id,
            reference=order.reference,
            amount=order.amount,
            at=order.authorised_at or order.drafted_at,
            is_draft=order.state == OrderState.DRAFTED,
        )
        for order in rows.filter(waits).order_by("-pk")[:PENDING]
    )
