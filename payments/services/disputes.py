"""Disputes: a payer says what is wrong with a payment, and is answered within a number of working days.

A refund is proposed by one officer and decided by another, as every refund is: see ``refund_decisions``, which upholds
the dispute or leaves it to be answered anew. That there is nothing to give back, one officer says alone, with words.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from eid_portal.core import approvals, audit, limits, metrics, working_days
from eid_portal.core.events import Actor, Event
from eid_portal.core.transitions import move
from payments import events, policy, states
from payments.enums import DisputeAbout, DisputeState, RefundReason, RefundState
from payments.models import Dispute, Payment
from payments.rules import disputes as rules
from payments.services import refund_decisions, telling
from payments.services.dispute_ends import OPEN, about, payer_of
from payments.texts import NOT_DISPUTED


class DisputeRefused(Exception):
    """It cannot be done; ``message`` says why."""

    code = "dispute_refused"
    message: Any = _("This cannot be done.")


class NoSuchPayment(DisputeRefused):
    """The person has no such payment, or never agreed to it."""

    code = "no_such_payment"
    message = _("There is no such payment.")


class NoMoneyMoved(DisputeRefused):
    """Nothing was debited."""

    code = "no_money_moved"
    message = NOT_DISPUTED["no_money"]


class BackAlready(DisputeRefused):
    """All of it is back, or on its way."""

    code = "back_already"
    message = NOT_DISPUTED["refunded"]


class TooOld(DisputeRefused):
    """It was paid too long ago."""

    code = "too_old"

    def __init__(self) -> None:
        super().__init__(self.code)
        self.message = NOT_DISPUTED["too_late"] % {"days": policy.DISPUTABLE.days}


class TooManyDisputes(DisputeRefused):
    """So many were asked today that the next must wait ``until``."""

    code = "too_many_disputes"
    message = _("You have sent many disputes today. Try again later, or call us.")

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until


class NoneOpen(DisputeRefused):
    """It was answered or taken back in the meantime."""

    code = "none_open"
    message = _("This dispute was answered or taken back in the meantime.")


class RefundWaits(DisputeRefused):
    """What was proposed must be decided first."""

    code = "refund_waits"
    message = _("A refund was proposed for this dispute: another administrator decides first.")


class TakenBefore(DisputeRefused):
    """Somebody looks into it."""

    code = "taken_before"
    message = _("A colleague looks into this dispute.")


class OwnDispute(DisputeRefused):
    """Nobody decides about their own money."""

    code = "own_dispute"
    message = _("This is your own payment: somebody else must answer.")


_FLAWS: Final[dict[rules.Flaw, type[DisputeRefused]]] = {
    "no_money": NoMoneyMoved,
    "refunded": BackAlready,
    "too_late": TooOld,
}


def ask(
    *,
    account: Account,
    payment: str,
    what: DisputeAbout,
    words: str,
    actor: Actor,
    now: datetime,
) -> Dispute:
    """Say what is wrong with a payment of one's own; while one dispute of it is open, that is the answer.

    Raises:
        NoSuchPayment: see the class.
        NoMoneyMoved: see the class.
        BackAlready: see the class.
        TooOld: see the class.
        TooManyDisputes: see the class.
    """
    found = _own(account, payment)
    check(found, now=now)
    is_open = find_open(found.pk)
    if is_open is not None:
        return is_open
    return _write(found, what, words, actor, now)


def withdraw(*, account: Account, payment: str, actor: Actor, now: datetime) -> None:
    """Take an open dispute back, with the refund that was proposed for it.

    Raises:
        NoSuchPayment: see the class.
        NoneOpen: there is none that is open.
    """
    found = _own(account, payment)
    row = find_open(found.pk)
    if row is None:
        raise NoneOpen
    with transaction.atomic():
        if row.state == DisputeState.PROPOSED:
            approvals.withdraw(kind=refund_decisions.KIND, target_id=found.pk, actor=actor, now=now)
        row = _lock(row.pk)
        if row.state != DisputeState.ASKED:  # decided, or proposed, at the same moment
            raise NoneOpen
        _end(row, DisputeState.WITHDRAWN, events.DisputeWithdrawn(**about(row)), actor, now)


@transaction.atomic
def take(*, dispute_id: UUID, actor: Actor, now: datetime) -> None:
    """Look into a dispute.

    Raises:
        NoneOpen: see the class.
        OwnDispute: see the class.
        TakenBefore: see the class.
    """
    row = _to_answer(dispute_id, actor)
    if row.taken_by_id is not None:
        if row.taken_by_id != actor.account_id:
            raise TakenBefore
        return
    row.taken_by_id = actor.account_id
    row.save(update_fields=["taken_by"])
    audit.record(
        events.DisputeTaken(**about(row)),
        actor=actor,
        subject_id=payer_of(row),
        target=row,
        now=now,
    )


@transaction.atomic
def propose(*, dispute_id: UUID, amount: int, words: str, actor: Actor, now: datetime) -> None:
    """Propose to give an amount back; ``words`` say to the payer why. Another administrator decides.

    Raises:
        NoneOpen: see the class.
        OwnDispute: see the class.
        RefundWaits: see the class.
        refunding.RefundRefused: see its subclasses.
        approvals.AlreadyOpen: a refund of the payment was proposed without the dispute.
    """
    payment_id = Dispute.objects.values_list("payment_id", flat=True).get(pk=dispute_id)
    if _to_answer(dispute_id, actor, lock=False).state == DisputeState.PROPOSED:
        raise RefundWaits
    # The approval before the dispute: that is the order of their locks when it is decided.
    refund_decisions.propose(
        payment_id=payment_id,
        amount=amount,
        words=words,
        actor=actor,
        now=now,
        reason=RefundReason.DISPUTE,
    )
    row = _to_answer(dispute_id, actor)
    move(
        row,
        states.DISPUTE,
        to=DisputeState.PROPOSED,
        event=events.DisputeProposed(**about(row)),
        actor=actor,
        subject_id=payer_of(row),
        now=now,
        since=now,
        taken_by_id=row.taken_by_id or actor.account_id,
    )


@transaction.atomic
def reject(*, dispute_id: UUID, words: str, actor: Actor, now: datetime) -> None:
    """Answer that no money goes back; ``words`` say to the payer why.

    Raises:
        NoneOpen: see the class.
        OwnDispute: see the class.
        RefundWaits: see the class.
    """
    row = _to_answer(dispute_id, actor)
    if row.state == DisputeState.PROPOSED:
        raise RefundWaits
    event = events.DisputeRejected(**about(row))
    _end(row, DisputeState.REJECTED, event, actor, now, answer=words)
    telling.disputed_in_vain(row, now)


def check(payment: Payment, *, now: datetime) -> None:
    """Refuse a payment that cannot be disputed.

    Raises:
        NoMoneyMoved: see the class.
        BackAlready: see the class.
        TooOld: see the class.
    """
    back = payment.refunds.exclude(state=RefundState.REFUSED).aggregate(Sum("amount"))
    order = payment.order
    flaw = rules.flaw(
        state=payment.state,
        order_state=order.state,
        begun_at=order.debited_at or order.authorised_at,
        paid=payment.amount,
        back=back["amount__sum"] or 0,
        now=now,
    )
    if flaw is not None:
        raise _FLAWS[flaw]


def find_open(payment_id: UUID) -> Dispute | None:
    """The dispute of a payment that is not answered."""
    return Dispute.objects.filter(payment_id=payment_id, state__in=OPEN).first()


def register() -> None:
    """Let operators' alarms see what is late; called in ``apps.ready()``."""
    metrics.register(
        "eid_disputes_overdue",
        "Disputes of payments that were to be answered by now",
        "SELECT count(*) FROM payments_dispute WHERE state IN ('ASKED', 'PROPOSED') AND due_at <= %(now)s",
    )


