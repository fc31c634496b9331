"""Draft an order: what is paid to whom is looked up here, whatever a page said, and a bill is in one live order.

The client makes the key of an order. The same key with the same body is the same order, however often and at how many
moments at once it comes; with another body it is refused. All drafts of a payer wait for each other on the account.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.services import holding
from eid_portal.core import audit, bulk, clock, jobs, sealed
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.transitions import Change, StaleState, move_together
from payments import events, policy, purposes, states
from payments.enums import (
    Assurance,
    BillState,
    LinkState,
    OrderState,
    PaymentPurpose,
    PaymentState,
)
from payments.models import BankLink, Bill, Biller, CustomerCode, Payment, PaymentOrder
from payments.models.billing import CUSTOMER_CODE
from payments.models.paying import PAYEE
from payments.rules import amounts, references
from payments.rules.assurance import Because
from payments.selectors import tariffs
from payments.services import needs, payees, telling
from payments.texts import ASSURANCE

EXPIRE: Final = "payments.expire_order"
_BODY: Final = "payments.order"
_LIVE: Final = (
    PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.SETTLED,
)  # fmt: skip
log = structlog.get_logger()


# --- What can be asked for ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class BillWanted:
    """A bill; the amount is the biller's."""

    bill: str  # public id


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferWanted:
    """A transfer to a bank account; its bank is asked whose it is.

    ``name`` is the one that a page has shown, if one has: the order is refused if the bank says another now.
    """

    bank: str  # BIN
    account: str = field(repr=False)
    amount: int
    name: str = field(default="", repr=False)
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWanted:
    """A transfer to the account that a person linked; the name is as the payer typed it."""

    by: payees.By
    who: str = field(repr=False)  # twelve digits, or a phone in E.164
    name: str = field(repr=False)
    amount: int
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWanted:
    """What another app asks to have paid for one of its rows; the amount is that app's."""

    purpose: PaymentPurpose
    about: UUID


Wanted = BillWanted | TransferWanted | PersonWanted | DueWanted
_Payees = Mapping[Wanted, payees.Payee]


@dataclass(frozen=True, slots=True)
class Drafted:
    """An order, made now or by an earlier request with the same key."""

    order: PaymentOrder
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What was taken back when transfers were stopped."""

    orders: int
    amount: int


# --- Why not -------------------------------------------------------------------------------------------
class OrderRefused(Exception):
    """No order was made; ``message`` says why."""

    code = "order_refused"
    message: Any = _("This cannot be paid now.")


class KeyReused(OrderRefused):
    """The key was used for something else."""

    code = "key_reused"
    message = _("This key was used before with another body.")


class NothingWanted(OrderRefused):
    """Nothing is to be paid, too much at once, or one thing twice."""

    code = "nothing_wanted"
    message = _("Choose what you want to pay: from one to twenty payments, each once.")


class NoBankAccount(OrderRefused):
    """The bank account is not linked, or is another person's."""

    code = "no_bank_account"
    message = _("Link a bank account first, then you can pay from it.")


class NoSuchBill(OrderRefused):
    """There is no such bill among those of the person's customer codes."""

    code = "no_such_bill"
    message = _("This bill is not among yours. Look it up again by its customer code.")


class BillClosed(OrderRefused):
    """It is paid or withdrawn."""

    code = "bill_closed"
    message = _("This bill does not have to be paid any more.")


class BeingPaid(OrderRefused):
    """Another order pays it."""

    code = "being_paid"
    message = _("This is being paid already. Look at your payments before you pay again.")


class NothingDue(OrderRefused):
    """The other app has nothing to be paid there."""

    code = "nothing_due"
    message = _("There is nothing to pay here any more.")


class BadAmount(OrderRefused):
    """It is not an amount that can be sent."""

    code = "bad_amount"
    message = _("This amount cannot be sent.")


class AmountChanged(OrderRefused):
    """It comes to something else than the payer was shown."""

    code = "amount_changed"
    message = _("The amount is another now. Nothing was paid. Look at it again, then decide.")


class NameTooOld(OrderRefused):
    """The payee's bank was asked for the name too long ago."""

    code = "name_too_old"
    message = _("The payee’s bank must be asked for the name again. Begin the transfer anew.")


class NoPayee(OrderRefused):
    """Nothing can be sent to that payee; code and message are of a ``payees.PayeeRefused``, and when to try again."""

    def __init__(self, refused: payees.PayeeRefused) -> None:
        super().__init__(refused.code)
        self.refused = refused
        self.code = refused.code
        self.message = refused.message
        self.until = refused.until


