"""Paying in a browser: from the button to the result, with everything that may go wrong on the way."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Authenticator, Device, Notice
from eid_portal import jinja as filters
from eid_portal.core import clock
from eid_portal.core.models import Job
from payments import purposes
from payments.enums import BillState, LinkState, OrderState, PaymentPurpose, PaymentState
from payments.models import BankLink, Bill, Payment, PaymentOrder
from payments.purposes import Due, Purpose
from tests import factories
from tests.payments import world as outside_world
from tests.payments.factories import make_link
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.world import World, work

pytestmark = pytest.mark.django_db(transaction=True)
DEBITS, BILLS = "/v1/debits", "/v1/payments"


@pytest.fixture
def world() -> Iterator[World]:
    with outside_world.world() as here:
        yield here


@pytest.fixture
def payer(db: None) -> Payer:
    return make_payer()


@pytest.fixture
def browser(client: Client, payer: Payer) -> Client:
    """The payer's own, known for long."""
    factories.signed_in(client, payer.account)
    Device.objects.update(first_seen_at=clock.now() - timedelta(days=30))
    return client


def start(browser: Client, *bills: Bill, **fields: Any) -> Any:
    fields = {"key": str(uuid4()), "bill": [bill.public_id for bill in bills]} | fields
    return browser.post("/payments/start/", fields, secure=True)


def drafted(browser: Client, *bills: Bill, **fields: Any) -> str:
    """The address of a new order's page."""
    answer = start(browser, *bills, **fields)
    assert answer.status_code == 303, answer.content.decode()
    return str(answer["Location"])


