"""Disputes: asked once, answered by two or with words, with a clock; nobody's but the payer's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.enums import AccountKind
from accounts.models import Notice
from eid_portal.core import approvals, clock, metrics
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState, AuditEvent, CalendarDay
from payments import policy
from payments.enums import (
    DisputeAbout,
    DisputeState,
    OrderState,
    PaymentState,
    RefundReason,
    RefundState,
)
from payments.models import Dispute, Payment, Refund
from payments.selectors import ledger as books
from payments.services import disputes, refund_decisions, refunding
from tests import factories
from tests.payments.factories import make_order, make_refund
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.receipts import make_paid, make_transfer
from tests.payments.staff import actor_of, approve, make_administrator, refuse
from tests.payments.world import World, on_a_thread, work

AMOUNT = 415_000
BILLS, REFUNDS = "/v1/payments", "/v1/refunds"
WORDS = "Tôi đã trả hóa đơn này ở bưu điện."
ANSWER = "Điện lực xác nhận đã thu hai lần, xin hoàn lại."


@pytest.fixture
def payment(payer: Payer) -> Payment:
    return make_paid(payer.link, amount=AMOUNT)


def ask(payer: Payer, payment: Payment, **values: Any) -> Dispute:
    given: dict[str, Any] = {
        "account": payer.account,
        "payment": payment.public_id,
        "what": DisputeAbout.TWICE,
        "words": WORDS,
        "actor": payer.actor,
        "now": clock.now(),
    }
    return disputes.ask(**given | values)


def withdraw(payer: Payer, payment: Payment) -> None:
    disputes.withdraw(
        account=payer.account, payment=payment.public_id, actor=payer.actor, now=clock.now()
    )


def take(row: Dispute, actor: Actor) -> None:
    disputes.take(dispute_id=row.pk, actor=actor, now=clock.now())


def propose(row: Dispute, actor: Actor, amount: int = AMOUNT) -> Approval:
    disputes.propose(dispute_id=row.pk, amount=amount, words=ANSWER, actor=actor, now=clock.now())
    return Approval.objects.filter(kind=refund_decisions.KIND, target_id=row.payment_id).latest(
        "pk"
    )


def reject(row: Dispute, actor: Actor) -> None:
    disputes.reject(dispute_id=row.pk, words=ANSWER, actor=actor, now=clock.now())


def now_of(row: Dispute) -> Dispute:
    return Dispute.objects.get(pk=row.pk)


def told(kind: str) -> dict[str, str]:
    return {row.channel: row.text for row in Notice.objects.filter(kind=kind)}


# --- Asking -------------------------------------------------------------------------------------------
def test_it_is_written_down_sealed_told_and_has_a_day(payer: Payer, payment: Payment) -> None:
    CalendarDay.objects.all().delete()
    CalendarDay.objects.create(day=date(2026, 12, 2), works=False)
    moment = datetime(2026, 11, 26, 21, 0, tzinfo=clock.VIET_NAM)

    row = ask(payer, payment, now=moment)

    assert (row.state, row.about) == (DisputeState.ASKED, DisputeAbout.TWICE)
    # Ten working days after Thursday, without two weekends and the holiday on Wednesday.
    assert row.due_at.astimezone(clock.VIET_NAM).date() == date(2026, 12, 11)
    assert now_of(row).words == WORDS
    text = told("DISPUTE_ASKED")["INBOX"]
    assert "11/12/2026" in text
    assert payment.order.reference in text
    event = AuditEvent.objects.get(name="payments.dispute_asked")
    assert (event.subject_id, event.shown) == (payer.account.citizen_id, True)
    assert event.data == {"about": "TWICE", "amount": AMOUNT}


def test_words_are_not_in_the_database_in_clear(payer: Payer, payment: Payment) -> None:
    row = ask(payer, payment)
    with connection.cursor() as cursor:
        cursor.execute("SELECT words::text FROM payments_dispute WHERE id = %s", [row.pk])
        (kept,) = cursor.fetchone() or ("",)
    assert kept
    assert WORDS not in kept
    assert WORDS.encode().hex() not in kept


def test_asked_again_it_is_the_same(payer: Payer, payment: Payment) -> None:
    first = ask(payer, payment)
    assert ask(payer, payment, words="Lần hai", what=DisputeAbout.OTHER).pk == first.pk
    assert now_of(first).words == WORDS
    assert len(told("DISPUTE_ASKED")) == Notice.objects.filter(kind="DISPUTE_ASKED").count()


def test_nobody_disputes_a_payment_of_somebody_else(payer: Payer, payment: Payment) -> None:
    other = make_payer(16, phone="0900000016")
    for public_id in (payment.public_id, "x", ""):
        with pytest.raises(disputes.NoSuchPayment):
            disputes.ask(
                account=other.account,
                payment=public_id,
                what=DisputeAbout.NOT_MINE,
                words=WORDS,
                actor=other.actor,
                now=clock.now(),
            )
        with pytest.raises(disputes.NoSuchPayment):
            disputes.withdraw(
                account=other.account, payment=public_id, actor=other.actor, now=clock.now()
            )
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("state", "order", "refused"),
    [
        (PaymentState.SETTLED, OrderState.DEBITED, None),
        (PaymentState.IN_FLIGHT, OrderState.DEBITED, None),
        (PaymentState.UNKNOWN, OrderState.DEBITED, None),
        (PaymentState.WAITING, OrderState.UNKNOWN, None),
        (PaymentState.WAITING, OrderState.AUTHORISED, None),
        (PaymentState.WAITING, OrderState.DRAFTED, disputes.NoMoneyMoved),
        (PaymentState.NOT_PAID, OrderState.CANCELLED, disputes.NoMoneyMoved),
        (PaymentState.NOT_PAID, OrderState.REFUSED, disputes.NoMoneyMoved),
        (PaymentState.REFUNDING, OrderState.DEBITED, disputes.BackAlready),
        (PaymentState.REFUNDED, OrderState.DEBITED, disputes.BackAlready),
    ],
)
def test_what_may_have_been_debited_can_be_disputed(
    payer: Payer, state: PaymentState, order: OrderState, refused: type[Exception] | None
) -> None:
    _order, (payment,) = make_order(payer.link, payment=state, state=order)
    if refused is None:
        assert ask(payer, payment).state == DisputeState.ASKED
        return
    with pytest.raises(refused):
        ask(payer, payment)


def test_a_part_that_went_back_leaves_the_rest(payer: Payer, payment: Payment) -> None:
    make_refund(payment, AMOUNT - 1, reason=RefundReason.OFFICER)
    make_refund(payment, 1, reason=RefundReason.OFFICER, state=RefundState.REFUSED)
    ask(payer, payment)
    other = make_paid(payer.link, amount=AMOUNT)
    make_refund(other, AMOUNT, reason=RefundReason.OFFICER)
    with pytest.raises(disputes.BackAlready):
        ask(payer, other)


def test_after_a_time_it_is_too_late(payer: Payer) -> None:
    now = clock.now()
    old = make_paid(payer.link, at=now - policy.DISPUTABLE)
    young = make_paid(payer.link, at=now - policy.DISPUTABLE + timedelta(minutes=1))
    with pytest.raises(disputes.TooOld) as refused:
        ask(payer, old, now=now)
    assert "90" in str(refused.value.message)
    ask(payer, young, now=now)


def test_a_limit_a_day(payer: Payer) -> None:
    paid = [make_paid(payer.link) for _each in range(policy.DISPUTE.allowed + 1)]
    for each in paid[:-1]:
        ask(payer, each)
        ask(payer, each)  # the same again costs nothing
    with pytest.raises(disputes.TooManyDisputes) as refused:
        ask(payer, paid[-1])
    assert refused.value.until > clock.now()


# --- Withdrawing --------------------------------------------------------------------------------------
def test_it_is_withdrawn_and_can_be_asked_anew(payer: Payer, payment: Payment) -> None:
    row = ask(payer, payment)
    withdraw(payer, payment)
    gone = now_of(row)
    assert gone.state == DisputeState.WITHDRAWN
    assert gone.ended_at is not None
    with pytest.raises(disputes.NoneOpen):
        withdraw(payer, payment)
    assert ask(payer, payment).pk != row.pk


def test_withdrawn_takes_the_proposed_refund_with_it(
    payer: Payer, payment: Payment, maker: Actor, checker: Actor
) -> None:
    row = ask(payer, payment)
    approval = propose(row, maker)
    withdraw(payer, payment)
    assert now_of(row).state == DisputeState.WITHDRAWN
    approval.refresh_from_db()
    assert approval.state == ApprovalState.WITHDRAWN
    with pytest.raises(approvals.TooLate):
        approve(approval, checker)
    assert not Refund.objects.exists()


def test_withdrawn_leaves_what_officers_proposed_without_it(
    payer: Payer, payment: Payment, maker: Actor
) -> None:
    ask(payer, payment)
    approval = refund_decisions.propose(
        payment_id=payment.pk, amount=1, words=ANSWER, actor=maker, now=clock.now()
    )
    withdraw(payer, payment)
    approval.refresh_from_db()
    assert approval.state == ApprovalState.PROPOSED


# --- Answering ----------------------------------------------------------------------------------------
def test_the_whole_way_to_a_refund(
    payer: Payer, maker: Actor, checker: Actor, world: World
) -> None:
    order = payer.pay(make_bill(AMOUNT))
    work()
    payment = order.payments.get()
    row = ask(payer, payment)
    take(row, maker)
    approval = propose(row, maker, 15_000)
    assert now_of(row).state == DisputeState.PROPOSED
    work()
    assert world.moved(REFUNDS) == 0

    approve(approval, checker)
    work()

    ended = now_of(row)
    assert (ended.state, ended.answer) == (DisputeState.UPHELD, ANSWER)
    assert ended.ended_at is not None
    refund = Refund.objects.get()
    assert (refund.state, refund.reason, refund.amount) == (
        RefundState.DONE, RefundReason.DISPUTE, 15_000,
    )  # fmt: skip
    assert world.moved(REFUNDS) == 15_000
    assert books.find_faults() == []
    assert ANSWER in told("REFUND_DECIDED")["INBOX"]
    names = list(
        AuditEvent.objects.filter(name__startswith="payments.dispute", target_id=row.pk)
        .order_by("pk")
        .values_list("name", "subject_id")
    )
    assert names == [
        (f"payments.dispute_{what}", payer.account.citizen_id)
        for what in ("asked", "taken", "proposed", "upheld")
    ]
    assert ask(payer, payment).pk != row.pk  # about what is left


def test_refused_by_the_second_it_is_answered_anew(
    payer: Payer, payment: Payment, maker: Actor, checker: Actor
) -> None:
    row = ask(payer, payment)
    due = row.due_at
    refuse(propose(row, maker), checker)
    back = now_of(row)
    assert (back.state, back.due_at) == (DisputeState.ASKED, due)
    assert AuditEvent.objects.filter(name="payments.dispute_reopened").count() == 1

    reject(row, maker)

    ended = now_of(row)
    assert (ended.state, ended.answer) == (DisputeState.REJECTED, ANSWER)
    texts = told("DISPUTE_ANSWERED")
    assert ANSWER in texts["INBOX"]
    assert ANSWER not in texts["SMS"]
    assert not Refund.objects.exists()
    kept = AuditEvent.objects.filter(name__startswith="payments.dispute")
    assert all(ANSWER not in str(each.data) for each in kept)


def test_a_proposal_nobody_decides_about_lapses(
    payer: Payer, payment: Payment, maker: Actor
) -> None:
    row = ask(payer, payment)
    propose(row, maker)
    approvals.expire_old(now=clock.now() + policy.PROPOSAL_LASTS)
    assert now_of(row).state == DisputeState.ASKED


def test_while_a_refund_waits_it_is_not_answered_otherwise(
    payer: Payer, payment: Payment, maker: Actor, checker: Actor
) -> None:
    row = ask(payer, payment)
    propose(row, maker)
    with pytest.raises(disputes.RefundWaits):
        reject(row, checker)
    with pytest.raises(disputes.RefundWaits):
        propose(row, checker)


def test_decided_by_two_without_it_it_is_upheld(
    payer: Payer, payment: Payment, maker: Actor, checker: Actor
) -> None:
    row = ask(payer, payment)
    approval = refund_decisions.propose(
        payment_id=payment.pk, amount=AMOUNT, words=ANSWER, actor=maker, now=clock.now()
    )
    with pytest.raises(approvals.AlreadyOpen):
        disputes.propose(dispute_id=row.pk, amount=1, words=ANSWER, actor=checker, now=clock.now())
    approve(approval, checker)
    assert now_of(row).state == DisputeState.UPHELD


def test_what_goes_back_by_itself_upholds_it(payer: Payer, world: World) -> None:
    order = payer.pay(make_bill(AMOUNT))
    payment = order.payments.get()
    asked: list[Dispute] = []
    world.during = {BILLS: lambda _payload: asked.append(ask(payer, payment))}
    world.how = {BILLS: ["already_paid"]}
    work()
    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUNDED
    (row,) = asked
    ended = now_of(row)
    assert (ended.state, ended.answer) == (DisputeState.UPHELD, None)
    assert books.find_faults() == []


def test_for_a_transfer_that_arrived_no_refund_is_proposed(payer: Payer, maker: Actor) -> None:
    row = ask(payer, make_transfer(payer.link, "TRAN VAN MAU"))
    with pytest.raises(refunding.WithPayee):
        propose(row, maker)
    reject(row, maker)
    assert now_of(row).state == DisputeState.REJECTED


@pytest.mark.parametrize("amount", [-1, 0, AMOUNT + 1, 2**63])
def test_no_more_is_proposed_than_was_paid(
    payer: Payer, payment: Payment, maker: Actor, amount: int
) -> None:
    row = ask(payer, payment)
    with pytest.raises(refunding.MoreThanPaid):
        propose(row, maker, amount)
    assert now_of(row).state == DisputeState.ASKED


def test_who_takes_it_has_it(payer: Payer, payment: Payment, maker: Actor, checker: Actor) -> None:
    row = ask(payer, payment)
    take(row, maker)
    take(row, maker)
    with pytest.raises(disputes.TakenBefore):
        take(row, checker)
    assert AuditEvent.objects.filter(name="payments.dispute_taken").count() == 1


def test_nobody_answers_their_own(payer: Payer, payment: Payment) -> None:
    citizen = payer.account.citizen
    own = actor_of(factories.make_staff(62, kind=AccountKind.ADMINISTRATOR, citizen=citizen))
    row = ask(payer, payment)
    for step in (take, propose, reject):
        with pytest.raises(disputes.OwnDispute):
            step(row, own)
    assert now_of(row).taken_by_id is None


def test_one_that_is_over_is_left_alone(payer: Payer, payment: Payment, maker: Actor) -> None:
    row = ask(payer, payment)
    withdraw(payer, payment)
    for step in (take, propose, reject):
        with pytest.raises(disputes.NoneOpen):
            step(row, maker)
    with pytest.raises(Dispute.DoesNotExist):
        disputes.take(dispute_id=uuid4(), actor=maker, now=clock.now())


def test_alarms_see_what_is_late(payer: Payer, payment: Payment) -> None:
    row = ask(payer, payment)
    assert b"eid_disputes_overdue 0.0" in metrics.exposition(now=row.due_at - timedelta(seconds=1))
    assert b"eid_disputes_overdue 1.0" in metrics.exposition(now=row.due_at)


# --- At once ------------------------------------------------------------------------------------------
def outcomes(function: Callable[[int], Any], times: int) -> list[Any]:
    def safe(place: int) -> Any:
        try:
            return function(place)
        except (disputes.DisputeRefused, approvals.ApprovalRefused, refunding.RefundRefused) as no:
            return type(no)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(on_a_thread(safe), range(times)))


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    def step(place: int) -> Any:
        return steps[place]()

    return outcomes(step, len(steps))


@pytest.mark.django_db(transaction=True)
def test_sixty_four_presses_are_one() -> None:
    payer = make_payer()
    payment = make_paid(payer.link, amount=AMOUNT)

    said = outcomes(lambda place: ask(payer, payment, words=f"Lần {place}").pk, 64)

    assert set(said) == {Dispute.objects.get().pk}
    assert AuditEvent.objects.filter(name="payments.dispute_asked").count() == 1
    assert Notice.objects.filter(kind="DISPUTE_ASKED", channel="INBOX").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_officers_and_the_payer_at_once_end_in_one_way() -> None:
    payer, first, second = make_payer(), make_administrator(60), make_administrator(61)
    ends = set()
    for _round in range(6):
        payment = make_paid(payer.link, amount=AMOUNT)
        row = ask(payer, payment)
        at_once(
            partial(reject, row, actor_of(first)),
            partial(propose, row, actor_of(second)),
            partial(withdraw, payer, payment),
            partial(take, row, actor_of(second)),
        )

        ended = now_of(row)
        ends.add(ended.state)
        waits = refund_decisions.find_open(payment)
        assert (waits is not None) == (ended.state == DisputeState.PROPOSED)
        closing = AuditEvent.objects.filter(
            target_id=row.pk,
            name__in=["payments.dispute_rejected", "payments.dispute_withdrawn"],
        )
        assert closing.count() == (ended.state != DisputeState.PROPOSED)
    assert ends <= {DisputeState.REJECTED, DisputeState.WITHDRAWN, DisputeState.PROPOSED}


@pytest.mark.django_db(transaction=True)
def test_agreed_to_while_it_is_withdrawn_either_holds() -> None:
    payer, first, second = make_payer(), make_administrator(60), make_administrator(61)
    for _round in range(6):
        payment = make_paid(payer.link, amount=AMOUNT)
        row = ask(payer, payment)
        approval = propose(row, actor_of(first))
        at_once(partial(approve, approval, actor_of(second)), partial(withdraw, payer, payment))

        ended = now_of(row).state
        assert ended in {DisputeState.UPHELD, DisputeState.WITHDRAWN}
        assert payment.refunds.count() == (ended == DisputeState.UPHELD)