def _own(account: Account, public_id: str) -> Payment:
    rows = Payment.objects.select_related("order__account")
    payment = rows.filter(public_id=public_id, order__account=account).first()
    if payment is None:
        raise NoSuchPayment
    return payment


@transaction.atomic
def _write(
    payment: Payment, what: DisputeAbout, words: str, actor: Actor, now: datetime
) -> Dispute:
    """Under the payment's lock, which who begins a refund of it holds too; only what is new counts to the limit."""
    rows = Payment.objects.select_for_update(of=("self",), no_key=True)
    payment = rows.select_related("order__account").get(pk=payment.pk)
    is_open = find_open(payment.pk)
    if is_open is not None:
        return is_open
    check(payment, now=now)
    answer = limits.hit(policy.DISPUTE, str(payment.order.account_id), now=now)
    if isinstance(answer, limits.LockedUntil):
        raise TooManyDisputes(answer.until)
    row = Dispute.objects.create(
        state=DisputeState.ASKED,
        payment=payment,
        about=what,
        words=words,
        asked_at=now,
        due_at=working_days.due(now, working_days=policy.DISPUTE_WORKING_DAYS),
        since=now,
    )
    audit.record(
        events.DisputeAsked(**about(row)),
        actor=actor,
        subject_id=payer_of(row),
        target=row,
        now=now,
    )
    telling.disputed(row, now)
    return row


def _to_answer(dispute_id: UUID, actor: Actor, *, lock: bool = True) -> Dispute:
    row = _lock(dispute_id) if lock else _rows().get(pk=dispute_id)
    if row.state not in OPEN:
        raise NoneOpen
    if payer_of(row) == actor.citizen_id:
        raise OwnDispute
    return row


def _lock(dispute_id: UUID) -> Dispute:
    return _rows().select_for_update(of=("self",), no_key=True).get(pk=dispute_id)


def _rows() -> QuerySet[Dispute]:
    return Dispute.objects.select_related("payment__order__account", "payment__biller")


def _end(
    row: Dispute, to: DisputeState, event: Event, actor: Actor, now: datetime, **values: Any
) -> None:
    move(
        row,
        states.DISPUTE,
        to=to,
        event=event,
        actor=actor,
        subject_id=payer_of(row),
        now=now,
        ended_at=now,
        since=now,
        **values,
    )