def see(browser: Client, place: str, **headers: Any) -> str:
    answer = browser.get(place, secure=True, **headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def enter(browser: Client, place: str, code: str) -> Any:
    return browser.post(f"{place}code/", {"code": code}, secure=True)


# --- The usual way ----------------------------------------------------------------------------------
def test_two_bills_are_paid_with_two_presses_and_a_code(browser: Client, world: World) -> None:
    place = drafted(browser, make_bill(486_200), make_bill(152_300))
    page = see(browser, place)

    assert "638.500 ₫" in page
    assert "486.200 ₫" in page
    assert "Vietcombank •••• 0099" in page
    sms = Notice.objects.get(kind="CODE").text
    assert "638.500" in str(sms)
    assert enter(browser, place, factories.sent_code()).status_code == 303
    assert "data-moves" in see(browser, place)
    work()
    page = see(browser, place, HTTP_ACCEPT_LANGUAGE="en")
    assert "638,500 ₫ paid" in page
    assert "data-moves" not in page
    assert world.moved(DEBITS) == 638_500


def test_a_press_sent_twice_is_one_order_and_one_message(browser: Client) -> None:
    bill, key = make_bill(), str(uuid4())

    assert drafted(browser, bill, key=key) == drafted(browser, bill, key=key)

    assert PaymentOrder.objects.count() == 1
    assert Notice.objects.filter(kind="CODE").count() == 1


def test_a_code_sent_twice_pays_once(browser: Client, world: World) -> None:
    place = drafted(browser, make_bill())
    code = factories.sent_code()

    assert [enter(browser, place, code).status_code for _time in range(2)] == [303, 303]
    work()
    assert len(world.sent) == 2  # the bank, and the biller


def test_another_account_is_chosen_on_the_page(browser: Client, payer: Payer) -> None:
    other = make_link(payer.account, bank="970418", ending="7777")
    place, key = drafted(browser, make_bill()), str(uuid4())

    answers = [
        browser.post(f"{place}again/", {"key": key, "link": other.public_id}, secure=True)
        for _time in range(2)
    ]

    [new] = {answer["Location"] for answer in answers}
    page = see(browser, new)
    assert page.index("BIDV •••• 7777") < page.index("Vietcombank •••• 0099")
    assert PaymentOrder.objects.get(state=OrderState.DRAFTED).link == other


def test_a_form_without_javascript_answers_in_full(browser: Client, world: World) -> None:
    place = drafted(browser, make_bill())
    enter(browser, place, factories.sent_code())

    assert '<noscript><meta http-equiv="refresh"' in see(browser, place)
    assert "<html" not in see(browser, f"{place}progress/")


# --- While it is not certain ------------------------------------------------------------------------
def see_english(browser: Client, place: str) -> str:
    return see(browser, place, headers={"Accept-Language": "en"})


def _when(moment: datetime) -> str:
    with translation.override("en"):
        return filters.when(moment)


def _asked_in(minutes: int) -> str:
    """Have what waits be asked again in so many minutes; that moment as a page says it, should it be today."""
    at = clock.now() + timedelta(minutes=minutes)
    assert Job.objects.filter(done_at=None, last_error__gt="").update(next_attempt_at=at) == 1
    return _when(at)


def test_a_bank_that_is_silent_was_asked_then_and_is_asked_again_then(
    browser: Client, payer: Payer, world: World
) -> None:
    world.how = {DEBITS: ["silent"], DEBITS + "/status": ["silent"] * 9}
    order = payer.pay(make_bill())
    assert "Last asked" not in see_english(browser, f"/payments/orders/{order.public_id}/progress/")
    work(1)
    order.refresh_from_db()
    assert (order.state, order.unanswered) == (OrderState.UNKNOWN, 1)
    first, sent = order.asked_at, order.sent_at
    assert first is not None
    assert sent is not None
    assert first >= sent

    payment = order.payments.get()
    places = (f"/payments/orders/{order.public_id}/progress/", f"/payments/{payment.public_id}/")
    for place in places:
        page = see_english(browser, place)
        assert f"Last asked: {_when(first)}. Asked again within a minute." in page
    later = _asked_in(15)
    for place in places:
        assert f"Asked again: {later}." in see_english(browser, place)

    Job.objects.filter(done_at=None).update(next_attempt_at=clock.now())
    work(1)
    order.refresh_from_db()
    assert order.unanswered == 2
    assert order.asked_at is not None
    assert order.asked_at > first


def test_a_payee_that_is_silent_too(browser: Client, payer: Payer, world: World) -> None:
    world.how = {BILLS: ["silent"], BILLS + "/status": ["silent"]}
    order = payer.pay(make_bill())
    work(2)
    payment = order.payments.get()
    assert payment.state == PaymentState.UNKNOWN
    assert payment.asked_at is not None
    place = f"/payments/{payment.public_id}/"
    for each in (f"/payments/orders/{order.public_id}/", place):
        page = see_english(browser, each)
        assert f"Last asked: {_when(payment.asked_at)}. " in page
        assert "progress.js" in page
        assert "data-moves" in page
        assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-progress="{place}"' in see_english(browser, place)

    Job.objects.filter(done_at=None).update(next_attempt_at=clock.now())
    work()
    page = see(
        browser, place
    )  # another page now: the script loads it anew, for there is no part to exchange
    assert "data-part" not in page
    assert "progress.js" not in page
    assert "Last asked" not in page


# --- The ways that end elsewhere --------------------------------------------------------------------
def test_without_a_bank_account_one_is_linked_and_the_choice_kept(
    browser: Client, payer: Payer
) -> None:
    BankLink.objects.all().delete()
    bill = make_bill()

    answer = start(browser, bill)

    assert answer.status_code == 303
    assert answer["Location"].startswith("/banks/link/?next=%2Fpayments%2Fstart%2F%3Fbill%3D")
    assert bill.public_id in answer["Location"]
    assert bill.public_id in see(browser, f"/payments/start/?bill={bill.public_id}")


def test_a_session_that_ended_finds_what_was_chosen(client: Client, payer: Payer) -> None:
    bill = make_bill()

    answer = start(client, bill)
    assert answer.status_code == 302
    assert f"bill%3D{bill.public_id}" in answer["Location"]
    answer = client.post(f"/payments/orders/{'x' * 22}/code/", {"code": "1"}, secure=True)
    assert answer["Location"] == f"/sign-in/?next=%2Fpayments%2Forders%2F{'x' * 22}%2F"


def test_a_draft_that_ran_out_begins_again_with_the_same(browser: Client) -> None:
    bill = make_bill()
    place = drafted(browser, bill)
    PaymentOrder.objects.update(expires_at=clock.now())

    assert enter(browser, place, factories.sent_code()).status_code == 409
    assert f'action="{place}again/"' in see(browser, place)
    new = browser.post(f"{place}again/", {"key": str(uuid4())}, secure=True)["Location"]

    assert new != place
    assert Payment.objects.get(bill=bill, state=PaymentState.WAITING).order.public_id in new


def test_a_bill_that_changed_is_shown_as_it_was_and_is(browser: Client) -> None:
    bill, gone = make_bill(415_000), make_bill(10_000)
    place = drafted(browser, bill, gone)
    Bill.objects.filter(pk=bill.pk).update(amount=399_000)
    Bill.objects.filter(pk=gone.pk).update(state=BillState.PAID)

    answer = enter(browser, place, factories.sent_code())

    assert answer.status_code == 409
    page = answer.content.decode()
    assert re.search(r"<s[^>]*>415\.000 ₫</s>.*?399\.000 ₫", page, re.DOTALL)
    new = browser.post(f"{place}again/", {"key": str(uuid4())}, secure=True)["Location"]
    assert PaymentOrder.objects.get(state=OrderState.DRAFTED).amount == 399_000
    assert "399.000 ₫" in see(browser, new)


def test_cancelling_frees_the_bills(browser: Client) -> None:
    bill = make_bill()
    place = drafted(browser, bill)

    answer = browser.post(f"{place}cancel/", secure=True)

    assert answer["Location"] == "/bills/"
    assert PaymentOrder.objects.get().state == OrderState.CANCELLED
    assert drafted(browser, bill) != place


@pytest.mark.parametrize("place", ["/some/page/", ""])
def test_what_another_app_asked_for_leads_back_to_its_page(
    place: str, browser: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = uuid4()
    purpose = Purpose(
        code=PaymentPurpose.FEE,
        due=lambda _account, _about: Due(biller="treasury", amount=7_000, reference="KB-1"),
        settled=lambda _made: None,
        refunded=lambda _made: None,
        place=lambda asked: place if asked == about else "/wrong/",
    )
    monkeypatch.setitem(purposes._purposes, PaymentPurpose.FEE, purpose)
    fields = {"bill": [], "what": "due", "purpose": "FEE", "about": str(about)}
    onward = f'href="{place or "/bills/"}"'

    order = drafted(browser, **fields)
    assert onward in see(browser, order)
    assert browser.post(f"{order}cancel/", secure=True)["Location"] == (place or "/bills/")
    assert onward in see(browser, order)
    order = drafted(browser, **fields)
    enter(browser, order, factories.sent_code())
    assert "Go on to your application" not in see(browser, order, HTTP_ACCEPT_LANGUAGE="en")
    work()

    page = see(browser, order, HTTP_ACCEPT_LANGUAGE="en")
    assert "7,000 ₫ paid" in page
    assert onward in page
    assert ("Go on to your application" in page) is bool(place)


def test_a_second_tab_ends_the_first(browser: Client) -> None:
    bill = make_bill()
    first = drafted(browser, bill)
    code = factories.sent_code()
    second = drafted(browser, bill)

    assert enter(browser, first, code).status_code == 409
    assert enter(browser, second, code).status_code == 422  # a code of another order
    assert f"{first}again/" in see(browser, first)


# --- What the bank and the payees say -----------------------------------------------------------------
def test_a_bank_that_is_silent_is_never_thanked_for(browser: Client, world: World) -> None:
    world.how = {DEBITS: ["silent"], DEBITS + "/status": ["silent"] * 3}
    place = drafted(browser, make_bill())
    enter(browser, place, factories.sent_code())
    work(2)

    page = see(browser, place, HTTP_ACCEPT_LANGUAGE="en")
    assert "The bank has not answered" in page
    assert "Do not pay again." in page
    assert "data-moves" in page
    assert " paid</h1>" not in page

    work()
    assert "415,000 ₫ paid" in see(browser, place, HTTP_ACCEPT_LANGUAGE="en")


@pytest.mark.parametrize(
    ("code", "words"), [("no_money", "not enough money"), ("limit", "limit at your bank")]
)
def test_a_refusal_says_why_and_leads_on(
    code: str, words: str, browser: Client, payer: Payer, world: World
) -> None:
    other = make_link(payer.account, bank="970418", ending="7777")
    world.how[DEBITS] = [code]
    place = drafted(browser, make_bill())
    enter(browser, place, factories.sent_code())
    work()

    assert words in see(browser, place, HTTP_ACCEPT_LANGUAGE="en")
    again = browser.post(
        f"{place}again/", {"key": str(uuid4()), "link": other.public_id}, secure=True
    )
    enter(browser, again["Location"], factories.sent_code())
    work()
    assert "415,000 ₫ paid" in see(browser, again["Location"], HTTP_ACCEPT_LANGUAGE="en")


def test_what_a_payee_refused_goes_back_in_words(browser: Client, world: World) -> None:
    world.how[BILLS] = ["withdrawn"]
    place = drafted(browser, make_bill(100_000), make_bill(50_000))
    enter(browser, place, factories.sent_code())
    work()

    page = see(browser, place, HTTP_ACCEPT_LANGUAGE="en")
    assert "a part goes back" in page
    assert "The biller withdrew this bill" in page


# --- Codes and passkeys ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the code"),
        ("12", "The code has 6 digits"),
        ("abcdef", "The code has 6 digits"),
        ("000000", "The code is not right"),
    ],
)
def test_a_wrong_code_is_said_at_its_field(typed: str, words: str, browser: Client) -> None:
    place = drafted(browser, make_bill())

    answer = browser.post(f"{place}code/", {"code": typed}, secure=True, HTTP_ACCEPT_LANGUAGE="en")

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert enter(browser, place, factories.sent_code()).status_code == 303


