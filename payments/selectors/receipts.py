"""One payment as its payer reads it: what for, how much, from where, its references, and what happened when.

A payment whose payee has it shows a receipt, and so does one that went back; of any other the page says where the
money is.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account
from payments.enums import OrderState, PaymentState, RefundReason, RefundState
from payments.models import Payment, Refund
from payments.rules import receipts as rules
from payments.rules.amounts import written
from payments.selectors import wording
from payments.selectors.waiting import Asked, find_asked

RECEIPTED: Final = frozenset({PaymentState.SETTLED, PaymentState.REFUNDED})
_READ: Final = ("order__link", "order__account__citizen", "biller", "bill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened, or that is being waited for."""

    kind: str  # as `ui.event_item` names its kinds
    icon: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """Another payment of the same order."""

    public_id: str
    title: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment as its page shows it."""

    payment: Payment
    number: str
    payer: str = field(repr=False)
    title: str
    payee: str = field(repr=False)
    icon: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)  # about what was paid for
    bank: str
    ending: str
    refunds: tuple[Refund, ...]
    refunded: int  # what is back at the payer's bank
    siblings: tuple[Sibling, ...]
    steps: tuple[Step, ...]

    @property
    def is_receipt(self) -> bool:
        """Whether it ended in a way that a receipt says."""
        return self.payment.state in RECEIPTED

    @property
    def total(self) -> int:
        """With its fee."""
        return self.payment.amount + self.payment.fee

    @property
    def paid_at(self) -> datetime | None:
        """When the payer's bank debited it."""
        return self.payment.order.debited_at


def find_receipt(account: Account, public_id: str) -> Receipt | None:
    """A payment of the person's own; one that they never agreed to is none."""
    payments = _payments().filter(public_id=public_id, order__account=account)
    payment = payments.exclude(order__state__in=(OrderState.DRAFTED, OrderState.CANCELLED)).first()
    return None if payment is None else receipt_of(payment)


def find_asked_of(receipt: Receipt, *, now: datetime) -> Asked | None:
    """When a payment that is not certain was last asked about, and when it is again; None if it is certain."""
    payment = receipt.payment
    if payment.state == PaymentState.UNKNOWN:
        return find_asked([payment], now=now)
    if payment.order.state == OrderState.UNKNOWN:
        return find_asked([payment.order], now=now)
    return None


def find_by_keys(keys: list[UUID]) -> Receipt | None:
    """The payment that has one of these keys and ended in a way that a receipt says, whoever asks."""
    payment = _payments().filter(pk__in=keys, state__in=RECEIPTED).first()
    return None if payment is None else receipt_of(payment)


def find_holder(public_id: str) -> Payment | None:
    """A payment with its payer, for services that act on it."""
    return _payments().filter(public_id=public_id).first()


def receipt_of(payment: Payment) -> Receipt:
    """A payment as its page shows it."""
    order = payment.order
    together = list(
        Payment.objects.filter(order=order).select_related("biller", "bill").order_by("pk")
    )
    place = [each.pk for each in together].index(payment.pk) + 1
    refunds = tuple(payment.refunds.order_by("pk"))
    return Receipt(
        payment=payment,
        number=rules.number(order.reference, place, len(together)),
        payer=order.account.citizen.full_name,
        title=wording.title(payment),
        payee=wording.payee(payment),
        icon=wording.icon(payment),
        facts=tuple(_facts(payment)),
        bank=wording.bank_name(order.link.bank),
        ending=order.link.ending,
        refunds=refunds,
        refunded=sum(row.amount for row in refunds if row.state == RefundState.DONE),
        siblings=tuple(
            Sibling(public_id=row.public_id, title=wording.called(row), amount=row.amount)
            for row in together
            if row.pk != payment.pk
        ),
        steps=tuple(_steps(payment, refunds)),
    )


def _payments() -> QuerySet[Payment]:
    return Payment.objects.select_related(*_READ)


def _facts(payment: Payment) -> list[tuple[str, str]]:
    """What was paid for, as far as it helps to know it again."""
    if payment.biller is None:
        pairs = [
            (_("Bank"), wording.bank_name(payment.payee_bank)),
            (_("Account"), rules.ending(payment.payee_account or "")),
            (_("Message"), payment.message or ""),
        ]
    elif payment.bill is None:
        pairs = [(_("Reference of the fee"), payment.due_reference)]
    else:
        details: Any = payment.bill.details
        pairs = [
            (_("Period"), rules.period(payment.bill.period)),
            (_("Customer code"), rules.ending(payment.bill.customer_code)),
            (_("Meter"), str(details.get("meter_no") or "")),
        ]
    return [(label, value) for label, value in pairs if value]


def _steps(payment: Payment, refunds: tuple[Refund, ...]) -> list[Step]:
    """What happened, oldest first, and what is being waited for."""
    order = payment.order
    steps = [Step(kind="ok", icon="check", text=_("You confirmed it"), at=order.authorised_at)]
    if order.debited_at:
        said = _("%(bank)s debited your account") % {"bank": wording.bank_name(order.link.bank)}
        steps.append(Step(kind="ok", icon="landmark", text=said, at=order.debited_at))
    if payment.sent_at:
        told = _("%(payee)s was told") % {"payee": wording.payee(payment)}
        steps.append(Step(kind="ok", icon="send", text=told, at=payment.sent_at))
    if payment.settled_at:
        has = _("%(payee)s has it") % {"payee": wording.payee(payment)}
        steps.append(Step(kind="ok", icon="badge-check", text=has, at=payment.settled_at))
    match PaymentState(payment.state):
        case PaymentState.WAITING:
            steps.append(Step(kind="", icon="clock", text=_("Your bank is being asked")))
        case PaymentState.IN_FLIGHT:
            steps.append(Step(kind="", icon="clock", text=_("The payee is being told")))
        case PaymentState.UNKNOWN:
            asked = _("The payee has not answered; we ask again and again")
            steps.append(Step(kind="", icon="clock", text=asked))
        case PaymentState.NOT_PAID:
            steps.append(Step(kind="err", icon="x", text=_("No money moved"), at=payment.since))
        case PaymentState.SETTLED | PaymentState.REFUNDING | PaymentState.REFUNDED:
            pass  # said above, or with its refund
    for row in refunds:
        steps += _refund_steps(row)
    return steps


def _refund_steps(row: Refund) -> list[Step]:
    amount = written(row.amount)
    began = _("%(amount)s ₫ goes back: %(reason)s") % {
        "amount": amount,
        "reason": RefundReason(row.reason).label,
    }
    steps = [Step(kind="info", icon="refresh-cw", text=began, at=row.made_at)]
    match RefundState(row.state):
        case RefundState.DONE:
            back = _("%(amount)s ₫ is back at your bank") % {"amount": amount}
            steps.append(Step(kind="ok", icon="check", text=back, at=row.done_at))
        case RefundState.REFUSED:
            no = _("Your bank did not take the refund; an officer looks")
            steps.append(Step(kind="err", icon="circle-alert", text=no, at=row.since))
        case RefundState.SENDING:
            steps.append(Step(kind="", icon="clock", text=_("Your bank is being asked to take it")))
    return steps
