"""The fee of an application: paid through payments, received when it settled, given back when it is not owed."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Device
from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import Job
from payments.enums import PaymentPurpose, PaymentState, RefundState
from payments.models import Payment, Refund
from payments.services import ordering
from payments.services.authorising import Changed
from payments.services.ordering import DueWanted, NothingDue
from procedures.enums import ApplicationState, Outcome
from procedures.models import Application
from procedures.services import fees, lifecycle
from procedures.services.lifecycle import Verdict
from tests.factories import signed_in
from tests.payments import world as money
from tests.payments.factories import make_link
from tests.payments.paying import Payer
from tests.payments.world import World
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
FEE = 7_000


@pytest.fixture
def bank() -> Iterator[World]:
    with money.world() as here:
        yield here


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


def payer_of(filer: Filer) -> Payer:
    now = clock.now()
    device = Device.objects.create(
        account=filer.account, token_hash=uuid4().bytes, label="Firefox",
        first_seen_at=now - timedelta(days=30), last_seen_at=now,
    )  # fmt: skip
    return Payer(filer.account, make_link(filer.account), device.pk)


def filed(filer: Filer) -> Application:
    return filer.file("temporary-residence", proof="contract")


def wanted(row: Application) -> DueWanted:
    return DueWanted(purpose=PaymentPurpose.FEE, about=row.pk)


def pay(payer: Payer, row: Application) -> Payment:
    order = payer.draft(wanted(row)).order
    payer.agree(order, payer.send_code(order))
    money.work()
    return order.payments.get()


def give_back() -> None:
    for pk, task in Job.objects.filter(task=fees.REFUND, done_at__isnull=True).values_list(
        "pk", "task"
    ):
        jobs.run_here(pk, task)
    money.work()


def test_the_clock_runs_from_the_moment_the_treasury_has_the_fee(filer: Filer, bank: World) -> None:
    row = filed(filer)
    assert (row.fee, row.state, row.due_at) == (FEE, ApplicationState.FILED, None)

    payment = pay(payer_of(filer), row)

    row.refresh_from_db()
    assert payment.state == PaymentState.SETTLED
    assert (payment.amount, payment.biller_id, payment.due_reference) == (
        FEE,
        "treasury",
        row.reference,
    )
    assert row.state == ApplicationState.IN_REVIEW
    assert (row.received_at, row.fee_payment_id) == (payment.settled_at, payment.pk)
    assert row.due_at is not None
    assert bank.moved("/v1/payments") == FEE


def test_who_paid_goes_on_to_the_slip(client: Client, filer: Filer, bank: World) -> None:
    row = filed(filer)
    payment = pay(payer_of(filer), row)
    slip = f"/applications/{row.public_id}/filed/"
    assert fees.place(uuid4()) == ""
    browser = signed_in(client, filer.account)

    page = browser.get(f"/payments/orders/{payment.order.public_id}/", secure=True)

    assert f'href="{slip}"' in page.content.decode()
    assert str(payment.payee_reference) in browser.get(slip, secure=True).content.decode()


def test_a_fee_is_paid_once_and_by_who_filed(filer: Filer, bank: World) -> None:
    row, payer = filed(filer), payer_of(filer)
    pay(payer, row)
    with pytest.raises(NothingDue):
        payer.draft(wanted(row))
    other = payer_of(Filer(world.make_person(24)))
    with pytest.raises(NothingDue):
        other.draft(wanted(filed_by_another(filer)))


def filed_by_another(filer: Filer) -> Application:
    return filer.file("passport")


def test_an_application_that_was_taken_back_while_its_fee_was_on_the_way_gets_it_back(
    filer: Filer, bank: World
) -> None:
    row, payer = filed(filer), payer_of(filer)
    order = payer.draft(wanted(row)).order
    payer.agree(order, payer.send_code(order))
    lifecycle.withdraw(lifecycle.hold(row.pk), actor=payer.actor, now=clock.now())
    money.work()
    give_back()

    row.refresh_from_db()
    assert row.state == ApplicationState.WITHDRAWN
    refund = Refund.objects.get()
    assert (refund.amount, refund.state) == (FEE, RefundState.DONE)
    give_back()
    assert Refund.objects.count() == 1


def test_what_was_taken_back_costs_nothing(filer: Filer, bank: World) -> None:
    row, payer = filed(filer), payer_of(filer)
    order = payer.draft(wanted(row)).order
    lifecycle.withdraw(lifecycle.hold(row.pk), actor=payer.actor, now=clock.now())
    code = payer.send_code(order)
    with pytest.raises(Changed):
        payer.agree(order, code)
    assert bank.moved("/v1/debits") == 0


def test_an_official_waives_the_fee_and_it_goes_back_once(filer: Filer, bank: World) -> None:
    row = filed(filer)
    pay(payer_of(filer), row)
    verdict = Verdict(outcome=Outcome.GRANTED, is_exempt=True)
    lifecycle.decide(lifecycle.hold(row.pk), verdict, actor=SYSTEM, now=clock.now())
    give_back()
    give_back()

    refund = Refund.objects.get()
    assert (refund.amount, refund.state) == (FEE, RefundState.DONE)


def test_a_decision_that_waives_nothing_gives_nothing_back(filer: Filer, bank: World) -> None:
    row = filed(filer)
    pay(payer_of(filer), row)
    verdict = Verdict(outcome=Outcome.REFUSED, refusal="untrue")
    lifecycle.decide(lifecycle.hold(row.pk), verdict, actor=SYSTEM, now=clock.now())
    give_back()
    assert not Refund.objects.exists()
    assert not Job.objects.filter(task=fees.REFUND).exists()


def test_nothing_is_asked_for_a_procedure_that_is_free(filer: Filer, bank: World) -> None:
    row = filer.file("marital-status")
    assert row.state == ApplicationState.IN_REVIEW
    with pytest.raises(NothingDue):
        payer_of(filer).draft(wanted(row))


def test_two_presses_pay_one_fee(filer: Filer, bank: World) -> None:
    row, payer = filed(filer), payer_of(filer)
    first = payer.draft(wanted(row)).order
    payer.agree(first, payer.send_code(first))
    with pytest.raises(ordering.BeingPaid):
        payer.draft(wanted(row))
    assert fees.is_being_paid(row.pk)
