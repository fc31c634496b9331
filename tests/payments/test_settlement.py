"""Settlements with billers: what is owed, proposed and decided by two, paid out once and booked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from eid_portal.core import approvals, clock
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.ids import uuid7
from eid_portal.core.models import Approval, AuditEvent
from payments.enums import PaymentState, ReportOutcome, SettlementState
from payments.models import Biller, Payment, Settlement
from payments.selectors import ledger as books
from payments.services import refunding, reports, settlements
from payments.services.settlements import NoBankAccount, NothingOwed, SettlementNotMade, UnderWay
from tests.payments import booking
from tests.payments.factories import BANK, make_biller, make_order, make_refund
from tests.payments.staff import actor_of, approve, make_administrator, refuse
from tests.payments.world import World, on_a_thread, work

pytestmark = pytest.mark.django_db
PAYOUTS = "/v1/payouts"
NAPAS = Actor(kind=ActorKind.PARTY, party="napas")
OWED = 500_000


@pytest.fixture
def biller(db: None) -> Biller:
    """A biller who is owed one payment."""
    biller = make_biller(bank=BANK, bank_account="0000000077")
    order, payments = make_order(
        amounts=[OWED], payment=PaymentState.SETTLED, state="DEBITED", debited_at=clock.now()
    )
    booking.book_debit(order=order, payments=payments, now=clock.now())
    booking.book_settle(payment=payments[0], now=clock.now())
    return biller


def propose(biller: Biller, maker: Actor) -> Settlement:
    return settlements.propose(biller=biller.code, actor=maker, now=clock.now())


def approval_of(row: Settlement) -> Approval:
    return Approval.objects.filter(target_id=row.pk).latest("proposed_at")


def held() -> dict[str, int]:
    return {each.account: each.amount for each in books.find_balances() if each.amount}


def report(row: Settlement, **parts: Any) -> ReportOutcome:
    now = clock.now()
    body = {
        "event_id": str(uuid7()), "kind": "payout", "reference": row.public_id, "state": "done",
        "amount": row.amount, "at": now.isoformat(), "bank_reference": "N1",
    } | parts  # fmt: skip
    said = reports.read(body, party="napas", now=now)
    return reports.take(said, body=body, party="napas", actor=NAPAS, now=now)


def test_what_is_owed_is_paid_out_once_two_agreed(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    work()
    assert (row.amount, world.moved(PAYOUTS)) == (OWED, 0)

    approve(approval_of(row), checker)
    work()
    work()

    row.refresh_from_db()
    assert (row.state, row.approval_id) == (SettlementState.PAID, approval_of(row).pk)
    assert world.amounts == {(PAYOUTS, row.public_id): OWED}
    assert set(world.sent.values()) == {1}
    assert held() == {f"bank:{BANK}": OWED, "bank:NAPAS": -OWED}
    assert books.find_faults() == []
    names = AuditEvent.objects.filter(name__startswith="payments.settlement").order_by("pk")
    assert [each.name.partition("settlement_")[2] for each in names] == [
        "proposed",
        "approved",
        "paid",
    ]


def test_nobody_alone(biller: Biller, maker: Actor, world: World) -> None:
    row = propose(biller, maker)
    with pytest.raises(approvals.SamePerson):
        approve(approval_of(row), maker)
    work()
    assert world.moved(PAYOUTS) == 0


def test_a_refused_proposal_moves_nothing_and_frees_the_biller(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    refuse(approval_of(row), checker)
    work()
    row.refresh_from_db()
    assert (row.state, world.moved(PAYOUTS)) == (SettlementState.DROPPED, 0)
    assert propose(biller, maker).amount == OWED


@pytest.mark.parametrize(
    ("columns", "code", "refused"),
    [
        ({"bank_account": ""}, "evn-mau", NoBankAccount),
        ({"bank": ""}, "evn-mau", NoBankAccount),
        ({}, "nuoc-mau", NothingOwed),
    ],
)
def test_what_cannot_be_settled(
    biller: Biller,
    maker: Actor,
    columns: dict[str, str],
    code: str,
    refused: type[SettlementNotMade],
) -> None:
    make_biller("nuoc-mau", bank=BANK, bank_account="0000000078")
    Biller.objects.filter(pk=biller.pk).update(**columns)
    with pytest.raises(refused):
        settlements.propose(biller=code, actor=maker, now=clock.now())
    assert not Settlement.objects.exists()


def test_one_settlement_with_a_biller_at_a_time(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    with pytest.raises(UnderWay):
        propose(biller, checker)
    world.how = {PAYOUTS: ["processing"]}
    approve(approval_of(row), checker)
    work(rounds=1)
    with pytest.raises(UnderWay):
        propose(biller, checker)
    work()
    with pytest.raises(NothingOwed):
        propose(biller, checker)


def test_a_refund_since_then_makes_another_proposal_needed(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    refund = make_refund(Payment.objects.get(), 1, reason="OFFICER")
    refunding.record_done(refund.pk, actor=SYSTEM)
    with pytest.raises(settlements.OwedLess):
        approve(approval_of(row), checker)
    refuse(approval_of(row), checker)
    assert propose(biller, maker).amount == OWED - 1


def test_the_bank_account_that_was_proposed_is_the_one_that_is_paid(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    Biller.objects.filter(pk=biller.pk).update(bank_account="0000000666")
    with pytest.raises(settlements.AccountChanged):
        approve(approval_of(row), checker)
    work()
    assert world.moved(PAYOUTS) == 0


@pytest.mark.parametrize(
    "words", [["silent"], ["never"], ["processing"], ["away"], ["never", "silent"]]
)
def test_a_switch_that_does_not_answer_pays_once(
    biller: Biller, maker: Actor, checker: Actor, world: World, words: list[str]
) -> None:
    world.how = {PAYOUTS: list(words)}
    row = propose(biller, maker)
    approve(approval_of(row), checker)
    work()
    row.refresh_from_db()
    assert row.state == SettlementState.PAID
    assert set(world.done.values()) == {1}
    assert held() == {f"bank:{BANK}": OWED, "bank:NAPAS": -OWED}


def test_what_the_switch_refuses_stays_owed(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    world.how = {PAYOUTS: ["account_closed"]}
    row = propose(biller, maker)
    approve(approval_of(row), checker)
    work()
    row.refresh_from_db()
    assert (row.state, row.code) == (SettlementState.REFUSED, "account_closed")
    assert held()["biller:evn-mau"] == -OWED
    assert propose(biller, maker).amount == OWED


def test_reports_and_our_own_answer_book_it_once(
    biller: Biller, maker: Actor, checker: Actor, world: World
) -> None:
    row = propose(biller, maker)
    assert report(row) == ReportOutcome.CONTRADICTS  # nobody agreed to it yet
    approve(approval_of(row), checker)
    assert report(row, amount=1) == ReportOutcome.CONTRADICTS
    assert report(row) == ReportOutcome.APPLIED
    assert report(row) == ReportOutcome.KNOWN
    assert report(row, state="refused") == ReportOutcome.CONTRADICTS
    work()
    assert world.moved(PAYOUTS) == 0  # the report said that it was done
    assert held() == {f"bank:{BANK}": OWED, "bank:NAPAS": -OWED}


@pytest.mark.django_db(transaction=True)
def test_many_who_propose_at_once_propose_one() -> None:
    make_biller(bank=BANK, bank_account="0000000077")
    order, payments = make_order(amounts=[OWED], payment=PaymentState.SETTLED, state="DEBITED")
    booking.book_debit(order=order, payments=payments, now=clock.now())
    booking.book_settle(payment=payments[0], now=clock.now())
    maker = actor_of(make_administrator(60))

    def tried(_place: int) -> bool:
        try:
            settlements.propose(biller="evn-mau", actor=maker, now=clock.now())
        except UnderWay:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(on_a_thread(tried), range(16)))
    assert made.count(True) == 1
    assert Approval.objects.filter(kind=settlements.KIND).count() == 1
