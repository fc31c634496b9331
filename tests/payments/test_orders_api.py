"""Payments through a citizen's own application: one order for a key, agreed to by code, refused in words."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Device, Notice
from eid_portal.core import clock
from payments.enums import BillState, DisputeState, OrderState
from payments.models import Bill, CustomerCode, Payment, PaymentOrder
from tests import factories
from tests.accounts.application import App, signed_in
from tests.payments import world as outside_world
from tests.payments.factories import make_dispute
from tests.payments.paying import Payer, make_bill, make_payer
from tests.payments.world import World, on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
AT = "/api/v1/payments"


@pytest.fixture
def world() -> Iterator[World]:
    with outside_world.world() as here:
        yield here


@pytest.fixture
def payer(db: None) -> Payer:
    return make_payer()


@pytest.fixture
def app(payer: Payer) -> App:
    made = signed_in(payer.account)
    Device.objects.update(first_seen_at=clock.now() - timedelta(days=30))
    return made


def begin(app: App, *bills: Bill, key: str = "", **body: Any) -> Any:
    body = {"bills": [bill.public_id for bill in bills]} | body
    keyed = replace(app, more={"Idempotency-Key": key or str(uuid4())})
    return keyed.post(f"{AT}/orders", **body)


def test_bills_are_begun_agreed_to_and_watched(app: App, world: World) -> None:
    begun = begin(app, make_bill(100_000), make_bill(50_000), amount=150_000)

    assert begun.status_code == 201
    order = begun.json()
    assert (order["amount"], len(order["payments"]), order["needs"]) == (150_000, 2, "CODE")
    place = f"{AT}/orders/{order['id']}"
    confirmed = app.post(f"{place}/confirm", code=factories.sent_code())
    assert confirmed.status_code == 202
    assert (confirmed.json()["state"], confirmed.json()["moves"]) == ("AUTHORISED", True)
    work()
    seen = app.get(place).json()
    assert (seen["state"], seen["moves"]) == ("DEBITED", False)
    assert {payment["state"] for payment in seen["payments"]} == {"SETTLED"}
    listed = app.get(AT).json()
    assert [payment["amount"] for payment in listed["payments"]] == [50_000, 100_000]
    assert {payment["dispute"] for payment in listed["payments"]} == {None}


def test_the_list_says_where_a_dispute_stands(app: App, world: World) -> None:
    order = begin(app, make_bill(100_000), make_bill(50_000)).json()
    app.post(f"{AT}/orders/{order['id']}/confirm", code=factories.sent_code())
    work()
    payment = Payment.objects.get(amount=50_000)
    now = clock.now()
    make_dispute(payment, state=DisputeState.WITHDRAWN, ended_at=now)
    row = make_dispute(payment)
    first, second = app.get(AT).json()["payments"]
    assert (first["dispute"]["state"], second["dispute"]) == ("ASKED", None)
    assert datetime.fromisoformat(first["dispute"]["due_at"]) == row.due_at
    assert row.words not in app.get(AT).content.decode()


def test_64_equal_keys_at_once_are_one_order_and_64_equal_replies(app: App) -> None:
    bill, key = make_bill(), str(uuid4())

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(on_a_thread(lambda _place: begin(app, bill, key=key)), range(64)))

    assert PaymentOrder.objects.count() == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 63]
    assert Notice.objects.filter(kind="CODE").count() == 1


def test_a_key_is_for_one_body(app: App, world: World) -> None:
    bill, key = make_bill(), "mine-1"
    first = begin(app, bill, key=key)

    assert begin(app, bill, key=f'"{key}"').content == first.content  # as RFC 9651 writes a string
    answer = begin(app, make_bill(), key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    answer = begin(app, bill, key=key, amount=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    app.post(f"{AT}/orders/{first.json()['id']}/confirm", code=factories.sent_code())
    work()
    assert begin(app, bill, key=key).content == first.content  # whatever became of it
    assert PaymentOrder.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", '""', "x" * 65, 'a"b', "khóa", '"a'])
def test_without_a_key_nothing_is_begun(key: str | None, app: App) -> None:
    more = {} if key is None else {"Idempotency-Key": key}

    answer = replace(app, more=more).post(f"{AT}/orders", bills=[make_bill().public_id])

    assert answer.status_code == 400
    assert answer.json()["code"] in {"no_idempotency_key", "broken_request"}
    assert not PaymentOrder.objects.exists()


AMOUNTS = [
    (-1, "sign"), (0, "zero"), (1.5, "not_whole"), (415_000.0, "not_whole"), (2**63, "too_much"),
    (10**400, "too_much"), ("415000", "not_whole"), ("４１５０００", "not_whole"),
    (True, "not_whole"), ([], "not_whole"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "flaw"), AMOUNTS, ids=lambda each: str(each)[:12])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_amount_that_is_none_is_refused(amount: Any, flaw: str, language: str, app: App) -> None:
    app.language = language

    answer = begin(app, make_bill(), amount=amount)

    assert answer.status_code in {400, 422}
    if answer.status_code == 422:
        assert answer.json()["errors"]["amount"][0]["code"] == flaw
    assert not PaymentOrder.objects.exists()


def test_an_amount_that_changed_is_not_begun(app: App) -> None:
    bill = make_bill(415_000)
    Bill.objects.update(amount=420_000)

    answer = begin(app, bill, amount=415_000)

    assert (answer.status_code, answer.json()["code"]) == (409, "amount_changed")
    assert not PaymentOrder.objects.exists()
    assert begin(app, bill, amount=420_000).status_code == 201


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        ("foreign bill", 404, "no_such_bill"),
        ("no such bill", 404, "no_such_bill"),
        ("closed", 409, "bill_closed"),
        ("nothing", 422, "nothing_wanted"),
        ("twice", 422, "nothing_wanted"),
        ("no such account", 409, "no_bank_account"),
        ("nothing due", 409, "nothing_due"),
    ],
)
def test_what_cannot_be_paid_is_said(why: str, status: int, code: str, app: App) -> None:
    bill = make_bill()
    body: dict[str, Any] = {}
    match why:
        case "foreign bill":
            stranger = factories.make_account(factories.make_citizen(16))
            CustomerCode.objects.update(account=stranger)
        case "no such bill":
            body = {"bills": ["abcdefghijklmnopqrstuv"]}
        case "closed":
            Bill.objects.update(state=BillState.PAID)
        case "nothing":
            body = {"bills": []}
        case "twice":
            body = {"bills": [bill.public_id] * 2}
        case "no such account":
            body = {"account": "x" * 22}
        case _:
            body = {"bills": [], "due": [{"purpose": "FEE", "about": str(uuid4())}]}

    answer = begin(app, bill, **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not PaymentOrder.objects.exists()


def test_codes_are_for_one_order(app: App, world: World) -> None:
    other = begin(app, make_bill()).json()
    code = factories.sent_code()
    order = begin(app, make_bill()).json()
    wrong = app.post(f"{AT}/orders/{order['id']}/confirm", code=code)

    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_code")
    sent = app.post(f"{AT}/orders/{order['id']}/code")
    assert sent.status_code == 202
    assert (
        app.post(f"{AT}/orders/{order['id']}/confirm", code=factories.sent_code()).status_code
        == 202
    )
    cancelled = app.post(f"{AT}/orders/{other['id']}/cancel")
    assert cancelled.json()["state"] == "CANCELLED"
    again = app.post(f"{AT}/orders/{order['id']}/cancel")
    assert again.json()["state"] == "AUTHORISED"


def test_a_passkey_is_asked_for_this_order(app: App) -> None:
    order = begin(app, make_bill()).json()
    place = f"{AT}/orders/{order['id']}/passkey"

    assert app.get(place).json()["options"]["challenge"]
    refused = app.post(place, answer={"id": "AQID", "type": "public-key"})

    assert refused.status_code == 422
    assert PaymentOrder.objects.get().state == OrderState.DRAFTED


def test_orders_of_others_are_none(app: App) -> None:
    stranger = make_payer(16, phone="+84912000098")
    place = f"{AT}/orders/{stranger.order(make_bill()).public_id}"

    assert app.get(place).status_code == 404
    assert app.get(f"{place}/passkey").status_code == 404
    for what, body in (("code", {}), ("confirm", {"code": "123456"}), ("cancel", {})):
        assert app.send(f"{place}/{what}", json.dumps(body)).status_code == 404
    assert Payment.objects.get().order.state == OrderState.DRAFTED
    assert app.get(AT).json()["payments"] == []
