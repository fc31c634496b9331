"""Bills as whoever saved their codes sees them: what is to be paid, one bill in full, and the codes themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from accounts.models import Account
from eid_portal.core import clock, sealed
from payments import policy
from payments.enums import BillerKind, BillState, OrderState, PaymentState
from payments.models import Bill, Biller, CustomerCode, Payment
from payments.models.billing import CUSTOMER_CODE
from payments.rules import customer_codes
from payments.selectors import months
from payments.selectors.months import Month
from payments.selectors.orders import month_of

_ICONS: Final[Mapping[str, str]] = {
    BillerKind.ELECTRICITY: "zap",
    BillerKind.WATER: "droplets",
    BillerKind.HEALTH_INSURANCE: "heart-pulse",
    BillerKind.SOCIAL_INSURANCE: "users",
    BillerKind.STATE_FEE: "landmark",
    BillerKind.DEFINED: "receipt-text",
}
_TITLES: Final[Mapping[str, str]] = {
    BillerKind.ELECTRICITY: gettext_noop("Electricity for %(period)s"),
    BillerKind.WATER: gettext_noop("Water for %(period)s"),
    BillerKind.HEALTH_INSURANCE: gettext_noop("Household health insurance %(period)s"),
    BillerKind.SOCIAL_INSURANCE: gettext_noop("Voluntary social insurance for %(period)s"),
    BillerKind.STATE_FEE: gettext_noop("State fee %(period)s"),
    BillerKind.DEFINED: gettext_noop("Bill for %(period)s"),
}
_MOVING: Final = (PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN)
_UNPAID: Final = (OrderState.DRAFTED, OrderState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBill:
    """A bill that is to be paid."""

    public_id: str
    kind: str
    title: str
    biller: str
    code: str = field(repr=False)  # as bills print it
    label: str = field(repr=False)  # the name its code was given
    amount: int
    due_on: date | None
    is_late: bool
    is_soon: bool
    order: str  # the payer's own order that pays it now
    is_taken: bool  # somebody is paying it

    @property
    def icon(self) -> str:
        """A picture of its kind."""
        return _ICONS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCode:
    """A saved code."""

    public_id: str
    biller: str
    icon: str
    code: str = field(repr=False)
    label: str = field(repr=False)
    is_own: bool  # found by the person's own number
    fetched_at: datetime | None
    is_forgotten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """What is to be paid, and the codes it was looked for under."""

    bills: list[DueBill]
    codes: list[SavedCode]
    asked_at: datetime | None  # the code asked for the longest ago

    @property
    def payable(self) -> list[DueBill]:
        """Those that can be chosen."""
        return [bill for bill in self.bills if not bill.is_taken]

    @property
    def waits(self) -> bool:
        """Whether a biller has not answered yet."""
        return any(code.fetched_at is None for code in self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPage:
    """One bill, as its biller printed it."""

    due: DueBill
    state: str
    details: dict[str, Any] = field(repr=False)
    months: list[Month]
    fetched_at: datetime
    paid_by: str  # the payer's own payment of it

    @property
    def is_household(self) -> bool:
        """Whether its lines are the members of a household."""
        return self.due.kind == BillerKind.HEALTH_INSURANCE

    @property
    def used(self) -> int | None:
        """What the meter counted."""
        new, old = self.details.get("new_index"), self.details.get("old_index")
        return None if new is None or old is None else new - old


def open_due(account: Account, *, now: datetime) -> DuePage:
    """What can be paid under the codes of a person, the most urgent first."""
    codes = list(_saved(account))
    return DuePage(
        bills=_due(account, codes, now),
        codes=[_shown(code) for code in codes],
        asked_at=min((code.fetched_at for code in codes if code.fetched_at), default=None),
    )


def open_bill(account: Account, public_id: str, *, now: datetime) -> BillPage | None:
    """A bill of one of the person's codes, or one they paid; None if there is none."""
    bill = Bill.objects.select_related("biller").filter(public_id=public_id).first()
    if bill is None:
        return None
    paid = (
        Payment.objects.filter(bill=bill, order__account=account, state=PaymentState.SETTLED)
        .values_list("public_id", flat=True)
        .first()
    )
    code = next(
        (each for each in _saved(account) if (each.biller_id, each.code) == _key(bill)), None
    )
    if code is None and paid is None:
        return None
    moving = _moving([bill])
    return BillPage(
        due=_line(bill, code, moving, account, now),
        state=bill.state,
        details=bill.details,
        months=months.list_months(account, bill),
        fetched_at=bill.fetched_at,
        paid_by=paid or "",
    )


