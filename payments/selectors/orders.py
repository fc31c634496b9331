"""An order as its payer sees it: what is paid to whom, where it stands, and where the money is."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from accounts.models import Account
from payments import purposes, texts
from payments.enums import BillState, LinkState, OrderState, PaymentPurpose, PaymentState
from payments.models import BankLink, Bill, CustomerCode, Dispute, Payment, PaymentOrder
from payments.rules import banks
from payments.selectors import payees
from payments.selectors.waiting import Asked, find_asked

ON_A_PAGE: Final = 20
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_ENDED: Final = {
    OrderState.DRAFTED: "over",
    OrderState.CANCELLED: "over",
    OrderState.REFUSED: "refused",
    OrderState.UNKNOWN: "unknown",
}
_BACK: Final = (PaymentState.REFUNDING, PaymentState.REFUNDED)
_MOVES: Final = (PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.REFUNDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bank account one can pay from."""

    public_id: str
    bank: str
    ending: str

    @property
    def label(self) -> str:
        """As it is shown."""
        return f"{self.bank} •••• {self.ending}" if self.ending else self.bank


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One payment of an order."""

    public_id: str
    payee: str
    detail: str  # the bill's period, the end of the payee's account, or what a fee is for
    message: str
    amount: int
    fee: int
    state: str
    why: Any  # the payee did not take it
    now: int  # what its bill says now; zero if it need not be paid any more
    name_matches: bool | None = None  # of a person whom the payer named; None: it was told to them

    @property
    def told(self) -> str:
        """The payee, but for a person: of them the payer hears only that the name is right."""
        return "" if self.name_matches else self.payee

    @property
    def has_changed(self) -> bool:
        """Whether its bill is no longer what was drafted."""
        return self.now != self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """An order and where it stands.

    ``stage`` is one of confirm, changed, over, held, going, unknown, refused, paid, part and back.
    """

    order: PaymentOrder
    lines: list[Line]
    source: Source
    stage: str
    why: Any  # refused, or not confirmed
    warns: bool = False  # it goes to somebody who was never paid before
    asked: Asked | None = None  # while it is not certain
    place: str = ""  # where who paid goes on: the page of what another app asked it for

    @property
    def from_(self) -> Source:
        """As ``source``, which serializers have another meaning for."""
        return self.source

    @property
    def said(self) -> str:
        """Why it was refused or not confirmed, if it was."""
        return str(self.why) if self.stage in {"refused", "over"} else ""

    @property
    def fee(self) -> int:
        """All fees."""
        return sum(line.fee for line in self.lines)

    @property
    def total_now(self) -> int:
        """What it would come to now, if a bill has changed."""
        return sum(line.now + line.fee for line in self.lines if line.now)

    @property
    def moves(self) -> bool:
        """Whether something will change by itself soon."""
        if self.stage in {"going", "unknown"}:
            return True
        return any(line.state in _MOVES for line in self.lines) and self.stage in {"part", "back"}

    @property
    def paid(self) -> int:
        """What payees have."""
        return self._sum(PaymentState.SETTLED)

    @property
    def back(self) -> int:
        """What goes back, or is back."""
        return self._sum(*_BACK)

    def _sum(self, *states: PaymentState) -> int:
        return sum(line.amount + line.fee for line in self.lines if line.state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A bill that was chosen to be paid."""

    public_id: str
    payee: str
    period: str
    amount: int
    is_open: bool


def find_order(account: Account, public_id: str) -> PaymentOrder | None:
    """An order of the account."""
    rows = PaymentOrder.objects.select_related("link")
    return rows.filter(account=account, public_id=public_id).first()


def open_order(account: Account, public_id: str, *, now: datetime) -> OrderPage | None:
    """An order of the account with its payments, and where it stands; None if there is no such order."""
    order = find_order(account, public_id)
    if order is None:
        return None
    payments = list(order.payments.select_related("biller", "bill", "payee_link").order_by("pk"))
    lines = [_line(payment) for payment in payments]
    is_unknown = order.state == OrderState.UNKNOWN
    unknown = [payment for payment in payments if payment.state == PaymentState.UNKNOWN]
    return OrderPage(
        order=order,
        lines=lines,
        source=_source(order.link),
        stage=_stage(order, lines, now),
        why=_why(order),
        asked=find_asked([order] if is_unknown else unknown, now=now),
        place=next(filter(None, map(_place, payments)), ""),
        warns=order.state == OrderState.DRAFTED
        and any(
            payment.biller is None and not payees.was_paid(account, payment) for payment in payments
        ),
    )


def list_sources(account: Account) -> list[Source]:
    """The bank accounts one can pay from, the default one first."""
    rows = BankLink.objects.filter(account=account, state=LinkState.ACTIVE)
    return [_source(row) for row in rows.order_by("-is_default", "begun_at")]