class Forbidden(OrderRefused):
    """The rules of amount, payee, device and recovery forbid it."""

    code = "payment_forbidden"

    def __init__(self, because: Because, values: dict[str, str]) -> None:
        super().__init__(because.value)
        self.because = because
        self.message = ASSURANCE[because.value] % values


# --- Drafting ------------------------------------------------------------------------------------------
def draft(
    *,
    account: Account,
    link: str,
    wanted: Sequence[Wanted],
    key: str,
    device_id: UUID | None,
    actor: Actor,
    now: datetime,
    expects: int | None = None,
    standing: bool = False,
) -> Drafted:
    """Make the order of a key, or give the one that was made; ``link`` is a bank account's public id.

    Without a ``link`` it is paid from the default account. A draft of the same payer that holds one of the bills is
    cancelled: they went back and chose anew. ``expects`` is the amount that the payer was shown, if that is to be held.
    ``standing``: a consent given before pays it, from no device.

    Raises:
        OrderRefused: see its subclasses; nothing was written.
    """
    if not 0 < len(wanted) <= policy.PAYMENTS_AT_ONCE or len(set(wanted)) < len(wanted):
        raise NothingWanted
    body = _body(link, wanted, expects)
    purpose = f"{_BODY}:{account.pk}"
    source = _source(account, link)
    transfers = [each for each in wanted if isinstance(each, TransferWanted | PersonWanted)]
    if (
        source is None or transfers
    ):  # nobody is asked for a name, nothing is refused, if it was drafted before
        known = PaymentOrder.objects.filter(account=account, key=key).first()
        if known is not None:
            return _replayed(known, purpose, body)
    if source is None:
        raise NoBankAccount
    to = _payees(account, source, transfers, actor=actor, now=now)
    body_hash = sealed.keyed_hash(purpose, body)
    try:
        with transaction.atomic():
            Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
            known = PaymentOrder.objects.filter(account=account, key=key).first()
            if known is not None:
                return _replayed(known, purpose, body)
            order = _draft(
                account,
                link,
                wanted,
                to,
                key,
                body_hash,
                device_id,
                actor=actor,
                now=now,
                standing=standing,
            )
            if expects not in {None, order.amount}:
                raise AmountChanged
            return Drafted(order, replayed=False)
    except (IntegrityError, StaleState):  # another payer's order, or one just authorised, has it
        raise BeingPaid from None


def wanted_again(order: PaymentOrder, now: datetime) -> list[Wanted]:
    """What an order that was not paid wanted, without bills that need not be paid any more.

    Raises:
        NameTooOld: see the class.
    """
    wanted: list[Wanted] = []
    for payment in order.payments.select_related("bill").order_by("pk"):
        if payment.bill:
            if payment.bill.state == BillState.OPEN:
                wanted.append(BillWanted(bill=payment.bill.public_id))
        elif payment.about:
            purpose = PaymentPurpose(payment.purpose)
            wanted.append(DueWanted(purpose=purpose, about=payment.about))
        elif payment.payee_link_id or order.drafted_at < now - policy.NAME_HOLDS:
            raise NameTooOld
        else:
            wanted.append(
                TransferWanted(
                    bank=payment.payee_bank,
                    account=payment.payee_account or "",
                    name=payment.payee_name or "",
                    amount=payment.amount,
                    message=payment.message or "",
                )
            )
    return wanted


def cancel(*, account: Account, order: str, actor: Actor, now: datetime) -> PaymentOrder | None:
    """Take back an order, by its public id, that was not sent to the bank: a draft, or one that is held.

    None if that is too late.
    """
    with transaction.atomic():
        row = _unsent(account).filter(public_id=order).first()
        if row is None:
            return None
        row.account = account
        _cancel(row, code="taken_back", actor=actor, now=now)
    return row


def stop_transfers(*, account: Account, actor: Actor, now: datetime) -> Stopped:
    """Somebody tells the payer to send money: take back every transfer that was not sent, and send none for a time.

    Bills can be paid meanwhile, with a passkey. Pressed twice it is one stop that lasts from the second press. The
    account's owner is told on every channel, with a code that locks: somebody else may have pressed it.
    """
    with transaction.atomic():
        holding.hold_money(account=account, until=now + policy.TRANSFERS_STOPPED)
        transfers = Payment.objects.filter(order=OuterRef("pk"), purpose=PaymentPurpose.TRANSFER)
        orders = list(_unsent(account).filter(Exists(transfers)).order_by("pk"))
        for row in orders:
            row.account = account
            _cancel(row, code="stopped", actor=actor, now=now)
        audit.record(
            events.TransfersStopped(orders=len(orders)),
            actor=actor,
            subject_id=account.citizen_id,
            now=now,
        )
        telling.transfers_stopped(account, now)
    return Stopped(orders=len(orders), amount=sum(row.amount for row in orders))


