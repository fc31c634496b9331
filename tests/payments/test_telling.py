"""Payers are told what became of their money: once each, in words, by text message where they wait for certainty."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.enums import NoticeChannel, NoticeKind
from accounts.models import Authenticator, Notice
from eid_portal.core import clock
from payments.models import Payment
from tests.payments.paying import Payer, make_bill
from tests.payments.test_paying import report, take
from tests.payments.world import World, work

pytestmark = pytest.mark.django_db(transaction=True)
DEBITS, BILLS = "/v1/debits", "/v1/payments"
INBOX, SMS = NoticeChannel.INBOX, NoticeChannel.SMS


def told(kind: NoticeKind) -> list[Any]:
    return sorted(Notice.objects.filter(kind=kind).values_list("channel", flat=True))


def test_what_went_as_expected_is_in_the_inbox_alone(payer: Payer, world: World) -> None:
    order = payer.pay(make_bill(100_000), make_bill(50_000))
    work()

    assert told(NoticeKind.PAYMENT_SETTLED) == [INBOX, INBOX]
    words = {str(notice.text) for notice in Notice.objects.filter(kind="PAYMENT_SETTLED")}
    assert all(order.reference in said and "Điện lực Mẫu" in said for said in words)
    assert any("100.000 ₫" in said for said in words)


def test_what_was_not_certain_is_told_and_then_by_text_message(payer: Payer, world: World) -> None:
    world.how = {DEBITS: ["silent"], DEBITS + "/status": ["silent"] * 2}
    order = payer.pay(make_bill(), make_bill(50_000))
    work(2)
    assert told(NoticeKind.PAYMENT_UNKNOWN) == [INBOX]

    work()

    assert told(NoticeKind.PAYMENT_UNKNOWN) == [INBOX]
    assert told(NoticeKind.PAYMENT_SETTLED) == [INBOX, INBOX, SMS]
    take(report(order))  # late, and doubled
    assert told(NoticeKind.PAYMENT_SETTLED) == [INBOX, INBOX, SMS]


def test_a_refusal_is_told_at_once(payer: Payer, world: World) -> None:
    world.how[DEBITS] = ["no_money"]
    payer.pay(make_bill())
    work()

    assert told(NoticeKind.PAYMENT_REFUSED) == [INBOX, SMS]
    assert told(NoticeKind.PAYMENT_SETTLED) == []


def test_what_came_back_is_told(payer: Payer, world: World) -> None:
    world.how[BILLS] = ["withdrawn"]
    payer.pay(make_bill())
    work()

    assert told(NoticeKind.PAYMENT_REFUNDED) == [INBOX, SMS]
    assert told(NoticeKind.PAYMENT_SETTLED) == []


def test_what_the_bank_did_after_all_says_why_it_came_back(payer: Payer, world: World) -> None:
    world.how[DEBITS] = ["never"] * 9
    order = payer.pay(make_bill())
    work()
    world.done[DEBITS, order.reference] = 1
    world.amounts[DEBITS, order.reference] = order.amount
    take(report(order))
    work()

    assert Payment.objects.get().code == "debited_late"
    assert told(NoticeKind.PAYMENT_REFUNDED) == [INBOX, SMS]


def test_without_a_phone_the_inbox_still_says_it(payer: Payer, world: World) -> None:
    world.how[DEBITS] = ["no_money"]
    payer.pay(make_bill())
    Authenticator.objects.update(state="REMOVED", ended_at=clock.now() + timedelta(0))
    work()

    assert told(NoticeKind.PAYMENT_REFUSED) == [INBOX]
