"""Standing consents as their payer sees them: what pays by itself, what comes next, and what became of each bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from payments.enums import ScheduledBillState, ScheduleState
from payments.models import BankLink, CustomerCode, PaymentSchedule, ScheduledBill
from payments.rules import banks, customer_codes
from payments.selectors.bills import name_of
from payments.selectors.orders import month_of

_BILLS_SHOWN: Final = 6  # of one consent
_ENDED_SHOWN: Final = 5
# Why a consent ended, and why one bill was not paid by it.
ENDED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "stopped": _("You stopped it"),
        "replaced": _("You set it up anew"),
        "unlinked": _("The bank account is no longer linked"),
        "forgotten": _("The customer code was removed"),
        "closed": _("Your account was closed"),
        "": _("It was not confirmed"),
    }
)
NOT_PAID: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "bill_closed": _("It was paid in another way, or withdrawn"),
        "being_paid": _("It is being paid already"),
        "account_locked": _("Your account was locked"),
        "stronger_needed": _("It needed a passkey: your account was recovered lately"),
        "amount_changed": _("With its fee it is above your cap"),
        "stopped": _("You stopped it"),
        "replaced": _("You set it up anew"),
        "unlinked": _("The bank account is no longer linked"),
        "forgotten": _("The customer code was removed"),
        "": _("It cannot be paid automatically now"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A bill under a consent."""

    public_id: str
    bill: str  # public id
    period: str
    amount: int
    state: ScheduledBillState
    pay_at: datetime | None
    order: str  # public id, once there is one
    why: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A consent."""

    public_id: str
    state: ScheduleState
    biller: str
    code: str = field(repr=False)  # as bills print it
    label: str = field(repr=False)
    cap: int
    source: str
    agreed_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime
    why: Any
    bills: Sequence[Scheduled] = ()

    @property
    def name(self) -> str:
        """What its code was named, or who bills."""
        return self.label or self.biller


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesPage:
    """What pays by itself, and what lately ended."""

    active: Sequence[Schedule]
    ended: Sequence[Schedule]


def open_page(account: Account) -> SchedulesPage:
    """All consents in force, and the last that ended."""
    rows = _rows(account)
    active = [_shown(row, bills=True) for row in rows.filter(state=ScheduleState.ACTIVE)]
    ended = rows.filter(state=ScheduleState.ENDED, agreed_at__isnull=False).exclude(code="replaced")
    return SchedulesPage(
        active=active,
        ended=[_shown(row, bills=True) for row in ended.order_by("-ended_at")[:_ENDED_SHOWN]],
    )


def find(account: Account, public_id: str) -> Schedule | None:
    """One consent, whatever its state."""
    row = _rows(account).filter(public_id=public_id).first()
    return None if row is None else _shown(row, bills=False)


def code_choices(account: Account) -> list[tuple[str, str]]:
    """Saved codes with the names people know them by."""
    rows = CustomerCode.objects.select_related("biller").filter(
        account=account, forgotten_at__isnull=True
    )
    return [(row.public_id, _code_name(row)) for row in rows.order_by("saved_at", "pk")]


def _code_name(row: CustomerCode) -> str:
    named = f"{name_of(row.biller)}, {customer_codes.printed(row.code)}"
    return f"{row.label} ({named})" if row.label else named


def _rows(account: Account) -> Any:
    rows = PaymentSchedule.objects.select_related("customer_code__biller", "link")
    return rows.filter(account=account).order_by("-pk")


def _shown(row: PaymentSchedule, *, bills: bool) -> Schedule:
    code = row.customer_code
    found = row.bills.select_related("bill", "order").order_by("-pk")[:_BILLS_SHOWN]
    return Schedule(
        public_id=row.public_id,
        state=ScheduleState(row.state),
        biller=name_of(code.biller),
        code=customer_codes.printed(code.code),
        label=code.label,
        cap=row.cap,
        source=_source(row.link),
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        why=ENDED.get(row.code, ENDED[""]),
        bills=[_bill(each) for each in found] if bills else (),
    )


def _source(link: BankLink) -> str:
    return f"{banks.NAMES.get(link.bank, link.bank)} •••• {link.ending}"


def _bill(row: ScheduledBill) -> Scheduled:
    return Scheduled(
        public_id=row.public_id,
        bill=row.bill.public_id,
        period=month_of(row.bill.period),
        amount=row.amount,
        state=ScheduledBillState(row.state),
        pay_at=row.pay_at,
        order=row.order.public_id if row.order else "",
        why=NOT_PAID.get(row.code, NOT_PAID[""]),
    )
