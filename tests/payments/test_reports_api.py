"""Reports of banks and billers over the wire: signed, taken once, answered the same for ever."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from eid_portal.core import clock, signatures
from eid_portal.core.signatures import SigningKey
from payments.enums import OrderState, PaymentState
from payments.models import JournalEntry, PaymentOrder, PaymentReport
from tests.alarm import Alarm
from tests.payments import test_paying as paying
from tests.payments.paying import make_bill, make_payer
from tests.payments.world import World, work

pytestmark = pytest.mark.django_db
PARTIES = ("napas", "evn", "water")
TAG = "eid-payment-events"
BANK = "/api/v1/banks/napas/events"
BILLER = "/api/v1/billers/evn/events"


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> dict[str, SigningKey]:
    """Each party has a key that we know."""
    settings.PORTAL_URL = "http://localhost:8000"
    made = {party: Ed25519PrivateKey.generate() for party in PARTIES}
    settings.OUTSIDE_KEYS_FILE = tmp_path / "outside-keys.json"
    settings.OUTSIDE_KEYS_FILE.write_text(
        json.dumps(
            {
                party: {
                    f"{party}-1": base64.b64encode(key.public_key().public_bytes_raw()).decode()
                }
                for party, key in made.items()
            }
        )
    )
    return {party: SigningKey(f"{party}-1", key.private_bytes_raw()) for party, key in made.items()}


def post(
    keys: dict[str, SigningKey], path: str, document: Any, *, party: str = "napas", tag: str = TAG
) -> tuple[int, dict[str, Any]]:
    """The body, signed as a party."""
    body = json.dumps(document).encode()
    headers = signatures.sign_request(
        "POST", f"http://localhost:8000{path}", {}, body, key=keys[party], tag=tag, now=clock.now()
    )
    kind = next(headers.pop(name) for name in list(headers) if name.lower() == "content-type")
    answer = Client(raise_request_exception=False).generic(
        "POST", path, body, headers=headers, content_type=kind
    )
    return answer.status_code, json.loads(answer.content)


@pytest.fixture
def order(world: World) -> PaymentOrder:
    """Agreed to, and its bank says nothing."""
    world.how = {"/v1/debits": ["silent"], "/v1/debits/status": ["silent"] * 9}
    made = make_payer().pay(make_bill())
    work(2)
    assert paying.states(made)[0] == OrderState.UNKNOWN
    return made


def test_a_signed_report_moves_the_order_and_is_answered_the_same_again(
    order: PaymentOrder,
    world: World,
    keys: dict[str, SigningKey],
    personal_data_alarm: Alarm,
) -> None:
    body = paying.report(order)

    first = post(keys, BANK, body)
    again = post(keys, BANK, body)
    newer = post(keys, BANK, paying.report(order))

    assert first == again == (202, {"event_id": body["event_id"], "outcome": "applied"})
    assert (newer[0], newer[1]["outcome"]) == (202, "known")
    work()
    assert paying.states(order) == (OrderState.DEBITED, {PaymentState.SETTLED})
    paying.check(world)


def test_an_id_with_another_body_is_refused(
    order: PaymentOrder, keys: dict[str, SigningKey]
) -> None:
    body = paying.report(order)
    post(keys, BANK, body)

    assert post(keys, BANK, body | {"bank_reference": "R-2"})[0] == 409
    assert PaymentReport.objects.count() == 1


@pytest.mark.parametrize(
    ("party", "tag"), [("evn", TAG), ("napas", "eid-napas")], ids=["another's key", "another tag"]
)
def test_what_the_switch_did_not_sign_is_refused(
    party: str, tag: str, order: PaymentOrder, keys: dict[str, SigningKey]
) -> None:
    assert post(keys, BANK, paying.report(order), party=party, tag=tag)[0] == 401
    assert (
        Client().post(BANK, paying.report(order), content_type="application/json").status_code
        == 401
    )
    assert not PaymentReport.objects.exists()
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"amount": 0}, "malformed"),
        ({"amount": -1}, "malformed"),
        ({"amount": 1.5}, "malformed"),
        ({"amount": 2**63}, "number"),  # no JSON of ours holds it
        ({"amount": "415000"}, "malformed"),
        ({"amount": True}, "malformed"),
        ({"state": "perhaps"}, "malformed"),
        ({"kind": "payment"}, "malformed"),
        ({"reference": None}, "missing"),
        ({"reference": 5}, "malformed"),
        ({"reference": "x" * 65}, "too_long"),
        ({"event_id": "1"}, "malformed"),
        ({"at": "2999-01-01T00:00:00+07:00"}, "in_future"),
        ({"more": 1}, "unexpected"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_done(
    parts: dict[str, Any], code: str, order: PaymentOrder, keys: dict[str, SigningKey]
) -> None:
    status, said = post(keys, BANK, paying.report(order) | parts)

    assert (status, said["code"]) == (400, code)
    assert not PaymentReport.objects.exists()


def test_there_is_no_bank_of_that_name_and_nothing_to_read(keys: dict[str, SigningKey]) -> None:
    assert post(keys, "/api/v1/banks/evn/events", {}, party="evn")[0] == 404
    assert post(keys, "/api/v1/billers/napas/events", {})[0] == 404
    assert Client().get(BANK).status_code == 405


def test_a_biller_says_that_a_bill_was_paid_elsewhere(keys: dict[str, SigningKey]) -> None:
    bill = make_bill()
    body = {
        "event_id": str(uuid4()), "kind": "bill_paid", "bill": bill.reference, "customer_code": "c",
        "amount": bill.amount, "state": "paid", "at": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip

    status, said = post(keys, BILLER, body, party="evn")

    assert (status, said["outcome"]) == (202, "applied")
    bill.refresh_from_db()
    assert bill.state == "PAID"
    other = make_bill()
    foreign = body | {"event_id": str(uuid4()), "bill": other.reference}
    assert (
        post(keys, "/api/v1/billers/water/events", foreign, party="water")[1]["outcome"]
        == "not_ours"
    )
    other.refresh_from_db()
    assert other.state == "OPEN"
