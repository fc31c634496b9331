"""A SIM that was changed: the gateway's signed word stops codes to the phone, and its owner is told by other ways."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import Client

from accounts import policy
from accounts.enums import AuthenticatorKind, CodePurpose
from accounts.models import Account, Authenticator, Notice, OneTimeCode, SimSignal
from accounts.services import proofs, second_factor, sim_changes
from eid_portal.core import clock, signatures
from eid_portal.core.events import Actor, ActorKind
from eid_portal.core.models import AuditEvent, UsedNonce
from eid_portal.core.signatures import SigningKey
from tests import factories

PATH = "/api/v1/sim-changes"
URL = "http://localhost:8000" + PATH
TAG = "eid-sim-changes"
KEY = SigningKey("sms-1", bytes(range(32)))
CARDS = SigningKey("card-production-1", bytes(range(1, 33)))
ACTOR = Actor(kind=ActorKind.PARTY, party="sms")


@pytest.fixture(autouse=True)
def gateway(tmp_path: Path, settings: Any) -> None:
    """The portal knows the gateway's key, and another party's."""
    keys = {
        party: {
            key.keyid: base64.b64encode(
                Ed25519PrivateKey.from_private_bytes(key.private).public_key().public_bytes_raw()
            ).decode()
        }
        for party, key in (("sms", KEY), ("card-production", CARDS))
    }
    settings.PORTAL_URL = "http://localhost:8000"
    settings.OUTSIDE_KEYS_FILE = tmp_path / "outside-keys.json"
    settings.OUTSIDE_KEYS_FILE.write_text(json.dumps(keys))


def signal(**parts: Any) -> dict[str, Any]:
    made = {
        "event_id": str(uuid4()),
        "phone": factories.PHONE,
        "changed_at": clock.now().isoformat(timespec="seconds"),
    }
    return made | parts


def post(body: Any, *, key: SigningKey = KEY, tag: str = TAG, signed: bool = True) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {}
    if signed:
        headers = signatures.sign_request("POST", URL, {}, raw, key=key, tag=tag, now=clock.now())
    rest = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Client(raise_request_exception=False).generic(
        "POST", PATH, raw, headers=rest, CONTENT_TYPE="application/json"
    )


@pytest.fixture
def account(db: None) -> Account:
    """A citizen with a phone and an address."""
    made = factories.make_account()
    factories.make_phone(made)
    factories.make_authenticator(made, AuthenticatorKind.EMAIL, secret="mau@vidu.vn")
    return made


def phone_of(account: Account) -> Authenticator:
    return Authenticator.objects.get(account=account, kind=AuthenticatorKind.SMS)


# --- What it does -------------------------------------------------------------------------------
def test_codes_to_the_phone_stop_and_the_owner_is_told_elsewhere(account: Account) -> None:
    sent = signal()

    answer = post(sent)

    assert (answer.status_code, answer.json()) == (
        200, {"event_id": sent["event_id"], "outcome": "taken"},
    )  # fmt: skip
    until = phone_of(account).blocked_until
    assert until is not None
    assert abs(until - clock.now() - policy.SIM_CHANGE_BLOCKS) < timedelta(minutes=1)
    assert AuditEvent.objects.get(name="accounts.sim_changed").party == "sms"
    told = Notice.objects.filter(kind="SIM_CHANGED")
    assert sorted((row.channel, row.to) for row in told) == [
        ("EMAIL", "mau@vidu.vn"), ("INBOX", None),
    ]  # fmt: skip


def test_while_it_lasts_no_code_is_texted_or_taken_and_then_again(account: Account) -> None:
    request_id, now = uuid4(), clock.now()
    second_factor.send_code(account=account, request_id=request_id, now=now)
    code = factories.sent_code()
    post(signal())

    def prove(at: Any) -> None:
        proofs.check_sms(
            account_id=account.pk, request_id=request_id, code=code, known_device=True, now=at
        )

    with pytest.raises(proofs.SimChangedLately):
        second_factor.send_code(account=account, request_id=uuid4(), now=now)
    with pytest.raises(proofs.SimChangedLately) as refused:
        prove(now)
    assert "09" not in refused.value.code
    assert phone_of(account).failures == 0  # nothing was checked
    assert OneTimeCode.objects.count() == 1
    later = now + policy.SIM_CHANGE_BLOCKS + timedelta(minutes=1)
    second_factor.send_code(account=account, request_id=request_id, now=later)
    code = factories.sent_code()
    prove(later)


def test_signing_in_says_so_and_shows_the_other_ways(account: Account) -> None:
    factories.make_password(account)
    factories.make_card(account.citizen)
    post(signal())
    client = Client()
    number = account.citizen.personal_number

    given = client.post(
        "/sign-in/", {"username": number, "password": factories.PASSWORD}, secure=True
    )
    assert given.status_code == 303
    assert not OneTimeCode.objects.filter(purpose=CodePurpose.SIGN_IN).exists()
    client.post("/sign-in/code/", {"action": "send", "way": "SMS"}, secure=True)
    page = client.get("/sign-in/code/", secure=True).content.decode()
    assert "SIM" in page


def test_a_phone_that_was_replaced_and_both_accounts_of_a_person_are_stopped(
    account: Account,
) -> None:
    phones = Authenticator.objects.filter(kind=AuthenticatorKind.SMS)
    phones.update(state="REPLACED")
    factories.make_phone(factories.make_staff(citizen=account.citizen))

    post(signal())

    assert all(row.blocked_until for row in phones)
    assert len(phones) == 2


def test_an_old_change_stops_nothing_and_an_earlier_one_shortens_nothing(account: Account) -> None:
    old = clock.now() - policy.SIM_CHANGE_BLOCKS - timedelta(hours=1)
    assert post(signal(changed_at=old.isoformat())).status_code == 200
    assert phone_of(account).blocked_until is None
    post(signal())
    until = phone_of(account).blocked_until

    before = clock.now() - timedelta(hours=5)
    assert post(signal(changed_at=before.isoformat())).status_code == 200

    assert phone_of(account).blocked_until == until
    assert Notice.objects.filter(kind="SIM_CHANGED", channel="INBOX").count() == 1


def test_the_answer_does_not_say_whether_the_phone_has_an_account(account: Account) -> None:
    known, unknown = signal(), signal(phone="+84501234569")

    assert post(known).json() | {"event_id": ""} == post(unknown).json() | {"event_id": ""}


# --- Once -----------------------------------------------------------------------------------------
def test_the_same_signal_again_is_no_news_and_another_body_is_a_conflict(account: Account) -> None:
    sent = signal()
    assert post(sent).json() == post(sent).json()

    other = post(sent | {"phone": "+84501234569"})

    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert SimSignal.objects.count() == 1
    assert Notice.objects.filter(kind="SIM_CHANGED", channel="INBOX").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_signal_racing_tells_once() -> None:
    made = factories.make_account()
    factories.make_phone(made)
    body, now = signal(), clock.now()
    read = sim_changes.read(body, now=now)
    together = threading.Barrier(4)

    def race(_place: int) -> None:
        together.wait(timeout=20)
        try:
            sim_changes.take(read, body=body, party="sms", actor=ACTOR, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, range(4)))

    assert SimSignal.objects.count() == 1
    assert Notice.objects.filter(kind="SIM_CHANGED", channel="INBOX").count() == 1


# --- Who, and what cannot be read -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"signed": False}, "unsigned"),
        ({"key": CARDS}, "unknown_key"),
        ({"tag": "eid-card-events"}, "wrong_tag"),
        ({"key": SigningKey("sms-1", bytes(32))}, "wrong_signature"),
    ],
)
def test_only_the_gateway_is_heard(account: Account, given: dict[str, Any], code: str) -> None:
    answer = post(signal(), **given)

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert phone_of(account).blocked_until is None


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"event_id": "x"}, "malformed"),
        ({"event_id": None}, "malformed"),
        ({"phone": "0912000099"}, "malformed"),
        ({"phone": "+8412"}, "malformed"),
        ({"phone": None}, "missing"),
        ({"phone": ["+84912000099"]}, "malformed"),
        ({"changed_at": "2026-11-20"}, "malformed"),
        ({"changed_at": "2026-11-20T09:00:00"}, "malformed"),
        ({"changed_at": "2999-01-01T00:00:00Z"}, "in_future"),
        ({"changed_at": 1}, "malformed"),
        ({"more": 1}, "unexpected"),
    ],
)
def test_what_cannot_be_read_says_which_and_stops_nothing(
    account: Account, parts: dict[str, Any], code: str
) -> None:
    answer = post(signal(**parts))

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == code
    assert factories.PHONE not in answer.content.decode()
    assert phone_of(account).blocked_until is None
    assert not SimSignal.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"{", b"[" * 10_000, b"\xff"])
def test_bodies_of_another_kind(db: None, body: bytes) -> None:
    assert post(body).status_code == 400


def test_the_oldest_moment_there_is_stops_nothing(account: Account) -> None:
    assert post(signal(changed_at="0001-01-01T00:00:00+14:00")).status_code in {200, 400}
    assert phone_of(account).blocked_until is None


def test_looking_uses_up_no_nonce(db: None) -> None:
    assert Client().get(PATH).status_code == 405
    assert not UsedNonce.objects.exists()


def test_it_stands_in_the_schema(db: None) -> None:
    operation = Client().get("/api/schema/").json()["paths"][PATH]["post"]

    assert operation["operationId"] == "take_sim_change"
    assert {"200", "400", "401", "409", "413", "415"} <= operation["responses"].keys()