def test_a_code_that_came_too_late_is_sent_anew(browser: Client) -> None:
    place = drafted(browser, make_bill())
    code = factories.sent_code()
    with clock.frozen(clock.now() + timedelta(minutes=4)):
        assert enter(browser, place, code).status_code == 422
        browser.post(f"{place}code/", {"action": "send"}, secure=True)
        assert enter(browser, place, factories.sent_code()).status_code == 303


def test_so_many_messages_are_enough(browser: Client) -> None:
    place = drafted(browser, make_bill())

    statuses = [
        browser.post(f"{place}code/", {"action": "send"}, secure=True).status_code
        for _time in range(12)
    ]

    assert statuses[-1] == 429
    assert set(statuses) == {303, 429}


def test_without_a_phone_that_counts_there_is_a_way_on(browser: Client) -> None:
    Authenticator.objects.update(trusted_from=clock.now() + timedelta(days=1))
    place = drafted(browser, make_bill())

    page = see(browser, place)

    assert "/account/security/passkeys/add/" in page
    assert browser.post(f"{place}code/", {"action": "send"}, secure=True).status_code == 409
    assert not Notice.objects.filter(kind="CODE").exists()


def test_a_new_device_is_asked_for_a_passkey(client: Client, payer: Payer) -> None:
    factories.signed_in(client, payer.account)
    place = drafted(client, make_bill())

    assert "/account/security/passkeys/add/" in see(client, place)
    answer = client.get(f"{place}passkey/options/", secure=True)
    assert answer.json()["challenge"]
    answer = client.post(f"{place}passkey/", {"answer": "{}"}, secure=True)
    assert answer.status_code == 422
    assert PaymentOrder.objects.get().state == OrderState.DRAFTED


