"""Give money back: each refund under a reference of its own, its entry booked when the bank has taken it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from eid_portal.core import clock, jobs, statements
from eid_portal.core.events import SYSTEM, Actor
from eid_portal.core.models import Approval
from eid_portal.core.outside import Unavailable, Unknown
from eid_portal.core.transitions import Change, StaleState, move_together
from payments import events, purposes, states
from payments.enums import PaymentPurpose, PaymentState, RefundReason, RefundState, ReportOutcome
from payments.gateways import napas
from payments.gateways.base import Done, NotDone, NotFound
from payments.models import Payment, Refund
from payments.services import asking, dispute_ends, ledger, telling

REFUND: Final = "payments.refund"
NOT_ARRIVED: Final = "not_arrived"
_LIVE: Final = (RefundState.SENDING,)
log = structlog.get_logger()


class RefundRefused(Exception):
    """It cannot be given back; ``message`` says why."""

    code = "refund_refused"
    message: Any = _("This payment cannot be refunded.")


class NotSettled(RefundRefused):
    """Its payee does not have it, so there is nothing an officer could take back."""

    code = "not_settled"
    message = _(
        "This payment is still on its way: if its payee does not take it, it goes back by itself."
    )


class WithPayee(RefundRefused):
    """A transfer is a person's money once it arrived: nothing of ours can be given for it."""

    code = "with_payee"
    message = _("A transfer has reached its payee, whose bank alone can ask for it back.")


class WholeOnly(RefundRefused):
    """What no payee has goes back whole, with its fee."""

    code = "whole_only"
    message = _("No payee has this payment: all of what was paid goes back.")


class MoreThanPaid(RefundRefused):
    """All refunds of a payment together are at most what was paid."""

    code = "more_than_paid"
    message = _("Together with earlier refunds this is more than was paid.")


def beginning(payment: Payment, reason: RefundReason, *, now: datetime) -> list[statements.Step]:
    """What has a whole payment given back that its payee does not have, fee and all, in the caller's transaction."""
    row = Refund(
        state=RefundState.SENDING,
        payment=payment,
        amount=payment.amount + payment.fee,
        reason=reason,
        made_at=now,
        since=now,
    )
    return [statements.insertion(row), *jobs.enqueueing(REFUND, subject_ids=[row.pk])]


@transaction.atomic
def begin(
    *,
    payment_id: UUID,
    amount: int,
    reason: RefundReason,
    approval: Approval | None,
    now: datetime,
) -> Refund:
    """Have part of a settled payment given back, as two officers decided; or all of one whose refund a bank refused.

    Raises:
        NotSettled: see the class.
        WithPayee: see the class.
        WholeOnly: see the class.
        MoreThanPaid: see the class; also of an amount that is none.
    """
    payment = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment_id)
    check(payment, amount)
    row = Refund.objects.create(
        state=RefundState.SENDING,
        payment=payment,
        amount=amount,
        reason=reason,
        approval=approval,
        made_at=now,
        since=now,
    )
    jobs.enqueue(REFUND, subject_id=row.pk)
    return row


def left_of(payment: Payment) -> int:
    """How much of a payment can be given back now.

    Raises:
        NotSettled: see the class.
        WithPayee: see the class.
    """
    if payment.state == PaymentState.SETTLED:
        if payment.biller_id is None:
            raise WithPayee
        captured = payment.amount
    elif payment.state == PaymentState.REFUNDING:
        captured = payment.amount + payment.fee
    else:
        raise NotSettled
    live = payment.refunds.exclude(state=RefundState.REFUSED)
    return captured - (live.aggregate(Sum("amount"))["amount__sum"] or 0)


def check(payment: Payment, amount: int) -> None:
    """Refuse a refund that cannot be; who begins one holds the payment's lock.

    Raises:
        NotSettled: see the class.
        WithPayee: see the class.
        WholeOnly: see the class.
        MoreThanPaid: see the class; also of an amount that is none.
    """
    left = left_of(payment)
    if not 0 < amount <= left:
        raise MoreThanPaid
    if payment.state == PaymentState.REFUNDING and amount != left:
        raise WholeOnly