def list_payments(account: Account, *, before: str) -> dict[str, Any]:
    """A page of the payments of confirmed orders, newest first; ``before`` is the public id of the last one seen."""
    rows = Payment.objects.select_related("order", "biller", "bill").filter(
        order__account=account, order__authorised_at__isnull=False
    )
    last = rows.filter(public_id=before).first() if before else None
    if last:
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows.order_by("-pk")[: ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    disputes = {  # the last of each
        row.payment_id: row
        for row in Dispute.objects.filter(payment__in=shown).order_by("pk").defer("words", "answer")
    }
    return {
        "payments": [
            {
                "public_id": row.public_id,
                "order": row.order.public_id,
                "told": "" if row.payee_link_id else _payee(row),
                "name_matches": _name_matches(row),
                "detail": _detail(row),
                "amount": row.amount,
                "fee": row.fee,
                "state": row.state,
                "at": row.order.authorised_at,
                "dispute": disputes.get(row.pk),
            }
            for row in shown
        ],
        "next": shown[-1].public_id if len(found) > ON_A_PAGE else None,
    }


def list_chosen(account_id: UUID, public_ids: list[str]) -> list[Chosen]:
    """Bills that an account has a customer code for, of those named."""
    rows = Bill.objects.select_related("biller").filter(public_id__in=public_ids).order_by("pk")
    codes = CustomerCode.objects.filter(
        account_id=account_id, biller__in={row.biller_id for row in rows}
    )
    held = {(code.biller_id, code.code) for code in codes}
    return [
        Chosen(
            public_id=row.public_id,
            payee=_name(row.biller),
            period=month_of(row.period),
            amount=row.amount,
            is_open=row.state == BillState.OPEN,
        )
        for row in rows
        if (row.biller_id, row.customer_code) in held
    ]


def month_of(period: str) -> str:
    """A bill's period as people write months: 11/2026; another stays as its biller writes it."""
    found = _MONTH.fullmatch(period)
    return f"{found[2]}/{found[1]}" if found else period


def _place(payment: Payment) -> str:
    if payment.about is None:
        return ""
    return purposes.find(PaymentPurpose(payment.purpose)).place(payment.about)


def _source(link: BankLink) -> Source:
    return Source(
        public_id=link.public_id, bank=banks.NAMES.get(link.bank, link.bank), ending=link.ending
    )


def _name(biller: Any) -> str:
    return str(biller.name_en if get_language() == "en" else biller.name)


def _payee(payment: Payment) -> str:
    return _name(payment.biller) if payment.biller else payment.payee_name or ""


def _line(payment: Payment) -> Line:
    bill, code = payment.bill, payment.code
    waits = payment.state == PaymentState.WAITING
    now = payment.amount
    if bill and waits:
        now = bill.amount if bill.state == BillState.OPEN else 0
    return Line(
        public_id=payment.public_id,
        payee=_payee(payment),
        detail=_detail(payment),
        message=payment.message or "",
        amount=payment.amount,
        fee=payment.fee,
        state=payment.state,
        why=texts.PAYEE_REFUSALS.get(code, texts.PAYEE_REFUSALS[""])
        if payment.state in _BACK
        else "",
        now=now,
        name_matches=_name_matches(payment),
    )


def _name_matches(payment: Payment) -> bool | None:
    """It was compared before the payment was drafted: with another name there is none."""
    return True if payment.payee_link_id else None


def _detail(payment: Payment) -> str:
    if payment.bill:
        return month_of(payment.bill.period)
    if payment.payee_account:
        bank = banks.NAMES.get(payment.payee_bank, payment.payee_bank)
        return f"{bank} •••• {payment.payee_account[-4:]}"
    return payment.due_reference


def _stage(order: PaymentOrder, lines: list[Line], now: datetime) -> str:
    match order.state:
        case OrderState.DRAFTED if order.expires_at > now:
            ended = order.link.state != LinkState.ACTIVE
            return "changed" if ended or any(line.has_changed for line in lines) else "confirm"
        case OrderState.AUTHORISED:
            return "held" if order.held_until and order.held_until > now else "going"
        case OrderState.DEBITED:
            return _debited({line.state for line in lines})
        case _:
            return _ENDED[OrderState(order.state)]


def _debited(states: set[str]) -> str:
    if PaymentState.UNKNOWN in states:
        return "unknown"
    if PaymentState.IN_FLIGHT in states:
        return "going"
    if states == {PaymentState.SETTLED}:
        return "paid"
    return "part" if PaymentState.SETTLED in states else "back"


def _why(order: PaymentOrder) -> Any:
    if order.state == OrderState.REFUSED:
        return texts.BANK_REFUSALS.get(order.code, texts.BANK_REFUSALS[""])
    if order.state == OrderState.CANCELLED:
        return texts.CANCELLED.get(order.code, texts.CANCELLED[""])
    return texts.CANCELLED["expired"]
