"""Transfers through a citizen's own application: to an account, a person or a code, refused in words, and stopped."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Account, Device
from eid_portal.core import clock
from payments import policy
from payments.enums import AuthorisedBy, OrderState, PaymentState
from payments.models import PaymentOrder
from payments.rules import vietqr
from payments.services import authorising
from tests import factories
from tests.accounts.application import App, neutral, schema, signed_in
from tests.payments.factories import make_link
from tests.payments.paying import Payer, make_bill
from tests.payments.world import PAYEE_NAME, World, on_a_thread, work

pytestmark = pytest.mark.django_db(transaction=True)
AT = "/api/v1/payments"
TO = {"bank": "970415", "number": "0100000099"}
PHONE = "+84912345678"
NAME = "Trần Thị Nhận"
HELD = "TRAN THI NHAN HO"  # as the bank writes the holder of a person's account
BIG = 12_000_000


@pytest.fixture
def app(payer: Payer) -> App:
    made = signed_in(payer.account)
    Device.objects.update(first_seen_at=clock.now() - timedelta(days=30))
    return made


@pytest.fixture
def payee(db: None) -> Account:
    account = factories.make_account(factories.make_citizen(88, full_name=NAME))
    factories.make_phone(account, PHONE)
    make_link(account, is_default=True, holder_name=HELD)
    return account


def order(app: App, key: str = "", **body: Any) -> Any:
    return replace(app, more={"Idempotency-Key": key or str(uuid4())}).post(f"{AT}/orders", **body)


def send(app: App, key: str = "", **transfer: Any) -> Any:
    return order(app, key, transfer=transfer)


def to_account(**changes: Any) -> dict[str, Any]:
    return {"account": TO, "amount": 50_000, "message": "tiền nhà"} | changes


def to_person(payee: Account, **changes: Any) -> dict[str, Any]:
    named = {"by": "number", "who": payee.citizen.personal_number, "name": NAME}
    return {"person": named | changes, "amount": 50_000}


def code(**values: Any) -> str:
    given: dict[str, Any] = {
        "bank": "970415",
        "account": "0100000099",
        "amount": 75_000,
        "purpose": "Tien nha",
    }
    return vietqr.make(vietqr.Code(**given | values))


def changed(text: str, one: str, other: str) -> str:
    """A code with another part, and the check sum that belongs to it."""
    text = text.replace(one, other)[:-4]
    return text + vietqr.checksum(text)


def refused(answer: Any, status: int, problem: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, problem), answer.content
    assert not PaymentOrder.objects.exists()


# --- To an account --------------------------------------------------------------------------------
def test_the_banks_name_is_there_before_it_is_agreed_to(app: App, world: World) -> None:
    answer = send(app, **to_account())

    assert answer.status_code == 201
    begun = answer.json()
    [line] = begun["payments"]
    assert (line["payee"], line["name_matches"]) == (PAYEE_NAME, None)
    assert (line["about"], line["message"]) == ("VietinBank •••• 0099", "tiền nhà")
    assert (begun["amount"], begun["needs"], begun["held_until"]) == (50_000, "CODE", None)
    assert not world.sent
    place = f"{AT}/orders/{begun['id']}"
    assert app.get(place).json()["new_payee"] is True
    assert app.post(f"{place}/confirm", code=factories.sent_code()).status_code == 202
    work()
    seen = app.get(place).json()
    assert (seen["state"], seen["payments"][0]["state"]) == ("DEBITED", "SETTLED")
    assert (seen["new_payee"], app.get(AT).json()["payments"][0]["payee"]) == (False, PAYEE_NAME)
    assert world.moved("/v1/payouts") == 50_000


def test_a_number_is_read_as_people_write_it(app: App, world: World) -> None:
    answer = send(app, **to_account(account=TO | {"number": " 0100.000 099"}))
    assert answer.json()["payments"][0]["about"].endswith("0099")
    assert PaymentOrder.objects.get().payments.get().payee_account == TO["number"]


def test_bills_and_a_transfer_are_one_order(app: App, world: World) -> None:
    begun = order(app, bills=[make_bill(100_000).public_id], transfer=to_account(), amount=150_000)
    assert begun.status_code == 201
    assert [line["amount"] for line in begun.json()["payments"]] == [100_000, 50_000]
    assert order(app, transfer=to_account(), amount=49_999).json()["code"] == "amount_changed"


@pytest.mark.parametrize(
    ("word", "status", "problem"),
    [("nobody", 422, "no_such_account"), ("silent", 409, "name_unknown")],
)
def test_nothing_is_begun_where_no_name_is_told(
    word: str, status: int, problem: str, app: App, world: World
) -> None:
    world.how["/v1/names"] = [word]
    refused(send(app, **to_account()), status, problem)


def test_nobody_pays_themselves(app: App, payer: Payer, world: World) -> None:
    world.how["/v1/names"] = ["DANG THI MAU"]
    own = to_account(account={"bank": "970436", "number": "1234560099"})
    refused(send(app, **own), 422, "own_account")
    refused(send(app, **to_person(payer.account)), 422, "own_account")


def test_names_are_not_asked_without_end(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(policy.NAME_ASKED, allowed=1)
    monkeypatch.setattr(policy, "NAME_ASKED", limit)
    assert send(app, **to_account()).status_code == 201
    answer = send(app, **to_account(amount=60_000))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_looks")
    assert int(answer["Retry-After"]) == answer.json()["retry_after"] > 0
    assert PaymentOrder.objects.count() == 1


def test_a_large_first_transfer_is_held_and_taken_back(app: App, world: World) -> None:
    begun = send(app, **to_account(amount=BIG)).json()
    assert begun["needs"] == "USER_VERIFIED"
    row = PaymentOrder.objects.get()
    assert datetime.fromisoformat(begun["held_until"]) == row.held_until
    place = f"{AT}/orders/{begun['id']}"
    weak = app.post(f"{place}/code")
    assert (weak.status_code, weak.json()["code"]) == (409, "stronger_needed")
    _agree(row)
    held = app.get(place).json()
    assert (held["state"], held["moves"], held["held_until"]) == (
        "AUTHORISED", False, begun["held_until"],
    )  # fmt: skip

    assert app.post(f"{place}/cancel").json()["state"] == "CANCELLED"
    work()
    assert not world.sent


def _agree(row: PaymentOrder) -> None:
    """As with a passkey."""
    actor = Payer(account=row.account, link=row.link, device_id=uuid4()).actor
    payments = list(row.payments.all())
    authorising._authorise(row, payments, AuthorisedBy.PASSKEY, actor=actor, now=clock.now())


def test_more_than_anybody_sends_is_refused(app: App, world: World) -> None:
    refused(send(app, **to_account(amount=10**12)), 409, "payment_forbidden")
    refused(send(app, **to_account(amount=2**63)), 400, "malformed")  # no number JSON is sure of


# --- To a person ----------------------------------------------------------------------------------
@pytest.mark.parametrize("by", ["number", "phone"])
def test_of_a_person_only_that_the_name_is_right(
    by: str, app: App, payee: Account, world: World
) -> None:
    who = payee.citizen.personal_number if by == "number" else "0912 345 678"
    answer = send(app, **to_person(payee, by=by, who=who, name="tran thi nhan"))

    assert answer.status_code == 201
    place = f"{AT}/orders/{answer.json()['id']}"
    confirmed = app.post(f"{place}/confirm", code=factories.sent_code())
    work()
    seen, listed = app.get(place), app.get(AT)
    assert seen.json()["payments"][0]["state"] == PaymentState.SETTLED
    for each in (answer, confirmed, seen, listed):
        [line] = each.json()["payments"]
        assert (line["payee"], line["name_matches"], line["about"]) == ("", True, "")
        text = each.content.decode()
        assert HELD not in text
        assert NAME not in text
        assert payee.citizen.personal_number not in text
        assert PHONE[3:] not in text


def test_nobody_no_account_and_another_name_look_alike(app: App, payee: Account) -> None:
    unlinked = factories.make_account(factories.make_citizen(89, full_name=NAME))
    answers = {
        neutral(send(app, **transfer))
        for transfer in (
            to_person(payee, name="Lê Văn Lạ"),
            to_person(unlinked),
            to_person(payee, who="001000999999"),
            to_person(payee, by="phone", who="0900000000"),
        )
    }
    [(status, _headers, body)] = answers
    assert status == 422
    assert b"no_match" in body
    assert not PaymentOrder.objects.exists()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_names_are_guessed_ten_times_a_day(app: App, payee: Account, language: str) -> None:
    app.language = language
    for _time in range(policy.NAME_COMPARED.allowed):
        refused(send(app, **to_person(payee, name="Ai Đó")), 422, "no_match")
    for name in ("Ai Đó", NAME):  # nor is it said any more that one is right
        answer = send(app, **to_person(payee, name=name))
        refused(answer, 429, "too_many_looks")
        assert int(answer["Retry-After"]) > 0
        assert datetime.fromisoformat(answer.json()["until"]) > clock.now()


# --- By a code --------------------------------------------------------------------------------------
def test_a_code_says_who_how_much_and_what_for(app: App, world: World) -> None:
    answer = send(app, qr={"code": code(is_dynamic=True)})
    assert answer.status_code == 201
    [line] = answer.json()["payments"]
    assert (line["payee"], line["amount"], line["message"]) == (PAYEE_NAME, 75_000, "Tien nha")

    own = send(app, qr={"code": code()}, amount=75_000, message="tháng 11").json()
    assert own["payments"][0]["message"] == "tháng 11"
    open_code = code(amount=None)
    assert send(app, qr={"code": open_code}, amount=1_000).json()["amount"] == 1_000
    for amount, flaw, text in ((None, "empty", open_code), (74_999, "another_amount", code())):
        wrong = send(app, qr={"code": text}, amount=amount)
        assert wrong.json()["errors"]["transfer"]["amount"][0]["code"] == flaw


CODES = [
    (code()[:-4] + "0000", "checksum"),
    (changed(code(), "5303704", "5303840"), "currency"),
    (changed(code(), "A000000727", "A000000728"), "payee"),  # a merchant's, of another network
    (changed(code(), "QRIBFTTA", "QRIBFTTC"), "payee"),  # to a card
    (changed(code(), "5802VN", "5802LA"), "format"),
    (changed(code(), "970415", "123456"), "bank"),
    (changed(code(), "540575000", "5405７5000"), "amount"),
    (changed(code(), "540575000", "5405750.5"), "amount"),
    (code() + "6304ABCD", "trailing"),
    (code(account="123"), "account"),
    ("hello", "structure"),
    ("\U0001f600" * 20, "structure"),
    ("", "blank"),
    ("0" * 513, "max_length"),
]


@pytest.mark.parametrize(
    ("text", "flaw"), CODES, ids=[f"{place} {one[1]}" for place, one in enumerate(CODES)]
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_code_that_cannot_be_paid_says_why(
    text: str, flaw: str, language: str, app: App, world: World
) -> None:
    app.language = language
    answer = send(app, qr={"code": text})
    refused(answer, 422, "invalid")
    [error] = answer.json()["errors"]["transfer"]["qr"]["code"]
    assert error["code"] == flaw
    assert error["message"]


# --- What makes no sense ------------------------------------------------------------------------------
AMOUNTS: list[tuple[Any, str]] = [
    (None, "empty"), (-1, "sign"), (0, "zero"), (1.5, "not_whole"), (50_000.0, "not_whole"),
    ("50000", "not_whole"), ("５００００", "not_whole"), ("٥٠٠٠٠", "not_whole"), (True, "not_whole"), ([], "not_whole"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "flaw"), AMOUNTS, ids=lambda each: str(each)[:12])
def test_an_amount_that_is_none_is_refused(amount: Any, flaw: str, app: App, world: World) -> None:
    answer = send(app, **to_account(amount=amount))
    refused(answer, 422, "invalid")
    assert answer.json()["errors"]["transfer"]["amount"][0]["code"] == flaw


@pytest.mark.parametrize(
    ("changes", "path", "flaw"),
    [
        ({"account": None}, [""], "one_payee"),
        ({"qr": {"code": code()}}, [""], "one_payee"),
        ({"account": TO | {"bank": "123456"}}, ["account", "bank"], "invalid_choice"),
        ({"account": TO | {"number": "1"}}, ["account", "number"], "invalid"),
        ({"account": TO | {"number": "ă" * 30}}, ["account", "number"], "invalid"),
        ({"account": {"number": "0100000099"}}, ["account", "bank"], "required"),
        ({"account": TO | {"name": "x"}}, ["account", ""], "unknown"),
        ({"name": "x"}, [""], "unknown"),
        ({"message": "x" * 51}, ["message"], "max_length"),
        ({"message": "a\u202eb"}, ["message"], "unreadable"),
        ({"account": None, "person": {"by": "mail", "who": "x", "name": "x"}}, ["person", "by"], "invalid_choice"),
        ({"account": None, "person": {"by": "number", "who": "12", "name": "x"}}, ["person", "who"], "invalid"),
        ({"account": None, "person": {"by": "phone", "who": "12", "name": "x"}}, ["person", "who"], "invalid"),
        ({"account": None, "person": {"by": "phone", "who": "0912345678", "name": ""}}, ["person", "name"], "blank"),
    ],
)  # fmt: skip
def test_fields_that_make_no_sense_are_named(
    changes: dict[str, Any], path: list[str], flaw: str, app: App, world: World
) -> None:
    answer = send(app, **to_account(**changes))
    refused(answer, 422, "invalid")
    found = answer.json()["errors"]["transfer"]
    for step in path:
        found = found[step]
    assert found[0]["code"] == flaw


def test_the_schema_says_that_amounts_are_whole_numbers() -> None:
    shapes = schema()["components"]["schemas"]
    for name in ("OrderBody", "TransferBody"):
        amount = shapes[name]["properties"]["amount"]
        assert "integer" in str(amount)
        assert "string" not in str(amount)
    for name in ("TransferBody", "ToAccountBody", "ToPersonBody", "ToQrBody"):
        assert shapes[name]["additionalProperties"] is False


# --- Once -------------------------------------------------------------------------------------------
def test_a_key_is_one_transfer(app: App, payee: Account, world: World) -> None:
    for transfer in (to_account(), to_person(payee), {"qr": {"code": code()}}):
        key = str(uuid4())
        first = send(app, key, **transfer)
        assert "Idempotency-Replayed" not in first.headers
        world.how["/v1/names"] = ["silent"]
        again = send(app, key, **transfer)
        assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
        assert world.how.pop("/v1/names") == ["silent"]  # no bank was asked again
        other = send(app, key, **transfer | {"message": "khác"})
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")
        app.post(f"{AT}/orders/{first.json()['id']}/confirm", code=factories.sent_code())
        work()
        assert send(app, key, **transfer).content == first.content  # whatever became of it
    assert PaymentOrder.objects.count() == 3


@pytest.mark.parametrize("way", ["account", "person"])
def test_equal_keys_at_once_are_one_order_and_equal_replies(
    way: str, app: App, payee: Account, world: World
) -> None:
    key, transfer = str(uuid4()), to_account() if way == "account" else to_person(payee)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(on_a_thread(lambda _place: send(app, key, **transfer)), range(8)))
    assert PaymentOrder.objects.count() == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 7]


# --- Stopped ----------------------------------------------------------------------------------------
def test_one_call_takes_all_back_and_sends_nothing_for_a_day(app: App, world: World) -> None:
    place = f"{AT}/transfers/stop"
    assert app.get(place).json() == {"amount": 0, "until": None}
    waiting = send(app, **to_account(amount=BIG)).json()
    _agree(PaymentOrder.objects.get())
    bill = order(app, bills=[make_bill(100_000).public_id]).json()
    now = clock.now()

    stopped = app.post(place)

    assert stopped.status_code == 200
    assert stopped.json()["amount"] == BIG
    until = datetime.fromisoformat(stopped.json()["until"])
    assert until >= now + policy.TRANSFERS_STOPPED - timedelta(seconds=1)
    assert app.get(place).json() == stopped.json()
    states = [app.get(f"{AT}/orders/{one['id']}").json()["state"] for one in (waiting, bill)]
    assert states == [OrderState.CANCELLED, OrderState.DRAFTED]
    again = send(app, **to_account(amount=60_000))
    assert (again.status_code, again.json()["code"]) == (409, "payment_forbidden")
    work()
    assert not world.sent
    assert datetime.fromisoformat(app.post(place).json()["until"]) >= until
