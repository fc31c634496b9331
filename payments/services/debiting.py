"""Debit payers: one debit an order, under the order's reference; what the bank said is booked with the order's state.

Locks are taken in one order: the order, its payments, refunds, a bill, a job.
"""

from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, StaleState, move, move_together
from payments import events, policy, states
from payments.enums import OrderState, PaymentState, RefundReason, ReportOutcome
from payments.gateways import napas
from payments.gateways.base import Done, NotDone, NotFound
from payments.models import Payment, PaymentOrder
from payments.services import asking, ledger, refunding, telling

DEBIT: Final = "payments.debit"
SETTLE: Final = "payments.settle"
NOT_ARRIVED: Final = "not_arrived"
DEBITED_LATE: Final = "debited_late"
UNREACHABLE: Final = "bank_unreachable"
_LIVE: Final = (OrderState.AUTHORISED, OrderState.UNKNOWN)
_Seen = tuple[PaymentOrder, list[Payment]]
log = structlog.get_logger()


def debit(claim: jobs.Claim) -> None:
    """Have the bank debit an order, or ask what became of that; write down what it said.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    order = (
        PaymentOrder.objects.select_related("link", "account")
        .filter(pk=claim.subject_id, state__in=_LIVE)
        .first()
    )
    if order is None:
        claim.finish()
        return
    payments = _payments_of(order)
    said = asking.ask(
        order,
        states=_LIVE,
        send=lambda: napas.debit(
            reference=order.reference,
            token=order.link.token or "",
            amount=order.amount,
            text=order.reference,
            payees=[telling.payee_of(payment) for payment in payments],
        ),
        inquire=lambda: napas.debit_status(reference=order.reference, amount=order.amount),
    )
    match said:
        case None:
            claim.finish()
        case Done(reference):
            record_debited(
                order.pk,
                bank_reference=reference,
                actor=SYSTEM,
                claim=claim,
                seen=(order, payments),
            )
        case NotDone(code):
            record_refused(order.pk, code=code, actor=SYSTEM, claim=claim)
        case NotFound():
            record_refused(order.pk, code=NOT_ARRIVED, actor=SYSTEM, claim=claim)
        case Unavailable() if order.sent_at is None and _waited_too_long(order):
            record_refused(order.pk, code=UNREACHABLE, actor=SYSTEM, claim=claim)
        case Unavailable():
            asking.again(claim, order, said)
        case Unknown():
            _note_unknown(order)
            asking.again(claim, order, said)


def record_debited(
    order_id: UUID,
    *,
    bank_reference: str,
    actor: Actor,
    claim: jobs.Claim | None = None,
    seen: _Seen | None = None,
) -> ReportOutcome:
    """Book that the bank debited an order and send its payments on their way, once, in one transaction.

    With a ``claim`` its job is finished too. An order that had ended unpaid is debited all the same, and all of it goes
    back by itself. ``seen`` is the order with its payments as the caller read them a moment ago.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        order, payments = seen or _load(order_id)
        seen = None
        state = OrderState(order.state)
        if state == OrderState.DEBITED:
            _finish(claim)
            return ReportOutcome.KNOWN
        if state not in {*_LIVE, OrderState.REFUSED}:
            log.error("order.debited_unasked", order_id=str(order_id), state=state)
            return ReportOutcome.CONTRADICTS
        try:
            with transaction.atomic():
                _debited(order, payments, bank_reference, actor, claim)
        except StaleState:  # a report and our own inquiry came at the same moment
            continue
        return ReportOutcome.APPLIED


