"""The office of disputes: those due first, each look seen, refunds by two, an answer with words by one."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account
from eid_portal.core import clock
from eid_portal.core.models import Approval, AuditEvent
from payments.enums import DisputeState, PaymentState, RefundReason, RefundState
from payments.models import Dispute, Payment, Refund
from payments.selectors import money
from tests import factories
from tests.payments.factories import make_dispute, make_link, make_order, make_refund
from tests.payments.receipts import make_paid, make_transfer
from tests.payments.staff import make_administrator

pytestmark = pytest.mark.django_db
AT = "/admin/payments/dispute/"
WORDS = "Công ty điện lực xác nhận đã thu hai lần."


def window_of(account: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), account)


@pytest.fixture
def window(db: None) -> Client:
    return window_of(make_administrator(60))


def colleague() -> Client:
    """Another administrator, who has just signed in."""
    return window_of(make_administrator(61))


@pytest.fixture
def payment(db: None) -> Payment:
    return make_paid(make_link(factories.make_account()), amount=415_000)


@pytest.fixture
def row(payment: Payment) -> Dispute:
    return make_dispute(payment)


def text_of(window: Client, address: str) -> str:
    answer = window.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    body = answer.content.decode().partition('id="content-start"')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def page(row: Dispute, step: str = "change") -> str:
    return f"{AT}{row.pk}/{step}/"


def propose(window: Client, row: Dispute, **values: str) -> Any:
    return window.post(page(row, "propose"), {"amount": "15.000", "words": WORDS} | values)


def now_of(row: Dispute) -> Dispute:
    return Dispute.objects.get(pk=row.pk)


# --- The list -----------------------------------------------------------------------------------------
def test_what_is_due_first_comes_first_and_is_marked(window: Client, payment: Payment) -> None:
    link, now = payment.order.link, clock.now()
    late, soon, later, over = (
        make_dispute(make_paid(link, amount=amount), due_at=now + timedelta(days=days), **columns)
        for amount, days, columns in (
            (1_001, -1, {}),
            (1_002, 2, {}),
            (1_003, 9, {"state": DisputeState.PROPOSED}),
            (1_004, -2, {"state": DisputeState.WITHDRAWN, "ended_at": now}),
        )
    )  # fmt: skip
    shown = text_of(window, AT)
    places = [shown.index(f"1.00{each} ₫") for each in (1, 2, 3)]
    assert places == sorted(places)
    assert "1.004 ₫" not in shown
    assert shown.count(": late") == shown.count(": soon") == 1
    assert factories.NAME not in shown

    near = text_of(window, f"{AT}?standing=near")
    assert "1.002 ₫" in near
    assert "1.003 ₫" not in near
    assert "1.004 ₫" in text_of(window, f"{AT}?standing=WITHDRAWN")
    assert all(f"1.00{each} ₫" in text_of(window, f"{AT}?standing=all") for each in (1, 2, 3, 4))
    found = text_of(window, f"{AT}?q={over.payment.order.reference}")
    assert "1.004 ₫" in found
    assert "1.001 ₫" not in found
    assert {late.pk, soon.pk, later.pk} <= set(Dispute.objects.values_list("pk", flat=True))


def test_the_list_is_paged_and_whole(window: Client, payment: Payment) -> None:
    link, due = payment.order.link, clock.now() + timedelta(days=5)
    for place in range(60):
        make_dispute(make_paid(link), due_at=due + timedelta(days=place % 3))
    first = window.get(AT).content.decode()
    following = re.search(r'href="(\?after=[^"]+)" rel="next"', first)
    assert following is not None
    second = window.get(AT + following[1]).content.decode()
    seen = [set(re.findall(rf"{AT}([0-9a-f-]+)/change/", each)) for each in (first, second)]
    assert (len(seen[0]), len(seen[1]), seen[0] & seen[1]) == (50, 10, set())


def test_a_list_has_no_more_queries_the_longer_it_is(
    window: Client, payment: Payment, django_assert_max_num_queries: Any
) -> None:
    for _each in range(20):
        make_dispute(make_paid(payment.order.link))
    with django_assert_max_num_queries(12):
        window.get(AT)


def test_all_money_says_how_many_wait_and_how_many_are_late(window: Client, row: Dispute) -> None:
    make_dispute(make_paid(row.payment.order.link, amount=5_000), due_at=clock.now())
    seen = money.overview(clock.now())
    assert (seen.disputes.count, seen.disputes.amount) == (2, 420_000)
    assert (seen.disputes_near.count, seen.disputes_near.amount) == (1, 5_000)
    shown = text_of(window, "/admin/payments/ledgeraccount/")
    assert "Disputes due soon, or late" in shown


# --- One of them --------------------------------------------------------------------------------------
def test_a_look_is_seen_by_the_payer(window: Client, row: Dispute) -> None:
    shown = text_of(window, page(row))
    assert row.words in shown
    assert "415.000 ₫" in shown
    event = AuditEvent.objects.get(name="accounts.data_seen")
    assert (event.subject_id, event.target_id) == (
        row.payment.order.account.citizen_id, row.pk,
    )  # fmt: skip


def test_it_is_taken_once(window: Client, row: Dispute) -> None:
    assert "Look into it" in window.get(page(row)).content.decode()
    assert window.get(page(row, "take")).status_code == 302
    assert now_of(row).taken_by is None
    assert window.post(page(row, "take")).status_code == 302
    assert now_of(row).taken_by is not None
    assert "Look into it" not in window.get(page(row)).content.decode()
    second = colleague()
    second.post(page(row, "take"))
    assert "A colleague looks into this dispute." in text_of(second, page(row))


def test_two_administrators_uphold_it(window: Client, row: Dispute) -> None:
    assert propose(window, row).status_code == 302
    assert now_of(row).state == DisputeState.PROPOSED
    assert "Decide" in text_of(window, page(row))
    assert window.get(page(row, "reject")).status_code == 200
    refused = window.post(page(row, "reject"), {"words": WORDS})
    assert "another administrator decides first" in refused.content.decode()

    second, decide = colleague(), f"/admin/payments/payment/{row.payment_id}/decide/"
    shown = text_of(second, decide)
    for words in ("15.000 ₫", "A dispute was upheld", WORDS, row.words, "I paid the same thing"):
        assert words in shown, words
    assert second.post(decide, {"decision": "approve", "note": "Đúng"}).status_code == 302

    ended = now_of(row)
    assert (ended.state, ended.answer) == (DisputeState.UPHELD, WORDS)
    refund = Refund.objects.get()
    assert (refund.state, refund.reason) == (RefundState.SENDING, RefundReason.DISPUTE)
    shown = text_of(second, page(row))
    assert WORDS in shown
    assert "Propose a refund" not in shown


def test_refused_it_says_why_and_is_answered_with_words(window: Client, row: Dispute) -> None:
    propose(window, row)
    second = colleague()
    note = {"decision": "refuse", "note": "Chưa có xác nhận"}
    second.post(f"/admin/payments/payment/{row.payment_id}/decide/", note)
    shown = text_of(window, page(row))
    assert "Chưa có xác nhận" in shown
    assert "Answer" in shown

    assert window.post(page(row, "reject"), {"words": WORDS}).status_code == 302

    ended = now_of(row)
    assert (ended.state, ended.answer) == (DisputeState.REJECTED, WORDS)
    again = window.post(page(row, "reject"), {"words": "Một câu trả lời khác."})
    assert "answered or taken back" in again.content.decode()
    assert now_of(row).answer == WORDS
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amount": "415.001"}, "more than was paid"),
        ({"amount": "-5"}, "above zero"),
        ({"amount": ""}, "required"),
        ({"words": "a"}, "at least 10"),
        ({"words": "a" * 501}, "at most 500"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(
    window: Client, row: Dispute, values: dict[str, str], said: str
) -> None:
    answer = propose(window, row, **values)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    if "words" in values:
        assert said in window.post(page(row, "reject"), values).content.decode()
    assert not Approval.objects.exists()
    assert now_of(row).state == DisputeState.ASKED


def test_where_nothing_can_go_back_no_refund_is_offered(window: Client, payment: Payment) -> None:
    make_refund(payment, 415_000)
    transfer = make_transfer(payment.order.link, "TRAN VAN MAU")
    _order, (waiting,) = make_order(payment.order.link, payment=PaymentState.UNKNOWN)
    for each in (payment, transfer, waiting):
        shown = text_of(window, page(make_dispute(each)))
        assert "Propose a refund" not in shown
        assert "Answer" in shown
        assert "TRAN VAN MAU" not in shown


def test_nobody_answers_their_own(row: Dispute) -> None:
    citizen = row.payment.order.account.citizen
    own = window_of(factories.make_staff(62, kind=AccountKind.ADMINISTRATOR, citizen=citizen))
    assert "your own payment" in own.post(page(row, "reject"), {"words": WORDS}).content.decode()
    assert "your own payment" in propose(own, row).content.decode()
    own.post(page(row, "take"))
    assert now_of(row).taken_by is None
    assert now_of(row).state == DisputeState.ASKED


def test_one_that_is_not_there(window: Client, row: Dispute) -> None:
    nothing = "01941f29-7c00-7000-8000-000000000000"
    for step in ("take", "propose", "reject"):
        assert window.get(f"{AT}{nothing}/{step}/").status_code == 404
    assert window.post(f"{AT}{row.pk}/delete/").status_code == 403
    assert window.get(f"{AT}{row.pk}/history/").status_code == 404


def test_no_citizen_opens_it(row: Dispute) -> None:
    payer = window_of(row.payment.order.account)
    for address in (AT, page(row), page(row, "propose"), page(row, "reject")):
        assert payer.get(address).status_code in {302, 403, 404}


def test_the_payment_leads_to_it(window: Client, row: Dispute) -> None:
    shown = window.get(f"/admin/payments/payment/{row.payment_id}/change/").content.decode()
    assert page(row) in shown
