"""Bring debited money to its payee: tell the biller, or pay out; what it said is booked with the payment's state.

A payee that refuses has its payer refunded by itself. One that cannot be reached is waited for: the money is in flight.
"""

from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction

from accounts.models import Account
from eid_portal.core import clock, jobs, statements
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, StaleState, move, move_together
from payments import events, purposes, states
from payments.enums import BillState, PaymentPurpose, PaymentState, RefundReason, ReportOutcome
from payments.gateways import billers, napas
from payments.gateways.base import Answer, Done, NotDone, NotFound
from payments.models import BankLink, Bill, Biller, Payment, PaymentOrder
from payments.services import asking, ledger, refunding, telling

PAID_ALREADY: Final = "already_paid"
WITHDRAWN: Final = "withdrawn"
NOT_ARRIVED: Final = "not_arrived"
_LIVE: Final = (PaymentState.IN_FLIGHT, PaymentState.UNKNOWN)
_GOES_BACK: Final = (PaymentState.REFUNDING, PaymentState.REFUNDED)
# What is told to a payee, or booked when it has answered, in one look-up.
_READ: Final = (
    statements.Columns(Payment, "p"),
    statements.Columns(PaymentOrder, "o"),
    statements.Columns(BankLink, "l"),
    statements.Columns(Account, "a"),
    statements.Columns(Biller, "b"),
    statements.Columns(Bill, "i"),
    statements.Columns(BankLink, "t"),
)
_FIND: Final = f"""
SELECT {", ".join(columns.sql for columns in _READ)}
FROM payments_payment p
JOIN payments_paymentorder o ON o.id = p.order_id
JOIN payments_banklink l ON l.id = o.link_id
JOIN accounts_account a ON a.id = o.account_id
LEFT JOIN payments_biller b ON b.code = p.biller_id
LEFT JOIN payments_bill i ON i.id = p.bill_id
LEFT JOIN payments_banklink t ON t.id = p.payee_link_id
WHERE p.id = %s"""  # noqa: S608 - the models' own column names; values go apart
log = structlog.get_logger()


def settle(claim: jobs.Claim) -> None:
    """Bring one payment to its payee, or ask what became of it; write down what it said.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    payment = find(claim.subject_id)
    if payment.state not in _LIVE:
        claim.finish()
        return
    said = asking.ask(
        payment, states=_LIVE, send=lambda: _send(payment), inquire=lambda: _inquire(payment)
    )
    match said:
        case None:
            claim.finish()
        case Done(reference):
            record_settled(payment.pk, receipt=reference, actor=SYSTEM, claim=claim, seen=payment)
        case NotDone(code):
            record_refused(payment.pk, code=code, actor=SYSTEM, claim=claim)
        case NotFound():
            record_refused(payment.pk, code=NOT_ARRIVED, actor=SYSTEM, claim=claim)
        case Unavailable():
            asking.again(claim, payment, said)
        case Unknown():
            _note_unknown(payment)
            asking.again(claim, payment, said)


def record_settled(
    payment_id: UUID,
    *,
    receipt: str,
    actor: Actor,
    claim: jobs.Claim | None = None,
    seen: Payment | None = None,
) -> ReportOutcome:
    """Book that a payee has a payment, once, in one transaction; with a ``claim`` its job is finished too.

    ``seen`` is the payment as the caller read it a moment ago.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        payment = seen or find(payment_id)
        seen = None
        if payment.state == PaymentState.SETTLED:
            _finish(claim)
            return ReportOutcome.KNOWN
        if payment.state not in _LIVE:  # reconciliation finds it at the payee as well
            log.error("payment.settled_after", payment_id=str(payment_id), state=payment.state)
            _finish(claim)
            return ReportOutcome.CONTRADICTS
        try:
            with transaction.atomic():
                _settled(payment, receipt, actor, claim)
        except StaleState:
            continue
        return ReportOutcome.APPLIED