# --- Bad input ------------------------------------------------------------------------------------
BROKEN = [
    {"bill": []},
    {"bill": ["' OR 1=1 --"]},
    {"bill": ["x" * 500]},
    {"bill": [f"bill{place}" for place in range(21)]},
    {"key": "1"},
    {"key": "１２"},
    {"key": ""},
    {"link": "../../etc"},
    {"what": "due"},
    {"what": "due", "purpose": "FEE", "about": "9223372036854775808"},
    {"what": "due", "purpose": "X", "about": str(UUID(int=7))},
    {"what": "all"},
]


@pytest.mark.parametrize("fields", BROKEN, ids=str)
def test_what_cannot_be_read_is_refused_in_words(fields: dict[str, Any], browser: Client) -> None:
    bill = make_bill()

    answer = start(browser, bill, **fields)

    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.content.decode()
    assert not PaymentOrder.objects.exists()
    if "bill" not in fields:  # nothing is lost
        assert bill.public_id in answer.content.decode()


@pytest.mark.parametrize("amount", ["-1", "0", "1.5", str(2**63), "１２３", "415000"])
def test_an_amount_from_a_page_counts_for_nothing(amount: str, browser: Client) -> None:
    drafted(browser, make_bill(415_000), amount=amount)

    assert PaymentOrder.objects.get().amount == 415_000


