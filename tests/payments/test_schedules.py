"""Bills that are paid by themselves: agreed to once, told of a day before, paid once, never above the cap."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.enums import AccountState
from accounts.models import Account, Device, Notice
from eid_portal.core import clock, jobs, sealed
from eid_portal.core.models import Job
from payments.enums import (
    AuthorisedBy,
    BillState,
    LinkState,
    OrderState,
    ScheduledBillState,
    ScheduleState,
)
from payments.models import (
    BankLink,
    Bill,
    CustomerCode,
    PaymentOrder,
    PaymentSchedule,
    ScheduledBill,
)
from payments.models.billing import CUSTOMER_CODE
from payments.services import scheduled_bills, scheduling
from tests import factories
from tests.passkey import SoftPasskey
from tests.payments.factories import make_link
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.world import World, on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
DEBITS = "/v1/debits"
HOME = "/payments/schedules/"
DAY = timedelta(hours=24)


@pytest.fixture
def browser(client: Client, payer: Payer) -> Client:
    factories.signed_in(client, payer.account)
    Device.objects.update(first_seen_at=clock.now() - timedelta(days=30))
    return client


def saved(payer: Payer) -> CustomerCode:
    return CustomerCode.objects.get(account=payer.account)


def draft(payer: Payer, cap: int = 1_000_000) -> PaymentSchedule:
    return scheduling.draft(
        account=payer.account,
        code=saved(payer).public_id,
        link=payer.link.public_id,
        cap=cap,
        actor=payer.actor,
        now=clock.now(),
    )


def agree(payer: Payer, cap: int = 1_000_000) -> PaymentSchedule:
    """A consent in force."""
    return confirm(draft(payer, cap), payer)


def confirm(row: PaymentSchedule, payer: Payer) -> PaymentSchedule:
    with transaction.atomic():
        return scheduling._agree(row, AuthorisedBy.CODE, actor=payer.actor, now=clock.now())


def at_once(function: Callable[[int], Any], times: int = 8) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(on_a_thread(function), range(times)))


def told(kind: str) -> int:
    return Notice.objects.filter(kind=kind, channel="INBOX").count()


def later(function: Callable[[], Any]) -> Any:
    """What a function does a day and a moment from now."""
    with clock.frozen(clock.now() + DAY + timedelta(minutes=1)):
        return function()


def pay_all() -> None:
    for pk, task in list(Job.objects.filter(task=scheduled_bills.PAY).values_list("pk", "task")):
        jobs.run_here(pk, task)


# --- Setting up ----------------------------------------------------------------------------------------
def see(browser: Client, place: str = HOME) -> str:
    answer = browser.get(place, secure=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_is_set_up_with_a_code_that_names_biller_and_cap(browser: Client, payer: Payer) -> None:
    fields = {"code": saved(payer).public_id, "link": payer.link.public_id, "cap": "1.000.000"}
    answer = browser.post(HOME, fields, secure=True)
    assert answer.status_code == 303, answer.content.decode()
    place = answer["Location"]
    assert "1.000.000" in see(browser, place) or "1,000,000" in see(browser, place)
    browser.post(f"{place}code/", {"action": "send"}, secure=True)
    message = Notice.objects.filter(kind="CODE").latest("created_at", "id").text
    assert "DIEN LUC MAU" in message
    assert "1.000.000" in message
    assert len(message) <= 160
    wrong = browser.post(f"{place}code/", {"code": "000000"}, secure=True)
    assert wrong.status_code == 422
    assert PaymentSchedule.objects.get().state == ScheduleState.DRAFTED
    code = factories.sent_code()
    for _press in range(2):
        assert browser.post(f"{place}code/", {"code": code}, secure=True)["Location"] == HOME
    row = PaymentSchedule.objects.get()
    assert (row.state, row.agreed_by, row.cap) == ("ACTIVE", "CODE", 1_000_000)
    assert f"{place}stop/" in see(browser)


def test_a_code_of_one_consent_opens_no_other(browser: Client, payer: Payer) -> None:
    first = draft(payer, 100_000)
    browser.post(f"{HOME}{first.public_id}/code/", {"action": "send"}, secure=True)
    code = factories.sent_code()
    second = draft(payer, 900_000)
    for row in (first, second):
        browser.post(f"{HOME}{row.public_id}/code/", {"code": code}, secure=True)
    assert not PaymentSchedule.objects.filter(state=ScheduleState.ACTIVE).exists()


def test_a_passkey_agrees_to_this_consent_and_no_other(browser: Client, payer: Payer) -> None:
    passkey = SoftPasskey()
    passkey.belongs_to(payer.account)
    first = draft(payer, 100_000)
    answer = passkey.get(
        browser.get(f"{HOME}{first.public_id}/passkey/options/", secure=True).json()
    )
    second = draft(payer, 900_000)
    place = f"{HOME}{second.public_id}/passkey/"

    assert browser.post(place, {"answer": answer}, secure=True).status_code == 422
    assert not PaymentSchedule.objects.filter(state=ScheduleState.ACTIVE).exists()

    answer = passkey.get(browser.get(f"{place}options/", secure=True).json())
    for _press in range(2):
        assert browser.post(place, {"answer": answer}, secure=True)["Location"] == HOME
    row = PaymentSchedule.objects.get(state=ScheduleState.ACTIVE)
    assert (row.pk, row.agreed_by) == (second.pk, AuthorisedBy.PASSKEY)


def test_another_persons_consent_does_not_exist(browser: Client, payer: Payer) -> None:
    other = make_payer(serial=16, phone="+84900000016")
    row = agree(other)
    assert browser.get(f"{HOME}{row.public_id}/", secure=True).status_code == 404
    assert browser.post(f"{HOME}{row.public_id}/stop/", secure=True).status_code == 404
    fields = {"code": saved(other).public_id, "link": other.link.public_id, "cap": "500000"}
    assert browser.post(HOME, fields, secure=True).status_code == 422
    row.refresh_from_db()
    assert row.state == ScheduleState.ACTIVE


def test_a_new_device_needs_a_passkey(browser: Client, payer: Payer) -> None:
    Device.objects.update(first_seen_at=clock.now(), confirmed_at=None)
    row = draft(payer)
    answer = browser.post(f"{HOME}{row.public_id}/code/", {"action": "send"}, secure=True)
    assert answer.status_code == 409
    assert not Notice.objects.filter(kind="CODE").exists()


def test_a_cap_above_what_can_be_paid_at_once_is_refused(payer: Payer) -> None:
    with pytest.raises(scheduling.CapTooHigh):
        draft(payer, 10**12)
    assert not PaymentSchedule.objects.exists()


def test_a_new_cap_takes_the_place_of_the_old(payer: Payer) -> None:
    old, new = agree(payer, 100_000), agree(payer, 900_000)
    old.refresh_from_db()
    assert (old.state, old.code, new.state) == ("ENDED", "replaced", "ACTIVE")


def test_agreed_to_many_times_at_once_one_is_in_force(payer: Payer) -> None:
    row = draft(payer)
    at_once(lambda _place: confirm(row, payer))
    assert PaymentSchedule.objects.filter(state=ScheduleState.ACTIVE).count() == 1


# --- Paying --------------------------------------------------------------------------------------------
def test_many_beats_and_workers_at_once_pay_once(payer: Payer, world: World) -> None:
    agree(payer)
    bill = make_bill()
    at_once(lambda _place: scheduled_bills.begin(now=clock.now()))
    row = ScheduledBill.objects.get()
    assert (row.state, row.amount, told("PAYMENT_SCHEDULED")) == ("WAITING", bill.amount, 1)
    assert Job.objects.filter(task=scheduled_bills.PAY).count() == 1
    pay_all()
    assert not PaymentOrder.objects.exists(), "not before the day is over"

    def press() -> None:
        now = clock.now()
        at_once(lambda _place: scheduled_bills.pay_one(row.pk, now=now))
        scheduled_bills.begin(now=now)

    later(press)
    order = PaymentOrder.objects.get()
    assert (order.authorised_by, order.amount) == ("SCHEDULE", bill.amount)
    work()
    order.refresh_from_db()
    bill.refresh_from_db()
    row.refresh_from_db()
    assert (order.state, bill.state, row.state) == (OrderState.DEBITED, BillState.PAID, "ORDERED")
    assert row.order_id == order.pk
    assert world.moved(DEBITS) == bill.amount


def test_the_job_pays_when_the_day_is_over(payer: Payer, world: World) -> None:
    agree(payer)
    make_bill()
    scheduled_bills.begin(now=clock.now())
    later(pay_all)
    assert PaymentOrder.objects.get().state == OrderState.AUTHORISED


def test_above_the_cap_it_is_told_once_and_not_paid(payer: Payer, world: World) -> None:
    agree(payer, 100_000)
    make_bill(100_001)
    for _beat in range(3):
        scheduled_bills.begin(now=clock.now())
    assert (told("PAYMENT_OVER_CAP"), told("PAYMENT_SCHEDULED")) == (1, 0)
    later(lambda: scheduled_bills.begin(now=clock.now()))
    assert ScheduledBill.objects.get().state == ScheduledBillState.OVER_CAP
    assert not PaymentOrder.objects.exists()


def waiting(payer: Payer, cap: int = 1_000_000) -> tuple[ScheduledBill, Bill]:
    agree(payer, cap)
    bill = make_bill()
    scheduled_bills.begin(now=clock.now())
    return ScheduledBill.objects.get(), bill


def pay_later(row: ScheduledBill) -> ScheduledBill:
    later(lambda: scheduled_bills.pay_one(row.pk, now=clock.now()))
    row.refresh_from_db()
    return row


def test_not_this_time(browser: Client, payer: Payer) -> None:
    row, _bill = waiting(payer)
    place = re.search(r'action="([^"]+/skip/)"', see(browser))
    assert place
    for _press in range(2):
        assert browser.post(place[1], secure=True).status_code == 303
    assert pay_later(row).state == ScheduledBillState.SKIPPED
    agree(payer, 2_000_000)
    assert scheduled_bills.begin(now=clock.now()) == 0, "no stays no under a new cap"
    assert not PaymentOrder.objects.exists()


def test_said_no_while_it_is_being_paid_one_of_both_holds(payer: Payer, world: World) -> None:
    row, _bill = waiting(payer)
    now = clock.now() + DAY

    def both(place: int) -> Any:
        if place % 2:
            return scheduled_bills.pay_one(row.pk, now=now)
        return scheduled_bills.skip(
            account=payer.account, bill=row.public_id, actor=payer.actor, now=now
        )

    at_once(both)
    row.refresh_from_db()
    assert row.state in {"SKIPPED", "ORDERED"}
    assert PaymentOrder.objects.count() == (row.state == "ORDERED")


def test_stopped_it_pays_nothing_that_waits(browser: Client, payer: Payer) -> None:
    row, _bill = waiting(payer)
    for _press in range(2):
        answer = browser.post(f"{HOME}{row.schedule.public_id}/stop/", secure=True)
        assert answer.status_code == 303
    assert (pay_later(row).state, row.code) == ("NOT_PAID", "stopped")
    assert not PaymentOrder.objects.exists()


def test_an_amount_that_changed_is_told_anew_before_it_is_paid(payer: Payer, world: World) -> None:
    row, bill = waiting(payer)
    Bill.objects.filter(pk=bill.pk).update(amount=500_000)
    assert pay_later(row).state == ScheduledBillState.WAITING
    assert (row.amount, told("PAYMENT_SCHEDULED")) == (500_000, 2)
    assert not PaymentOrder.objects.exists()
    with clock.frozen(clock.now() + DAY):
        assert pay_later(row).state == ScheduledBillState.ORDERED
    assert PaymentOrder.objects.get().amount == 500_000


def test_an_amount_that_rose_above_the_cap_is_not_paid(payer: Payer) -> None:
    row, bill = waiting(payer, 450_000)
    Bill.objects.filter(pk=bill.pk).update(amount=450_001)
    assert pay_later(row).state == ScheduledBillState.OVER_CAP
    assert (told("PAYMENT_OVER_CAP"), PaymentOrder.objects.count()) == (1, 0)


def test_what_was_paid_meanwhile_is_not_paid_again(payer: Payer, world: World) -> None:
    row, bill = waiting(payer)
    payer.pay(bill)
    assert (pay_later(row).state, row.code) == ("NOT_PAID", "being_paid")
    assert (PaymentOrder.objects.count(), told("PAYMENT_NOT_SCHEDULED")) == (1, 1)


def test_a_bill_closed_meanwhile_is_not_paid(payer: Payer) -> None:
    row, bill = waiting(payer)
    Bill.objects.filter(pk=bill.pk).update(state=BillState.PAID)
    assert (pay_later(row).state, row.code) == ("NOT_PAID", "bill_closed")
    assert told("PAYMENT_NOT_SCHEDULED") == 1


def test_after_a_recovery_a_consent_is_not_enough(payer: Payer) -> None:
    row, _bill = waiting(payer)
    Account.objects.update(money_held_until=clock.now() + timedelta(days=3))
    assert (pay_later(row).state, row.code) == ("NOT_PAID", "stronger_needed")
    assert not PaymentOrder.objects.exclude(state=OrderState.CANCELLED).exists()
    assert told("PAYMENT_NOT_SCHEDULED") == 1


def unlink(_payer: Payer) -> None:
    BankLink.objects.update(state=LinkState.UNLINKED)


def forget(_payer: Payer) -> None:
    CustomerCode.objects.update(forgotten_at=clock.now())


def close(_payer: Payer) -> None:
    Account.objects.update(state=AccountState.CLOSED)


@pytest.mark.parametrize(
    ("lose", "why"), [(unlink, "unlinked"), (forget, "forgotten"), (close, "closed")]
)
@pytest.mark.parametrize("by_beat", [True, False])
def test_without_bank_code_or_account_it_ends_and_says_so(
    payer: Payer, lose: Callable[[Payer], None], why: str, by_beat: bool
) -> None:
    row, _bill = waiting(payer)
    lose(payer)
    if by_beat:
        at_once(lambda _place: scheduled_bills.begin(now=clock.now()))
    assert (pay_later(row).state, row.code) == ("NOT_PAID", why)
    row.schedule.refresh_from_db()
    assert (row.schedule.state, row.schedule.code) == ("ENDED", why)
    assert told("PAYMENT_SCHEDULE_ENDED") == 1
    assert not PaymentOrder.objects.exists()


def test_a_bill_of_another_code_is_left_alone(payer: Payer) -> None:
    agree(payer)
    code = "PE01000999999"
    make_bill(customer_code=code, customer_code_index=sealed.blind_index(CUSTOMER_CODE, code))
    assert scheduled_bills.begin(now=clock.now()) == 0


def test_the_page_says_what_is_missing_first(client: Client) -> None:
    account = factories.make_account(factories.make_citizen(31))
    factories.signed_in(client, account)
    assert "/bills/find/" in see(client)
    make_link(account)
    assert "/bills/find/" in see(client)