def record_refused(
    payment_id: UUID, *, code: str, actor: Actor, claim: jobs.Claim | None = None
) -> ReportOutcome:
    """Write down that a payee did not take a payment, and have it refunded; as :func:`record_settled`.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        payment = find(payment_id)
        if payment.state not in _LIVE:
            _finish(claim)
            if payment.state in _GOES_BACK:
                return ReportOutcome.KNOWN
            log.error("payment.refused_after", payment_id=str(payment_id), state=payment.state)
            return ReportOutcome.CONTRADICTS
        try:
            with transaction.atomic():
                _refused(payment, code, actor, claim)
        except StaleState:
            continue
        return ReportOutcome.APPLIED


def close_bill(bill: Bill, *, to: BillState, elsewhere: bool, actor: Actor) -> ReportOutcome:
    """Write down that a bill is paid or withdrawn, unless it is closed already."""
    if bill.state != BillState.OPEN:
        return ReportOutcome.KNOWN
    change = _closing(bill, to, elsewhere=elsewhere)
    try:
        move(
            bill, states.BILL, to=to, event=change.event, actor=actor, **change.values
        )  # fmt: skip
    except StaleState:
        return ReportOutcome.KNOWN
    return ReportOutcome.APPLIED


def find(payment_id: UUID) -> Payment:
    """A payment with all that telling its payee, or booking it, reads.

    Raises:
        Payment.DoesNotExist: there is none.
    """
    values = statements.fetch_one_prepared(_FIND, [payment_id])
    if values is None:
        raise Payment.DoesNotExist
    payment, order, link, account, biller, bill, payee_link = statements.read_rows(values, *_READ)
    order.link, order.account = link, account
    payment.order, payment.biller = order, biller
    payment.bill, payment.payee_link = bill, payee_link
    found: Payment = payment
    return found


def _send(payment: Payment) -> Answer:
    order = payment.order
    if payment.biller is None:
        return napas.pay_out(
            reference=payment.public_id,
            to=_where(payment),
            amount=payment.amount,
            message=payment.message or order.reference,
            payer_name=order.link.holder_name or "",
        )
    return billers.pay(
        party=payment.biller.party,
        biller=payment.biller.code,
        reference=payment.public_id,
        bill=payment.bill.reference if payment.bill else payment.due_reference,
        amount=payment.amount,
        paid_at=order.debited_at or clock.now(),
    )


def _where(payment: Payment) -> napas.AccountAt | str:
    """The payee's account; a person's own is known to their bank by the consent alone."""
    if payment.payee_link is not None:
        return payment.payee_link.token or ""
    return napas.AccountAt(payment.payee_bank, payment.payee_account or "")


def _inquire(payment: Payment) -> Answer:
    if payment.biller is None:
        return napas.payout_status(reference=payment.public_id, amount=payment.amount)
    return billers.payment_status(
        party=payment.biller.party,
        biller=payment.biller.code,
        reference=payment.public_id,
        amount=payment.amount,
    )


def _settled(payment: Payment, receipt: str, actor: Actor, claim: jobs.Claim | None) -> None:
    now = clock.now()
    settled = Change(
        row=payment,
        to=PaymentState.SETTLED,
        event=events.PaymentSettled(purpose=payment.purpose, amount=payment.amount),
        subject_id=payment.order.account.citizen_id,
        values={"payee_reference": receipt, "code": "", "settled_at": now, "since": now},
    )
    changes: list[tuple[Change[Any], Any]] = [(settled, states.PAYMENT)]
    if payment.bill and payment.bill.state == BillState.OPEN:
        changes.append((_closing(payment.bill, BillState.PAID, elsewhere=False), states.BILL))
    entry = ledger.settle_entry(payment)
    steps = [entry.step(now), *telling.settled(payment, now)]
    entry.is_new(_together(changes, steps, actor, claim)[0])
    if payment.about:
        purposes.find(PaymentPurpose(payment.purpose)).settled(
            purposes.Made(
                payment_id=payment.pk,
                about=payment.about,
                amount=payment.amount,
                receipt=receipt,
                at=now,
            )
        )


def _refused(payment: Payment, code: str, actor: Actor, claim: jobs.Claim | None) -> None:
    now = clock.now()
    reason = RefundReason.PAID_ALREADY if code == PAID_ALREADY else RefundReason.PAYEE_REFUSED
    back = Change(
        row=payment,
        to=PaymentState.REFUNDING,
        event=events.PaymentRefunding(
            purpose=payment.purpose, amount=payment.amount, reason=reason.value
        ),
        subject_id=payment.order.account.citizen_id,
        values={"code": code, "since": now},
    )
    changes: list[tuple[Change[Any], Any]] = [(back, states.PAYMENT)]
    to = {PAID_ALREADY: BillState.PAID, WITHDRAWN: BillState.WITHDRAWN}.get(code)
    if to and payment.bill and payment.bill.state == BillState.OPEN:
        changes.append((_closing(payment.bill, to, elsewhere=True), states.BILL))
    _together(changes, refunding.beginning(payment, reason, now=now), actor, claim)


def _closing(bill: Bill, to: BillState, *, elsewhere: bool) -> Change[BillState]:
    is_paid = to == BillState.PAID
    return Change(
        row=bill,
        to=to,
        event=events.BillPaid(biller=bill.biller_id, elsewhere=elsewhere)
        if is_paid
        else events.BillWithdrawn(biller=bill.biller_id),
        subject_id=None,  # whoever has its code may pay it
        values={"since": clock.now()},
    )


def _together(
    changes: list[tuple[Change[Any], Any]],
    steps: list[statements.Step],
    actor: Actor,
    claim: jobs.Claim | None,
) -> list[int]:
    """Everything in one trip; how many rows each of ``steps`` met."""
    finishing = [claim.finishing()] if claim else []
    counts = move_together(changes, *steps, *finishing, actor=actor)
    if claim and not counts[-1]:
        raise jobs.LostClaim
    return counts[: len(steps)]


def _note_unknown(payment: Payment) -> None:
    if payment.state == PaymentState.UNKNOWN:
        return
    now = clock.now()
    try:
        with transaction.atomic():
            move(
                payment, states.PAYMENT, to=PaymentState.UNKNOWN, actor=SYSTEM,
                subject_id=payment.order.account.citizen_id,
                event=events.PaymentUnknown(purpose=payment.purpose, amount=payment.amount), now=now, since=now,
            )  # fmt: skip
            telling.unknown(payment.order, now)
    except StaleState:  # a report was faster; the job will see it
        log.info("payment.reported_meanwhile", payment_id=str(payment.pk))


def _finish(claim: jobs.Claim | None) -> None:
    if claim:
        claim.finish()