def find_code(account: Account, public_id: str) -> SavedCode | None:
    """A code of the person, forgotten or not."""
    rows = CustomerCode.objects.select_related("biller")
    row = rows.filter(account=account, public_id=public_id).first()
    return None if row is None else _shown(row)


def is_being_paid(code: CustomerCode) -> bool:
    """Whether a payment of one of the code's bills is on its way, anybody's."""
    return bool(_moving(Bill.objects.filter(_of(code), state=BillState.OPEN)))


def billers() -> list[tuple[str, str]]:
    """Those that are asked by customer code, with their names; electricity and water first."""
    order = list(BillerKind)
    rows = Biller.objects.filter(in_use=True, by_person=False).exclude(kind=BillerKind.STATE_FEE)
    found = sorted(rows, key=lambda row: (order.index(BillerKind(row.kind)), row.name))
    return [(row.code, name_of(row)) for row in found]


def hints() -> list[tuple[str, str]]:
    """What each of these billers' codes look like."""
    said = {
        row.code: row.code_hint_en if get_language() == "en" else row.code_hint
        for row in Biller.objects.filter(in_use=True, by_person=False)
    }
    return [(name, said[code]) for code, name in billers()]


def name_of(biller: Biller) -> str:
    """A biller's name in the language of the page."""
    return str(biller.name_en if get_language() == "en" else biller.name)


def _saved(account: Account) -> Iterable[CustomerCode]:
    rows = CustomerCode.objects.select_related("biller")
    return rows.filter(account=account, forgotten_at__isnull=True).order_by("saved_at", "pk")


def _due(account: Account, codes: Sequence[CustomerCode], now: datetime) -> list[DueBill]:
    if not codes:
        return []
    ours = reduce(or_, (_of(code) for code in codes))
    rows = list(Bill.objects.select_related("biller").filter(ours, state=BillState.OPEN))
    moving = _moving(rows)
    by_key = {(code.biller_id, code.code): code for code in codes}
    lines = [_line(row, by_key.get(_key(row)), moving, account, now) for row in rows]
    return sorted(lines, key=lambda line: (line.due_on or date.max, line.title, line.public_id))


def _of(code: CustomerCode) -> Q:
    indexes = sealed.blind_indexes(CUSTOMER_CODE, code.code)
    return Q(biller=code.biller_id, customer_code_index__in=indexes)


def _key(bill: Bill) -> tuple[str, str]:
    return bill.biller_id, bill.customer_code


def _moving(bills: Iterable[Bill]) -> dict[Any, Payment]:
    """By bill, the payment that is on its way; a draft is none."""
    rows = Payment.objects.select_related("order").filter(bill__in=bills, state__in=_MOVING)
    return {row.bill_id: row for row in rows.exclude(order__state__in=_UNPAID)}


def _line(
    bill: Bill,
    code: CustomerCode | None,
    moving: Mapping[Any, Payment],
    account: Account,
    now: datetime,
) -> DueBill:
    today, payment = clock.today(now), moving.get(bill.pk)
    is_mine = payment is not None and payment.order.account_id == account.pk
    return DueBill(
        public_id=bill.public_id,
        kind=bill.biller.kind,
        title=_(_TITLES[bill.biller.kind]) % {"period": month_of(bill.period)},
        biller=name_of(bill.biller),
        code=customer_codes.printed(bill.customer_code),
        label=code.label if code else "",
        amount=bill.amount,
        due_on=bill.due_on,
        is_late=bill.due_on is not None and bill.due_on < today,
        is_soon=bill.due_on is not None and bill.due_on <= today + policy.DUE_SOON,
        order=payment.order.public_id if payment and is_mine else "",
        is_taken=payment is not None,
    )


def _shown(code: CustomerCode) -> SavedCode:
    return SavedCode(
        public_id=code.public_id,
        biller=name_of(code.biller),
        icon=_ICONS[code.biller.kind],
        code=customer_codes.printed(code.code),
        label=code.label,
        is_own=code.biller.by_person,
        fetched_at=code.fetched_at,
        is_forgotten=code.forgotten_at is not None,
    )