def refund(claim: jobs.Claim) -> None:
    """Have the bank take a refund, or ask what became of it; write down what it said.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = _find(claim.subject_id)
    if row.state not in _LIVE:
        claim.finish()
        return
    order = row.payment.order
    said = asking.ask(
        row,
        states=_LIVE,
        send=lambda: napas.refund(
            reference=row.public_id, debit_reference=order.reference, amount=row.amount
        ),
        inquire=lambda: napas.refund_status(reference=row.public_id, amount=row.amount),
        for_ever=True,  # it is owed: another refund in its place could give it back twice
    )
    match said:
        case None:
            claim.finish()
        case Done():
            record_done(row.pk, actor=SYSTEM, claim=claim)
        case NotDone(code):
            record_refused(row.pk, code=code, actor=SYSTEM, claim=claim)
        case NotFound():  # to a call: it says nothing of the money
            asking.again(claim, row, Unknown(NOT_ARRIVED))
        case Unavailable() | Unknown():
            asking.again(claim, row, said)


def record_done(refund_id: UUID, *, actor: Actor, claim: jobs.Claim | None = None) -> ReportOutcome:
    """Book that the bank took a refund, once, in one transaction; with a ``claim`` its job is finished too.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    while True:
        row = _find(refund_id)
        if row.state == RefundState.DONE:
            _finish(claim)
            return ReportOutcome.KNOWN
        try:
            with transaction.atomic():
                _done(row, actor, claim)
        except StaleState:
            continue
        return ReportOutcome.APPLIED


def record_refused(
    refund_id: UUID, *, code: str, actor: Actor, claim: jobs.Claim | None = None
) -> ReportOutcome:
    """Write down that the bank will not take a refund: an officer looks; as :func:`record_done`.

    Raises:
        jobs.LostClaim: another worker has the job; nothing is written.
    """
    row = _find(refund_id)
    if row.state in _LIVE:
        now = clock.now()
        change = Change(
            row=row,
            to=RefundState.REFUSED,
            event=events.RefundRefused(amount=row.amount, code=code),
            subject_id=row.payment.order.account.citizen_id,
            values={"code": code, "since": now},
        )
        try:
            with transaction.atomic():
                _together([(change, states.REFUND)], actor, claim, now=now)
        except StaleState:
            row = _find(refund_id)
        else:
            log.error("refund.refused", refund_id=str(refund_id), code=code)
            return ReportOutcome.APPLIED
    _finish(claim)
    return ReportOutcome.CONTRADICTS if row.state == RefundState.DONE else ReportOutcome.KNOWN


def _done(row: Refund, actor: Actor, claim: jobs.Claim | None) -> None:
    now, payment = clock.now(), row.payment
    whose = payment.order.account.citizen_id
    changes: list[tuple[Change[Any], Any]] = []
    ends = payment.state == PaymentState.REFUNDING
    if ends:
        back = Change(
            row=payment,
            to=PaymentState.REFUNDED,
            event=events.PaymentRefunded(purpose=payment.purpose, amount=payment.amount),
            subject_id=whose,
            values={"since": now},
        )
        changes.append((back, states.PAYMENT))
    done = Change(
        row=row,
        to=RefundState.DONE,
        event=events.RefundDone(amount=row.amount),
        subject_id=whose,
        values={"done_at": now, "code": "", "since": now},
    )
    entry = ledger.refund_entry(row)
    written = _together([*changes, (done, states.REFUND)], actor, claim, entry.step(now), now=now)
    entry.is_new(written[0])
    if ends:
        telling.refunded(row, now)
        dispute_ends.uphold(payment_id=payment.pk, words=None, actor=actor, now=now)
    if payment.about:
        purposes.find(PaymentPurpose(payment.purpose)).refunded(
            purposes.Made(
                payment_id=payment.pk,
                about=payment.about,
                amount=row.amount,
                receipt=row.public_id,
                at=now,
            )
        )


def _together(
    changes: Sequence[tuple[Change[Any], Any]],
    actor: Actor,
    claim: jobs.Claim | None,
    *steps: statements.Step,
    now: datetime,
) -> list[int]:
    """Everything in one trip; how many rows each of ``steps`` met."""
    finishing = [claim.finishing()] if claim else []
    counts = move_together(changes, *steps, *finishing, actor=actor, now=now)
    if claim and not counts[-1]:
        raise jobs.LostClaim
    return counts[: len(steps)]


def _find(refund_id: UUID) -> Refund:
    return Refund.objects.select_related(
        "payment__order__link", "payment__order__account", "payment__biller"
    ).get(pk=refund_id)


def _finish(claim: jobs.Claim | None) -> None:
    if claim:
        claim.finish()