def _unsent(account: Account) -> QuerySet[PaymentOrder]:
    """Orders that no bank was asked about, locked: who sends one waits, and looks at its state again."""
    held = Q(state=OrderState.AUTHORISED, held_until__isnull=False, sent_at__isnull=True)
    rows = PaymentOrder.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(Q(state=OrderState.DRAFTED) | held, account=account)


def expire(claim: jobs.Claim) -> None:
    """Cancel a draft whose time is up; its bills are free again.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    order = PaymentOrder.objects.select_related("account").get(pk=claim.subject_id)
    with transaction.atomic():
        if order.state == OrderState.DRAFTED:
            try:
                with transaction.atomic():
                    _cancel(order, code="expired", actor=SYSTEM, now=clock.now())
            except StaleState:  # authorised at the last moment
                log.info("order.not_expired", order_id=str(order.pk))
        claim.finish()


def values_of(limits: Any) -> dict[str, str]:
    """The limits, as the words about them want them."""
    hours = int(limits.after_recovery.total_seconds() // 3600)
    return {
        "strong_from": amounts.written(limits.strong_from),
        "strong_day_total": amounts.written(limits.strong_day_total),
        "first_payee_most": amounts.written(limits.first_payee_most),
        "largest": amounts.written(limits.largest),
        "after_recovery": str(hours),
    }


def _draft(
    account: Account,
    link: str,
    wanted: Sequence[Wanted],
    to: _Payees,
    key: str,
    body_hash: bytes,
    device_id: UUID | None,
    *,
    actor: Actor,
    now: datetime,
    standing: bool,
) -> PaymentOrder:
    source = _source(account, link)
    if source is None:  # revoked meanwhile
        raise NoBankAccount
    fees = tariffs.fees(clock.today(now))
    payments = [_payment(account, each, to.get(each), now) for each in wanted]
    for payment in payments:
        payment.fee = fees[PaymentPurpose(payment.purpose)]
    decision, limits, held = needs.decide(
        account=account, payments=payments, device_id=device_id, now=now, standing=standing
    )
    if decision.needs == Assurance.NONE:
        raise Forbidden(decision.because, values_of(limits))
    _take_over(account, payments, actor=actor, now=now)
    order = PaymentOrder(
        state=OrderState.DRAFTED,
        reference=references.make(
            references.ORDER, clock.today(now), secrets.randbelow(references.DRAWS)
        ),
        account=account,
        link=source,
        key=key,
        body_hash=body_hash,
        amount=sum(payment.amount + payment.fee for payment in payments),
        needs=decision.needs,
        drafted_at=now,
        expires_at=now + policy.DRAFT_LASTS,
        held_until=now + limits.first_payee_held if held else None,
        since=now,
    )
    for payment in payments:
        payment.order = order
    bulk.insert([order])
    bulk.insert(payments)
    jobs.enqueue(EXPIRE, subject_id=order.pk, at=order.expires_at)
    return order


def _source(account: Account, link: str) -> BankLink | None:
    """The bank account of a public id, or the default one."""
    links = BankLink.objects.filter(account=account, state=LinkState.ACTIVE)
    if link:
        links = links.filter(public_id=link)
    return links.order_by("-is_default", "begun_at").first()


def _payees(
    account: Account,
    source: BankLink,
    transfers: Sequence[TransferWanted | PersonWanted],
    *,
    actor: Actor,
    now: datetime,
) -> _Payees:
    """Who the transfers go to, asked outside any transaction."""
    found: dict[Wanted, payees.Payee] = {}
    for each in transfers:
        _checked(each.amount)
        try:
            found[each] = (
                payees.at_bank(
                    payer=account,
                    source=source,
                    bank=each.bank,
                    number=each.account,
                    shown=each.name,
                    now=now,
                )
                if isinstance(each, TransferWanted)
                else payees.person(
                    payer=account, by=each.by, who=each.who, name=each.name, actor=actor, now=now
                )
            )
        except payees.PayeeRefused as refused:
            raise NoPayee(refused) from None
    return found


def _payment(
    account: Account, wanted: Wanted, payee: payees.Payee | None, now: datetime
) -> Payment:
    row = Payment(state=PaymentState.WAITING, since=now)
    match wanted:
        case BillWanted(bill=public_id):
            bill = _bill_of(account, public_id)
            row.purpose, row.bill, row.biller = PaymentPurpose.BILL, bill, bill.biller
            row.amount = bill.amount
        case TransferWanted() | PersonWanted() as transfer:
            if payee is None:
                raise OrderRefused
            row.purpose, row.payee_bank = PaymentPurpose.TRANSFER, payee.bank
            row.payee_name, row.payee_link = payee.name, payee.link
            if payee.link is None:
                row.payee_account = payee.number
                row.payee_index = sealed.blind_index(PAYEE, payee.number)
            row.message = transfer.message or None
            row.amount = _checked(transfer.amount)
        case DueWanted(purpose=purpose, about=about):
            try:
                due = purposes.find(purpose).due(account.pk, about)
            except purposes.NoSuchPurpose:
                due = None
            if due is None:
                raise NothingDue
            biller = Biller.objects.filter(code=due.biller, in_use=True).first()
            if biller is None:
                raise NothingDue
            row.purpose, row.about, row.biller = purpose, about, biller
            row.amount, row.due_reference = _checked(due.amount), due.reference
    return row


def _bill_of(account: Account, public_id: str) -> Bill:
    bill = Bill.objects.select_related("biller").filter(public_id=public_id).first()
    if (
        bill is None
        or not CustomerCode.objects.filter(
            account=account,
            biller_id=bill.biller_id,
            code_index__in=sealed.blind_indexes(CUSTOMER_CODE, bill.customer_code),
        ).exists()
    ):
        raise NoSuchBill
    if bill.state != BillState.OPEN:
        raise BillClosed
    return bill


def _checked(amount: int) -> int:
    try:
        return amounts.checked(amount, most=amounts.STORED_MOST // (2 * policy.PAYMENTS_AT_ONCE))
    except amounts.NotAnAmount:
        raise BadAmount from None


def _take_over(
    account: Account, payments: Sequence[Payment], *, actor: Actor, now: datetime
) -> None:
    """Free what the payer's own drafts hold, or anybody's whose time is up; refuse what a live order pays."""
    same = Q(bill__in=[payment.bill_id for payment in payments if payment.bill_id])
    for payment in payments:
        if payment.about:
            same |= Q(purpose=payment.purpose, about=payment.about)
    holders = Payment.objects.filter(same, state__in=_LIVE).select_related("order__account")
    orders = {payment.order_id: payment.order for payment in holders}
    for order in sorted(orders.values(), key=lambda each: each.pk):
        over = order.account_id == account.pk or order.expires_at <= now
        if order.state != OrderState.DRAFTED or not over:
            raise BeingPaid
        _cancel(order, code="chosen_anew", actor=actor, now=now)


def _cancel(order: PaymentOrder, *, code: str, actor: Actor, now: datetime) -> None:
    payments, whose = list(order.payments.order_by("pk")), order.account.citizen_id
    if any(payment.state != PaymentState.WAITING for payment in payments):
        raise StaleState("the order was moved between two reads")
    cancelled = Change(
        row=order,
        to=OrderState.CANCELLED,
        event=events.OrderCancelled(amount=order.amount, payments=len(payments), code=code),
        subject_id=whose,
        values={"code": code, "since": now},
    )
    unpaid = [
        Change(
            row=payment,
            to=PaymentState.NOT_PAID,
            event=events.PaymentNotMade(purpose=payment.purpose, amount=payment.amount),
            subject_id=whose,
            values={"since": now},
        )
        for payment in payments
    ]
    move_together(
        [(cancelled, states.ORDER), *((change, states.PAYMENT) for change in unpaid)],
        actor=actor,
        now=now,
    )


def _replayed(order: PaymentOrder, purpose: str, body: str) -> Drafted:
    if not sealed.keyed_hash_matches(purpose, body, bytes(order.body_hash)):
        raise KeyReused
    return Drafted(order, replayed=True)


def _body(link: str, wanted: Sequence[Wanted], expects: int | None) -> str:
    """All that an order means, in one text."""
    parts = [{"sort": type(each).__name__} | asdict(each) for each in wanted]
    said = [link, parts] if expects is None else [link, parts, expects]
    return json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
