"""Refunds by two officers: never by one, never above what was captured, booked once, and told to the payer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.enums import AccountKind
from accounts.models import Notice
from eid_portal.core import approvals, clock
from eid_portal.core.events import Actor
from eid_portal.core.models import Approval, ApprovalState, AuditEvent
from payments.enums import PaymentState, RefundReason, RefundState
from payments.models import Payment, Refund, RefundProposal
from payments.rules.books import TRANSIT
from payments.selectors import ledger as books
from payments.services import ledger, refund_decisions, refunding
from tests import factories
from tests.payments.factories import BANK, make_order, make_refund
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.staff import actor_of, approve
from tests.payments.world import World, on_a_thread, work

AMOUNT = 415_000
BILLS, REFUNDS = "/v1/payments", "/v1/refunds"
WORDS = "Công ty điện lực xác nhận đã thu hai lần."


@pytest.fixture
def payment(payer: Payer, world: World) -> Payment:
    order = payer.pay(make_bill(AMOUNT))
    work()
    found = order.payments.get()
    assert found.state == PaymentState.SETTLED
    return found


def propose(payment: Payment, amount: int, maker: Actor, **values: Any) -> Approval:
    return refund_decisions.propose(
        payment_id=payment.pk, amount=amount, words=WORDS, actor=maker, now=clock.now(), **values
    )


def held() -> dict[str, int]:
    return {each.account: each.amount for each in books.find_balances() if each.amount}


def test_two_officers_give_a_part_back(
    payment: Payment, maker: Actor, checker: Actor, world: World
) -> None:
    approval = propose(payment, 15_000, maker)
    work()
    assert world.moved(REFUNDS) == 0

    approve(approval, checker)
    work()

    refund = Refund.objects.get()
    assert (refund.state, refund.amount) == (RefundState.DONE, 15_000)
    assert (refund.reason, refund.approval_id) == (RefundReason.OFFICER, approval.pk)
    assert world.moved(REFUNDS) == 15_000
    assert held() == {f"bank:{BANK}": 400_000, "biller:evn-mau": -400_000}
    assert books.find_faults() == []
    payment.refresh_from_db()
    assert payment.state == PaymentState.SETTLED


def test_the_payer_reads_how_much_and_why(
    payment: Payment, maker: Actor, checker: Actor, payer: Payer
) -> None:
    Notice.objects.all().delete()
    approve(propose(payment, 15_000, maker), checker)

    told = {row.channel: row.text for row in Notice.objects.filter(account=payer.account)}
    assert "15.000 ₫" in told["INBOX"]
    assert WORDS in told["INBOX"]
    assert payment.order.reference in told["SMS"]
    assert WORDS not in told["SMS"]
    event = AuditEvent.objects.get(name="payments.refund_decided")
    assert (event.subject_id, event.shown) == (payer.account.citizen_id, True)
    assert event.actor_id == checker.account_id
    kept = AuditEvent.objects.filter(name__startswith="payments.refund")
    assert all(WORDS not in str(row.data) for row in kept)


def test_nobody_alone(payment: Payment, maker: Actor, world: World) -> None:
    approval = propose(payment, 15_000, maker)
    with pytest.raises(approvals.SamePerson):
        approve(approval, maker)
    work()
    assert world.moved(REFUNDS) == 0


def test_nobody_decides_about_their_own_payment(
    payment: Payment, payer: Payer, maker: Actor
) -> None:
    own = factories.make_staff(62, kind=AccountKind.ADMINISTRATOR, citizen=payer.account.citizen)
    with pytest.raises(approvals.SamePerson):
        propose(payment, 15_000, actor_of(own))
    approval = propose(payment, 15_000, maker)
    with pytest.raises(approvals.SamePerson):
        approve(approval, actor_of(own))


def test_whoever_decides_has_just_signed_in(payment: Payment, maker: Actor, checker: Actor) -> None:
    approval = propose(payment, 15_000, maker)
    with pytest.raises(approvals.NotFresh):
        approvals.approve(
            approval=approval,
            approver=checker,
            signed_in_at=approval.proposed_at - timedelta(seconds=1),
            now=clock.now(),
        )
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", [-1, 0, AMOUNT + 1, 2**63])
def test_no_more_is_proposed_than_was_captured(payment: Payment, maker: Actor, amount: int) -> None:
    with pytest.raises(refunding.MoreThanPaid):
        propose(payment, amount, maker)
    assert not RefundProposal.objects.exists()


def test_earlier_refunds_count_and_refused_ones_do_not(payment: Payment, maker: Actor) -> None:
    make_refund(payment, 300_000, reason=RefundReason.OFFICER)
    make_refund(payment, 100_000, reason=RefundReason.OFFICER, state=RefundState.REFUSED)
    with pytest.raises(refunding.MoreThanPaid):
        propose(payment, 115_001, maker)
    propose(payment, 115_000, maker)


def test_one_proposal_waits_at_a_time(payment: Payment, maker: Actor, checker: Actor) -> None:
    first = propose(payment, 15_000, maker)
    with pytest.raises(approvals.AlreadyOpen):
        propose(payment, 15_000, checker)
    approvals.refuse(
        approval=first, approver=checker, signed_in_at=clock.now(), note="Không", now=clock.now()
    )
    assert refund_decisions.find_open(payment) is None
    propose(payment, 15_000, checker)
    assert RefundProposal.objects.count() == 2
    assert not Refund.objects.exists()


def test_what_is_no_longer_possible_is_not_approved(
    payment: Payment, maker: Actor, checker: Actor
) -> None:
    approval = propose(payment, AMOUNT, maker)
    make_refund(payment, 1, reason=RefundReason.DISPUTE)
    with pytest.raises(refund_decisions.NoLongerPossible) as refused:
        approve(approval, checker)
    assert str(refused.value.message) == str(refunding.MoreThanPaid.message)
    approval.refresh_from_db()
    assert approval.state == ApprovalState.PROPOSED  # and is there to be refused
    assert Refund.objects.count() == 1


def test_a_proposal_approved_twice_refunds_once(
    payment: Payment, maker: Actor, checker: Actor, world: World
) -> None:
    approval = propose(payment, 15_000, maker)
    again = Approval.objects.get(pk=approval.pk)
    approve(approval, checker)
    with pytest.raises(approvals.TooLate):
        approve(again, checker)
    work()
    assert world.moved(REFUNDS) == 15_000


def test_a_dispute_that_was_upheld_says_so(payment: Payment, maker: Actor, checker: Actor) -> None:
    approve(propose(payment, AMOUNT, maker, reason=RefundReason.DISPUTE), checker)
    assert Refund.objects.get().reason == RefundReason.DISPUTE


def test_officers_give_no_reason_of_the_machine(payment: Payment, maker: Actor) -> None:
    with pytest.raises(ValueError, match="PAYEE_REFUSED"):
        propose(payment, 1, maker, reason=RefundReason.PAYEE_REFUSED)


@pytest.mark.parametrize(
    "state", [PaymentState.WAITING, PaymentState.IN_FLIGHT, PaymentState.UNKNOWN, PaymentState.NOT_PAID]
)  # fmt: skip
def test_what_has_not_arrived_goes_back_by_itself(
    maker: Actor, payer: Payer, state: PaymentState
) -> None:
    _order, (payment,) = make_order(payer.link, payment=state)
    with pytest.raises(refunding.NotSettled):
        propose(payment, 1, maker)


def test_a_transfer_that_arrived_is_its_payees(maker: Actor, payer: Payer) -> None:
    _order, (payment,) = make_order(payer.link, billers=[None], payment=PaymentState.SETTLED)
    with pytest.raises(refunding.WithPayee):
        propose(payment, 1, maker)


def test_nothing_is_refunded_of_a_payment_that_is_not_there(maker: Actor) -> None:
    with pytest.raises(refund_decisions.NoSuchPayment):
        refund_decisions.propose(
            payment_id=uuid4(), amount=1, words=WORDS, actor=maker, now=clock.now()
        )


def test_a_refund_that_a_bank_refused_is_sent_anew_as_a_whole(
    payer: Payer, maker: Actor, checker: Actor, world: World
) -> None:
    world.how = {BILLS: ["already_paid"], REFUNDS: ["account_closed"]}
    order = payer.pay(make_bill(AMOUNT))
    work()
    payment = order.payments.get()
    assert payment.state == PaymentState.REFUNDING
    assert held()[TRANSIT] == -AMOUNT

    with pytest.raises(refunding.WholeOnly):
        propose(payment, AMOUNT - 1, maker)
    approve(propose(payment, AMOUNT, maker), checker)
    work()

    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUNDED
    assert world.moved(REFUNDS) == AMOUNT
    assert held() == {}
    assert books.find_faults() == []


def test_what_was_given_to_the_biller_already_is_then_owed_by_it(
    payment: Payment, maker: Actor, checker: Actor, world: World
) -> None:
    """Its account goes below nothing: a claim that the next settlement takes off."""
    ledger.book_settlement(
        settlement_id=uuid4(), biller="evn-mau", bank=BANK, amount=AMOUNT, now=clock.now()
    )
    approve(propose(payment, 15_000, maker), checker)
    work()
    assert held() == {f"bank:{BANK}": -15_000, "biller:evn-mau": 15_000}
    assert books.find_faults() == []


@pytest.mark.django_db(transaction=True)
def test_refunds_begun_at_once_are_never_more_than_was_captured() -> None:
    payer = make_payer()
    _order, (payment,) = make_order(payer.link, payment=PaymentState.SETTLED, amounts=[100_000])

    def begin(_place: int) -> bool:
        try:
            refunding.begin(
                payment_id=payment.pk,
                amount=30_000,
                reason=RefundReason.OFFICER,
                approval=None,
                now=clock.now(),
            )
        except refunding.MoreThanPaid:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        began = list(pool.map(on_a_thread(begin), range(16)))

    assert began.count(True) == 3
    assert sum(Refund.objects.values_list("amount", flat=True)) == 90_000