@pytest.mark.parametrize(
    "why",
    ["foreign bill", "no such bill", "closed", "foreign account", "purpose nobody registered"],
)
def test_what_cannot_be_paid_is_said(why: str, browser: Client, payer: Payer) -> None:
    from payments.models import CustomerCode

    bill = make_bill()
    fields: dict[str, Any] = {}
    if why == "foreign bill":
        CustomerCode.objects.update(account=factories.make_account(factories.make_citizen(16)))
    elif why == "no such bill":
        fields = {"bill": ["abcdefghijklmnopqrstuv"]}
    elif why == "closed":
        Bill.objects.update(state=BillState.PAID)
    elif why == "foreign account":
        stranger = factories.make_account(factories.make_citizen(16))
        fields = {"link": make_link(stranger).public_id}
    else:
        fields = {"bill": [], "what": "due", "purpose": "FEE", "about": str(uuid4())}

    answer = start(browser, bill, **fields)

    assert answer.status_code == 409
    assert "govuk-error-summary" in answer.content.decode()
    assert not PaymentOrder.objects.exists()


def test_an_order_of_somebody_else_is_none(browser: Client) -> None:
    stranger = make_payer(16, phone="+84912000098")
    place = f"/payments/orders/{stranger.order(make_bill()).public_id}/"

    for path in ("", "progress/", "passkey/options/"):
        assert browser.get(place + path, secure=True).status_code == 404
    for path in ("code/", "passkey/", "again/"):
        fields = {"code": "123456", "key": str(uuid4()), "answer": "{}"}
        assert browser.post(place + path, fields, secure=True).status_code == 404
    browser.post(f"{place}cancel/", secure=True)
    assert PaymentOrder.objects.get().state == OrderState.DRAFTED


def test_an_account_that_is_no_longer_linked_leads_to_another(
    browser: Client, payer: Payer
) -> None:
    other = make_link(payer.account, bank="970418", ending="7777")
    place = drafted(browser, make_bill(), link=payer.link.public_id)
    BankLink.objects.filter(pk=payer.link.pk).update(state=LinkState.UNLINKED)

    assert enter(browser, place, factories.sent_code()).status_code == 409
    new = browser.post(f"{place}again/", {"key": str(uuid4())}, secure=True)["Location"]
    assert "BIDV •••• 7777" in see(browser, new)
    assert PaymentOrder.objects.get(state=OrderState.DRAFTED).link == other