def record_refused(
    order_id: UUID, *, code: str, actor: Actor, claim: jobs.Claim | None = None
) -> ReportOutcome:
    """Write down that the bank did not debit an order, and will not; as :func:`record_debited`.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        order, payments = _load(order_id)
        state = OrderState(order.state)
        if state == OrderState.REFUSED:
            _finish(claim)
            return ReportOutcome.KNOWN
        if state not in _LIVE:
            log.error("order.refused_after", order_id=str(order_id), state=state)
            _finish(claim)
            return ReportOutcome.CONTRADICTS
        try:
            with transaction.atomic():
                _refused(order, payments, code, actor, claim)
        except StaleState:
            continue
        return ReportOutcome.APPLIED


def _debited(
    order: PaymentOrder,
    payments: list[Payment],
    bank_reference: str,
    actor: Actor,
    claim: jobs.Claim | None,
) -> None:
    now = clock.now()
    is_late = order.state == OrderState.REFUSED
    _refuse_newer(payments, PaymentState.NOT_PAID if is_late else PaymentState.WAITING)
    whose = order.account.citizen_id
    debited = Change(
        row=order,
        to=OrderState.DEBITED,
        event=events.OrderDebited(amount=order.amount, payments=len(payments)),
        subject_id=whose,
        values={"debited_at": now, "bank_reference": bank_reference, "code": "", "since": now},
    )
    onward = [
        Change(
            row=payment,
            to=PaymentState.REFUNDING if is_late else PaymentState.IN_FLIGHT,
            event=events.PaymentRefunding(
                purpose=payment.purpose, amount=payment.amount, reason=RefundReason.DEBITED_LATE
            )
            if is_late
            else events.PaymentInFlight(purpose=payment.purpose, amount=payment.amount),
            subject_id=whose,
            values={"since": now} | ({"code": DEBITED_LATE} if is_late else {}),
        )
        for payment in payments
    ]
    steps = (
        [step for each in payments for step in refunding.beginning(each, RefundReason.DEBITED_LATE, now=now)]
        if is_late
        else jobs.enqueueing(SETTLE, subject_ids=[payment.pk for payment in payments])
    )  # fmt: skip
    entry = ledger.debit_entry(order=order, payments=payments)
    finishing = [claim.finishing()] if claim else []
    counts = move_together(
        [(debited, states.ORDER), *((change, states.PAYMENT) for change in onward)],
        *steps,
        *finishing,
        entry.step(now),
        actor=actor,
        now=now,
    )
    if claim and not counts[-2]:
        raise jobs.LostClaim
    entry.is_new(counts[-1])


def _refused(
    order: PaymentOrder,
    payments: list[Payment],
    code: str,
    actor: Actor,
    claim: jobs.Claim | None,
) -> None:
    now = clock.now()
    whose = order.account.citizen_id
    _refuse_newer(payments, PaymentState.WAITING)
    refused = Change(
        row=order,
        to=OrderState.REFUSED,
        event=events.OrderRefused(amount=order.amount, payments=len(payments), code=code),
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
    finishing = [claim.finishing()] if claim else []
    counts = move_together(
        [(refused, states.ORDER), *((change, states.PAYMENT) for change in unpaid)],
        *finishing,
        actor=actor,
        now=now,
    )
    if claim and not counts[-1]:
        raise jobs.LostClaim
    telling.refused(order, now)


def _refuse_newer(payments: list[Payment], state: PaymentState) -> None:
    """Payments are read after their order: where they are further than it, it was moved in between."""
    if any(payment.state != state for payment in payments):
        raise StaleState("the order was moved between two reads")


def _note_unknown(order: PaymentOrder) -> None:
    if order.state == OrderState.UNKNOWN:
        return
    now = clock.now()
    try:
        with transaction.atomic():
            move(
                order, states.ORDER, to=OrderState.UNKNOWN, actor=SYSTEM, subject_id=order.account.citizen_id,
                event=events.OrderUnknown(amount=order.amount, payments=order.payments.count()),
                now=now, since=now,
            )  # fmt: skip
            telling.unknown(order, now)
    except StaleState:  # a report was faster; the job will see it
        log.info("order.reported_meanwhile", order_id=str(order.pk))


def _waited_too_long(order: PaymentOrder) -> bool:
    since = order.held_until or order.authorised_at
    return since is not None and clock.now() > since + policy.BANK_WAITED_FOR


def _load(order_id: UUID) -> _Seen:
    order = PaymentOrder.objects.select_related("link", "account").get(pk=order_id)
    return order, _payments_of(order)


def _payments_of(order: PaymentOrder) -> list[Payment]:
    return list(order.payments.select_related("biller").order_by("pk"))


def _finish(claim: jobs.Claim | None) -> None:
    if claim:
        claim.finish()
