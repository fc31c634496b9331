"""From a draft to a settled payment: once, whatever bank and biller do, and the books agree at every end."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection

from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM, Actor, ActorKind
from eid_portal.core.models import AuditEvent, Job
from payments.enums import BillState, OrderState, PaymentState, RefundState, ReportOutcome
from payments.models import JournalEntry, Payment, PaymentOrder, Posting, Refund
from payments.rules.books import TRANSIT
from payments.selectors import ledger as books
from payments.services import asking, debiting, refunding, reports, settling
from tests.payments.factories import BANK
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.world import World, work

pytestmark = pytest.mark.django_db
NAPAS = Actor(kind=ActorKind.PARTY, party="napas")
DEBITS, BILLS, REFUNDS = "/v1/debits", "/v1/payments", "/v1/refunds"


def balances() -> dict[str, int]:
    return {each.account: each.amount for each in books.find_balances() if each.amount}


def check(world: World) -> None:
    """What bank and billers did, each once, is what the books say, and nothing is in flight."""
    assert list(books.find_faults()) == []
    assert set(world.done.values()) <= {1}
    held = balances()
    assert held.get(f"bank:{BANK}", 0) == world.moved(DEBITS) - world.moved(REFUNDS)
    assert held.get("biller:evn-mau", 0) == -world.moved(BILLS)
    assert held.get(TRANSIT, 0) == 0


def states(order: PaymentOrder) -> tuple[str, set[str]]:
    order.refresh_from_db()
    return order.state, set(order.payments.values_list("state", flat=True))


def report(order: PaymentOrder, **parts: Any) -> dict[str, Any]:
    body = {
        "event_id": str(uuid4()),
        "kind": "debit",
        "reference": order.reference,
        "state": "done",
        "amount": order.amount,
        "at": clock.now().isoformat(timespec="seconds"),
        "bank_reference": "R-1",
    }
    return body | parts


def take(body: dict[str, Any], party: str = "napas") -> ReportOutcome:
    now = clock.now()
    told = reports.read(body, party=party, now=now)
    return reports.take(told, body=body, party=party, actor=NAPAS, now=now)


# --- The way --------------------------------------------------------------------------------------
def test_two_bills_are_one_debit_and_reach_their_biller(payer: Payer, world: World) -> None:
    bills = [make_bill(415_000), make_bill(92_500)]

    order = payer.pay(*bills)
    work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    assert world.moved(DEBITS) == 507_500
    assert sum(world.sent.values()) == 3
    for bill in bills:
        bill.refresh_from_db()
        assert bill.state == BillState.PAID
    assert order.payments.exclude(payee_reference="").count() == 2
    check(world)


def test_it_is_booked_as_well_behind_a_pooler(payer: Payer, world: World, settings: Any) -> None:
    settings.PREPARED_STATEMENTS = False
    said: list[str] = []

    def note(execute: Any, sql: str, *given: Any) -> Any:
        said.append(sql)
        return execute(sql, *given)

    with connection.execute_wrapper(note):
        order = payer.pay(make_bill(415_000), make_bill(92_500))
        work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    assert not [sql for sql in said if "EXECUTE eid" in sql]
    check(world)


def trips(work: Callable[[], object]) -> int:
    """To the database and back, between BEGIN and COMMIT."""
    said: list[str] = []

    def note(execute: Any, sql: str, *given: Any) -> Any:
        said.append(sql)
        return execute(sql, *given)

    with connection.execute_wrapper(note):
        work()
    return len([sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))])


def test_a_lease_lasts_for_an_inquiry_and_a_call(settings: Any) -> None:
    longest = settings.OUTSIDE_CONNECT_TIMEOUT + settings.OUTSIDE_READ_TIMEOUT

    assert 2 * longest < asking.LEASE


def test_what_is_booked_takes_one_trip(payer: Payer, world: World) -> None:
    order = payer.pay(make_bill())
    debited = debiting._load(order.pk)

    assert trips(
        lambda: debiting.record_debited(
            order.pk, bank_reference="R", actor=NAPAS, seen=debited
        )
    ) == 1  # fmt: skip

    settled = settling.find(order.payments.get().pk)
    job = Job.objects.get(task=debiting.SETTLE, subject_id=settled.pk)
    claim = jobs.claim(job.pk)
    outcomes: list[ReportOutcome] = []

    assert trips(
        lambda: outcomes.append(
            settling.record_settled(
                settled.pk, receipt="TR", actor=SYSTEM, claim=claim, seen=settled
            )
        )
    ) == 1  # fmt: skip
    assert outcomes == [ReportOutcome.APPLIED]
    job.refresh_from_db()
    assert job.done_at


# --- What banks do --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [["silent"], ["processing"], ["away", "away"], ["never"], ["never", "silent"]],
    ids="-".join,
)
def test_a_bank_that_does_not_answer_debits_once(
    words: list[str], payer: Payer, world: World
) -> None:
    world.how[DEBITS] = list(words)

    order = payer.pay(make_bill())
    work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    check(world)


def test_while_nobody_knows_the_order_says_so_and_nothing_is_booked(
    payer: Payer, world: World
) -> None:
    world.how = {DEBITS: ["silent"], DEBITS + "/status": ["silent"]}

    order = payer.pay(make_bill())
    work(2)

    assert states(order) == (OrderState.UNKNOWN, {PaymentState.WAITING})
    assert not JournalEntry.objects.exists()
    assert sum(world.sent.values()) == 1, "a silent bank is asked for the status, not to pay again"
    work()
    assert states(order)[0] == OrderState.DEBITED


@pytest.mark.parametrize(
    ("words", "code"), [(["no_money"], "no_money"), (["never"] * 9, "not_arrived")]
)
def test_a_debit_that_is_not_done_leaves_no_trace_in_the_books(
    words: list[str], code: str, payer: Payer, world: World
) -> None:
    world.how[DEBITS], bill = words, make_bill()

    order = payer.pay(bill)
    work()

    assert states(order) == (OrderState.REFUSED, {PaymentState.NOT_PAID})
    assert order.code == code
    assert not JournalEntry.objects.exists()
    world.how.clear()
    again = payer.pay(bill)
    work()
    assert states(again)[0] == OrderState.DEBITED
    check(world)


def test_a_debit_after_the_order_had_ended_goes_back_by_itself(payer: Payer, world: World) -> None:
    world.how[DEBITS] = ["never"] * 9
    order = payer.pay(make_bill())
    work()
    world.done[DEBITS, order.reference] = 1
    world.amounts[DEBITS, order.reference] = order.amount

    assert take(report(order)) == ReportOutcome.APPLIED
    work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.REFUNDED})
    assert world.moved(REFUNDS) == order.amount
    check(world)


# --- What billers do ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words", [["silent"], ["processing"], ["away"] * 3, ["never"]], ids="-".join
)
def test_a_biller_that_does_not_answer_is_told_once(
    words: list[str], payer: Payer, world: World
) -> None:
    world.how[BILLS] = list(words)

    order = payer.pay(make_bill())
    work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    check(world)


@pytest.mark.parametrize(
    ("word", "bill_state"),
    [
        ("already_paid", BillState.PAID),
        ("withdrawn", BillState.WITHDRAWN),
        ("amount_changed", BillState.OPEN),
    ],
)
def test_what_a_biller_refuses_is_refunded_by_itself(
    word: str, bill_state: str, payer: Payer, world: World
) -> None:
    world.how[BILLS], bill = [word], make_bill()

    order = payer.pay(bill, make_bill(10_000))
    work()

    assert states(order) == (
        OrderState.DEBITED,
        {PaymentState.REFUNDED, PaymentState.SETTLED},
    )
    bill.refresh_from_db()
    assert Payment.objects.get(bill=bill).state in {PaymentState.REFUNDED, PaymentState.SETTLED}
    refund = Refund.objects.get()
    assert (refund.state, refund.payment.code) == (RefundState.DONE, word)
    refunded = refund.payment.bill
    assert refunded is not None
    assert refunded.state == bill_state
    check(world)


def test_a_refund_is_sent_under_its_reference_until_it_arrives(payer: Payer, world: World) -> None:
    world.how = {BILLS: ["withdrawn"], REFUNDS: ["never", "never", "never", "silent"]}

    order = payer.pay(make_bill())
    work(20)

    assert states(order)[1] == {PaymentState.REFUNDED}
    assert world.moved(REFUNDS) == order.amount
    check(world)


# --- Reports --------------------------------------------------------------------------------------
def test_a_report_before_our_own_answer_books_it_once(payer: Payer, world: World) -> None:
    order = payer.pay(make_bill())
    said: list[ReportOutcome] = []
    world.during[DEBITS] = lambda _payload: said.append(take(report(order)))

    work()

    assert said == [ReportOutcome.APPLIED]
    assert JournalEntry.objects.filter(key=f"debit:{order.pk}").count() == 1
    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    check(world)


def test_a_report_settles_what_the_bank_did_not_answer(payer: Payer, world: World) -> None:
    world.how = {DEBITS: ["silent"], DEBITS + "/status": ["silent"] * 9}
    order = payer.pay(make_bill())
    work(2)

    assert take(report(order)) == ReportOutcome.APPLIED
    work()

    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    check(world)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({"amount": 1}, ReportOutcome.CONTRADICTS),
        ({"state": "refused"}, ReportOutcome.CONTRADICTS),
        ({"reference": "TT-261126-2222-2222"}, ReportOutcome.NOT_OURS),
        ({"state": "processing"}, ReportOutcome.KNOWN),
        ({}, ReportOutcome.KNOWN),
    ],
)
def test_a_report_moves_nothing_that_is_booked(
    parts: dict[str, Any], outcome: ReportOutcome, payer: Payer, world: World
) -> None:
    order = payer.pay(make_bill())
    work()
    before = list(Posting.objects.order_by("pk").values_list("pk", "amount"))

    assert take(report(order, **parts)) == outcome

    assert list(Posting.objects.order_by("pk").values_list("pk", "amount")) == before
    assert states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})


def test_a_debit_nobody_agreed_to_is_not_booked(payer: Payer, world: World) -> None:
    order = payer.order(make_bill())

    assert take(report(order)) == ReportOutcome.CONTRADICTS

    assert states(order) == (OrderState.DRAFTED, {PaymentState.WAITING})
    assert not JournalEntry.objects.exists()


def test_a_biller_reports_its_own_payments_alone(payer: Payer, world: World) -> None:
    world.how = {BILLS: ["silent"], BILLS + "/status": ["silent"] * 9}
    order = payer.pay(make_bill())
    work(3)
    payment = order.payments.get()
    body = {
        "event_id": str(uuid4()), "kind": "payment", "reference": payment.public_id, "bill": "b",
        "customer_code": "c", "amount": payment.amount, "state": "done", "receipt": "G-1",
        "at": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip

    assert states(order)[1] == {PaymentState.UNKNOWN}
    assert take(body, party="water") == ReportOutcome.NOT_OURS
    assert take(body | {"event_id": str(uuid4())}, party="evn") == ReportOutcome.APPLIED
    assert states(order)[1] == {PaymentState.SETTLED}
    check(world)


def test_a_bill_paid_elsewhere_can_no_longer_be_paid(payer: Payer, world: World) -> None:
    from payments.services.authorising import Changed

    bill = make_bill()
    order = payer.order(bill)
    body = {
        "event_id": str(uuid4()), "kind": "bill_paid", "bill": bill.reference, "customer_code": "c",
        "amount": bill.amount, "state": "paid", "at": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip
    code = payer.send_code(order)

    assert take(body, party="evn") == ReportOutcome.APPLIED
    with pytest.raises(Changed):
        payer.agree(order, code)


# --- Crashes --------------------------------------------------------------------------------------
class Killed(BaseException):
    """The worker is gone: no exception handler of ours sees it."""


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [
        (debiting, "record_debited", DEBITS),
        (settling, "record_settled", BILLS),
        (refunding, "record_done", REFUNDS),
    ],
)
def test_killed_between_a_call_and_its_record_the_money_moves_once(
    module: Any, name: str, path: str, payer: Payer, world: World
) -> None:
    if path == REFUNDS:
        world.how[BILLS] = ["withdrawn"]
    order = payer.pay(make_bill())

    with patch.object(module, name, side_effect=Killed), pytest.raises(Killed):
        work()
    work()

    assert [count for (where, _), count in world.sent.items() if where == path] == [1]
    assert states(order)[0] == OrderState.DEBITED
    check(world)


def test_killed_before_the_commit_nothing_is_booked_by_halves(payer: Payer, world: World) -> None:
    order = payer.pay(make_bill())

    with patch("payments.services.ledger.Entry.is_new", side_effect=Killed), pytest.raises(Killed):
        work()

    assert states(order) == (OrderState.AUTHORISED, {PaymentState.WAITING})
    work()
    assert states(order)[0] == OrderState.DEBITED
    assert AuditEvent.objects.filter(name="payments.order_debited").count() == 1
    check(world)


def test_a_draft_expires_and_frees_its_bill(payer: Payer, world: World) -> None:
    bill = make_bill()
    order = payer.order(bill)
    job = Job.objects.get(task="payments.expire_order")
    Job.objects.update(next_attempt_at=clock.now())

    jobs.run_here(job.pk, job.task)

    assert states(order) == (OrderState.CANCELLED, {PaymentState.NOT_PAID})
    assert make_payer(16, phone="+84912000098").order(bill).state == OrderState.DRAFTED
