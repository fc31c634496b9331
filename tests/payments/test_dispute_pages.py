"""The pages of a dispute: from the receipt to the answer, for its payer alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from eid_portal.core import clock
from payments import policy
from payments.enums import DisputeState, OrderState, PaymentState
from payments.models import Dispute, Payment
from payments.services import disputes
from tests import factories
from tests.payments.factories import make_link, make_order
from tests.payments.paying import Payer
from tests.payments.receipts import make_paid, make_transfer
from tests.payments.staff import actor_of, make_administrator

pytestmark = pytest.mark.django_db
WORDS = "Tôi đã trả ở bưu điện <b>hôm kia</b>."


@pytest.fixture
def browser(payer: Payer) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), payer.account)


@pytest.fixture
def payment(payer: Payer) -> Payment:
    return make_paid(payer.link, amount=415_000)


def place(payment: Payment) -> str:
    return f"/payments/{payment.public_id}/dispute/"


def see(browser: Client, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def send(browser: Client, payment: Payment, **values: str) -> Any:
    return browser.post(place(payment), {"what": "TWICE", "words": WORDS} | values)


def test_from_the_receipt_to_the_day_of_the_answer(
    browser: Client, payer: Payer, payment: Payment
) -> None:
    receipt = see(browser, f"/payments/{payment.public_id}/")
    assert f'href="{place(payment)}"' in receipt
    assert "Something is wrong with this payment" in receipt
    page = see(browser, place(payment))
    assert "/account/lock/" in page
    assert "415,000 ₫" in page
    assert not Dispute.objects.exists()

    answer = send(browser, payment)

    assert (answer.status_code, answer["Location"]) == (303, place(payment))
    row = Dispute.objects.get()
    assert row.words == WORDS
    day = f"{row.due_at.astimezone(clock.VIET_NAM):%d/%m/%Y}"
    page = see(browser, place(payment))
    assert "We look into this payment" in page
    assert day in page
    assert "&lt;b&gt;hôm kia" in page
    assert 'name="what"' not in page
    receipt = see(browser, f"/payments/{payment.public_id}/")
    assert "Being looked into" in receipt
    assert day in receipt


def test_pressed_twice_it_is_one(browser: Client, payment: Payment) -> None:
    for _press in range(2):
        assert send(browser, payment).status_code == 303
    assert Dispute.objects.count() == 1


def test_who_did_not_pay_is_told_what_to_do_first(browser: Client, payment: Payment) -> None:
    send(browser, payment, what="NOT_MINE", words="")
    page = see(browser, place(payment))
    assert page.index("/account/lock/") < page.index("Our reference")
    assert "/account/devices/" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"what": ""}, "Choose what is wrong."),
        ({"what": "X"}, "Choose what is wrong."),
        ({"what": "OTHER", "words": " "}, "Write what is wrong."),
        ({"words": "a" * 1001}, "Write at most 1,000 characters."),
        ({"words": "a\x00b"}, ""),
        ({"words": "a\u202eb"}, ""),
    ],
)
def test_what_is_missing_or_unreadable_is_said(
    browser: Client, payment: Payment, values: dict[str, str], said: str
) -> None:
    answer = send(browser, payment, **values)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Dispute.objects.exists()


def test_withdrawn_and_asked_anew(browser: Client, payment: Payment) -> None:
    send(browser, payment)
    for _press in range(2):
        answer = browser.post(place(payment), {"action": "withdraw"})
        assert (answer.status_code, answer["Location"]) == (303, place(payment))
    assert Dispute.objects.get().state == DisputeState.WITHDRAWN
    page = see(browser, place(payment))
    assert "Withdrawn by the payer" in page
    assert 'name="what"' in page
    send(browser, payment)
    assert Dispute.objects.count() == 2


def test_the_answer_is_read(browser: Client, payer: Payer, payment: Payment) -> None:
    send(browser, payment)
    disputes.reject(
        dispute_id=Dispute.objects.get().pk,
        words="Điện lực chỉ nhận một lần.",
        actor=actor_of(make_administrator(60)),
        now=clock.now(),
    )
    page = see(browser, place(payment))
    assert "Điện lực chỉ nhận một lần." in page
    assert "Answered: no refund" in page
    assert 'name="what"' in page  # asked again, with more words


def test_a_late_answer_says_so(browser: Client, payment: Payment) -> None:
    send(browser, payment)
    Dispute.objects.update(due_at=clock.now())
    assert "This is late." in see(browser, place(payment))
    assert "is late" in see(browser, f"/payments/{payment.public_id}/")


def test_somebody_elses_payment_has_no_dispute(payment: Payment) -> None:
    other = factories.make_account(factories.make_citizen(17))
    stranger = factories.signed_in(Client(), other)
    assert stranger.get(place(payment)).status_code == 404
    assert send(stranger, payment).status_code == 404
    assert stranger.post(place(payment), {"action": "withdraw"}).status_code == 404
    assert Client().get(place(payment)).status_code == 302
    assert not Dispute.objects.exists()


def test_what_cannot_be_disputed_says_why(browser: Client, payer: Payer) -> None:
    back = make_paid(payer.link, state=PaymentState.REFUNDED)
    old = make_paid(payer.link, at=clock.now() - policy.DISPUTABLE - timedelta(days=1))
    _order, (never,) = make_order(
        payer.link, state=OrderState.REFUSED, payment=PaymentState.NOT_PAID
    )
    for payment, why in ((back, "is back"), (old, "more than 90 days"), (never, "No money left")):
        assert "/dispute/" not in see(browser, f"/payments/{payment.public_id}/")
        assert why in see(browser, place(payment))
        answer = send(browser, payment)
        assert answer.status_code == 409
        assert why in answer.content.decode()
    assert not Dispute.objects.exists()


def test_what_was_never_agreed_to_has_none(browser: Client, payer: Payer) -> None:
    _order, (draft,) = make_order(payer.link, state=OrderState.DRAFTED, authorised_by="")
    assert browser.get(place(draft)).status_code == 404
    assert send(browser, draft).status_code == 404


def test_on_its_way_it_can_be_disputed_too(browser: Client, payer: Payer) -> None:
    payment = make_paid(payer.link, state=PaymentState.UNKNOWN)
    assert place(payment) in see(browser, f"/payments/{payment.public_id}/")
    assert "goes back by itself" in see(browser, place(payment))
    assert send(browser, payment).status_code == 303


def test_a_transfer_says_what_can_be_done(browser: Client, payer: Payer) -> None:
    payment = make_transfer(payer.link, "TRAN VAN MAU")
    assert "we cannot take it back" in see(browser, place(payment))


def test_too_many_a_day(browser: Client, payer: Payer) -> None:
    link = make_link(payer.account)
    for _each in range(policy.DISPUTE.allowed):
        assert send(browser, make_paid(link)).status_code == 303
    assert send(browser, make_paid(link)).status_code == 429
